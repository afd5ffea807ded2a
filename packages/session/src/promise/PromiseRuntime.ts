/**
 * The runtime of sessions in an app without Effect. It is built without a layer, because there is only one way to build it.
 */

import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import * as Telemetry from "@pbx-auth/providers/Telemetry"
import * as TokenEndpoint from "@pbx-auth/providers/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { presentClaimed } from "../record/Claim.ts"
import * as StoredRecords from "../record/StoredRecords.ts"
import * as Unshared from "../record/Unshared.ts"
import { assemble, type SessionRuntime } from "../SessionRuntime.ts"
import { makeMemory } from "../TokenStore.ts"
import { timerOf } from "../time/Timers.ts"
import type { Watcher } from "../Watcher.ts"

/**
 * @category models
 */
export type Runtime = SessionRuntime["Service"]

/**
 * What the sessions of a runtime store.
 *
 * @category models
 */
export interface Keeping {
  /** For the sessions only: where a runtime writes its records. */
  readonly store: Effect.Effect<Runtime["store"]>
  /** For the sessions only: how one of several processes wins a presentation. */
  readonly claim: Runtime["claim"]
  /** For the sessions only: how a record is read and named. */
  readonly records: Runtime["records"]
}

/**
 * Nothing: a single session holds its tokens itself.
 *
 * @category constants
 */
export const nothing: Keeping = { store: Unshared.store, claim: Unshared.claim, records: Unshared.records }

/**
 * Tokens, in memory. An account's next session loads them.
 *
 * @category constants
 */
export const tokens: Keeping = { store: makeMemory, claim: presentClaimed, records: StoredRecords.records }

/**
 * A runtime of its own, with `watch` as its watcher, and `nap` for its alarm (see `timerOf`).
 *
 * @category constructors
 */
export const make = (
  endpoint: Runtime["endpoint"],
  { claim, records, store }: Keeping,
  watch?: Watcher,
  nap?: number,
): Effect.Effect<Runtime> =>
  Effect.gen(function* () {
    const machine = yield* Clock.Clock
    return assemble({
      endpoint,
      store: yield* store,
      claim,
      records,
      machine,
      ...timerOf(machine, nap),
      services: yield* Effect.context<never>(),
      // As Effect's own `Random` does, which no one can replace here.
      random: Math.random,
      telemetry: Telemetry.ofConsole,
      watcher: watch,
    })
  })

/**
 * The same over the app's `fetch`. A clock of the app's own wakes the alarm by itself, so the alarm need not look at it in between.
 *
 * @category constructors
 */
export const overFetch = (
  {
    clock,
    fetch,
    watch,
  }: {
    readonly clock?: object | undefined
    readonly fetch?: typeof globalThis.fetch | undefined
    readonly watch?: Watcher | undefined
  },
  keeping: Keeping,
): Effect.Effect<Runtime> =>
  make(
    TokenEndpoint.make(FetchTransport.make(fetch), Telemetry.ofConsole),
    keeping,
    watch,
    clock && Number.POSITIVE_INFINITY,
  )
