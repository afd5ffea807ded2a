/** The words invalid_request and invalid_scope, and what they mean where they are said. */
import { assert, describe, it } from "@effect/vitest"
import type * as AuthError from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Answer, answering, asking, credentials, presented } from "./Answering.ts"
import { harness, people, reaches, reasonOf, settle, subjectOf } from "./Harness.ts"

const lost = {
  status: 400,
  body: '{"error":"invalid_request","error_description":"Missing form parameter: grant_type"}',
}

describe("invalid_request", () => {
  it.live("in answer to a renewal is no verdict: it is presented again", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      yield* driver.signIn(credentials)
      yield* stage.emulator.faults.arm({ fault: { _tag: "reply", ...lost }, match: { grant: "refresh_token" } })
      yield* stage.clock.adjust(3_585_000)
      const { reason } = yield* Effect.flip(driver.bearer)
      assert.deepInclude(reason, { _tag: "Unavailable", garbled: true })
      yield* stage.clock.adjust("2 seconds")
      yield* reaches(driver, "refreshed")
      assert.strictEqual(yield* presented(stage, "refresh_token"), 2)
    }),
  )

  it.live("counts as a refusal when it comes twice, and names the option that helps", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      yield* driver.signIn(credentials)
      yield* answering(stage, lost, "refresh_token")
      yield* stage.clock.adjust("57 minutes")
      yield* reaches(driver, "expiring.waiting")
      yield* stage.clock.adjust("3 seconds")
      yield* reaches(driver, ({ retryAt }) => retryAt === null)
      yield* stage.clock.adjust("1 hour")
      const error = yield* Effect.flip(driver.bearer)
      assert.deepInclude(error.reason, { _tag: "RenewalRefused", garbled: true, code: "invalid_request" })
      assert.include(error.message, 'refreshMethod: "GET"')
      assert.strictEqual(yield* presented(stage, "refresh_token"), 2)
    }),
  )

  it.live("names no option that the provider does not have", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.ipex())
      yield* driver.signIn(people.ipex)
      yield* stage.emulator.faults.arm({
        fault: { _tag: "reply", ...lost },
        match: { provider: "ipex", grant: "refresh_token" },
        times: "always",
      })
      yield* stage.clock.adjust("47 minutes")
      yield* reaches(driver, "expiring.waiting")
      yield* stage.clock.adjust("3 seconds")
      yield* reaches(driver, ({ retryAt }) => retryAt === null)
      yield* stage.clock.adjust("10 minutes")
      const error = yield* Effect.flip(driver.bearer)
      assert.deepInclude(error.reason, { _tag: "RenewalRefused", garbled: true })
      assert.notInclude(error.message, "refreshMethod")
    }),
  )

  it.live("does not count where another answer came between", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      yield* driver.signIn(credentials)
      const once = (answer: Answer) =>
        stage.emulator.faults.arm({ fault: { _tag: "reply", ...answer }, match: { grant: "refresh_token" } })
      const limited = { status: 429, headers: { "retry-after": "1" } }
      for (const answer of [lost, limited, lost]) yield* once(answer)
      yield* stage.clock.adjust("57 minutes")
      for (let second = 0; second < 30; second++) {
        yield* stage.clock.adjust("1 second")
        yield* settle
      }
      yield* reaches(driver, "refreshed")
      assert.strictEqual(yield* presented(stage, "refresh_token"), 4)
    }),
  )

  it.live("in answer to a sign-in is presented once more, and then waits for a person", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, lost)
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
      assert.strictEqual(yield* reasonOf(driver.bearer), "Unavailable")
      yield* asking(stage, driver, 1, 24 * 60)
      const { reason } = yield* Effect.flip(driver.bearer)
      assert.deepInclude(reason, { _tag: "Unreadable", refused: true })
      assert.strictEqual(yield* presented(stage, "password"), 2)
      yield* stage.emulator.faults.clear
      yield* driver.signIn()
      assert.strictEqual(driver.view.path, "authenticated")
    }),
  )
})

it.live("invalid_scope in answer to acting is a missing right", () =>
  Effect.gen(function* () {
    const stage = yield* harness({ wire: "http" })
    const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials: people.reseller }))
    yield* driver.bearer
    yield* answering(stage, { status: 400, body: '{"error":"invalid_scope"}' })
    const calls: ReadonlyArray<Effect.Effect<unknown, AuthError.AuthError, Scope.Scope>> = [
      driver.child(subjectOf.netsapiens),
      driver.startActing(subjectOf.netsapiens),
    ]
    for (const call of calls) {
      const error = yield* Effect.flip(call)
      assert.deepInclude(error.reason, { _tag: "NotAllowed", tokenRejected: false })
    }
    assert.strictEqual(driver.view.path, "authenticated")
  }),
)
