/** Providers that ask for a pause. */
import { assert } from "@effect/vitest"
import type { Fault, Rule } from "@pbx-auth/emulator/Fault"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { harness } from "./Harness.ts"

export const SECOND = 1_000

export const MINUTE = 60 * SECOND

export const HOUR = 60 * MINUTE

export const YEAR = 365 * 24 * HOUR

export const told = (after: string, status = 429): Fault => ({
  _tag: "reply",
  status,
  headers: { "retry-after": after },
})

export const inSeconds = (ms: number) => String(ms / SECOND)

/** Stands still: the test's clock is this one, moved by hand. */
const still: Clock.Clock = {
  currentTimeMillisUnsafe: () => 1_783_000_000_000,
  currentTimeMillis: Effect.succeed(1_783_000_000_000),
  currentTimeNanosUnsafe: () => 1_783_000_000_000_000_000n,
  currentTimeNanos: Effect.succeed(1_783_000_000_000_000_000n),
  monotonicTimeNanosUnsafe: () => 1_000_000_000n,
  monotonicTimeNanos: Effect.succeed(1_000_000_000n),
  sleep: () => Effect.never,
}

export const stage = Effect.fnUntraced(function* (options: Parameters<typeof harness>[0] = {}) {
  const made = yield* Effect.provideService(harness({ wire: "http", ...options }), Clock.Clock, still)
  const arm = (fault: Fault, more: Partial<Rule> = {}) => Effect.asVoid(made.emulator.faults.arm([{ fault, ...more }]))
  const credentialsOf = (person: Credentials | undefined) => (person === undefined ? {} : { credentials: person })
  /** A session of a process of its own. */
  const apart = (person?: Credentials) =>
    Effect.flatMap(made.process, (runtime) => made.drive(made.accounts.skyswitch(credentialsOf(person)), runtime))
  const now = Effect.suspend(() => made.clock.currentTimeMillis)
  return {
    ...made,
    apart,
    arm,
    asked: Effect.map(made.journal, (entries) => entries.filter(({ grant }) => grant !== undefined).length),
    heal: made.emulator.faults.clear,
    now,
    /** In how many ms a refusal says to come back. */
    pauseOf: <A>(effect: Effect.Effect<A, AuthError>) =>
      Effect.gen(function* () {
        const { reason } = yield* Effect.flip(effect)
        assert.strictEqual(reason._tag, "Throttled")
        return reason._tag === "Throttled" ? reason.retryAt - (yield* now) : Number.NaN
      }),
  }
})
