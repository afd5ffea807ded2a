/** Many callers, and one token. */
import { make as authorizedClient } from "@pbx-auth/session/BearerHttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Notes } from "../Finding.ts"
import { scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { skyswitch, vendors } from "../Vendor.ts"

export const parallelCallers: Row = {
  id: "R1",
  fault: "10 000 parallel callers, expired token",
  bar: "exactly 1 request",
  others: "1 to N",
  means:
    "At each vendor a machine sleeps until its token is dead. When it wakes, 10 000 callers ask for a token at once.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const callers = scaled(lab, { smoke: 100, short: 300, full: 10_000 })
      let most = 0
      for (const vendor of vendors) {
        const { asked, isGood, tokens } = yield* Stage.timed(lab, { wire: "socket" }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.signedIn(vendor)
            const { expiresAt } = yield* session.bearer
            yield* stage.time.asleep((expiresAt ?? 0) - stage.time.now() + 1)
            yield* stage.clear
            const told = yield* Effect.forEach(Array.from({ length: callers }), () => Effect.result(session.bearer), {
              concurrency: "unbounded",
            })
            yield* stage.time.settle
            const given = new Map(
              told.flatMap((one) =>
                one._tag === "Success" ? [[Redacted.value(one.success.token), one.success.token] as const] : [],
              ),
            )
            const good = yield* Effect.forEach(given.values(), (token) => stage.isGood(vendor, token))
            const isGood = told.every(({ _tag }) => _tag === "Success") && good.every(Boolean)
            return { asked: (yield* stage.asked()).length, tokens: given.size, isGood }
          }),
        )
        most = Math.max(most, asked)
        notes.must(`${vendor.name}: exactly 1 request`, asked === 1)
        notes.must(`${vendor.name}: all callers have the same good token`, tokens === 1 && isGood)
      }
      return notes.count("most requests at one vendor", most).measure("callers at each", callers).finding
    }),
}

export const lateRejections: Row = {
  id: "R2",
  fault: "401s arriving late with an old token",
  bar: "1 renewal per real expiry",
  others: "0 to 20",
  means:
    "Calls through the authorised client are under way when the vendor ends the token. Some calls get their 401 only after the renewal, or after the next one.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const expiries = scaled(lab, { smoke: 2, short: 3, full: 20 })
      const calls = scaled(lab, { smoke: 15, short: 50, full: 200 })
      const seen = yield* Stage.timed(lab, { wire: "socket" }, (stage) =>
        Effect.gen(function* () {
          const session = yield* stage.signedIn(skyswitch)
          const api = yield* authorizedClient(session).pipe(Effect.provide(stage.http))
          const call = api.get(`${stage.origin}${skyswitch.api}`).pipe(
            Effect.flatMap((response) => Effect.as(response.text, response.status)),
            Effect.orElseSucceed(() => 0),
          )
          const together = Effect.forEach(Array.from({ length: calls }), () => call, { concurrency: "unbounded" })
          const used = new Set<number>()
          let answered = 0
          let renewals = 0
          let late = 0
          for (let expiry = 0; expiry < expiries; expiry++) {
            used.add((yield* session.bearer).generation)
            yield* stage.emulator.killAccessTokens
            yield* stage.clear
            answered += (yield* together).filter((status) => status === 200).length
            // Late answers: a 401 to each of the tokens that were used so far.
            for (const generation of used) {
              for (let again = 0; again < 20; again++) {
                yield* session.reject(generation)
                late++
              }
            }
            yield* stage.time.settle
            answered += (yield* together).filter((status) => status === 200).length
            renewals = Math.max(renewals, (yield* stage.asked()).length)
            notes.must("1 renewal per real expiry", (yield* stage.asked("refresh_token")).length === 1)
            notes.must("no other grant is presented", (yield* stage.asked()).length === 1)
          }
          return { answered, late, renewals, sent: expiries * calls * 2 }
        }),
      )
      notes.must("every call is answered in the end", seen.answered === seen.sent)
      return notes
        .count("most renewals per expiry", seen.renewals)
        .measure("expiries", expiries)
        .measure("calls", seen.sent)
        .measure("late 401s", seen.late).finding
    }),
}
