/** A provider that is out of order for a while, and time that passes meanwhile. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type harness, reaches, settle, type Watched } from "./Harness.ts"

export type Stage = Effect.Success<ReturnType<typeof harness>>

export const SECOND = 1_000

export const outage = ({ emulator }: Stage, match: object = {}) =>
  emulator.faults.arm({ fault: { _tag: "server_error" }, match, times: "always" })

/** Lets time pass, and whatever is under way come to its end. */
export const pass = ({ clock }: Stage, span: Duration.Input, watched?: Watched) =>
  Effect.gen(function* () {
    yield* Effect.andThen(clock.adjust(span), settle)
    if (watched !== undefined) yield* reaches(watched, ({ awaiting }) => awaiting !== "provider")
  })

/** Lets an outage last for so many seconds, second by second. */
export const last = (stage: Stage, seconds: number, watched?: Watched) =>
  Effect.gen(function* () {
    for (let n = 0; n < seconds; n++) yield* pass(stage, SECOND, watched)
    yield* stage.emulator.faults.clear
    for (let n = 0; n < 5; n++) yield* pass(stage, SECOND, watched)
  })
