/** `pbx-auth tour`: all four lifecycles, shown and verified. */

import { decodeWorld, defaultWorld } from "@pbx-auth/emulator/World"
import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Terminal from "effect/Terminal"
import { Usage } from "./Failure.ts"
import * as Screen from "./tour/Screen.ts"
import type { TourEvent } from "./tour/TourEvent.ts"

/**
 * Something on the tour was otherwise than the pages say.
 *
 * @category errors
 */
export class TourFailed extends Schema.TaggedError<TourFailed>()("TourFailed", {}) {
  override get message(): string {
    return "Something was otherwise than the providers' pages say: see the line that begins with ✗, and report it."
  }
}

const flags = {
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print what happens as JSON, one event per line"),
    Flag.withDefault(false),
  ),
  world: Flag.String("world").pipe(Flag.withMetavar("FILE.json"), Flag.optional, Flag.withHidden),
}

/** Another world than that of the pages. A tour of it must fail where the two differ: that is what it is for. */
const readWorld = Effect.fnUntraced(function* (path: string) {
  const wrong = (what: string) => new Usage({ problem: `World file ${path} ${what}.` })
  const text = yield* Effect.mapError(
    Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(path)),
    () => wrong("cannot be read"),
  )
  // Without the parser's own words, which quote the file.
  const json = yield* Effect.try({ try: (): unknown => JSON.parse(text), catch: () => wrong("is not JSON") })
  return yield* decodeWorld(json)
})

export const tourCommand = Command.make(
  "tour",
  flags,
  Effect.fnUntraced(function* ({ json, world }) {
    const console = yield* Console.Console
    const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
    const columns = yield* Effect.flatMap(Terminal.Terminal, (terminal) => terminal.columns)
    const lines = Screen.make({ color: canColor, columns: columns || 80 })
    const tell = (event: TourEvent, at: number) => {
      if (json) console.log(JSON.stringify({ at: DateTime.formatIso(DateTime.makeUnsafe(at)), ...event }))
      else for (const line of lines(event)) console.log(line)
    }
    const played = Option.isSome(world) ? yield* readWorld(world.value) : defaultWorld
    // An emulator takes a while to load, which the other commands need not wait for.
    const Tour = yield* Effect.promise(() => import("./tour/Tour.ts"))
    const ok = yield* Tour.walk({ world: played, tell })
    if (!ok) return yield* new TourFailed()
  }),
).pipe(Command.withDescription("Walk the whole lifecycle of all four providers, with real requests to the emulator"))
