/** A vendor that is failing for a while. */
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { crowd, skyswitch } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** What a session may ask in ten minutes: 1, 2, 4 … 60 s apart, with a reserve for jitter. */
const CEILING = 20

/** By then the last chance of a token has come at the earliest: a deadline and a jitter before it is not handed out any more, ms. */
const LAST_CHANCE = 75 * SECOND

/** The vendor is failing for ten minutes, in four ways, and every session is asked for a token every `pause` seconds. */
const outage = (stage: Stage.TimedStage, sessions: ReadonlyArray<Stage.Opened>, pause: number) =>
  Effect.gen(function* () {
    yield* stage.clear
    const ask = Effect.forEach(sessions, (session) => Effect.result(session.accessToken), { concurrency: "unbounded" })
    const typed = new Set<string>()
    for (const status of [500, 502, 503, 504] as const) {
      yield* stage.heal
      yield* stage.arm({
        fault: { _tag: "server_error", status },
        match: { grant: "refresh_token" },
        times: "always",
      })
      for (let seconds = 0; seconds < 150; seconds += pause) {
        for (const told of yield* ask) if (told._tag === "Failure") typed.add(told.failure.reason._tag)
        yield* stage.time.advance(pause * SECOND)
      }
    }
    const during = yield* stage.asked()
    yield* stage.heal
    yield* stage.time.advance(90 * SECOND)
    let kept = 0
    for (const session of sessions) {
      const token = yield* Effect.result(session.accessToken)
      if (token._tag === "Success" && (yield* stage.isGood(skyswitch, token.success))) kept++
    }
    return { during, kept, typed: [...typed] }
  })

export const tenMinutes: Row = {
  id: "R5",
  fault: "10 minutes of 5xx, 100 sessions, with dead tokens and with living ones",
  bar: "0 sessions lost; capped, jittered requests; while a token lives, its refresh token is presented once before the last chance",
  others: "logout, or resends after 130–225 ms",
  means:
    "A machine with 100 people's sessions wakes with all tokens dead. The vendor answers 500, 502, 503 and 504 for ten minutes, while callers ask every session for a token every five seconds. Then the same happens with tokens that live at the beginning, and end in the middle.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const size = scaled(lab, { short: 30, full: 100 })
      const pause = scaled(lab, { smoke: 30, short: 5, full: 5 })
      const { accounts, people } = crowd(size)
      const signedIn = (stage: Stage.TimedStage) =>
        Effect.forEach(people, (person) =>
          Effect.tap(stage.open(skyswitch.configure(stage.origin)), (session) => session.signIn(person)),
        )
      const options = { wire: "process", world: { netsapiens: { accounts } } } as const
      const dead = yield* Stage.timed(lab, options, (stage) =>
        Effect.gen(function* () {
          const sessions = yield* signedIn(stage)
          // All wake at the same moment: only jitter keeps their tries apart.
          yield* stage.time.asleep(2 * 60 * MINUTE)
          return yield* outage(stage, sessions, pause)
        }),
      )
      const living = yield* Stage.timed(lab, options, (stage) =>
        Effect.gen(function* () {
          const sessions = yield* signedIn(stage)
          const usableUntil = stage.records()[0]?.times?.usableUntil ?? 0
          yield* stage.time.advance(usableUntil - 7 * MINUTE - stage.time.now())
          return { ...(yield* outage(stage, sessions, pause)), chance: usableUntil - LAST_CHANCE }
        }),
      )
      const counts = new Map<number, number>()
      let earliest = Number.POSITIVE_INFINITY
      // A refused exchange does not say which session it was from, so the requests are counted as a whole.
      const times = dead.during.map(({ at }) => at).sort((a, b) => a - b)
      const first = times[0] ?? 0
      for (const at of times) {
        if (at > first) earliest = Math.min(earliest, at - first)
        if (at > first)
          counts.set(Math.floor((at - first) / 100), (counts.get(Math.floor((at - first) / 100)) ?? 0) + 1)
      }
      const busiest = Math.max(0, ...counts.values())
      const perSession = Math.max(dead.during.length, living.during.length) / size
      const before = living.during.filter(({ at }) => at < living.chance).length
      notes.must("0 sessions lost", dead.kept === size && living.kept === size)
      notes.must(
        "no other grant is presented",
        [...dead.during, ...living.during].every(({ grant }) => grant === "refresh_token"),
      )
      notes.must(`at most ${CEILING} requests of a session`, perSession <= CEILING)
      notes.must("while a token lives, its refresh token is shown once before the last chance", before === size)
      notes.must("no resend within half a second", earliest >= 500)
      notes.must("not half of all tries in the same tenth of a second", busiest <= size / 2)
      const isUnavailable = [dead, living].every(({ typed }) => typed.join() === "Unavailable")
      notes.must("whoever asks is told Unavailable", isUnavailable)
      return notes
        .count("sessions lost", 2 * size - dead.kept - living.kept)
        .count("shown before the last chance", `${before / size} each`)
        .measure("sessions", 2 * size)
        .measure("requests of a session", perSession.toFixed(1))
        .measure("earliest resend", `${Math.round(earliest)} ms`)
        .measure("busiest 0.1 s", `${busiest} tries`).finding
    }),
}
