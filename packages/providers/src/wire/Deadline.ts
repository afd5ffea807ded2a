/**
 * A deadline that holds, and that counts only time in which input could be read.
 *
 * A process can stand still: a laptop's lid, a suspended container, a debugger, a busy event loop. Its timers then fire late, and
 * before the sockets are read. A complete reply that came in time may be waiting there.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** If a timer is later than asked by this, in ms, nothing was read meanwhile. */
const LATE = 20

/**
 * How long input may then be read and unpacked, in ms: a machine that was suspended is busy when it resumes. A process that stands
 * still again gets this time again, up to so many times.
 */
const READING = 500
const READINGS = 3

/** Sleeps. If it wakes late, it lets the input that has arrived be read before it ends. */
const elapse = (millis: number, readings = READINGS): Effect.Effect<void> =>
  Effect.clockWith((clock) => {
    const begun = clock.monotonicTimeNanosUnsafe()
    return Effect.flatMap(Effect.sleep(millis), () => {
      const took = Number(clock.monotonicTimeNanosUnsafe() - begun) / 1e6
      return readings > 0 && took > millis + LATE ? elapse(READING, readings - 1) : Effect.void
    })
  })

/**
 * Runs an effect for `deadline` ms at most, then fails as `late` says.
 *
 * `Effect.timeout` waits until what it interrupts has ended, and a hanging connection may never do so. Here the effect runs in a
 * fiber of its own, is told to stop, and is not awaited.
 *
 * @category combinators
 */
export const within = <A, E>(deadline: number, late: () => E, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.callback((resume) => {
      const fork = Effect.runForkWith(context)
      const end = Effect.suspend(() => Effect.fail(late()))
      // The request does not begin in the middle of what asked for it.
      const both = [fork(Effect.andThen(elapse(deadline), end)), fork(Effect.andThen(Effect.yieldNow, effect))]
      const stop = () => {
        for (const one of both) one.interruptUnsafe()
      }
      for (const one of both) {
        one.addObserver((exit) => {
          // In this order: only the first exit counts, and stopping the other fiber makes a second one.
          resume(exit)
          stop()
        })
      }
      return Effect.sync(stop)
    }),
  )
