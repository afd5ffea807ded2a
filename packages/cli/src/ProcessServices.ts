/**
 * What commands get of the process that they run in. Effect's command line asks for files and for other programs too, and loading
 * what reads and starts them takes as long as all the rest; but no command of ours has a parameter that is a file's content, and
 * none starts a program. So there are none to be had, and nothing that the arguments say can change that.
 */

import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as QuestionTerminal from "./QuestionTerminal.ts"

/**
 * @category layers
 */
export const layer = Layer.mergeAll(
  NodePath.layer,
  NodeStdio.layer,
  QuestionTerminal.layer,
  FileSystem.layerNoop({}),
  Layer.succeed(
    ChildProcessSpawner.ChildProcessSpawner,
    ChildProcessSpawner.make(() => Effect.die("No command starts another program.")),
  ),
)
