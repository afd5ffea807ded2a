/**
 * The session's record in the store: it is loaded when the session opens, and removed when the user signs out. In between, `Claim`
 * reads and writes it.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Redacted from "effect/Redacted"
import * as Claim from "./Claim.ts"
import { type Attempted, type Core, workOf } from "./Core.ts"
import * as LastChance from "./LastChance.ts"
import * as News from "./News.ts"
import * as Secrets from "./Secrets.ts"
import * as SessionKey from "./SessionKey.ts"

/** A stored time is not believed if the clocks of two machines would differ by more than this, in ms. */
const CLOCK_TOLERANCE = 60_000

/**
 * Looks for the session's record. Returns a function that makes the chart's event, to be called when the chart takes it; `undefined`
 * if nothing is stored. Fails only as `StoreFailed`.
 *
 * @category combinators
 */
export const find = (
  core: Core,
  adopted: Redacted.Redacted<string> | undefined,
): Attempted<(() => SessionEvent) | undefined> =>
  Effect.gen(function* () {
    const { account, kept, runtime } = core
    const { clock, store } = runtime
    const { provider } = account
    if (core.acting !== undefined) return undefined
    if (kept === undefined && adopted === undefined && provider.signsInWith === "password") return undefined
    const key = yield* Effect.mapError(SessionKey.make(store, account, kept, adopted), AuthError.fromReason)
    core.key = key
    const versioned = yield* Effect.mapError(runtime.records.read(runtime, key), AuthError.fromReason)
    const isKnown = versioned?.record?.tokens !== undefined || adopted === undefined
    const record = isKnown ? versioned?.record : Claim.adoption(adopted, clock.toWall(clock.now()))
    const times = record && Claim.timesOf(record, clock)
    if (record?.tokens === undefined || times === undefined) return undefined
    const { generation, intent, tokens, via } = record
    const now = clock.now()
    const wall = clock.toWall(now)
    const isLost = intent !== undefined && intent.purpose === "renewal" && intent.until <= wall
    // This clock is behind the one that stored the token (a boot in 1970), so the age of the token is unknown.
    const isAgeUnknown = times.issuedAt > now + CLOCK_TOLERANCE
    const facts = { ...times, ...(isAgeUnknown && { dueAt: now, usableUntil: now }), generation, via }
    const chance = () => Math.max(now, LastChance.of({ ...facts, rejected: false }, account, runtime.random()))
    return () => {
      Secrets.keep(core, tokens, times, key, isKnown ? generation : undefined)
      const isHarmless = isLost && LastChance.isHarmless(provider, wall - intent.startedAt)
      const retryAt = isHarmless ? now : chance()
      const pending = isLost ? { retryAt, ...(!isHarmless && { signInAt: retryAt }) } : null
      return { type: "Restored", facts, pending, now }
    }
  })

/**
 * Begins to remove the record of a session that was signed out.
 *
 * @category combinators
 */
export const discard = (core: Core, key: string): void => {
  workOf(core).removal = core.runtime.fork(remove(core, key))
}

// The error, a defect too, is not shown: it may hold anything.
const remove = (core: Core, key: string): Effect.Effect<void> =>
  Effect.catchCause(core.runtime.records.remove(core.runtime, key), () => {
    News.tell(core, () => ({ _tag: "StoreFailed", what: "remove" }))
    return Effect.void
  })

/**
 * Waits until the record of the signed-out session is removed: a new sign-in must not find it.
 *
 * @category combinators
 */
export const removed = (core: Core): Effect.Effect<void> =>
  Effect.suspend(() => {
    const removal = core.work?.removal
    return removal === undefined ? Effect.void : Effect.asVoid(Fiber.await(removal))
  })
