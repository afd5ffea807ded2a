/** The tour as `pbx-auth tour` gives it: in this world, on standard output. */

import { readFileSync } from "node:fs"
import { decodeWorld, defaultWorld } from "@pbx-auth/emulator/World"
import * as Console from "effect/Console"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Terminal from "effect/Terminal"
import { Usage } from "../failure/Usage.ts"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import * as Printable from "../shell/Printable.ts"
import * as Screen from "./Screen.ts"
import * as Tour from "./Tour.ts"
import type { TourEvent } from "./TourEvent.ts"

/**
 * Something on the tour differed from the pages.
 *
 * @category errors
 */
export class TourFailed extends Schema.TaggedError<TourFailed>()("TourFailed", {}) {
  override get message(): string {
    return "Something differs from the providers' pages: see the line that begins with ✗, and report it."
  }
}

/** Another world than that of the pages. A tour of it must fail where the two differ. */
const readWorld = Effect.fnUntraced(function* (path: string) {
  const wrong = (what: string) => new Usage({ problem: `World file ${path} ${what}.` })
  const text = yield* Effect.try({ try: () => readFileSync(path, "utf8"), catch: () => wrong("cannot be read") })
  // Without the parser's own error, which quotes the file.
  const json = yield* Effect.try({ try: (): unknown => JSON.parse(text), catch: () => wrong("is not JSON") })
  return yield* decodeWorld(json)
})

/**
 * Walks the tour, and prints each event as it happens: in lines for people, or as JSON, one event per line. Fails with `TourFailed`
 * if something differed from the pages, with `Usage` or a `WorldError` about the file `world`.
 *
 * @category running
 */
export const give = Effect.fnUntraced(function* ({ json, world }: GivenTo<typeof commands.tour>) {
  const console = yield* Console.Console
  const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
  const columns = yield* Effect.flatMap(Terminal.Terminal, (terminal) => terminal.columns)
  const lines = Screen.make({ color: canColor, columns: columns || 80 })
  const tell = (event: TourEvent, at: number) => {
    if (json === true) console.log(Printable.json({ at: DateTime.formatIso(DateTime.makeUnsafe(at)), ...event }))
    else for (const line of lines(event)) console.log(line)
  }
  const played = world === undefined ? defaultWorld : yield* readWorld(world)
  const ok = yield* Tour.walk({ world: played, tell })
  if (!ok) return yield* new TourFailed()
})
