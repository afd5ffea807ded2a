/** A registry by promises, and the emulator that its sessions are with. */
import { assert } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { AuthError } from "@pbx-auth/providers/AuthError"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { openSessions, type PromiseSessions } from "@pbx-auth/session/PromiseSessions"
import type { Options } from "@pbx-auth/session/Sessions"
import * as Effect from "effect/Effect"
import { client, eventually, people } from "./Harness.ts"

export const domain = "acmecorp.12345.service"

export const uids = Array.from({ length: 12 }, (_, index) => `${2_000 + index}@${domain}`)

export const world = {
  netsapiens: {
    accounts: [
      { extension: "1000", domain, password: "mypassword", scope: "Reseller" },
      { extension: "111", domain: "abc-company.12345.service", password: "1234", scope: "Office Manager" },
      ...uids.map((uid) => ({ extension: uid.split("@")[0], domain, scope: "Basic User" })),
    ],
  },
}

export interface Stage {
  readonly address: string
  readonly sessions: PromiseSessions
  /** The reseller's session. */
  readonly pbx: () => ReturnType<typeof resellerOf>
  /** How often acting was asked for. */
  readonly masquerades: () => Promise<number>
}

export const resellerOf = (sessions: PromiseSessions, address: string) =>
  sessions.session(SkySwitch.configure({ address, client, credentials: people.reseller }))

/** An emulator on a port, and a registry, for a test that is written with promises. */
export const staged = (options: Options, test: (stage: Stage) => Promise<void>) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({ world: yield* decodeWorld(world) })
    const { origin } = yield* serve({ port: 0, emulator })
    yield* Effect.promise(async () => {
      await using sessions = await openSessions(options)
      await test({
        address: origin,
        sessions,
        pbx: () => resellerOf(sessions, origin),
        masquerades: async () =>
          (await Effect.runPromise(emulator.journal)).filter(({ grant }) => grant === "masquerade").length,
      })
    })
  })

export const unpaced: Options = { respectRateLimits: false }

/** What a promise rejects with, which is an `AuthError` and nothing else. */
export const errorOf = async (promise: Promise<unknown>): Promise<AuthError> => {
  const error = await promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  )
  assert.instanceOf(error, AuthError)
  return error
}

export const reasonOf = async (promise: Promise<unknown>) => (await errorOf(promise)).reason._tag

export const comesTo = (what: string, look: () => boolean) => Effect.runPromise(eventually(what, Effect.sync(look)))
