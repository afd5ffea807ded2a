/**
 * A bearer as it is handed out.
 */

import type { Identity, Tokens } from "@pbx-auth/providers/Token"
import type * as Redacted from "effect/Redacted"

/**
 * An access token with the facts about it.
 *
 * @category models
 */
export interface Bearer {
  /** Goes into `Authorization: Bearer …`. Printing it shows `<redacted>`. */
  readonly token: Redacted.Redacted<string>
  /** Always `Bearer`. */
  readonly tokenType: string
  /** Pass it to `reject` when an API rejects the token. */
  readonly generation: number
  /** When the token ends, epoch ms by the session's clock; `null` for never. */
  readonly expiresAt: number | null
  /** The access level or the scopes, as the provider printed them; `null` for none. */
  readonly scope: string | null
  /** The user that the token speaks for, as far as the provider said so. */
  readonly identity: Identity
}

/**
 * Makes the bearer of tokens, with the chart's facts about them. `expiresAt` is epoch ms by the session's clock, `null` for never.
 *
 * @category constructors
 */
export const of = (tokens: Tokens, facts: { readonly generation: number; readonly expiresAt: number | null }): Bearer =>
  // All callers get the same object.
  Object.freeze({
    token: tokens.accessToken,
    tokenType: tokens.tokenType,
    generation: facts.generation,
    expiresAt: facts.expiresAt,
    scope: tokens.scope,
    identity: tokens.identity,
  })
