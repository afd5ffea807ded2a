/**
 * A record's times: in a store they are the wall clock's, in a session its own clock's.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { TokenRecord } from "../TokenStore.ts"
import type { SessionClock } from "../time/SessionClock.ts"

/** The same times, so many ms later. Only these four, whatever else the object has. */
const later = ({ dueAt, expiresAt, issuedAt, usableUntil }: TokenTimes, by: number): TokenTimes => {
  const moved = (at: number | null) => (at === null ? null : at + by)
  return {
    issuedAt: issuedAt + by,
    dueAt: moved(dueAt),
    usableUntil: moved(usableUntil),
    expiresAt: moved(expiresAt),
  }
}

/**
 * Converts a record's times from the wall clock to the session's clock. The result is a copy: a store may return more than it was
 * given, and may go on using its object.
 *
 * @category getters
 */
export const timesOf = ({ times }: TokenRecord, clock: SessionClock): TokenTimes | undefined =>
  times && later(times, clock.fromWall(times.issuedAt) - times.issuedAt)

/**
 * The other direction. The clocks mostly agree, and then the record needs no copy of its times.
 *
 * @category getters
 */
export const wallTimesOf = (times: TokenTimes, clock: SessionClock): TokenTimes => {
  const ahead = clock.toWall(times.issuedAt) - times.issuedAt
  return ahead === 0 ? times : later(times, ahead)
}
