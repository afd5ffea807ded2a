/** A session without Effect, an API, and a fetch between them. */
import type { ServerResponse } from "node:http"
import { assert } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { bearerFetch, type Options } from "@pbx-auth/session/BearerFetch"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as Effect from "effect/Effect"
import * as CalledApi from "./CalledApi.ts"
import { client, eventually, people } from "./Harness.ts"

export type Answer = (call: number, response: ServerResponse) => void

export const serveApi = (answer: Answer) => CalledApi.serveApi((_, response, call) => answer(call, response))

export const say = (response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}) => {
  response.writeHead(status, headers)
  response.end(String(status))
}

/** Answers with one status after the other; the last one stays. */
export const saying =
  (...statuses: ReadonlyArray<number>): Answer =>
  (call, response) =>
    say(response, statuses[call - 1] ?? statuses.at(-1) ?? 200)

/** A session with an emulator, and an API. */
export const staged = (
  answer: Answer,
  test: (stage: {
    readonly pbx: Awaited<ReturnType<typeof openSkySwitch>>
    readonly api: Awaited<ReturnType<typeof serveApi>>
    readonly call: typeof globalThis.fetch
    readonly calling: (options?: Options) => typeof globalThis.fetch
    readonly renewals: () => Promise<number>
    readonly outage: () => Promise<unknown>
    readonly address: string
  }) => Promise<void>,
) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({})
    const { origin: address } = yield* serve({ port: 0, emulator })
    yield* Effect.promise(async () => {
      await using api = await serveApi(answer)
      await using pbx = await openSkySwitch({ address, client, credentials: people.officeManager })
      const calling = (options?: Options) => bearerFetch(pbx, { origins: [api.origin], ...options })
      const renewals = async () =>
        (await Effect.runPromise(emulator.journal)).filter(({ grant }) => grant === "refresh_token").length
      const outage = () =>
        Effect.runPromise(emulator.faults.arm({ fault: { _tag: "server_error" }, match: {}, times: "always" }))
      await test({ pbx, api, call: calling(), calling, renewals, outage, address })
    })
  }).pipe(Effect.scoped)

export const comesTo = (what: string, look: () => boolean) => Effect.runPromise(eventually(what, Effect.sync(look)))

export const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  )
