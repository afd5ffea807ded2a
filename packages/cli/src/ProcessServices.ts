/** What a command gets of the process that it runs in: its standard streams, and the terminal that questions are asked on. */

import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as Layer from "effect/Layer"
import * as QuestionTerminal from "./QuestionTerminal.ts"

/**
 * @category layers
 */
export const layer = Layer.merge(NodeStdio.layer, QuestionTerminal.layer)
