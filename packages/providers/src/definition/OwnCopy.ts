/**
 * A provider's value from another copy of the library, such as that of a file that a program loads. A secret can be read only by the copy
 * of Effect that wrapped it, so code that reads secrets must be of the copy that runs the sessions.
 */

import type { Provider } from "../description/Provider.ts"
import { keptBelow } from "../token/LiveTokens.ts"
import { ownGrammar } from "./OwnGrammar.ts"

/**
 * The value with this copy's code in the place of that one's: its grammar, and what keeps its cap of living tokens (of which the value
 * says the number alone). Check a user's options by this copy's `configure`, of `Configuration`.
 */
export const ofThisCopy = (provider: Provider): Provider => {
  const { cap, keep } = provider.liveTokens ?? {}
  return { ...provider, ownGrammar, ...(cap !== undefined && keep !== undefined && { liveTokens: keptBelow(cap) }) }
}
