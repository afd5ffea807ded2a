/** Answers that are not the vendor's. */

import * as Effect from "effect/Effect"
import type { Driver } from "../src/engine/Driver.ts"
import { type harness, people, settle } from "./Harness.ts"

export type Stage = Effect.Success<ReturnType<typeof harness>>

export interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const { credentials } = { credentials: people.officeManager }

/** From now on every token call, or those of one grant, is answered so. */
export const answering = (
  { emulator }: Stage,
  { body = "", headers = {}, status }: Answer,
  grant?: "password" | "refresh_token",
) =>
  emulator.faults.arm({
    fault: { _tag: "reply", status, body, headers },
    match: { provider: "netsapiens", ...(grant && { grant }) },
    times: "always",
  })

export const presented = ({ count }: Stage, grant: "password" | "refresh_token") =>
  count((entry) => entry.grant === grant)

/** A caller asks for a token every so often; the answer is ignored. */
export const asking = Effect.fnUntraced(function* (
  { clock }: Stage,
  driver: Driver,
  everyMinutes: number,
  minutes: number,
) {
  for (let passed = 0; passed < minutes; passed += everyMinutes) {
    yield* Effect.exit(driver.bearer)
    yield* clock.adjust(everyMinutes * 60_000)
    yield* settle
  }
})
