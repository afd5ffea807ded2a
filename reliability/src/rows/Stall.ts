/** A vendor that answers too slowly, too long or not at all. */

import type { Fault } from "@pbx-auth/emulator/Fault"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import { Notes } from "../Finding.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { ipex, skyswitch } from "../Vendor.ts"

const SECOND = 1_000

/** The library's own, ms. */
const DEADLINE = 15 * SECOND

/** How long a real clock may take, ms, and what a busy machine may add to it. */
const SHORT = SECOND
const RESERVE = 6 * SECOND

const stalls: ReadonlyArray<{ readonly name: string; readonly fault: Fault }> = [
  { name: "hang", fault: { _tag: "hang" } },
  { name: "slow trickle", fault: { _tag: "trickle", bytes: 1, millis: SECOND } },
  { name: "endless body", fault: { _tag: "endless_body" } },
]

const isTyped = (told: Result.Result<unknown, AuthError>) => told._tag === "Failure" && isAuthError(told.failure)

export const stall: Row = {
  id: "R7",
  fault: "hang, slow trickle, endless body",
  bar: "typed error within the configured deadline (default 15 s), other callers not frozen",
  others: "30 s, 307 s, never",
  means:
    "Each of them hits a sign-in and a renewal over a socket, with the default deadline in virtual time and with one second in real time. Meanwhile other sessions sign in, and callers of the same session get the token that still lives.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let slowest = 0
      let served = 0
      for (const { fault, name } of stalls) {
        yield* Stage.timed(lab, { wire: "socket" }, (stage) =>
          Effect.gen(function* () {
            stage.expectHanging(1)

            // A first sign-in.
            const session = yield* stage.open(skyswitch.configure(stage.origin))
            yield* stage.arm({ fault, match: { provider: NetSapiens.provider.id } })
            const begun = stage.time.now()
            const told = yield* stage.time.through(Effect.result(session.signIn(skyswitch.person)))
            slowest = Math.max(slowest, stage.time.now() - begun)
            notes.must(`${name}: a typed error`, isTyped(told))
            notes.must(`${name}: nobody is signed in`, (yield* session.view).state === "unauthenticated")
            yield* stage.heal
            // The answer was unreadable: the same password is held for ten minutes.
            yield* stage.time.advance(601 * SECOND)
            yield* stage.time.through(session.signIn(skyswitch.person))

            // A renewal in the soft window, and two sessions with fifty callers each while it is under way.
            const first = yield* session.bearer
            const dueAt = stage.records()[0]?.times?.dueAt ?? 0
            yield* stage.time.advance(dueAt - stage.time.now() - 1)
            yield* stage.arm({ fault, match: { provider: NetSapiens.provider.id } })
            yield* stage.time.advance(1)
            const asked = stage.time.now()
            const other = yield* stage.signedIn(ipex)
            for (let caller = 0; caller < 50; caller++) {
              const own = yield* Effect.result(session.bearer)
              const isFirst =
                own._tag === "Success" && Redacted.value(own.success.token) === Redacted.value(first.token)
              if (isFirst && stage.time.now() === asked) served++
              yield* other.bearer
              served++
            }
            // Without the token they have to wait for it, and no longer than the deadline. What is answered already is asked once
            // more.
            yield* session.reject(first.generation)
            const renewed = yield* stage.time.through(Effect.result(session.bearer))
            slowest = Math.max(slowest, stage.time.now() - asked)
            const isNew = renewed._tag === "Success" && (yield* stage.isGood(skyswitch, renewed.success.token))
            notes.must(`${name}: a typed error or a good token on a renewal`, isTyped(renewed) || isNew)
          }),
        )
      }
      notes.must("within the deadline", slowest <= DEADLINE)
      notes.must("other callers are not frozen", served === stalls.length * 100)

      // The test must not depend on controlled time.
      const real = yield* Effect.forEach(
        stalls,
        ({ fault, name }) =>
          Stage.live(lab, { wire: "socket" }, (stage) =>
            Effect.gen(function* () {
              const session = yield* stage.open(skyswitch.configure(stage.origin, { deadline: SHORT }))
              yield* stage.arm({ fault: fault._tag === "trickle" ? { ...fault, millis: 100 } : fault })
              const begun = performance.now()
              const told = yield* Effect.result(session.signIn(skyswitch.person)).pipe(
                Effect.timeoutOption(SHORT + RESERVE),
              )
              const took = performance.now() - begun
              notes.must(`${name}: a typed error in real time`, told._tag === "Some" && isTyped(told.value))
              return took
            }),
          ),
        { concurrency: "unbounded" },
      )
      return notes
        .count("slowest typed error by a deadline of 15 s", `${slowest / SECOND} s`)
        .count("callers served meanwhile", served)
        .measure("slowest by 1 s in real time", `${(Math.max(...real) / SECOND).toFixed(2)} s`).finding
    }),
}
