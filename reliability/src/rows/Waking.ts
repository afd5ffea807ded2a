/** A machine that slept. */
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { sampled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { ipex, landstar, skyswitch, type Vendor } from "../Vendor.ts"

const SECOND = 1_000
const HOUR = 3_600 * SECOND

/** Fine enough to tell a second, ms. */
const STEP = 50

interface Sleeper {
  readonly vendor: Vendor
  /** With a person's session only a refresh token can help; with credentials at hand also a sign-in. */
  readonly isAttended: boolean
  /** Whether a caller asks for a token while there is no network. */
  readonly isAsked: boolean
}

const sleepers: ReadonlyArray<Sleeper> = [
  { vendor: skyswitch, isAttended: true, isAsked: true },
  { vendor: skyswitch, isAttended: true, isAsked: false },
  { vendor: skyswitch, isAttended: false, isAsked: true },
  { vendor: landstar, isAttended: true, isAsked: true },
  // After eight hours its refresh token is dead as well.
  { vendor: ipex, isAttended: false, isAsked: true },
]

/** When the network comes back, ms after waking: not always at the same point of a schedule. */
const outages = [30, 30.4, 31.2, 32.6].map((seconds) => seconds * SECOND)

export const waking: Row = {
  id: "R10",
  fault: "8 h asleep, wakes with no network for 30 s",
  bar: "session kept; a good token < 1 s after the network is back",
  others: "logged out",
  means:
    "A machine sleeps for eight hours with an open session and wakes without a network. Once the network is back, a caller asks for a token twenty times a second.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let lost = 0
      let slowest = 0
      let nights = 0
      for (const { isAsked, isAttended, vendor } of sleepers) {
        for (const outage of sampled(lab, outages, 1)) {
          const took = yield* Stage.timed(lab, { wire: "process" }, (stage) =>
            Effect.gen(function* () {
              const session = yield* isAttended ? stage.signedInBy(vendor) : stage.signedIn(vendor)
              yield* stage.time.asleep(8 * HOUR)
              stage.cut()
              for (let passed = 0; passed < outage; passed += 10 * STEP) {
                if (isAsked) yield* Effect.result(stage.time.through(session.accessToken))
                yield* stage.time.advance(Math.min(10 * STEP, outage - passed))
              }
              stage.mend()
              const back = stage.time.now()
              while (stage.time.now() < back + 120 * SECOND) {
                const token = yield* Effect.result(session.accessToken)
                if (token._tag === "Success" && (yield* stage.isGood(vendor, token.success))) {
                  return stage.time.now() - back
                }
                yield* stage.time.advance(STEP)
              }
              return undefined
            }),
          )
          const who = `${vendor.name}, ${isAttended ? "a person's session" : "unattended"}, ${isAsked ? "asked" : "left alone"} meanwhile`
          notes.must(`${who}: session kept`, took !== undefined)
          notes.must(
            `${who}: a good token < 1 s after the network is back`,
            (took ?? Number.POSITIVE_INFINITY) < SECOND,
          )
          nights++
          if (took === undefined) lost++
          else slowest = Math.max(slowest, took)
        }
      }
      return notes
        .count("sessions lost", lost)
        .measure("nights", nights)
        .measure("slowest good token", `${(slowest / SECOND).toFixed(2)} s`).finding
    }),
}
