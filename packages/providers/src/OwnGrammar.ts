/** What reads and writes the parts of a value that not every vendor needs, in one: `defineProvider` gives it to each provider. */

import { secrets } from "./OwnOptions.ts"
import { explained, write } from "./OwnRequest.ts"
import type { OwnGrammar } from "./Provider.ts"
import { refusal } from "./RefusalTable.ts"
import { standard } from "./ShapedReply.ts"

export const ownGrammar: OwnGrammar = { explained, refusal, secrets, standard, write }
