/** What reads and writes the parts of a value that not every vendor needs, in one: `defineProvider` gives it to each provider. */

import { secrets } from "../configuration/OwnOptions.ts"
import { heeding } from "../description/BearerRefusal.ts"
import type { OwnGrammar } from "../description/Provider.ts"
import { refusal } from "../refusal/RefusalTable.ts"
import { read } from "../reply/OwnReply.ts"
import { standard } from "../reply/ShapedReply.ts"
import { completed, write } from "../request/OwnRequest.ts"
import { arrive } from "../token/RecordMove.ts"

/** The grammar of this copy of the library. A program that loads a value of another copy puts its own there by `OwnCopy`. */
export const ownGrammar: OwnGrammar = { arrive, completed, heeding, read, refusal, secrets, standard, write }
