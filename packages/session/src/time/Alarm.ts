/**
 * One timer for all sessions of a process.
 *
 * It sleeps until the earliest wake, but at most `nap` at a time, and then reads the clock again. So it notices within a nap that the
 * machine slept or that the wall clock was set, and no span is ever too long for a timer. While no sleeper waits there is no fiber.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { SessionClock } from "./SessionClock.ts"
import { type Placed, WakeQueue } from "./WakeQueue.ts"

/**
 * Something that the alarm wakes. What it throws is dropped. It uses one alarm all its life.
 *
 * @category models
 */
export interface Sleeper extends Placed {
  wake(): void
}

/** The longest sleep, in ms. */
const DEFAULT_NAP = 30_000

/**
 * Wakes each sleeper once, at its moment, with one fiber.
 *
 * @category models
 */
export class Alarm {
  readonly #clock: SessionClock
  readonly #fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly #nap: number
  readonly #wakes = new WakeQueue<Sleeper>()
  #fiber: Fiber.Fiber<void> | undefined
  #sleepsUntil = Number.POSITIVE_INFINITY

  constructor(options: {
    readonly clock: SessionClock
    readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
    /** The longest sleep, in ms. Default 30 000. */
    readonly nap?: number | undefined
  }) {
    this.#clock = options.clock
    this.#fork = options.fork
    this.#nap = options.nap ?? DEFAULT_NAP
  }

  /** Wakes the sleeper at `at` (epoch ms), or at once; replaces what was set for it before. */
  set(sleeper: Sleeper, at: number): void {
    this.#wakes.set(sleeper, at)
    // If the timer sleeps past its moment, the machine slept too. Its moment then says nothing any more.
    const isOverdue = this.#sleepsUntil > 0 && this.#sleepsUntil <= this.#clock.now()
    if (at < this.#sleepsUntil || isOverdue) this.#restart()
  }

  /** Cancels what was set. */
  clear(sleeper: Sleeper): void {
    this.#wakes.delete(sleeper)
    if (this.#wakes.size === 0) this.#stop()
  }

  #stop(): void {
    this.#fiber?.interruptUnsafe()
    this.#fiber = undefined
    this.#sleepsUntil = Number.POSITIVE_INFINITY
  }

  #restart(): void {
    this.#stop()
    // It is about to look, so a sleeper that is set until then need not restart it.
    this.#sleepsUntil = Number.NEGATIVE_INFINITY
    // All others run first: a wake may set the next one, and must not find this fiber half-way.
    this.#fiber = this.#fork(Effect.andThen(Effect.yieldNow, this.#round))
  }

  /** Wakes all sleepers that are due, and sleeps until the next one is, or a nap is over. */
  readonly #round: Effect.Effect<void> = Effect.suspend(() => {
    const now = this.#clock.now()
    this.#sleepsUntil = Number.NEGATIVE_INFINITY
    for (let sleeper = this.#wakes.takeDue(now); sleeper !== undefined; sleeper = this.#wakes.takeDue(now)) {
      try {
        sleeper.wake()
      } catch {
        // One sleeper's fault must not keep the others asleep.
      }
    }
    if (this.#wakes.size === 0) {
      this.#stop()
      return Effect.void
    }
    const { earliest } = this.#wakes
    this.#sleepsUntil = earliest
    // At least a whole millisecond: a clock that counts none in between would never get there.
    const nap = Math.min(this.#nap, Math.max(1, Math.ceil(earliest - now)))
    // If a woken sleeper cleared the last one, this fiber was told to stop, and does so here.
    return Effect.andThen(Effect.sleep(nap), this.#round)
  })
}
