/**
 * What the sessions of one runtime share: the way to the provider, the store, the clock, the one timer.
 */

import * as Telemetry from "@pbx-auth/providers/Telemetry"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type { Runtime } from "./engine/Runtime.ts"
import { Pauses } from "./pace/Pauses.ts"
import { SignInPacing } from "./pace/SignInPacing.ts"
import { CurrentRenewalOwner } from "./RenewalOwner.ts"
import { presentClaimed } from "./record/Claim.ts"
import * as StoredRecords from "./record/StoredRecords.ts"
import * as TokenStore from "./TokenStore.ts"
import { Timers } from "./time/Timers.ts"
import { CurrentWatcher } from "./Watcher.ts"

/**
 * What the sessions of one layer, or of one registry, need to run. It uses the client, the store and the watcher that it was given.
 * Only the timer is shared with other runtimes that are built together with it.
 *
 * @category services
 */
export class SessionRuntime extends /* @__PURE__ */ Context.Service<SessionRuntime, Runtime>()(
  "@pbx-auth/session/SessionRuntime",
) {
  /**
   * Made from what is provided: `TokenEndpoint`, and a `TokenStore` if there is one. Without a store it keeps tokens in memory.
   *
   * Each time you read it, it is another layer. Effect builds one and the same layer only once, with the services of the first
   * caller. One account's password would then go out through another account's client.
   */
  static get layer(): Layer.Layer<SessionRuntime, never, TokenEndpoint> {
    return Layer.provide(Layer.effect(SessionRuntime, make), Timers.layer)
  }

  /**
   * The same for a program that must not lose its tokens when it ends: it does not compile without a `TokenStore`.
   *
   * ```ts
   * const Live = SkySwitch.layerRuntime(options).pipe(
   *   Layer.provide(SessionRuntime.layerStored),
   *   Layer.provide([TokenEndpointLive, MyStore.layer]),
   * )
   * ```
   */
  static get layerStored(): Layer.Layer<SessionRuntime, never, TokenEndpoint | TokenStore.TokenStore> {
    return SessionRuntime.layer
  }
}

/** The parts of a runtime. */
interface Parts extends Omit<Runtime, "fork" | "pauses" | "signIns"> {
  /** The machine's clock, which `clock` and `alarm` follow. */
  readonly machine: Clock.Clock
}

/**
 * Makes a runtime, and tells its watcher.
 *
 * @category constructors
 * @internal
 */
export const assemble = ({ machine, ...parts }: Parts): Runtime => {
  parts.watcher?.taken?.()
  const fork = Effect.runForkWith(parts.services)
  return { ...parts, fork, pauses: Pauses.of(machine), signIns: SignInPacing.of(machine) }
}

const make = /* @__PURE__ */ Effect.gen(function* () {
  const machine = yield* Clock.Clock
  const random = yield* Random.Random
  const owner = yield* CurrentRenewalOwner
  const watcher = yield* CurrentWatcher
  const services = yield* Effect.context<never>()
  const given = Context.getOrUndefined(services, TokenStore.TokenStore)
  return assemble({
    endpoint: yield* TokenEndpoint,
    store: given ?? (yield* TokenStore.makeMemory),
    machine,
    ...(yield* Timers)(machine),
    services,
    random: () => random.nextDoubleUnsafe(),
    claim: owner?.claim ?? presentClaimed,
    records: { ...StoredRecords.records, isGiven: given !== undefined },
    telemetry: Telemetry.ofEffect,
    watcher: owner?.watching(watcher) ?? watcher,
  })
})
