/**
 * The session's record in the store: what is taken up when the session opens, and what is removed when somebody signs out. Between
 * the two, `Claim` reads and writes it.
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
import * as StoreAccess from "./StoreAccess.ts"

/** By how much two machines' clocks may differ, in ms, before a stored time is not believed. */
const CLOCK_TOLERANCE = 60_000

/** How a record is removed when the store does not answer at once: five tries more, three seconds in all. */
const REMOVAL = [100, 200, 400, 800, 1_600]

/**
 * Looks for what is stored of the session. Gives what tells the chart of it, to be called when its event is taken; `undefined` when
 * nothing is stored. Fails as `StoreFailed` alone.
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
    const versioned = yield* Effect.mapError(StoreAccess.read(runtime, key), AuthError.fromReason)
    const isKnown = versioned?.record.tokens !== undefined || adopted === undefined
    const record = isKnown ? versioned?.record : Claim.adoption(adopted, clock.toWall(clock.now()))
    const times = record && Claim.timesOf(record, clock)
    if (record?.tokens === undefined || times === undefined) return undefined
    const { generation, intent, tokens, via } = record
    const now = clock.now()
    const wall = clock.toWall(now)
    const isLost = intent !== undefined && intent.purpose === "renewal" && intent.until <= wall
    // A token from the future was stored by a clock that this one is behind (a boot in 1970): how old it is nobody knows.
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

const remove = (core: Core, key: string): Effect.Effect<void> => {
  const { runtime } = core
  const once = (pauses: ReadonlyArray<number>): Effect.Effect<void, AuthError.StoreFailed> =>
    StoreAccess.read(runtime, key).pipe(
      Effect.flatMap((seen) =>
        seen === undefined ? Effect.void : StoreAccess.replace(runtime, key, seen.version, undefined),
      ),
      Effect.asVoid,
      Effect.catch((error) => {
        // Somebody wrote in between.
        if (error._tag === "StoreConflict") return once(pauses)
        const [pause, ...rest] = pauses
        return pause === undefined ? Effect.fail(error) : Effect.andThen(Effect.sleep(pause), once(rest))
      }),
    )
  // Whatever it was, a defect too, is not shown: it may hold anything.
  return Effect.catchCause(once(REMOVAL), () => {
    News.tell(core, () => ({ _tag: "StoreFailed", what: "remove" }))
    return runtime.telemetry.warn("pbx-auth: the tokens of a session that was signed out are still stored")
  })
}

/**
 * Until what was signed out is removed: a sign-in must not meet it.
 *
 * @category combinators
 */
export const removed = (core: Core): Effect.Effect<void> =>
  Effect.suspend(() => {
    const removal = core.work?.removal
    return removal === undefined ? Effect.void : Effect.asVoid(Fiber.await(removal))
  })
