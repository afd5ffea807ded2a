/** A renewal that the vendor carried out, and whose reply was lost. */
import type { Fault, Rule } from "@pbx-auth/emulator/Fault"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Notes } from "../Finding.ts"
import { scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { rotating, skyswitch } from "../Vendor.ts"

const SECOND = 1_000

/** What the network does to a reply after the vendor has acted. */
const losses: ReadonlyArray<Fault> = [
  { _tag: "drop_reply", by: "close" },
  { _tag: "drop_reply", by: "reset" },
  { _tag: "reset_in_body" },
  { _tag: "hang", acts: true },
]

const onRenewal = (fault: Fault): Rule => ({ fault, match: { grant: "refresh_token" } })

const strict = { netsapiens: { rotation: "strict" } }

export const strictRotation: Row = {
  id: "R3",
  fault: "reply lost after the server rotated, strict server",
  bar: "token kept while it lives; typed OutcomeUnknown; one policy-driven recovery; 0 blind resends",
  others: "family revoked in all",
  means:
    "The vendor renews, its answer is lost, and whoever shows the used refresh token again would lose all tokens. Once with a person's session, once with one that may sign in by itself.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes()
      let resends = 0
      let signIns = 0
      let kept = 0
      for (const fault of losses) {
        // A person's session: nobody may sign in for them, so the token is used to its end.
        yield* Stage.timed(lab, { wire: "socket", world: strict }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.signedInBy(skyswitch)
            const first = yield* session.bearer
            const diesAt = first.expiresAt ?? 0
            yield* stage.arm(onRenewal(fault))
            yield* stage.clear
            stage.expectHanging(fault._tag === "hang" ? 1 : 0)
            let isTold = false
            while (stage.time.now() + 10 * SECOND < diesAt - 30 * SECOND) {
              yield* stage.time.advance(10 * SECOND)
              const bearer = yield* Effect.result(session.bearer)
              const isKept =
                bearer._tag === "Success" && Redacted.value(bearer.success.token) === Redacted.value(first.token)
              notes.must("the token is kept while it lives", isKept && (yield* stage.isGood(skyswitch, first.token)))
              isTold ||= (yield* session.view).refusal?.code === "OutcomeUnknown"
            }
            notes.must("the view says OutcomeUnknown", isTold)
            yield* stage.time.advance(60 * SECOND)
            const ended = yield* stage.time.through(Effect.result(session.accessToken))
            const isTyped = ended._tag === "Failure" && ended.failure.reason._tag === "OutcomeUnknown"
            notes.must("once the token is dead, the error is OutcomeUnknown", isTyped)
            resends += (yield* stage.asked("refresh_token")).length - 1
            notes.must("nobody signed in for the person", (yield* stage.asked("password")).length === 0)
            yield* stage.time.through(session.signIn(skyswitch.person))
            notes.must("a person can sign in again", yield* stage.isGood(skyswitch, yield* session.accessToken))
            kept++
          }),
        )
        // With credentials at hand there is one recovery: a sign-in.
        yield* Stage.timed(lab, { wire: "socket", world: strict }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.signedIn(skyswitch)
            const first = yield* session.bearer
            yield* stage.arm(onRenewal(fault))
            yield* stage.clear
            stage.expectHanging(fault._tag === "hang" ? 1 : 0)
            yield* stage.time.advance((first.expiresAt ?? 0) - stage.time.now() - 31 * SECOND)
            const bearer = yield* stage.time.through(session.bearer)
            notes.must("a sign-in recovers the session", yield* stage.isGood(skyswitch, bearer.token))
            notes.must("the token is a new one", bearer.generation > first.generation)
            resends += (yield* stage.asked("refresh_token")).length - 1
            signIns = Math.max(signIns, (yield* stage.asked("password")).length)
            notes.must("one recovery", (yield* stage.asked("password")).length === 1)
          }),
        )
      }
      notes.must("0 blind resends", resends === 0)
      return notes
        .count("ways to lose it", losses.length)
        .count("tokens kept to their end", kept)
        .count("sign-ins to recover", signIns)
        .count("blind resends", resends).finding
    }),
}

export const graceWindow: Row = {
  id: "R4",
  fault: "same, server with a grace window",
  bar: "recovered inside the grace, 100 %",
  others: "by accident",
  means:
    "As before, at a vendor that takes a used refresh token for 30 s more. Many sessions lose their replies; each has to get its new tokens from the vendor in that time, without a sign-in.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes()
      const size = scaled(lab, 20, 100)
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
