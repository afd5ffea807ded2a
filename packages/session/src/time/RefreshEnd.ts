/**
 * The end of a refresh token.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { Tokens } from "@pbx-auth/providers/Token"

/**
 * Ends that are nearer than this are the same, in ms: lives are whole seconds, and requests take time.
 *
 * @category constants
 */
export const SAME_END = 60_000

/**
 * When the refresh token of these tokens ends, by the clock of `times`; `undefined` if that is not known.
 *
 * @category getters
 */
export const endOf = (
  tokens: Pick<Tokens, "refreshLifetime"> | undefined,
  times: TokenTimes | undefined,
): number | undefined => {
  const life = tokens?.refreshLifetime
  return life === undefined || times === undefined ? undefined : times.issuedAt + life
}
