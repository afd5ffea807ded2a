/** A session on a server, asked as a browser asks it. */
import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import { eventually, harness, type people } from "./Harness.ts"

export const page = "https://admin.example.test"

export const same = { "sec-fetch-site": "same-origin" }

/** Digits that stand by themselves: a time or a random name may have them in it. */
export const secrets = /(?<![\da-f-])(5678|246802)(?![\da-f-])|mypassword|your-client-secret|[0-9a-f]{32}/

export const posted = (route: string, body: unknown, headers: Record<string, string> = {}) =>
  new Request(`http://inside.test/session/${route}`, {
    method: "POST",
    headers: { origin: page, "content-type": "application/json", "x-pbx-auth": "1", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })

/** Reads a stream of events as a browser does, and keeps all of its text. */
export const reading = (response: Response) => {
  const events: Array<{ readonly id: string; readonly snapshot: RemoteSnapshot }> = []
  const state = { text: "", isOver: false }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const done = (async () => {
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      state.text += part.value
      for (const [, id = "", data = ""] of part.value.matchAll(/id: (.*)\ndata: (.*)\n\n/g)) {
        events.push({ id, snapshot: JSON.parse(data) })
      }
    }
    state.isOver = true
  })()
  return { cancel: () => reader?.cancel(), done, events, state, paths: () => events.map((e) => pathOf(e.snapshot)) }
}

export const pathOf = (snapshot: RemoteSnapshot) => SessionView.of(snapshot).path

export const stage = Effect.fnUntraced(function* (
  options: { readonly credentials?: (typeof people)["reseller"] } & Partial<ServerSession.Options> = {},
) {
  const all = yield* harness()
  const { credentials, ...more } = options
  const pbx = yield* all.open(all.accounts.skyswitch(credentials === undefined ? {} : { credentials }))
  const served = yield* all.timed(ServerSession.make({ caller: () => pbx, origin: page, path: "/session", ...more }))
  const ask = (request: Request) => Effect.promise(() => served.handle(request))
  const stream = (headers: Record<string, string> = {}, query = "", signal?: AbortSignal) =>
    Effect.map(
      ask(
        new Request(`http://inside.test/session${query}`, {
          headers: { ...same, ...headers },
          ...(signal && { signal }),
        }),
      ),
      reading,
    )
  return { ...all, ask, pbx, served, stream }
})

export const comes = (what: string, is: () => boolean) => eventually(what, Effect.sync(is))
