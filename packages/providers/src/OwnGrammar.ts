/** What reads the parts of a value that OAuth 2 does not have, in one: `defineProvider` gives it to each provider. */
import type { OwnGrammar } from "./Provider.ts"
import { refusal } from "./RefusalTable.ts"
import { standard } from "./ShapedReply.ts"

export const ownGrammar: OwnGrammar = { refusal, standard }
