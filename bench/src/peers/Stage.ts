/** Where a trial takes place: the emulator on a port of this machine, on a clock of its own that nobody's `Date` moves. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { decodeNotation } from "@pbx-auth/emulator/Fault"
import type { JournalEntry } from "@pbx-auth/emulator/Journal"
import { serve } from "@pbx-auth/emulator/Server"
import { decodeWorld, defaultWorld } from "@pbx-auth/emulator/World"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Setting } from "./Peer.ts"

export interface Stage {
  readonly origin: string
  readonly setting: Setting
  /** Arms a fault in the command's notation: `drop_reply:grant=refresh_token`. */
  readonly arm: (notation: string) => Promise<void>
  readonly journal: () => Promise<ReadonlyArray<JournalEntry>>
  readonly killAccessTokens: () => Promise<unknown>
  readonly killRefreshTokens: () => Promise<unknown>
  readonly close: () => Promise<void>
}

export const client = { id: "your-client-id", secret: "your-client-secret" }
export const people = {
  office: { username: "111@abc-company", password: "1234" },
  factor: { username: "222@abc-company", password: "5678" },
  reseller: { username: "1000@acmecorp", password: "mypassword-of-a-reseller" },
}
export const subject = "1001@acmecorp.12345.service"

const began = Date.now() - performance.now()

/** A clock that follows the processor's time alone. */
const clockOf = (base: Clock.Clock): Clock.Clock => {
  const millis = () => began + performance.now()
  const nanos = () => BigInt(Math.round(millis())) * 1_000_000n
  return {
    ...base,
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => base.sleep(duration),
    monotonicTimeNanosUnsafe: () => base.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: base.monotonicTimeNanos,
  }
}

export const open = async (world: object, person = people.reseller): Promise<Stage> => {
  const scope = Scope.makeUnsafe()
  const { accounts } = defaultWorld.netsapiens
  // Longer secrets than those of the pages, which would be found by chance.
  const known = accounts.map((one) => (one.login === undefined ? one : { ...one, password: people.reseller.password }))
  const { emulator, origin } = await Effect.gen(function* () {
    const clock = clockOf(yield* Clock.Clock)
    const decoded = yield* decodeWorld({ netsapiens: { accounts: known, ...world } })
    const emulator = yield* Effect.provideService(Emulator.make({ world: decoded }), Clock.Clock, clock)
    const { origin } = yield* serve({ port: 0, emulator })
    return { emulator, origin }
  }).pipe(Effect.provideService(Scope.Scope, scope), Effect.runPromise)
  return {
    origin,
    setting: { origin, client, person },
    arm: (notation) =>
      Effect.runPromise(Effect.asVoid(Effect.flatMap(decodeNotation(notation), (rule) => emulator.faults.arm(rule)))),
    journal: () => Effect.runPromise(emulator.journal),
    killAccessTokens: () => Effect.runPromise(emulator.killAccessTokens),
    killRefreshTokens: () => Effect.runPromise(emulator.killRefreshTokens),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  }
}
