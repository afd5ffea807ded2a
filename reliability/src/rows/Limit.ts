/** A vendor that says when to come back. */
import type { Fault } from "@pbx-auth/emulator/Fault"
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { skyswitch } from "../Vendor.ts"

const SECOND = 1_000
const HOUR = 3_600 * SECOND

interface Told {
  readonly fault: Fault
  /** How long after its reply no request may go out, ms; a date counts from when the vendor wrote it. */
  readonly pause: number
  readonly isDate?: boolean
}

const told: ReadonlyArray<Told> = [
  ...([429, 503] as const).flatMap((status) =>
    (["seconds", "imf_fixdate", "rfc850", "asctime"] as const).flatMap((form) =>
      [2, 120].map(
        (seconds): Told => ({
          fault: { _tag: "retry_after", status, form, seconds },
          pause: seconds * SECOND,
          isDate: form !== "seconds",
        }),
      ),
    ),
  ),
  // Of the two policies that it names, the one with nothing left decides.
  { fault: { _tag: "rate_limit" }, pause: 24 * SECOND },
  {
    fault: {
      _tag: "rate_limit",
      policies: [
        { name: "subscriber_minute", quota: 60, window: 60, remaining: 0, reset: 17 },
        { name: "client_hour", quota: 2700, window: 3600, remaining: 0, reset: 95 },
      ],
    },
    pause: 95 * SECOND,
  },
]

/** How wrong the machine's clock is: a date must not be measured with it. */
const skews = [0, 2 * HOUR, -2 * HOUR]

export const retryAfter: Row = {
  id: "R6",
  fault: "429/503 with Retry-After (seconds, date) or RateLimit",
  bar: "never earlier than told",
  others: "134 ms on a 2 s header",
  means:
    "A renewal gets such an answer over a socket, after five seconds, in every form, on machines with a right clock and with clocks that are two hours wrong. Meanwhile a caller asks the session for a token every second.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const late = 5 * SECOND
      let earliest = Number.POSITIVE_INFINITY
      let latest = 0
      let cases = 0
      for (const skew of skews) {
        yield* Stage.timed(lab, { wire: "socket" }, (stage) =>
          Effect.gen(function* () {
            stage.time.setWall(stage.time.now() + skew)
            const session = yield* stage.signedInBy(skyswitch)
            for (const { fault, isDate = false, pause } of told) {
              yield* stage.arm([
                { fault: { _tag: "delay", millis: late }, match: { grant: "refresh_token" } },
                { fault, match: { grant: "refresh_token" } },
              ])
              yield* stage.clear
              yield* session.reject((yield* session.bearer).generation)
              stage.expectHanging(1)
              yield* stage.time.advance(late)
              stage.expectHanging(0)
              yield* stage.time.settle
              const view = yield* session.view
              notes.must(`${fault._tag} is told as Throttled`, view.refusal?.code === "Throttled")
              for (let waited = 0; waited < pause + 90 * SECOND; waited += SECOND) {
                yield* Effect.exit(session.accessToken)
                yield* stage.time.advance(SECOND)
                if ((yield* stage.asked()).length > 1) break
              }
              const [first, second] = yield* stage.asked()
              notes.must(`${fault._tag}: it is asked again`, second !== undefined)
              const margin = (second?.at ?? 0) - ((first?.at ?? 0) + (isDate ? 0 : late) + pause)
              notes.must(
                `${JSON.stringify(fault)} at a clock ${skew / HOUR} h wrong: not earlier than told`,
                margin >= 0,
              )
              earliest = Math.min(earliest, margin)
              latest = Math.max(latest, margin)
              cases++
              const next = yield* session.bearer
              notes.must("the session goes on", yield* stage.isGood(skyswitch, next.token))
              // As an API's client does: the next rejection is another one.
              yield* session.confirm?.(next.generation) ?? Effect.void
            }
          }),
        )
      }
      return notes
        .count("answers", cases)
        .count("resends earlier than told", earliest < 0 ? "some" : 0)
        .measure("earliest resend", `${(earliest / SECOND).toFixed(2)} s after the moment told`)
        .measure("latest", `${(latest / SECOND).toFixed(2)} s`).finding
    }),
}
