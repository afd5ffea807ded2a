/** An emulator whose time moves only as a test says, and the command in the same time. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { inside } from "./Inside.ts"
import { lasting } from "./Lasting.ts"

export const clocked = (world: unknown = {}) =>
  lasting(
    Effect.gen(function* () {
      const clock = yield* SteerableClock.make()
      const decoded = yield* decodeWorld(world)
      const emulator = yield* Effect.provideService(Emulator.make({ world: decoded }), Clock.Clock, clock)
      const { origin } = yield* serve({ port: 0, emulator })
      return {
        origin,
        emulator,
        clock,
        now: () => clock.currentTimeMillisUnsafe(),
        pass: (duration: Duration.Input) => Effect.runPromise(clock.adjust(duration)),
        run: (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
          inside(args, env, undefined, clock),
        outcomes: async () => (await Effect.runPromise(emulator.journal)).map(({ outcome }) => outcome),
      }
    }),
  )
