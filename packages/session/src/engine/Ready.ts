/**
 * The bearer that a session hands out, in each form that a caller may want. Between two steps of the chart only time can change it,
 * so it is made once and not for each caller.
 */

import type { TokenFacts } from "@pbx-auth/machine/SessionContext"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Effect from "effect/Effect"
import type { Redacted } from "effect/Redacted"
import * as Bearer from "../Bearer.ts"

/**
 * Only `asText` is mutable. Times are epoch ms by the session's clock.
 *
 * @category models
 */
export interface Ready {
  readonly bearer: Bearer.Bearer
  readonly asBearer: Effect.Effect<Bearer.Bearer>
  readonly asToken: Effect.Effect<Redacted<string>>
  /** In clear, for a caller without a fiber. Made when the first of them asks. */
  asText: Promise<string> | undefined
  /** From then on the token is due for renewal, or is not usable any more. Epoch ms. */
  readonly until: number
  readonly usableUntil: number
}

/**
 * `undefined` if an API has rejected the token.
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
