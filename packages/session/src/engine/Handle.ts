/**
 * The part of a session that the alarm, the watchers and a screen see. No secret can be reached from it.
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { Account } from "@pbx-auth/providers/Provider"
import type * as Effect from "effect/Effect"
import type { Bearer } from "../Bearer.ts"
import { nowhere } from "../time/WakeQueue.ts"
import * as BearerCalls from "./BearerCalls.ts"
import type { Snapshot } from "./Chart.ts"
import { close } from "./Closing.ts"
import { type Attempted, Core, type Holder, type Options } from "./Core.ts"
import * as News from "./News.ts"
import type { Runtime } from "./Runtime.ts"
import * as Steps from "./Steps.ts"
import type { Listener } from "./Work.ts"

/**
 * Each member is one line. The function that it calls documents it.
 *
 * @category models
 */
export abstract class Handle implements Holder {
  /** Its position in the alarm's queue. */
  place = nowhere
  readonly #core: Core

  constructor(runtime: Runtime, options: Options) {
    this.#core = new Core(this, runtime, options)
  }

  /** The core of a session. Only for the files of this folder. */
  static core(of: Handle): Core {
    return of.#core
  }

  get account(): Account {
    return this.#core.account
  }

  /** For a child: the subject that it acts for, all its life. */
  get subject(): string | undefined {
    return this.#core.acting?.subject
  }

  /** For a child: the session whose bearer it presents. */
  get parent(): Holder | undefined {
    return this.#core.acting?.parent.holder
  }

  /** The chart's current snapshot. */
  get snapshot(): Snapshot {
    return this.#core.snapshot
  }

  /** What a screen shows now. A closed session shows that no one is signed in, and offers nothing. */
  get view(): SessionView {
    return this.#core.view
  }

  /** Now, by the session's clock (epoch ms). The times of a snapshot follow it. */
  get now(): number {
    return this.#core.now
  }

  /** See `News.subscribe`. */
  subscribe(listener: Listener["onView"], onClose?: () => void): () => void {
    return News.subscribe(this.#core, listener, onClose)
  }

  /** The moment of the chart's `wakeAt` has come. */
  wake(): void {
    Steps.due(this.#core, this.now)
  }

  /** See `Closing`. */
  get close(): Effect.Effect<void> {
    return close(this.#core)
  }

  /** See `UserCalls.signOut`. */
  abstract readonly signOut: Effect.Effect<void>

  /** See `BearerCalls.withOwnBearer`. */
  withOwnBearer<A>(call: (bearer: Bearer) => Attempted<A>): Attempted<A> {
    return BearerCalls.withOwnBearer(this.#core, call)
  }
}
