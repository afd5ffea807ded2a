/** The tour of all providers: the whole lifecycle of each, with real requests, and every step verified. */

import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import type { World } from "@pbx-auth/emulator/World"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as IpexPart from "./IpexPart.ts"
import * as LandstarPart from "./LandstarPart.ts"
import * as SangomaCxPart from "./SangomaCxPart.ts"
import * as SkySwitchPart from "./SkySwitchPart.ts"
import * as Stage from "./Stage.ts"
import type { TourEvent } from "./TourEvent.ts"

/**
 * Walks the tour and returns whether everything was as the pages say. Emulator, sessions and tour read one clock, which is moved by
 * hand: no one waits for a token. `tell` is called as things happen, with the time of that clock (epoch ms).
 */
export const walk = (options: { readonly world: World; readonly tell: (event: TourEvent, at: number) => void }) =>
  Effect.gen(function* () {
    const real = yield* Clock.Clock
    const clock = yield* SteerableClock.make()
    const tell = (event: TourEvent) => options.tell(event, clock.currentTimeMillisUnsafe())
    const began = { real: real.currentTimeMillisUnsafe(), told: clock.currentTimeMillisUnsafe() }
    return yield* Effect.gen(function* () {
      const play = yield* Stage.make({ clock, world: options.world, tell })
      const providers = [
        yield* play(SkySwitchPart.provider, SkySwitchPart.promise, SkySwitchPart.part),
        yield* play(LandstarPart.provider, LandstarPart.promise, LandstarPart.part),
        yield* play(IpexPart.provider, IpexPart.promise, IpexPart.part),
        yield* play(SangomaCxPart.provider, SangomaCxPart.promise, SangomaCxPart.part),
      ]
      const ok = providers.every((provider) => provider.ok)
      const seconds = {
        real: (real.currentTimeMillisUnsafe() - began.real) / 1000,
        told: (clock.currentTimeMillisUnsafe() - began.told) / 1000,
      }
      tell({ event: "summary", ok, providers, seconds })
      return ok
    }).pipe(Effect.provide(FetchHttpClient.layer), Effect.provideService(Clock.Clock, clock))
  }).pipe(Effect.scoped)
