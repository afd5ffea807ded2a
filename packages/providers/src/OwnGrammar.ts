/** What reads and writes the parts of a value that not every vendor needs, in one: `defineProvider` gives it to each provider. */
import { explained, write } from "./OwnRequest.ts"
import type { OwnGrammar } from "./Provider.ts"
import { refusal } from "./RefusalTable.ts"
import { standard } from "./ShapedReply.ts"

/**
 * The grammar of a value with parts of its own. A program that gets a value from another copy of this library puts its own one in the
 * place of the value's: `{ ...provider, ownGrammar }`. The other copy cannot open the secrets that this program has made.
 */
export const ownGrammar: OwnGrammar = { explained, refusal, standard, write }
