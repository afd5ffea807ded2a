/** The services that a command gets from its process: its standard streams, and the terminal for questions. */

import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as Layer from "effect/Layer"
import * as QuestionTerminal from "./QuestionTerminal.ts"

/**
 * @category layers
 */
export const layer = Layer.merge(NodeStdio.layer, QuestionTerminal.layer)
