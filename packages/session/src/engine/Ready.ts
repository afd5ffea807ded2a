/**
 * The bearer that a session hands out, in each form that a caller may want. Between two steps of the chart only the time can change
 * what is handed out, so it is made once and not for each caller.
 */

import type { TokenFacts } from "@pbx-auth/machine/SessionContext"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Effect from "effect/Effect"
import type { Redacted } from "effect/Redacted"
import * as Bearer from "../Bearer.ts"

/**
 * Mutable in `asText` alone. Times are epoch ms by the session's clock.
 *
 * @category models
 */
export interface Ready {
  readonly bearer: Bearer.Bearer
  readonly asBearer: Effect.Effect<Bearer.Bearer>
  readonly asToken: Effect.Effect<Redacted<string>>
  /** In clear, for a caller without a fiber; made when the first of them asks. */
  asText: Promise<string> | undefined
  /** From then on the token is due for renewal, or cannot be used any more. */
  readonly until: number
  readonly usableUntil: number
}

/**
 * `undefined` where an API has rejected the token.
 *
 * @category constructors
 */
export const of = (tokens: Tokens, facts: TokenFacts): Ready | undefined => {
  if (facts.rejected) return undefined
  const bearer = Bearer.of(tokens, facts)
  const usableUntil = facts.usableUntil ?? Number.POSITIVE_INFINITY
  return {
    bearer,
    asBearer: Effect.succeed(bearer),
    asToken: Effect.succeed(bearer.token),
    asText: undefined,
    until: Math.min(usableUntil, facts.dueAt ?? usableUntil),
    usableUntil,
  }
}
