/**
 * Controlled time for a row: hours pass in milliseconds, and nothing that would have happened on the way is left out.
 *
 * There are two clocks. `clock` is the true one, which the servers use. `machine` is that of the machine under test: its wall clock
 * may be wrong, and it may sleep, when neither its timers nor its monotonic clock advance.
 *
 * Ours, because Effect's TestClock is one clock for all, never waits for a socket, and cannot be set back or put to sleep.
 *
 * Time stands still until it is advanced, and then it goes from one sleeper to the next: before each, everything runs that can run
 * without time passing.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

export interface VirtualTime {
  readonly clock: Clock.Clock
  readonly machine: Clock.Clock
  /** The true time, epoch ms. */
  readonly now: () => number
  /** Lets so many ms pass, with everything that happens in them. */
  readonly advance: (millis: number) => Effect.Effect<void>
  /** Lets time pass for as long as an effect needs it, and no longer. One that needs more than an hour is a defect. */
  readonly through: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The same as `advance`, for a machine that is asleep meanwhile. It wakes at the end. */
  readonly asleep: (millis: number) => Effect.Effect<void>
  /** Lets everything run that needs no time. */
  readonly settle: Effect.Effect<void>
  /** Sets the machine's wall clock, epoch ms. */
  readonly setWall: (epochMs: number) => void
  /** How many fibers of the machine sleep. */
  readonly sleepers: () => number
}

export interface Options {
  /** Whether work is under way that ends by itself, however long it takes. Time does not pass before. */
  readonly isWorking: () => boolean
  /** Whether a request is under way. It may hang until time passes, so only `patience` waits for it. */
  readonly isAsking: () => boolean
  /** In turns of the event loop. */
  readonly patience: number
  /** The true time at the start, epoch ms. */
  readonly start: number
}

interface Sleeper {
  deadline: number
  readonly isOfMachine: boolean
  readonly wake: () => void
}

const NANOS_PER_MILLI = 1_000_000

/** Turns of the event loop without work before time passes: a result still has to get to its fiber. */
const QUIET_TURNS = 12

/** How long to wait for something, ms. */
const LONGEST = 3_600_000

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export const make = ({ isAsking, isWorking, patience, start }: Options): VirtualTime => {
  const sleepers = new Set<Sleeper>()
  let now = start
  let wallOffset = 0
  /** How long the machine has slept. */
  let lost = 0

  const clockOf = (isOfMachine: boolean): Clock.Clock => {
    const wall = () => now + (isOfMachine ? wallOffset : 0)
    const monotonic = () => BigInt(Math.round((now - start - (isOfMachine ? lost : 0)) * NANOS_PER_MILLI))
    const wallNanos = () => BigInt(Math.round(wall())) * BigInt(NANOS_PER_MILLI)
    return {
      currentTimeMillisUnsafe: () => Math.floor(wall()),
      currentTimeMillis: Effect.sync(() => Math.floor(wall())),
      currentTimeNanosUnsafe: wallNanos,
      currentTimeNanos: Effect.sync(wallNanos),
      monotonicTimeNanosUnsafe: monotonic,
      monotonicTimeNanos: Effect.sync(monotonic),
      sleep: (duration) => {
        if (!Duration.isFinite(duration)) return Effect.never
        const millis = Duration.toMillis(duration)
        if (millis <= 0) return Effect.yieldNow
        return Effect.callback<void>((resume) => {
          const sleeper: Sleeper = { deadline: now + millis, isOfMachine, wake: () => resume(Effect.void) }
          sleepers.add(sleeper)
          return Effect.sync(() => sleepers.delete(sleeper))
        })
      },
    }
  }

  const settle = async () => {
    let asked = 0
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await turn()
      if (isWorking()) quiet = 0
      else if (isAsking() && asked < patience) {
        asked++
        quiet = 0
      } else quiet++
    }
  }

  const earliest = (isAsleep: boolean) => {
    let at = Number.POSITIVE_INFINITY
    for (const { deadline, isOfMachine } of sleepers) if (!(isAsleep && isOfMachine)) at = Math.min(at, deadline)
    return at
  }

  const pass = async (millis: number, isAsleep: boolean) => {
    await settle()
    const end = now + millis
    for (let next = earliest(isAsleep); next <= end; next = earliest(isAsleep)) {
      const before = now
      now = Math.max(now, next)
      if (isAsleep) put(now - before)
      for (const sleeper of [...sleepers]) {
        if (sleeper.deadline > now || (isAsleep && sleeper.isOfMachine)) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
      await settle()
    }
    if (isAsleep) put(end - now)
    now = end
  }

  /** The machine's timers wait for its own time, which did not pass. */
  const put = (millis: number) => {
    lost += millis
    for (const sleeper of sleepers) if (sleeper.isOfMachine) sleeper.deadline += millis
  }

  const through: VirtualTime["through"] = (effect) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
      const latest = now + LONGEST
      yield* Effect.promise(settle)
      while (fiber.pollUnsafe() === undefined) {
        const next = earliest(false)
        if (next > latest) return yield* Effect.die(new Error("It needs more than time"))
        yield* Effect.promise(() => pass(Math.max(0, next - now), false))
      }
      return yield* Fiber.join(fiber)
    })

  return {
    clock: clockOf(false),
    through,
    machine: clockOf(true),
    now: () => now,
    advance: (millis) => Effect.promise(() => pass(millis, false)),
    asleep: (millis) => Effect.promise(() => pass(millis, true)),
    settle: Effect.promise(settle),
    setWall: (epochMs) => {
      wallOffset = epochMs - now
    },
    sleepers: () => [...sleepers].filter(({ isOfMachine }) => isOfMachine).length,
  }
}
