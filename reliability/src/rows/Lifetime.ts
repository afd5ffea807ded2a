/** Tokens with very short or very long lives. */
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { type Lab, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { ipex, sangomaCx, skyswitch, type Vendor } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface Life {
  readonly name: string
  readonly vendor: Vendor
  /** ms */
  readonly life: number
  /** How many lives are watched. */
  readonly lives: number
  /** The longest sleep of the one timer: its own 30 s would be ten million wakes in ten years. */
  readonly nap?: number
}

const lives = (scale: Lab["scale"]): ReadonlyArray<Life> => {
  const isFull = scale === "full"
  // The fewest naps that a life can be watched with.
  const nap = scale === "smoke" ? DAY : HOUR
  return [
    { name: "1 s", vendor: skyswitch, life: SECOND, lives: { smoke: 8, short: 60, full: 600 }[scale] },
    { name: "60 s", vendor: skyswitch, life: MINUTE, lives: { smoke: 6, short: 40, full: 240 }[scale] },
    { name: "50 min", vendor: ipex, life: 50 * MINUTE, lives: isFull ? 30 : 6 },
    // Just beyond 2^31 ms, where a timer fires at once. In the full run by naps of 30 s.
    { name: "24.9 d", vendor: skyswitch, life: 24.9 * DAY, lives: 2.5, ...(isFull ? {} : { nap }) },
    { name: "281 d", vendor: sangomaCx, life: 24_304_413 * SECOND, lives: 2.5, nap },
    { name: "10 y", vendor: skyswitch, life: 3_652 * DAY, lives: 1.5, nap: DAY },
  ]
}

const worldOf = ({ life, vendor }: Life) => {
  const lifetime = Math.round(life / SECOND)
  if (vendor.emulated === Ipex.provider.id) return { ipex: { lifetime } }
  return vendor.emulated === NetSapiens.provider.id ? { netsapiens: { lifetime } } : { sangomaCx: { lifetime } }
}

/** The fewest and the most renewals that are right: each comes within the window before the end, or at the end. */
const rightNumbers = ({ life, lives, vendor }: Life): readonly [number, number] => {
  const { renewal } = vendor.configure("http://127.0.0.1:1").account.provider
  if (renewal.policy !== "before_expiry") return [Math.floor(lives), Math.floor(lives)]
  const window = Math.min(renewal.window.atMost, renewal.window.fraction * life)
  const horizon = life * lives
  const shortest = life - window * (1 + renewal.window.jitter)
  const longest = life - window * (1 - renewal.window.jitter)
  return [Math.floor(horizon / longest), Math.floor(horizon / shortest)]
}

/** How long the real clock is watched, ms. */
const WATCH = 1_500

export const lifetimes: Row = {
  id: "R11",
  fault: "token lives of 1 s, 60 s, 50 min, 24.9 d, 281 d, 10 y",
  bar: "right number of renewals; no timer warning",
  others: "869 requests in 3 s",
  means:
    "Under virtual time the row watches each session over several token lives, and checks for a good token. On the real clock it holds the three longest for a moment. In that moment the session may send nothing, and Node may not warn about a timer.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let probes = 0
      for (const life of lives(lab.scale)) {
        const { nap, vendor } = life
        const [fewest, most] = rightNumbers(life)
        const seen = yield* Stage.timed(
          lab,
          { wire: "process", world: worldOf(life), ...(nap !== undefined && { nap }) },
          (stage) =>
            Effect.gen(function* () {
              const session = yield* stage.signedIn(vendor)
              yield* stage.clear
              const end = stage.time.now() + life.life * life.lives
              let good = true
              for (let at = stage.time.now(); at < end; at = stage.time.now()) {
                yield* stage.time.advance(Math.min(life.life / 7, end - at))
                good &&= yield* stage.isGood(vendor, yield* stage.time.through(session.accessToken))
                probes++
              }
              return { good, renewals: (yield* stage.asked()).length }
            }),
        )
        notes.must(
          `${life.name}: ${fewest} to ${most} renewals, not ${seen.renewals}`,
          seen.renewals >= fewest && seen.renewals <= most,
        )
        notes.must(`${life.name}: always a good token`, seen.good)
        const right = seen.renewals >= fewest && seen.renewals <= most
        notes.measure(life.name, `${seen.renewals} in ${life.lives} lives${right ? "" : ` (not ${fewest} to ${most})`}`)
      }

      const warnings: Array<string> = []
      const onWarning = ({ name }: Error) => void warnings.push(name)
      process.on("warning", onWarning)
      const asked = yield* Effect.forEach(
        lives("short").filter(({ life }) => life > DAY),
        (life) =>
          Stage.live(lab, { wire: "socket", world: worldOf(life) }, (stage) =>
            Effect.gen(function* () {
              const session = yield* stage.signedIn(life.vendor)
              yield* stage.clear
              for (
                let passed = 0;
                passed < scaled(lab, { smoke: WATCH / 3, short: WATCH, full: 2 * WATCH });
                passed += 50
              ) {
                yield* Effect.sleep(50)
                yield* session.accessToken
              }
              return (yield* stage.asked()).length
            }),
          ),
        { concurrency: "unbounded" },
      ).pipe(Effect.ensuring(Effect.sync(() => process.off("warning", onWarning))))
      const requests = asked.reduce((sum, one) => sum + one, 0)
      notes.must("on the real clock nothing is asked", requests === 0)
      notes.must(`no timer warning (${warnings.join()})`, warnings.length === 0)
      return notes
        .count("requests on the real clock", requests)
        .count("timer warnings", warnings.length)
        .measure("probes", probes).finding
    }),
}
