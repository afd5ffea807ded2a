/** What reads and writes the parts of a value that not every vendor needs, in one: `defineProvider` gives it to each provider. */

import { heeding } from "./BearerRefusal.ts"
import { secrets } from "./OwnOptions.ts"
import { read } from "./OwnReply.ts"
import { completed, write } from "./OwnRequest.ts"
import type { OwnGrammar } from "./Provider.ts"
import { arrive } from "./RecordMove.ts"
import { refusal } from "./RefusalTable.ts"
import { standard } from "./ShapedReply.ts"

/** The grammar of this copy of the library. A program that loads a value of another copy puts its own there by `OwnCopy`. */
export const ownGrammar: OwnGrammar = { arrive, completed, heeding, read, refusal, secrets, standard, write }
