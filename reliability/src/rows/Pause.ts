/** A vendor, or an intermediary, that asks for a pause in odd words, or for one that is too long. */
import type { Fault } from "@pbx-auth/emulator/Fault"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Notes } from "../Finding.ts"
import { type Lab, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { crowd, skyswitch } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const YEAR = 365 * 24 * HOUR

/** What an hour's token call may be late by: the schedule spreads those who were told the same, and backs off. */
const LATE = 100 * SECOND

const told = (after: string, status = 429): Fault => ({ _tag: "reply", status, headers: { "retry-after": after } })

const inZone = (at: number, minutes: number, offset: string) =>
  new Date(at + minutes * MINUTE).toUTCString().replace("GMT", offset)

/** How 300 s are written, at `now` (epoch ms), and the rest: too long, or not to be read. */
const wordings: ReadonlyArray<readonly [name: string, text: (now: number) => string, pause: number]> = [
  ["doubled by a hop", () => "300, 300", 300 * SECOND],
  ["with a unit", () => "300s", 300 * SECOND],
  ["an ISO date", (now) => new Date(now + 300 * SECOND).toISOString(), 300 * SECOND],
  ["a date at +0200", (now) => inZone(now + 300 * SECOND, 120, "+0200"), 300 * SECOND],
  ["a date at -0500", (now) => inZone(now + 300 * SECOND, -300, "-0500"), 300 * SECOND],
  ["not to be read", () => "soon", MINUTE],
  ["a year", () => String(YEAR / SECOND), HOUR],
]

/** A renewal gets this answer; when is it sent again? */
const wordingsAreRead = (lab: Lab, notes: Notes) =>
  Stage.timed(lab, { wire: "socket" }, (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.signedInBy(skyswitch)
      for (const status of [429, 503]) {
        for (const [name, text, pause] of wordings) {
          yield* stage.clear
          // A date of HTTP's has no milliseconds.
          yield* stage.time.advance(SECOND - (stage.time.now() % SECOND))
          yield* stage.arm({ fault: told(text(stage.time.now()), status), match: { grant: "refresh_token" } })
          const { generation } = yield* session.bearer
          // An API accepted this one before it rejected it.
          yield* session.confirm?.(generation) ?? Effect.void
          yield* session.reject(generation)
          yield* stage.time.settle
          for (let waited = 0; waited < pause + LATE; waited += 5 * SECOND) {
            yield* Effect.exit(session.accessToken)
            yield* stage.time.advance(5 * SECOND)
            if ((yield* stage.asked()).length > 1) break
          }
          const [first, second] = yield* stage.asked()
          const margin = (second?.at ?? Number.NaN) - (first?.at ?? 0) - pause
          notes.must(`${status}, ${name}: not earlier than it means, and not much later`, margin >= 0 && margin < LATE)
          const next = yield* session.bearer
          notes.must("the session goes on", yield* stage.isGood(skyswitch, next.token))
          // As an API's client does: the next rejection is another one.
          yield* session.confirm?.(next.generation) ?? Effect.void
        }
      }
      return 2 * wordings.length
    }),
  )

/** One session is told to wait a year; how much do all others send in the hour that is respected? */
const othersKeepToIt = (lab: Lab, notes: Notes) => {
  const size = scaled(lab, { short: 12, full: 100 })
  const { accounts, people } = crowd(2 * size)
  return Stage.timed(lab, { wire: "socket", world: { netsapiens: { accounts } } }, (stage) =>
    Effect.gen(function* () {
      const open = (of: number, isAttended = false) =>
        stage.open(skyswitch.configure(stage.origin, isAttended ? {} : { credentials: people[of] }))
      yield* stage.arm({ fault: told(String(YEAR / SECOND)) })
      const met = yield* open(0)
      yield* Effect.exit(met.accessToken)
      const view = yield* met.view
      notes.must("the view says that it was told longer", view.refusal?.toldUntil !== undefined)
      const sent = Effect.map(stage.asked(), (asked) => asked.length - 1)
      for (let of = 1; of < size; of++) yield* Effect.exit((yield* open(of)).accessToken)
      const opened = yield* sent
      notes.must("a new session sends nothing in another's pause", opened === 0)
      let answered = 0
      let untold = 0
      for (let of = size; of < 2 * size; of++) {
        const person = yield* open(of, true)
        const call = yield* Effect.result(person.signIn(people[of]))
        if (call._tag === "Success") answered++
        else if (call.failure.reason._tag !== "Throttled" || call.failure.reason.retryAt <= stage.time.now()) untold++
      }
      const probes = (yield* sent) - opened
      notes.must("one probe, all persons together, and it is answered", probes === 1 && answered === 1)
      notes.must("every other person is told when", untold === 0)
      return { size, opened, probes }
    }),
  )
}

/** Two subscribers of a client id in one registry. */
const registryGoesOn = (lab: Lab, notes: Notes) => {
  const { accounts, people } = crowd(2)
  return Stage.timed(lab, { wire: "socket", world: { netsapiens: { accounts } } }, (stage) =>
    Effect.gen(function* () {
      const registry = Layer.provide(lab.sessions(), Layer.succeed(SessionRuntime, stage.runtime()))
      const sessions = Context.get(yield* Layer.build(registry), Sessions)
      const open = (of: number) =>
        stage.time.through(sessions.session(skyswitch.configure(stage.origin, { credentials: people[of] })))
      const one = yield* open(0)
      const other = yield* open(1)
      const turn = Effect.suspend(() => one.pacing?.turn ?? Effect.void)
      for (const session of [one, other]) yield* stage.time.through(session.accessToken)

      const headers = { "retry-after": String(YEAR / SECOND) }
      for (const status of [200, 202]) {
        yield* one.pacing?.note(headers, status) ?? Effect.void
        const before = stage.time.now()
        yield* stage.time.through(turn)
        notes.must(`Retry-After in a ${status} holds nobody`, stage.time.now() - before < SECOND)
      }

      // All places of a minute are taken, a call waits for the next one, and then the wall clock is set back.
      for (let turns = 0; turns < 55; turns++) yield* turn
      const before = stage.time.now()
      const next = yield* Effect.forkChild(turn, { startImmediately: true })
      yield* stage.time.settle
      stage.time.setWall(stage.time.now() - 2 * HOUR)
      for (let waited = 0; waited < 3 * HOUR && next.pollUnsafe() === undefined; waited += SECOND) {
        yield* stage.time.advance(SECOND)
      }
      yield* Fiber.await(next)
      const waited = stage.time.now() - before
      notes.must(
        "a wall clock that is set back 2 h makes no window longer",
        waited > 30 * SECOND && waited < 65 * SECOND,
      )
      return waited
    }),
  )
}

export const pauses: Row = {
  id: "R25",
  fault: "a Retry-After of a year, doubled, with a unit, in another zone, or in a success",
  bar: "read correctly, obeyed for an hour at most; new sessions send nothing, all people together send one probe; no success holds a call",
  means:
    "A renewal gets such an answer in every wording. One of many sessions gets a year; then other sessions open and people sign in. In a registry an API's successes name a year. When a minute's quota is spent, the wall clock is set back two hours.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const answers = yield* wordingsAreRead(lab, notes)
      const { opened, probes, size } = yield* othersKeepToIt(lab, notes)
      const waited = yield* registryGoesOn(lab, notes)
      return notes
        .count("answers", answers)
        .count("requests of new sessions in a pause", opened)
        .count("probes of persons", probes)
        .measure("sessions, and persons", size)
        .measure("longest wait for a place after the clock was set back", `${(waited / SECOND).toFixed(0)} s`).finding
    }),
}
