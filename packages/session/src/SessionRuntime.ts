/**
 * What all sessions of one process share: the way to the provider, the store, the clock, the one timer.
 */

import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { Pauses } from "./engine/Pauses.ts"
import { SignInPacing } from "./engine/SignInPacing.ts"
import * as TokenStore from "./TokenStore.ts"
import { Alarm } from "./time/Alarm.ts"
import * as SessionClock from "./time/SessionClock.ts"
import { CurrentWatcher, type Watcher } from "./Watcher.ts"

/**
 * One for all sessions of a process; layers that are built together share it.
 *
 * @category services
 */
export class SessionRuntime extends Context.Service<
  SessionRuntime,
  {
    readonly endpoint: TokenEndpoint["Service"]
    readonly store: TokenStore.TokenStore["Service"]
    readonly clock: SessionClock.SessionClock
    readonly alarm: Alarm
    /** What providers said about the next request. All runtimes that live by one clock share it: as a rule, those of a process. */
    readonly pauses: Pauses
    /** What is remembered of sign-ins that something in between refused. */
    readonly signIns: SignInPacing
    /** Starts a fiber that no caller owns, with the services and the clock that the runtime was made with. */
    readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
    /** From 0 to 1. */
    readonly random: () => number
    /** Is told of all sessions; see `Watcher`. */
    readonly watcher: Watcher | undefined
  }
>()("@pbx-auth/session/SessionRuntime") {
  /** Made from what is provided: `TokenEndpoint`, and a `TokenStore` if there is one. Without it tokens are kept in memory. */
  static readonly layer: Layer.Layer<SessionRuntime, never, TokenEndpoint> = Layer.suspend(() =>
    Layer.effect(SessionRuntime, make),
  )
}

const make = Effect.gen(function* () {
  const endpoint = yield* TokenEndpoint
  const store = yield* Effect.flatMap(
    Effect.serviceOption(TokenStore.TokenStore),
    Option.match({ onNone: () => TokenStore.makeMemory, onSome: Effect.succeed }),
  )
  const machine = yield* Clock.Clock
  const clock = SessionClock.make(machine)
  const random = yield* Random.Random
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const watcher = yield* CurrentWatcher
  watcher?.taken?.()
  return SessionRuntime.of({
    endpoint,
    store,
    clock,
    alarm: new Alarm({ clock, fork }),
    pauses: Pauses.of(machine),
    signIns: new SignInPacing(clock, Pauses.of(machine)),
    fork,
    random: () => random.nextDoubleUnsafe(),
    watcher,
  })
})
