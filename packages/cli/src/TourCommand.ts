/** `pbx-auth tour`: all four lifecycles, shown and verified. */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"

export const tourCommand = Command.make(
  "tour",
  {
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print what happens as JSON, one event per line"),
      Flag.withDefault(false),
    ),
    world: Flag.String("world").pipe(Flag.withMetavar("FILE.json"), Flag.optional, Flag.withHidden),
  },
  Effect.fnUntraced(function* (given) {
    const Performance = yield* Effect.promise(() => import("./tour/Performance.ts"))
    yield* Performance.give(given)
  }),
).pipe(Command.withDescription("Walk the whole lifecycle of all four providers, with real requests to the emulator"))
