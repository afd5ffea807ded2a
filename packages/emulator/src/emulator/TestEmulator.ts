/**
 * The emulator as a layer for tests with Effect, over a clock that waits for it.
 *
 * Effect's own `TestClock` does not wait for a reply: it moves on while the request is under way, and a deadline ends the request,
 * or a renewal is missed. This layer puts another clock in its place. `TestClock.adjust` moves it too, and stops at each deadline
 * until nothing is left to do.
 *
 * ```ts
 * import * as TestEmulator from "@pbx-auth/emulator/TestEmulator"
 *
 * const test = SkySwitch.layer(account).pipe(Layer.provideMerge(TestEmulator.layer()))
 * ```
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { HttpClient } from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { JournalEntry } from "../exchange/Journal.ts"
import type { AnyWitness } from "../exchange/Witness.ts"
import * as Timetable from "../time/Timetable.ts"
import * as VirtualClock from "../time/VirtualClock.ts"
import { decodeWorld, defaultWorld, type WorldError, type WorldInput } from "../world/World.ts"
import * as Emulator from "./Emulator.ts"

/** What the layer is made with. */
export interface Options {
  /** The parts of the world that differ from the default one; all lives in seconds. */
  readonly world?: WorldInput
  /** Vendors beside those that are always there, made by `defineWitness`. */
  readonly witnesses?: ReadonlyArray<AnyWitness>
  /** The first time, epoch ms. Default: that of the clock in the context, which is 0 with `TestClock`. */
  readonly startsAt?: number
}

/** The emulator of a test. */
export class TestEmulator extends Context.Service<TestEmulator, Emulator.Emulator>()(
  "@pbx-auth/emulator/TestEmulator",
) {}

/** Each entry of the journal from now on, when its request is carried out and again when its reply has gone out. */
export const entries: Stream.Stream<JournalEntry, never, TestEmulator> = Stream.unwrap(
  Effect.map(TestEmulator, (emulator) =>
    Stream.callback<JournalEntry>((queue) =>
      Effect.acquireRelease(
        Effect.sync(() => emulator.subscribe((entry) => Queue.offerUnsafe(queue, entry))),
        (unsubscribe) => Effect.sync(unsubscribe),
      ),
    ),
  ),
)

/**
 * The emulator, an `HttpClient` whose requests all go to it, and the clock of both. Give it to the layers under test by
 * `Layer.provideMerge`, so that the test's own effects have the clock too. Fails as `WorldError`, naming the field.
 */
export const layer = ({
  world = {},
  witnesses = [],
  startsAt,
}: Options = {}): Layer.Layer<TestEmulator | HttpClient, WorldError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const live = yield* Clock.Clock
      const timetable = Timetable.make("steered", startsAt ?? live.currentTimeMillisUnsafe())
      const clock = Layer.succeed(Clock.Clock, VirtualClock.make(timetable, live))
      const made = Layer.effect(
        TestEmulator,
        Effect.flatMap(decodeWorld(world, defaultWorld, witnesses), (decoded) =>
          Emulator.make({ world: decoded, witnesses, wire: true }),
        ),
      )
      const fetch = Layer.effect(
        FetchHttpClient.Fetch,
        Effect.map(TestEmulator, (emulator): typeof globalThis.fetch => async (input, init) => {
          timetable.stir()
          try {
            return await emulator.fetch(input, init)
          } finally {
            timetable.stir()
          }
        }),
      )
      return FetchHttpClient.layer.pipe(Layer.provide(fetch), Layer.provideMerge(made), Layer.provideMerge(clock))
    }),
  )
