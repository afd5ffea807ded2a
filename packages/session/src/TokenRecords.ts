/**
 * For a program that keeps a session's tokens in records of its own, as the command does with those of the users whom a profile acts for:
 * which times belong into such a record, and whether another holder is at work on it.
 */

import { currentFacts } from "@pbx-auth/machine/SessionContext"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Driver } from "./engine/Driver.ts"
import { Source } from "./engine/Source.ts"
import { Face } from "./face/Face.ts"
import * as LeftIntents from "./record/LeftIntents.ts"
import { wallTimesOf } from "./record/RecordTimes.ts"
import type { TokenRecord, TokenStore } from "./TokenStore.ts"
import * as SessionClock from "./time/SessionClock.ts"

/**
 * The edges of the life of the bearer that a session or a child hands out now, as a record has them: epoch ms of the wall clock.
 * `undefined` if it has none, or if it is no session of this library.
 *
 * @category getters
 */
export const timesOf = (source: object): TokenRecord["times"] => {
  const driver = Face.of(source)
  if (!(driver instanceof Driver)) return undefined
  const core = Source.core(driver)
  const facts = currentFacts(core.context)
  if (facts === null) return undefined
  const { dueAt, expiresAt, issuedAt, usableUntil } = facts
  return wallTimesOf({ dueAt, expiresAt, issuedAt, usableUntil }, core.runtime.clock)
}

/**
 * Waits for the holder of a record, as a session does. What it returns is called with each reading of one record, and says whether the
 * holder of its intent may still present: not after `until`, not if the store says that it is dead, and not longer than a presentation
 * may take, if the wall clock is set back meanwhile.
 *
 * @category constructors
 */
export const wait = (
  store: TokenStore["Service"],
): Effect.Effect<(record: TokenRecord | undefined) => Effect.Effect<boolean>> =>
  Effect.map(Clock.Clock, (clock) => LeftIntents.wait({ runtime: { clock: SessionClock.make(clock), store } }))
