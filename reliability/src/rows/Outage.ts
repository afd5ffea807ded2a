/** A vendor that is out of order for a while. */
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

export const tenMinutes: Row = {
  id: "R5",
  fault: "10 minutes of 5xx, 100 sessions",
  bar: "0 sessions lost; capped, jittered requests",
  others: "logout, or resends after 130–225 ms",
  means:
    "A machine with 100 people's sessions wakes with all tokens dead, and the vendor answers 500, 502, 503 and 504 for ten minutes, while every session is asked for a token every five seconds.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes()
      const size = scaled(lab, 30, 100)
      const { accounts, people } = crowd(size)
      const seen = yield* Stage.timed(lab, { wire: "process", world: { netsapiens: { accounts } } }, (stage) =>
        Effect.gen(function* () {
          const sessions = yield* Effect.forEach(people, (person) =>
            Effect.gen(function* () {
              const session = yield* stage.open(skyswitch.configure(stage.origin))
              yield* session.signIn(person)
              return session
            }),
          )
          // All wake at the same moment: only jitter keeps their tries apart.
          yield* stage.time.asleep(2 * 60 * MINUTE)
          yield* stage.clear
          const ask = Effect.forEach(sessions, (session) => Effect.result(session.accessToken), {
            concurrency: "unbounded",
          })
          const typed = new Set<string>()
          for (const status of [500, 502, 503, 504] as const) {
            yield* stage.heal
            yield* stage.arm({
              fault: { _tag: "server_error", status },
              match: { grant: "refresh_token" },
              times: "always",
            })
            for (let seconds = 0; seconds < 150; seconds += 5) {
              for (const told of yield* ask) if (told._tag === "Failure") typed.add(told.failure.reason._tag)
              yield* stage.time.advance(5 * SECOND)
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
        }),
      )
      const counts = new Map<number, number>()
      let earliest = Number.POSITIVE_INFINITY
      // A refused exchange does not say whose it was, so what is asked is looked at as a whole.
      const times = seen.during.map(({ at }) => at).sort((a, b) => a - b)
      const first = times[0] ?? 0
      for (const at of times) {
        if (at > first) earliest = Math.min(earliest, at - first)
        if (at > first)
          counts.set(Math.floor((at - first) / 100), (counts.get(Math.floor((at - first) / 100)) ?? 0) + 1)
      }
      const busiest = Math.max(0, ...counts.values())
      const perSession = seen.during.length / size
      notes.must("0 sessions lost", seen.kept === size)
      notes.must(
        "no other grant is presented",
        seen.during.every(({ grant }) => grant === "refresh_token"),
      )
      notes.must(`at most ${CEILING} requests of a session`, perSession <= CEILING)
      notes.must("no resend within half a second", earliest >= 500)
      notes.must("not half of all tries in the same tenth of a second", busiest <= size / 2)
      notes.must("whoever asks is told Unavailable", seen.typed.join() === "Unavailable")
      return notes
        .count("sessions lost", size - seen.kept)
        .measure("sessions", size)
        .measure("requests of a session", perSession.toFixed(1))
        .measure("earliest resend", `${Math.round(earliest)} ms`)
        .measure("busiest 0.1 s", `${busiest} tries`).finding
    }),
}
