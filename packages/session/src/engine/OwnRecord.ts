/**
 * The session's own record, as the engine asks for it: it is loaded when the session opens. A sign-out leaves a tombstone. In
 * between, `Claim` reads and writes it.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { guarded } from "../account/Failure.ts"
import * as SessionKey from "../record/SessionKey.ts"
import { type Attempted, type Core, type Options, personNeededAt, workOf } from "./Core.ts"
import * as Secrets from "./Secrets.ts"

/**
 * The name of the record with these credentials, or with this refresh token.
 *
 * @category getters
 */
export const keyOf = (
  core: Core,
  credentials: Credentials | undefined,
  refreshToken?: Options["refreshToken"],
): Attempted<string> =>
  guarded(core.account, () =>
    Effect.mapError(SessionKey.make(core.runtime.store, core.account, credentials, refreshToken), AuthError.fromReason),
  )

/**
 * Looks for the session's record. Returns a function that makes the chart's event, to be called when the chart takes it; `undefined`
 * if nothing is stored, or if the store is away and the account's own credentials are at hand. Fails only as `StoreFailed`.
 *
 * @category combinators
 */
export const find = (
  core: Core,
  { key: known, refreshToken: adopted }: Options,
): Attempted<(() => SessionEvent) | undefined> =>
  Effect.gen(function* () {
    const { account, kept, runtime } = core
    if (core.acting !== undefined) return undefined
    if (kept === undefined && adopted === undefined && account.provider.signsInWith === "password") return undefined
    const key = known ?? (yield* keyOf(core, kept, adopted))
    core.key = key
    const found = yield* Effect.catch(runtime.records.find(core, key, adopted), (error) =>
      // It signs in when a token is needed, as it would over a tombstone. A given refresh token may be used up, so it is not presented.
      error.remedy === "retry" && adopted === undefined
        ? Effect.succeed(undefined)
        : Effect.fail(AuthError.fromReason(error)),
    )
    if (found === undefined) return undefined
    return () => {
      const { facts, generation, pending, times, tokens } = found
      Secrets.keep(core, tokens, times, key, generation)
      return { type: "Restored", facts, pending, personNeededAt: personNeededAt(core), now: core.now }
    }
  })

/**
 * Begins to write the tombstone of a session that was signed out.
 *
 * @category combinators
 */
export const discard = (core: Core, key: string): void => {
  workOf(core).removal = core.runtime.fork(core.runtime.records.remove(core, key))
}

/**
 * Waits until the tombstone of the signed-out session is written: a new sign-in must not find it.
 *
 * @category combinators
 */
export const removed = (core: Core): Effect.Effect<void> =>
  Effect.suspend(() => {
    const removal = core.work?.removal
    return removal === undefined ? Effect.void : Effect.asVoid(Fiber.await(removal))
  })
