/**
 * What a read of the store means to a session that may hold tokens itself: which of the two is later, or that the user signed out.
 *
 * A record that is absent, or blank, was never written or was lost. Neither is a sign-out.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { SessionContext } from "@pbx-auth/machine/SessionContext"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Redacted from "effect/Redacted"
import type { TokenRecord, Versioned } from "../TokenStore.ts"
import type { SessionClock } from "../time/SessionClock.ts"
import { wallTimesOf } from "./RecordTimes.ts"

/**
 * What a session holds of its record. Times are the session clock's, epoch ms.
 *
 * @category models
 */
export interface Held {
  readonly own: Tokens | undefined
  readonly times: TokenTimes | undefined
  /** The generation of the last record that it has seen, 0 for none. */
  readonly stored: number
  /** Whether that record holds `own`. If not, `own` is newer. */
  readonly isStored: boolean
  readonly context: Pick<SessionContext, "own">
}

/** The record before the first token. */
const blank: TokenRecord = {
  generation: 0,
  via: "sign_in",
  tokens: undefined,
  times: undefined,
  intent: undefined,
}

/**
 * The record of a session's own tokens, as the store should have it. A refresh token that was obtained elsewhere has none until it is
 * renewed.
 *
 * @category constructors
 */
export const ownRecord = (held: Held | undefined, clock: SessionClock): TokenRecord | undefined => {
  const { context, isStored, own, stored, times } = held ?? {}
  if (stored === undefined || own === undefined || times === undefined || Redacted.value(own.accessToken) === "") {
    return undefined
  }
  return {
    generation: stored + (isStored ? 0 : 1),
    via: context?.own?.via === "sign_in" ? "sign_in" : "renewal",
    tokens: own,
    times: wallTimesOf(times, clock),
    intent: undefined,
  }
}

/**
 * Whether the user signed out: by a tombstone, or by the intent of a sign-in that another holder wrote over one.
 *
 * @category guards
 */
export const isSignedOut = (versioned: Versioned | undefined, holder: string): boolean =>
  versioned !== undefined &&
  (versioned.record === undefined ||
    (versioned.record.tokens === undefined &&
      versioned.record.intent?.afterSignOut === true &&
      versioned.record.intent.holder !== holder))

/**
 * Whether a record has a later token than the session's own. It has if its generation is higher. It also has if the session began
 * again elsewhere, and so counts from 1: then its token is another one, and was issued later.
 *
 * @category guards
 */
export const isLater = (record: TokenRecord, generation: number, own: TokenRecord | undefined): boolean =>
  record.generation > generation || beganAgain(record, own)

/**
 * Whether a record that does not count further has another token that was issued later.
 *
 * @category guards
 */
export const beganAgain = ({ times, tokens }: TokenRecord, than: TokenRecord | undefined): boolean =>
  times !== undefined &&
  tokens !== undefined &&
  than?.times !== undefined &&
  than.tokens !== undefined &&
  times.issuedAt > than.times.issuedAt &&
  Redacted.value(tokens.accessToken) !== Redacted.value(than.tokens.accessToken)

/**
 * Times that no token can have: issued at no time, or ended before it was issued. A program that lost them wrote them.
 *
 * @category guards
 */
export const isPlausible = ({ expiresAt, issuedAt, usableUntil }: TokenTimes): boolean =>
  issuedAt > 0 && (expiresAt ?? issuedAt) >= issuedAt && (usableUntil ?? issuedAt) >= issuedAt

/**
 * The record that is in force: the store's, or the session's own if the store has lost it, or has an older one.
 *
 * @category getters
 */
export const inForce = (record: TokenRecord | undefined, own: TokenRecord | undefined): TokenRecord => {
  if (own === undefined) return record ?? blank
  if (record?.tokens === undefined) return own
  if (record.generation === own.generation && !(record.times !== undefined && isPlausible(record.times))) return own
  return record.generation >= own.generation || beganAgain(record, own) ? record : own
}
