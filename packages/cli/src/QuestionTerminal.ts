/** The terminal that questions are asked on: keys come from standard input, and everything is written to standard error. */

import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { badArgument } from "effect/PlatformError"
import * as Terminal from "effect/Terminal"

/**
 * Node's terminal, with its output on standard error: standard output holds results alone.
 *
 * @category layers
 */
export const layer = Layer.effect(
  Terminal.Terminal,
  Effect.map(NodeTerminal.make(), (terminal) =>
    Terminal.make({
      columns: Effect.sync(() => process.stderr.columns ?? 0),
      rows: Effect.sync(() => process.stderr.rows ?? 0),
      size: terminal.size,
      readInput: terminal.readInput,
      readLine: terminal.readLine,
      display: (text) =>
        Effect.callback((resume) => {
          process.stderr.write(text, (error) =>
            resume(
              error
                ? Effect.fail(badArgument({ module: "Terminal", method: "display", description: "Cannot write" }))
                : Effect.void,
            ),
          )
        }),
    }),
  ),
)
