/**
 * The emulator for programs without Effect: in the same process or in a browser's tab, without a socket and without Node.
 *
 * ```ts
 * import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
 * import { openSkySwitch } from "@pbx-auth/session/Promises"
 *
 * await using vendor = openEmulator({ clock: "steered" })
 * const pbx = await openSkySwitch(account, { fetch: vendor.fetch, clock: vendor.clock })
 * await pbx.accessToken()
 * await vendor.jump(3_600_000) // an hour later: the session has renewed once
 * await vendor.journal()
 * ```
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { JournalEntry } from "../exchange/Journal.ts"
import type { AnyWitness } from "../exchange/Witness.ts"
import { type Rule, rulesReader } from "../fault/Fault.ts"
import { LineLost } from "../fault/Line.ts"
import * as Timetable from "../time/Timetable.ts"
import * as VirtualClock from "../time/VirtualClock.ts"
import { decodeWorld, defaultWorld, type WorldInput } from "../world/World.ts"
import * as Emulator from "./Emulator.ts"

/** What an emulator is opened with. */
export interface OpenEmulatorOptions {
  /** The parts of the world that differ from the default one, as in a world file; all lives in seconds. */
  readonly world?: WorldInput
  /** Vendors beside those that are always there, made by `defineWitness`. Their worlds are in `world.witnesses`, by id. */
  readonly witnesses?: ReadonlyArray<AnyWitness>
  /**
   * How time runs. `"real"` (the default): by itself, and by `jump`. `"steered"`: by `jump` alone, so that a test is the same
   * each time. A fault's delay then needs a jump too.
   */
  readonly clock?: Timetable.Running
  /** The emulator's first time: a date, or epoch ms. Default: now. */
  readonly startsAt?: Date | number
}

/** The time of the emulator and of its clients, for a client's `clock` option. */
export interface EmulatorClock {
  /** Epoch ms. */
  readonly now: () => number
  /** Resolves when so many ms have passed. Rejects with the signal's reason when it aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** The same as Effect's `Clock`, which a client follows. */
  readonly asEffect: Clock.Clock
}

/** All vendors in this process. */
export interface OpenEmulator extends AsyncDisposable {
  /**
   * Give it to the client as its `fetch`. It answers for any host, and no request leaves the process. It rejects as fetch does: with
   * a `TypeError` when a fault ends the connection, and with the reason of the request's signal. It follows no redirect.
   */
  readonly fetch: typeof globalThis.fetch
  /** Give it to the client as its `clock`, so that both age together. */
  readonly clock: EmulatorClock
  /** Arms a rule, or a list of them, behind the armed ones: `{ fault: { _tag: "drop_reply" } }`. Rejects with `FaultError`. */
  readonly arm: (rules: Rule | ReadonlyArray<Rule>) => Promise<void>
  /** Disarms every fault. */
  readonly disarm: () => Promise<void>
  /** The requests so far, the oldest first (the last 100 000). It holds no secret. */
  readonly journal: () => Promise<ReadonlyArray<JournalEntry>>
  /**
   * Calls a listener with each entry of the journal from now on: when its request was carried out, and again when it has ended, under
   * the same `wire.id`. The result ends it.
   */
  readonly subscribe: (listener: (entry: JournalEntry) => void) => () => void
  /** Changes parts of the world from the next request on. Rejects with `WorldError`. */
  readonly updateWorld: (part: WorldInput) => Promise<void>
  /**
   * Lets so many ms pass for the emulator and for its clients, and stops at each deadline on the way until nothing is left to do.
   * `jump(0)` only waits until then. A client's work that needs real time (a database, a socket) is not seen, and not waited for.
   */
  readonly jump: (by: number, options?: Timetable.JumpOptions) => Promise<Timetable.Jump>
  /** Ends the open requests; later ones are refused as by a closed port. */
  readonly close: () => Promise<void>
}

/** Runs to an end, and throws the effect's own error. */
const now = <A, E>(effect: Effect.Effect<A, E>): A => {
  const exit = Effect.runSync(Effect.result(effect))
  if (exit._tag === "Failure") throw exit.failure
  return exit.success
}

/** What fetch says of a port on which nobody listens. */
const refused = () =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
  })

const timeOf = (startsAt: Date | number): number => {
  const time = Number(startsAt)
  if (Number.isNaN(new Date(time).getTime())) throw new RangeError("startsAt: expected a date, or epoch ms")
  return time
}

/** Opens an emulator. Throws `WorldError` for a wrong world, and `RangeError` for another wrong option; both name the field. */
export const openEmulator = ({
  world,
  witnesses = [],
  clock: running = "real",
  startsAt = Date.now(),
}: OpenEmulatorOptions = {}): OpenEmulator => {
  if (running !== "real" && running !== "steered") throw new RangeError('clock: expected "real" or "steered"')
  const timetable = Timetable.make(running, timeOf(startsAt))
  const scope = Scope.makeUnsafe()
  const first = now(decodeWorld(world ?? {}, defaultWorld, witnesses))
  const virtual = VirtualClock.make(timetable, now(Clock.Clock))
  const emulator = now(
    Emulator.make({ world: first, witnesses, wire: true }).pipe(
      Effect.provideService(Clock.Clock, virtual),
      Effect.provideService(Scope.Scope, scope),
    ),
  )
  const decodeRules = rulesReader(witnesses)
  let isClosed = false

  const fetch: OpenEmulator["fetch"] = async (input, init) => {
    if (isClosed) throw refused()
    const request = new Request(input, init)
    timetable.stir()
    try {
      return await emulator.handle(request)
    } catch (error) {
      throw isClosed && !request.signal.aborted ? new LineLost("reset") : error
    } finally {
      timetable.stir()
    }
  }

  const sleep: EmulatorClock["sleep"] = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = timetable.sleep(ms, () => {
        signal?.removeEventListener("abort", onAbort)
        resolve()
      })
      signal?.addEventListener("abort", onAbort, { once: true })
    })

  const close = async () => {
    isClosed = true
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }

  return {
    fetch,
    clock: { now: timetable.now, sleep, asEffect: virtual },
    arm: async (rules) => void now(Effect.flatMap(decodeRules(rules), emulator.faults.arm)),
    disarm: async () => now(emulator.faults.clear),
    journal: async () => now(emulator.journal),
    subscribe: emulator.subscribe,
    updateWorld: async (part) => {
      const changed = now(Effect.flatMap(emulator.world, (base) => decodeWorld(part, base, witnesses)))
      now(emulator.updateWorld(() => changed))
    },
    jump: timetable.jump,
    close,
    [Symbol.asyncDispose]: close,
  }
}
