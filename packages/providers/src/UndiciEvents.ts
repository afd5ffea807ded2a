/**
 * What undici tells about its requests on Node's diagnostics channels. Node's own `fetch` is undici, and so is the npm
 * package, and both tell it: https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md
 *
 * They name a request by method and address, so two that are under way at once to the same address are not told apart. Then
 * less is known, and nothing false.
 */

interface Channels {
  readonly subscribe: (name: string, listener: (message: never) => void) => void
  readonly unsubscribe: (name: string, listener: (message: never) => void) => void
}

/** Of all requests with one method and address, while somebody watches. */
interface Count {
  watchers: number
  /** How often one began to watch while another one did. */
  crowds: number
  created: number
  sent: number
}

/** What is known of a request: it never got on its way, it did, or it cannot be said. */
export type Verdict = "unsent" | "sent" | undefined

export interface Watch {
  readonly verdict: () => Verdict
  readonly end: () => void
}

const counts = new Map<string, Count>()

/** Without the query, which may hold secrets. */
const keyOf = (method: string, origin: string, path: string): string =>
  `${method} ${origin.replace(/\/$/, "")}${path.split("?")[0]}`

const counting =
  (what: "created" | "sent") =>
  ({
    request,
  }: {
    readonly request?: { readonly method: string; readonly origin: unknown; readonly path: string }
  }) => {
    const count = request && counts.get(keyOf(request.method, String(request.origin), request.path))
    if (count) count[what] += 1
  }

/** A request is made before there is a connection for it. Its headers are told just before they are written. */
const listeners = [
  ["undici:request:create", counting("created")],
  ["undici:client:sendHeaders", counting("sent")],
  // Older versions do not tell the headers of HTTP/2.
  ["undici:request:bodySent", counting("sent")],
] as const

/** No import: the packages run where there is no Node, too. */
const channelsHere = (): Channels | undefined => {
  type Node = { readonly process?: { readonly getBuiltinModule?: (name: string) => Channels | undefined } }
  return (globalThis as Node).process?.getBuiltinModule?.("node:diagnostics_channel")
}

/** Watches a request from now on. Nothing is listened to while nobody watches. */
export const watch = (method: string, { origin, pathname }: URL): Watch => {
  const channels = channelsHere()
  if (channels === undefined) return { verdict: () => undefined, end: () => {} }
  const key = keyOf(method, origin, pathname)
  if (counts.size === 0) for (const [name, listener] of listeners) channels.subscribe(name, listener)
  const count = counts.get(key) ?? { watchers: 0, crowds: 0, created: 0, sent: 0 }
  counts.set(key, count)
  if (count.watchers > 0) count.crowds += 1
  count.watchers += 1
  const { created, crowds, sent, watchers } = count
  return {
    verdict: () => {
      if (count.sent === sent) return count.created > created ? "unsent" : undefined
      return watchers === 1 && count.crowds === crowds ? "sent" : undefined
    },
    end: () => {
      count.watchers -= 1
      if (count.watchers === 0) counts.delete(key)
      if (counts.size === 0) for (const [name, listener] of listeners) channels.unsubscribe(name, listener)
    },
  }
}
