/**
 * What a session that opens takes from its store. Where a renewal of another holder was cut off, the provider's rotation decides when
 * the refresh token may be presented again.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { TokenRecord } from "../TokenStore.ts"
import * as LastChance from "../time/LastChance.ts"
import { wallNow } from "../time/SessionClock.ts"
import { adopted, type Found } from "./Adoption.ts"
import * as LeftIntents from "./LeftIntents.ts"
import type { Keeper } from "./RecordKeeping.ts"
import { timesOf } from "./RecordTimes.ts"
import * as StoreAccess from "./StoreAccess.ts"

/** A stored time is not believed if the clocks of two machines would differ by more than this, in ms. */
const CLOCK_TOLERANCE = 60_000

/** A watcher hears first that the session is open, and of an intent that was left behind so many ms later. */
const OPENING = 10

/**
 * What is stored under a key, or else the refresh token that was given. After a sign-out it is neither.
 *
 * @category combinators
 */
export const find = (
  session: Keeper,
  key: string,
  refreshToken: Redacted.Redacted<string> | undefined,
): Effect.Effect<Found | undefined, StoreFailed> =>
  Effect.gen(function* () {
    const { clock } = session.runtime
    const versioned = yield* StoreAccess.read(session.runtime, key)
    const record = versioned?.record
    const intent = record?.intent
    const wall = wallNow(clock)
    const isLost = intent !== undefined && (yield* LeftIntents.isLost(session, intent, wall))
    if (isLost) session.runtime.fork(Effect.andThen(Effect.sleep(OPENING), LeftIntents.report(session, intent, wall)))
    if (record?.tokens !== undefined) return restored(session, record, isLost && intent.purpose === "renewal")
    const isSignedOut = versioned !== undefined && record === undefined
    return refreshToken === undefined || isSignedOut ? undefined : adopted(refreshToken, clock.now())
  })

/** `isLost`: a renewal with an unknown result was left behind. */
const restored = ({ account, runtime }: Keeper, record: TokenRecord, isLost: boolean): Found | undefined => {
  const { clock } = runtime
  const { generation, intent, tokens, via } = record
  const times = timesOf(record, clock)
  if (tokens === undefined || times === undefined) return undefined
  const now = clock.now()
  const wall = clock.toWall(now)
  // This clock is behind the one that stored the token (a boot in 1970), so the age of the token is unknown.
  const isAgeUnknown = times.issuedAt > now + CLOCK_TOLERANCE
  const facts = { ...times, ...(isAgeUnknown && { dueAt: now, usableUntil: now }), generation, via }
  const found = { tokens, times, generation, facts }
  if (!isLost || intent === undefined) return { ...found, pending: null }
  if (LastChance.isHarmless(account.provider, wall - intent.startedAt)) return { ...found, pending: { retryAt: now } }
  const chance = LastChance.of({ ...facts, rejected: false }, account, runtime.random())
  const retryAt = Math.max(now, chance)
  return { ...found, pending: { retryAt, signInAt: retryAt } }
}
