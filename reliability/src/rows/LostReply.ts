/** A renewal that the vendor carried out, and whose reply was lost. */
import { doesAct, type Fault, type Rule } from "@pbx-auth/emulator/Fault"
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { type Lab, sampled, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { crowd, rotating, skyswitch } from "../Vendor.ts"

const SECOND = 1_000

/** What the network does to a reply after the vendor has acted. */
const losses: ReadonlyArray<Fault> = [
  { _tag: "drop_reply", by: "close" },
  { _tag: "drop_reply", by: "reset" },
  { _tag: "reset_in_body" },
  { _tag: "hang", acts: true },
]

const statuses = [500, 502, 503, 504] as const

/** Answers that leave it open whether the vendor acted: each when it did, and most when it did not. */
const open: ReadonlyArray<Fault> = [
  ...losses,
  ...[true, false].flatMap(
    (acts): ReadonlyArray<Fault> => [
      ...statuses.map((status) => ({ _tag: "server_error", status, acts }) as const),
      { _tag: "reply", status: 503, headers: { "retry-after": "2" }, acts },
      { _tag: "reply", status: 520, body: "a gateway of its own", acts },
      { _tag: "html_200", acts },
      { _tag: "empty_200", acts },
    ],
  ),
  { _tag: "cut_json" },
]

const onRenewal = (fault: Fault): Rule => ({ fault, match: { grant: "refresh_token" } })

const strict = { netsapiens: { rotation: "strict" } }

/** Between the last chance and the end: a deadline and a jitter, or a quarter of the time from due to the end, ms. */
const DEADLINE = 15 * SECOND
const JITTER = 60 * SECOND
const earliestOf = ({ dueAt, usableUntil }: { readonly dueAt: number; readonly usableUntil: number }) =>
  usableUntil - Math.min(DEADLINE + JITTER, (usableUntil - dueAt) / 4)

const timesOf = (stage: Stage.Stage) => {
  const { dueAt, usableUntil, expiresAt } = stage.records()[0]?.times ?? {}
  return { dueAt: dueAt ?? 0, usableUntil: usableUntil ?? 0, expiresAt: expiresAt ?? 0 }
}

interface Held {
  /** Whether the token was there at every moment, and good at the vendor until the last chance. */
  readonly isServed: boolean
  /** Callers that had to wait. */
  readonly stalls: number
  readonly early: number
  readonly late: number
}

/** From the renewal that is answered so to the end of the token, with a caller every five seconds. */
const throughTheEnd = (stage: Stage.TimedStage, session: Stage.Opened, fault: Fault) =>
  Effect.gen(function* () {
    const times = timesOf(stage)
    const earliest = earliestOf(times)
    yield* stage.arm(onRenewal(fault))
    yield* stage.clear
    stage.expectHanging(fault._tag === "hang" ? 1 : 0)
    yield* stage.time.advance(times.dueAt - stage.time.now() - 1)
    let isServed = true
    let stalls = 0
    while (stage.time.now() < times.usableUntil) {
      const at = stage.time.now()
      const bearer = yield* Effect.result(stage.time.through(session.bearer))
      if (stage.time.now() !== at) stalls++
      const isGood =
        bearer._tag === "Success" && (at >= earliest || (yield* stage.isGood(skyswitch, bearer.success.token)))
      isServed &&= isGood
      yield* stage.time.advance(Math.max(1, Math.min(5 * SECOND, times.usableUntil - stage.time.now())))
    }
    const shown = yield* stage.asked("refresh_token")
    const early = shown.filter(({ at }) => at < earliest).length
    return { isServed, stalls, early, late: shown.length - early } satisfies Held
  })

/** How many last presentations there are in each second, when all tokens end at the same moment. */
const lastMinute = (lab: Lab, size: number) => {
  const { accounts, people } = crowd(size)
  const world = { netsapiens: { accounts, rotation: "strict" } }
  return Stage.timed(lab, { wire: "process", world }, (stage) =>
    Effect.gen(function* () {
      for (const person of people) yield* (yield* stage.open(skyswitch.configure(stage.origin))).signIn(person)
      const end = timesOf(stage).usableUntil
      yield* stage.arm({ ...onRenewal({ _tag: "server_error", status: 504, acts: true }), times: size })
      yield* stage.clear
      yield* stage.time.advance(end - stage.time.now())
      const last = (yield* stage.asked("refresh_token"))
        .map(({ at }) => end - at)
        .sort((a, b) => a - b)
        .slice(0, size)
      const seconds = new Map<number, number>()
      for (const before of last) {
        const second = Math.floor(before / SECOND)
        seconds.set(second, (seconds.get(second) ?? 0) + 1)
      }
      return { shown: (yield* stage.asked("refresh_token")).length, last, busiest: Math.max(0, ...seconds.values()) }
    }),
  )
}

export const strictRotation: Row = {
  id: "R3",
  fault: "an answer that leaves open whether the server rotated, strict server: lost, any 5xx, unreadable",
  bar: "the refresh token is presented once, and again only when little is left to lose; token kept until then, 0 stalls; typed error; one recovery",
  others: "family revoked in all",
  means:
    "The vendor renews, or does not, and its answer does not say which. A session that presents a used refresh token loses all tokens. The row tries it with a person's session and with one that may sign in by itself, with a caller every five seconds until the token's end. Then it tries many sessions at once. Their last presentations must not come together.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let stalls = 0
      let early = 0
      let signIns = 0
      let kept = 0
      for (const fault of sampled(lab, open, 3)) {
        const acts = doesAct(fault)
        const status = "status" in fault ? ` ${fault.status}` : ""
        const what = `${fault._tag}${status}${acts ? " after acting" : ""}`
        const wire = losses.includes(fault) ? "socket" : "process"
        // A person's session: no one may sign in for them.
        yield* Stage.timed(lab, { wire, world: strict }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.signedInBy(skyswitch)
            const { expiresAt } = timesOf(stage)
            const held = yield* throughTheEnd(stage, session, fault)
            notes.must(`${what}: the token is kept until the last chance`, held.isServed)
            notes.must(`${what}: the refresh token is shown once before the last chance`, held.early === 1)
            notes.must(`${what}: it is shown once more, before the token's end`, held.late === 1)
            stalls += held.stalls
            early += held.early - 1
            if (acts) {
              yield* stage.time.advance(expiresAt - stage.time.now() + SECOND)
              const ended = yield* stage.time.through(Effect.result(session.accessToken))
              const isTyped = ended._tag === "Failure" && ended.failure.reason._tag === "RenewalRefused"
              notes.must(`${what}: once the token is dead, the error is RenewalRefused`, isTyped)
              yield* stage.time.through(session.signIn(skyswitch.person))
              notes.must("a person can sign in again", yield* stage.isGood(skyswitch, yield* session.accessToken))
            } else {
              const token = yield* Effect.result(stage.time.through(session.accessToken))
              const isGood = token._tag === "Success" && (yield* stage.isGood(skyswitch, token.success))
              notes.must(`${what}: nobody has to sign in where the vendor did not act`, isGood)
            }
            kept++
          }),
        )
        // With credentials at hand there is one recovery: a sign-in, instead of the second presentation.
        yield* Stage.timed(lab, { wire, world: strict }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.signedIn(skyswitch)
            const first = yield* session.bearer
            const held = yield* throughTheEnd(stage, session, fault)
            const bearer = yield* stage.time.through(session.bearer)
            notes.must(`${what}: the token is kept until it is replaced`, held.isServed)
            notes.must(`${what}: the refresh token is never shown again`, held.early + held.late === 1)
            notes.must(`${what}: a sign-in recovers the session`, yield* stage.isGood(skyswitch, bearer.token))
            notes.must(`${what}: the token is a new one`, bearer.generation > first.generation)
            notes.must(`${what}: the old one lives on`, yield* stage.isGood(skyswitch, first.token))
            const asked = (yield* stage.asked("password")).length
            notes.must(`${what}: one recovery`, asked === 1)
            stalls += held.stalls
            early += held.early - 1
            signIns = Math.max(signIns, asked)
          }),
        )
      }
      const size = scaled(lab, { smoke: 12, short: 40, full: 200 })
      const { busiest, last, shown } = yield* lastMinute(lab, size)
      notes.must("many sessions: each shows its refresh token twice", shown === 2 * size)
      const isInTime = last.every((before) => before > 0 && before <= DEADLINE + JITTER)
      notes.must("many sessions: the last presentations come in the last minute and a deadline", isInTime)
      notes.must("many sessions: the last presentations are spread", busiest <= Math.max(5, size / 10))
      notes.must("0 stalls", stalls === 0)
      notes.must("0 blind resends", early === 0)
      return notes
        .count("answers that leave it open", open.length)
        .count("tokens kept to their last chance", kept)
        .count("sign-ins to recover", signIns)
        .count("blind resends", early)
        .count("stalls", stalls)
        .measure("sessions that end at once", size)
        .measure("busiest second of their last minute", busiest).finding
    }),
}

export const graceWindow: Row = {
  id: "R4",
  fault: "same, server with a grace window",
  bar: "recovered inside the grace, 100 %",
  others: "by accident",
  means:
    "As R3, at a vendor that takes a used refresh token for 30 s more. Many sessions lose their replies. Each session must get its new tokens from the vendor in that time, without a sign-in.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const size = scaled(lab, { smoke: 8, short: 20, full: 100 })
      const grace = 30 * SECOND
      const world = { netsapiens: { rotation: { grace: grace / SECOND } } }
      let recovered = 0
      let lost = 0
      let others = 0
      let slowest = 0
      for (let index = 0; index < size; index++) {
        // Every third loses the reply to its second try as well.
        const times = index % 3 === 0 ? 2 : 1
        const by = index % 2 === 0 ? ("close" as const) : ("reset" as const)
        const seen = yield* Stage.timed(lab, { wire: "process", world }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.open(rotating(skyswitch.configure(stage.origin), { grace }))
            yield* session.signIn(skyswitch.person)
            const first = yield* session.bearer
            yield* stage.clear
            yield* stage.arm({ ...onRenewal({ _tag: "drop_reply", by }), times })
            yield* stage.time.advance((first.expiresAt ?? 0) - stage.time.now() - 60 * SECOND)
            const bearer = yield* Effect.result(stage.time.through(session.bearer))
            const isNew = bearer._tag === "Success" && bearer.success.generation > first.generation
            const isGood = isNew && (yield* stage.isGood(skyswitch, bearer.success.token))
            return { entries: yield* stage.asked(), isGood }
          }),
        )
        const drops = seen.entries.filter(({ fault }) => fault === "drop_reply")
        const from = drops[0]?.at ?? 0
        const to = seen.entries.find(({ at, fault }) => at >= from && fault === undefined)?.at
        if (seen.isGood) recovered++
        lost += drops.length
        others += seen.entries.filter(({ grant }) => grant !== "refresh_token").length
        slowest = Math.max(slowest, (to ?? Number.POSITIVE_INFINITY) - from)
        notes.must("as many replies are lost as were meant to be", drops.length === times)
      }
      notes.must("recovered, 100 %", recovered === size)
      notes.must("inside the grace", slowest < grace)
      notes.must("without a sign-in", others === 0)
      return notes
        .count("recovered", `${Math.round((100 * recovered) / size)} %`)
        .count("sign-ins", others)
        .measure("sessions", size)
        .measure("replies lost", lost)
        .measure("slowest recovery", `${(slowest / SECOND).toFixed(1)} s`).finding
    }),
}
