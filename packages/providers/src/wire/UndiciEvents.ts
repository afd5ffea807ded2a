/**
 * What undici reports about its requests on Node's diagnostics channels. Node's own `fetch` is undici, and so is the npm package, and
 * both report it: https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md
 *
 * The events name a request by method and address, so two requests at once to the same address cannot be told apart. Then less is
 * known, but nothing false.
 */

interface Channels {
  readonly subscribe: (name: string, listener: (message: never) => void) => void
  readonly unsubscribe: (name: string, listener: (message: never) => void) => void
}

/** What is known about a request: it never left and never will, it left, or it is not known. */
type Verdict = "unsent" | "sent" | undefined

/** For one request of ours: what undici reports about requests that may be it, from its beginning. */
export interface Watch {
  readonly verdict: () => Verdict
  /** Nothing was sent until now. A request that was begun may still go out. */
  readonly isUnsentYet: () => boolean
  readonly end: () => void
}

interface Watcher {
  /** Requests that were made and have not failed. */
  readonly open: Set<unknown>
  isMade: boolean
  isSent: boolean
  /** Another one of ours was under way to the same address. */
  isCrowded: boolean
}

const watching = new Map<string, Set<Watcher>>()

/** Without the query, which may hold secrets. */
const keyOf = (method: string, origin: string, path: string): string =>
  `${method} ${origin.replace(/\/$/, "")}${path.split("?")[0]}`

type Told = { readonly request?: { readonly method: string; readonly origin: unknown; readonly path: string } }

const telling =
  (tell: (watcher: Watcher, request: unknown) => void) =>
  ({ request }: Told) => {
    if (request === undefined) return
    for (const one of watching.get(keyOf(request.method, String(request.origin), request.path)) ?? [])
      tell(one, request)
  }

const made = telling((watcher, request) => {
  watcher.open.add(request)
  watcher.isMade = true
})

const sent = telling((watcher, request) => {
  watcher.isSent ||= watcher.open.has(request)
})

const failed = telling(({ open }, request) => open.delete(request))

/** A request is made before there is a connection for it. Its headers are reported just before they are written. */
const listeners = [
  ["undici:request:create", made],
  ["undici:client:sendHeaders", sent],
  // Older versions do not report the headers of HTTP/2.
  ["undici:request:bodySent", sent],
  ["undici:request:error", failed],
] as const

/** No import: the packages also run without Node. */
const channelsHere = (): Channels | undefined => {
  type Node = { readonly process?: { readonly getBuiltinModule?: (name: string) => Channels | undefined } }
  return (globalThis as Node).process?.getBuiltinModule?.("node:diagnostics_channel")
}

/** Watches a request from now on. While no request is watched, nothing is subscribed. */
export const watch = (method: string, { origin, pathname }: URL): Watch => {
  const channels = channelsHere()
  if (channels === undefined) return { verdict: () => undefined, isUnsentYet: () => false, end: () => {} }
  const key = keyOf(method, origin, pathname)
  if (watching.size === 0) for (const [name, listener] of listeners) channels.subscribe(name, listener)
  const others = watching.get(key) ?? new Set()
  const watcher: Watcher = { open: new Set(), isMade: false, isSent: false, isCrowded: others.size > 0 }
  for (const other of others) other.isCrowded = true
  watching.set(key, others.add(watcher))
  const isUnsentYet = () => watcher.isMade && !watcher.isSent
  return {
    isUnsentYet,
    verdict: () => {
      if (watcher.isSent) return watcher.isCrowded ? undefined : "sent"
      return isUnsentYet() && watcher.open.size === 0 ? "unsent" : undefined
    },
    end: () => {
      others.delete(watcher)
      if (others.size === 0) watching.delete(key)
      if (watching.size === 0) for (const [name, listener] of listeners) channels.unsubscribe(name, listener)
    },
  }
}
