/** A reply that is not a success, and what a dialect says about its own refusals. */
import type { AuthError } from "../error/AuthError.ts"
import type { ProviderId, VendorCode } from "../error/ErrorWords.ts"
import type { RateLimit } from "../error/RateLimit.ts"
import type { Body, Verdict } from "./Grammar.ts"
import type { Purpose, RefusalRule } from "./RefusalRule.ts"

/** Says what a refusal means, or `undefined` if the general grammar decides. It must not repeat what the reply says. */
export type RefusalOf = (refused: Refused) => AuthError | undefined

/** A dialect's own refusals: rows, or a function. Neither is asked about a page (HTML), as that comes from an intermediary. */
export type Refusals = ReadonlyArray<RefusalRule> | RefusalOf

type ReadsRows = (refused: Refused, rows: ReadonlyArray<RefusalRule>) => AuthError | undefined

/** A reply that is not a success. */
export interface Refused {
  readonly provider: ProviderId
  readonly purpose: Purpose
  /** Whether the request carried `Authorization: Bearer`, so that 401 is about it (RFC 6750 §3.1). */
  readonly bearerInHeader: boolean
  /** Where the request went: origin and path, without a query. */
  readonly url?: string | undefined
  readonly status: number
  /** The status that the body of a 200 names instead. */
  readonly inBand?: number | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Body
  /** What its dialect counts as a decision on a refresh token, besides `invalid_grant`. */
  readonly verdicts: ReadonlyArray<Verdict>
  /** The codes of its own that its dialect declares. */
  readonly codes?: ReadonlyArray<VendorCode> | undefined
  /** Whole texts that are its own. */
  readonly sentences?: ReadonlyArray<string> | undefined
  /** Its own refusals. */
  readonly refusals?: Refusals | undefined
  /** What reads them, if they are rows. */
  readonly ownGrammar?: { readonly refusal: ReadsRows } | undefined
  /** The limits of its own that the provider declares. */
  readonly limits?: ReadonlyArray<RateLimit> | undefined
  /** Epoch ms. */
  readonly now: number
}
