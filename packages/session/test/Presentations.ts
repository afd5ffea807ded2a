/** Every way to present something to a provider, begun and not yet answered. */

import * as Effect from "effect/Effect"
import type { Driver } from "../src/engine/Driver.ts"
import { eventually, harness, passcode, people, subjectOf, withoutAlarm } from "./Harness.ts"

export type Stage = Effect.Success<ReturnType<typeof harness>>

/** Promises that were rejected without a handler. */
export const rejections = Effect.acquireRelease(
  Effect.sync(() => {
    const seen: Array<unknown> = []
    const listener = (reason: unknown) => void seen.push(reason)
    process.on("unhandledRejection", listener)
    return { seen, listener }
  }),
  ({ listener }) => Effect.sync(() => process.off("unhandledRejection", listener)),
)

export const isGone = (stage: Pick<Stage, "fibers">) =>
  eventually(
    "no fiber",
    Effect.sync(() => stage.fibers.size === 0),
  )

/** What is under way when the session is left. */
export interface Presentation {
  readonly name: string
  readonly begin: (driver: Driver, stage: Stage) => Effect.Effect<void>
  readonly call: (driver: Driver) => Effect.Effect<unknown, unknown>
  /** What the provider issues, all of which it is told to forget. */
  readonly issues: number
}

const signedIn = (driver: Driver) => Effect.orDie(Effect.asVoid(driver.signIn(people.reseller)))

export const presentations: ReadonlyArray<Presentation> = [
  {
    name: "a sign-in",
    begin: () => Effect.void,
    call: (driver) => driver.signIn(people.reseller),
    issues: 1,
  },
  {
    name: "a passcode",
    begin: (driver) => Effect.orDie(Effect.asVoid(driver.signIn(people.withFactor))),
    call: (driver) => driver.submitPasscode(passcode),
    issues: 1,
  },
  {
    name: "a renewal",
    begin: (driver, { clock }) => Effect.andThen(signedIn(driver), clock.adjust("2 hours")),
    call: (driver) => driver.bearer,
    issues: 2,
  },
  {
    name: "acting",
    begin: signedIn,
    call: (driver) => driver.startActing(subjectOf.netsapiens),
    issues: 2,
  },
  {
    name: "a renewal for the sake of acting",
    begin: (driver, { clock }) =>
      Effect.andThen(
        Effect.andThen(signedIn(driver), Effect.orDie(driver.startActing(subjectOf.netsapiens))),
        clock.adjust("2 hours"),
      ),
    call: (driver) => driver.bearer,
    issues: 3,
  },
]

export const begun = Effect.fnUntraced(function* ({ begin, call }: Presentation) {
  const stage = yield* harness({ wire: "http" })
  const driver = yield* stage.drive(stage.accounts.skyswitch(), withoutAlarm(stage.runtime))
  yield* begin(driver, stage)
  const before = (yield* stage.journal).length
  const hold = yield* stage.emulator.hold
  const waiting = yield* Effect.forkChild(Effect.exit(call(driver)))
  yield* eventually(
    "a request",
    Effect.map(stage.journal, (all) => all.length > before),
  )
  return { ...stage, driver, hold, waiting }
})

/** The tokens that still live, by the emulator's own word: killing them says how many they were. */
export const living = ({ emulator }: Stage) => emulator.killAccessTokens
