/** The terminal that questions are asked on: keys come from standard input, and everything is written to standard error. */

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { badArgument } from "effect/PlatformError"
import * as Scope from "effect/Scope"
import * as Terminal from "effect/Terminal"

/**
 * Node's terminal, with its output on standard error, because standard output is only for results. It does not touch standard input
 * before it reads something.
 *
 * @category layers
 */
export const layer = Layer.effect(
  Terminal.Terminal,
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const node = yield* Effect.promise(() => import("@effect/platform-node/NodeTerminal")).pipe(
      Effect.flatMap((NodeTerminal) => NodeTerminal.make()),
      Scope.provide(scope),
      Effect.cached,
    )
    return Terminal.make({
      columns: Effect.sync(() => process.stderr.columns ?? 0),
      rows: Effect.sync(() => process.stderr.rows ?? 0),
      size: Effect.flatMap(node, (terminal) => terminal.size),
      readInput: Effect.flatMap(node, (terminal) => terminal.readInput),
      readLine: Effect.flatMap(node, (terminal) => terminal.readLine),
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
    })
  }),
)
