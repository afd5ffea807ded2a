/**
 * The children of a registry's sessions: one for each parent and subject while a caller uses it, and a while longer.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Driver } from "../engine/Driver.ts"
import type { Runtime } from "../engine/Runtime.ts"
import type { Borrower } from "../face/SessionFace.ts"
import type { Sleeper } from "../time/Alarm.ts"
import * as Span from "../time/Span.ts"
import { nowhere } from "../time/WakeQueue.ts"
import type { OnPause } from "./RateBudget.ts"

/**
 * @category models
 */
export interface Options {
  /** How long an unused child is kept, in ms, or a span such as `"1 minute"`. Default: five minutes. */
  readonly idle?: Duration.Input | undefined
  /**
   * How many children are kept. Above it the pool closes unused ones, the least recently used first. It never closes one in use, so
   * more are open only while more are in use. Default 1 000.
   */
  readonly capacity?: number | undefined
}

const DEFAULT_IDLE = 300_000
const DEFAULT_CAPACITY = 1_000

/** A record. The child in it is made by a fiber that belongs to none of the callers that wait for it. */
class Pooled implements Sleeper {
  readonly pool: ActingPool
  readonly parent: Driver
  readonly subject: string
  readonly opened = Deferred.makeUnsafe<Driver, AuthError>()
  users = 0
  /** Whether a caller has had a token of it. */
  isServed = false
  driver: Driver | undefined
  /** While it is made: the pause that this waits out, and the borrowers that wait for no longer than they say. */
  pause: AuthError | undefined
  hearing: Set<OnPause> | undefined
  opening: Fiber.Fiber<void> | undefined
  place = nowhere

  constructor(pool: ActingPool, parent: Driver, subject: string) {
    this.pool = pool
    this.parent = parent
    this.subject = subject
  }

  onPause(error: AuthError): void {
    this.pause = error
    for (const hear of this.hearing ?? []) hear(error)
  }

  wake(): void {
    this.pool.expire(this)
  }
}

/** The child, as soon as it is made. */
const opened = (pooled: Pooled, borrower: Borrower | undefined): Effect.Effect<Driver, AuthError> => {
  const made = Deferred.await(pooled.opened)
  if (borrower === undefined || pooled.driver !== undefined) return made
  const late = Effect.callback<never, AuthError>((resume) => {
    const hear = (error: AuthError) => {
      if (borrower.isTooLate(error)) resume(Effect.fail(error))
    }
    pooled.hearing ??= new Set()
    pooled.hearing.add(hear)
    if (pooled.pause !== undefined) hear(pooled.pause)
    return Effect.sync(() => pooled.hearing?.delete(hear))
  })
  return Effect.raceFirst(made, late)
}

/** Makes a child, and tells which pauses it waits out meanwhile. */
type Open = (onPause: OnPause) => Effect.Effect<Driver, AuthError>

/**
 * @category models
 */
export class ActingPool {
  readonly #runtime: Runtime
  readonly #options: { readonly idle: number; readonly capacity: number }
  readonly #byParent = new Map<Driver, Map<string, Pooled>>()
  /** The unused ones, the least recently used first. */
  readonly #unused = new Set<Pooled>()
  #size = 0

  constructor(runtime: Runtime, options: Options) {
    this.#runtime = runtime
    this.#options = { idle: Span.millis(options.idle) ?? DEFAULT_IDLE, capacity: options.capacity ?? DEFAULT_CAPACITY }
  }

  /** How many children there are, and how many of them are unused. */
  get size(): { readonly children: number; readonly unused: number } {
    return { children: this.#size, unused: this.#unused.size }
  }

  /**
   * The child that acts for a subject, for as long as the scope is open. `open` makes it if there is none; callers that come
   * meanwhile wait for the same one, and if all of them leave it is not made. Each then waits for its bearer, or for what the
   * borrower's `first` says. A borrower for which the next try comes too late fails at once; the others go on.
   */
  lend(
    parent: Driver,
    subject: string,
    open: Open,
    borrower?: Borrower,
  ): Effect.Effect<Driver, AuthError, Scope.Scope> {
    const borrowed = Effect.acquireRelease(
      Effect.sync(() => this.#take(parent, subject, open)),
      (pooled) => Effect.sync(() => this.#giveBack(pooled)),
    )
    return Effect.flatMap(borrowed, (pooled) =>
      Effect.flatMap(opened(pooled, borrower), (driver) =>
        Effect.as(borrower?.first(driver) ?? driver.bearer, driver).pipe(
          Effect.tap(() => Effect.sync(() => (pooled.isServed = true))),
          Effect.tapError(({ remedy }) =>
            // A failure that only a person can repair may be repaired by the next call: that call gets a child of its own.
            Effect.sync(() => (remedy === "retry" || remedy === "wait" ? undefined : this.#forget(pooled))),
          ),
        ),
      ),
    )
  }

  #take(parent: Driver, subject: string, open: Open): Pooled {
    const subjects = this.#byParent.get(parent) ?? new Map<string, Pooled>()
    this.#byParent.set(parent, subjects)
    let pooled = subjects.get(subject)
    if (pooled === undefined) {
      const made = new Pooled(this, parent, subject)
      pooled = made
      subjects.set(subject, pooled)
      this.#size += 1
      pooled.opening = this.#runtime.fork(
        this.#open(
          pooled,
          open((error) => made.onPause(error)),
        ),
      )
      this.#makeRoom()
    }
    pooled.users += 1
    this.#unused.delete(pooled)
    this.#runtime.alarm.clear(pooled)
    return pooled
  }

  #open(pooled: Pooled, open: Effect.Effect<Driver, AuthError>): Effect.Effect<void> {
    return Effect.flatMap(Effect.exit(open), (exit) =>
      Effect.suspend(() => {
        pooled.pause = undefined
        pooled.hearing = undefined
        if (Exit.isSuccess(exit)) {
          pooled.driver = exit.value
          exit.value.subscribe(
            () => {},
            () => this.#forget(pooled),
          )
        } else this.#forget(pooled)
        return Deferred.done(pooled.opened, exit)
      }),
    )
  }

  #giveBack(pooled: Pooled): void {
    pooled.users -= 1
    if (pooled.users > 0) return
    if (!this.#isKept(pooled)) {
      this.#close(pooled)
    } else if (pooled.driver === undefined || !pooled.isServed) {
      // No caller waits for its first token any more.
      this.#forget(pooled)
      this.#close(pooled)
    } else {
      this.#unused.add(pooled)
      this.#runtime.alarm.set(pooled, this.#runtime.clock.now() + this.#options.idle)
      this.#makeRoom()
    }
  }

  /** Its time is over, unless a caller took it just now. */
  expire(pooled: Pooled): void {
    if (pooled.users > 0) return
    this.#forget(pooled)
    this.#close(pooled)
  }

  #makeRoom(): void {
    for (const pooled of this.#unused) {
      if (this.#size <= this.#options.capacity) return
      this.expire(pooled)
    }
  }

  #isKept(pooled: Pooled): boolean {
    return this.#byParent.get(pooled.parent)?.get(pooled.subject) === pooled
  }

  /** From now on no caller gets it any more. */
  #forget(pooled: Pooled): void {
    if (!this.#isKept(pooled)) return
    const subjects = this.#byParent.get(pooled.parent)
    subjects?.delete(pooled.subject)
    if (subjects?.size === 0) this.#byParent.delete(pooled.parent)
    this.#unused.delete(pooled)
    this.#runtime.alarm.clear(pooled)
    this.#size -= 1
  }

  #close({ driver, opening }: Pooled): void {
    if (driver === undefined) opening?.interruptUnsafe()
    else this.#runtime.fork(driver.close)
  }
}
