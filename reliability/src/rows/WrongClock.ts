/** A machine whose clock is wrong. */
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { sampled, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { ipex, skyswitch, unattended, type Vendor } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What happens to the wall clock, by the true time since the start, ms. `to` makes the new reading from the true time. */
interface Setting {
  readonly name: string
  readonly boot: (now: number) => number
  readonly later: ReadonlyArray<{ readonly after: number; readonly to: (now: number) => number }>
}

const right = (now: number) => now
const ahead = (now: number) => now + 2 * HOUR
const behind = (now: number) => now - 2 * HOUR
const at1970 = () => 0

const settings: ReadonlyArray<Setting> = [
  { name: "set 2 h ahead", boot: right, later: [{ after: 20 * MINUTE, to: ahead }] },
  { name: "set 2 h back", boot: right, later: [{ after: 20 * MINUTE, to: behind }] },
  {
    name: "2 h ahead and right again",
    boot: right,
    later: [
      { after: 20 * MINUTE, to: ahead },
      { after: 25 * MINUTE, to: right },
    ],
  },
  { name: "always 2 h ahead", boot: ahead, later: [] },
  { name: "always 2 h behind", boot: behind, later: [] },
  { name: "1970 at boot, then right", boot: at1970, later: [{ after: MINUTE, to: right }] },
  { name: "1970 for ever", boot: at1970, later: [] },
]

interface Seen {
  /** Renewals of tokens that were not due by the true time, whatever the jitter. */
  readonly needless: number
  readonly dead: number
  readonly gaps: number
}

const watch = (lab: Parameters<Row["run"]>[0], vendor: Vendor, { boot, later }: Setting, hours: number) =>
  Stage.timed(lab, { wire: "process" }, (stage) =>
    Effect.gen(function* () {
      const begun = stage.time.now()
      stage.time.setWall(boot(begun))
      yield* stage.reboot
      const session = yield* stage.signedIn(vendor)
      const { renewal } = vendor.configure(stage.origin).account.provider
      const window = renewal.policy === "before_expiry" ? renewal.window.atMost * (1 + renewal.window.jitter) : 0
      const changes = [...later]
      let dead = 0
      let gaps = 0
      while (stage.time.now() < begun + hours * HOUR) {
        yield* stage.time.advance(MINUTE / 2)
        const [next] = changes
        if (next !== undefined && stage.time.now() - begun >= next.after) {
          changes.shift()
          stage.time.setWall(next.to(stage.time.now()))
        }
        const token = yield* Effect.result(stage.time.through(session.accessToken))
        if (token._tag === "Failure") gaps++
        else if (!(yield* stage.isGood(vendor, token.success))) dead++
      }
      const asked = (yield* stage.asked()).map(({ at }) => at)
      const early = asked.filter(
        (at, index) => index > 0 && at - (asked[index - 1] ?? 0) < vendor.life - window - SECOND,
      )
      return { needless: early.length, dead, gaps } satisfies Seen
    }),
  )

export const wrongClock: Row = {
  id: "R9",
  fault: "clock ±2 h, 1970 at boot",
  bar: "at most 1 needless renewal; never a dead token handed out silently",
  others: "wall clock trusted",
  means:
    "For hours a caller asks the session for a token every half minute, and the vendor says whether it is good, while the machine's clock is set wrong and right again. Then a process begins in 1970 with a token in its store that died meanwhile.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const hours = scaled(lab, { smoke: 2, short: 4, full: 24 })
      let needless = 0
      let dead = 0
      for (const vendor of [skyswitch, ipex]) {
        for (const setting of sampled(lab, settings, 2)) {
          const seen = yield* watch(lab, vendor, setting, hours)
          needless = Math.max(needless, seen.needless)
          dead += seen.dead
          notes.must(`${vendor.name}, ${setting.name}: at most 1 needless renewal`, seen.needless <= 1)
          notes.must(`${vendor.name}, ${setting.name}: no dead token is handed out`, seen.dead === 0)
          notes.must(`${vendor.name}, ${setting.name}: there always is a token`, seen.gaps === 0)
        }
      }

      const silent = yield* Stage.timed(lab, { wire: "process" }, (stage) =>
        Effect.gen(function* () {
          yield* Effect.scoped(stage.signedIn(skyswitch))
          yield* stage.time.asleep(3 * HOUR)
          stage.time.setWall(0)
          yield* stage.reboot
          yield* stage.clear
          const session = yield* stage.open(unattended(skyswitch, stage.origin))
          const bearer = yield* stage.time.through(session.bearer)
          if (yield* stage.isGood(skyswitch, bearer.token)) return { handedOut: 0, silently: 0 }
          // The API says so, and then it must be replaced.
          yield* session.reject(bearer.generation)
          const next = yield* stage.time.through(session.bearer)
          return { handedOut: 1, silently: (yield* stage.isGood(skyswitch, next.token)) ? 0 : 1 }
        }),
      )
      notes.must("a stored token that died is not handed out by a process that begins in 1970", silent.handedOut === 0)
      notes.must("nor is it kept when an API refuses it", silent.silently === 0)
      return notes
        .count("dead tokens handed out", dead + silent.handedOut)
        .count("most needless renewals", needless)
        .measure("hours watched", hours * settings.length * 2).finding
    }),
}
