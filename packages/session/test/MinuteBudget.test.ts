/**
 * The budget of a minute and of an hour.
 *
 * @module-tag slow
 */
import { assert, describe, it } from "@effect/vitest"
import { MemoryQuota } from "@pbx-auth/session/SharedQuota"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { client, people } from "./Harness.ts"
import { domain, minute, onTheHour, origin, stage } from "./Paced.ts"

describe("the budget", () => {
  describe.each([
    { starts: [45_000], options: {} },
    { starts: [0, 1, 29_999, 45_000, 59_999], options: { tags: ["matrix"] } },
  ])("of a subscriber is kept", ({ options, starts }) => {
    it.live(
      `wherever in the vendor's minute it begins (${starts} ms), and at once whatever came together`,
      () =>
        Effect.gen(function* () {
          for (const start of starts) {
            const { accounts, call, registry, through, tooMany } = yield* stage(0, onTheHour + start)
            const sessions = yield* registry()
            const { took } = yield* through(
              Effect.gen(function* () {
                const pbx = yield* sessions.session(accounts.skyswitch({ credentials: people.reseller }))
                yield* Effect.all(
                  Array.from({ length: 300 }, () => call(pbx)),
                  { concurrency: "unbounded" },
                )
              }),
            )
            assert.strictEqual(yield* tooMany, 0, String(start))
            assert.isAtMost(took, 6 * minute)
          }
        }),
      options,
    )
  })

  it.live("a call waits in line, visibly, and leaves nothing behind when it is interrupted", () =>
    Effect.gen(function* () {
      const { accounts, call, now, registry, through, timed } = yield* stage(0)
      const sessions = yield* registry()
      const pbx = yield* timed(sessions.session(accounts.skyswitch({ credentials: people.reseller })))
      yield* through(Effect.replicateEffect(call(pbx), 57))
      const begin = now()
      const waiting = yield* Effect.forEach(Array.from({ length: 500 }), () => Effect.forkChild(timed(call(pbx))))
      yield* through(Effect.sleep(1))
      const seen = yield* sessions.waiting
      assert.strictEqual(seen.length, 500)
      const [first] = seen.filter(({ retryAt }) => retryAt !== undefined)
      assert.strictEqual(first?.policy, "subscriber_minute")
      assert.isAtLeast(first?.retryAt ?? 0, begin + 50_000)
      yield* Fiber.interruptAll(waiting)
      assert.deepStrictEqual(yield* sessions.waiting, [])
      const { took } = yield* through(call(pbx))
      assert.isAtMost(took, minute + 1_000, "as if they had never come")
    }),
  )

  it.live("patience has an end where one is set: Throttled, with the policy and the moment", () =>
    Effect.gen(function* () {
      const { accounts, call, now, registry, through, timed, tooMany } = yield* stage(0)
      const sessions = yield* registry({ patience: "10 seconds" })
      const pbx = yield* timed(sessions.session(accounts.skyswitch({ credentials: people.reseller })))
      yield* through(Effect.replicateEffect(call(pbx), 57))
      const { took, value } = yield* through(Effect.flip(call(pbx)))
      assert.strictEqual(took, 10_000)
      assert.strictEqual(value._tag, "AuthError")
      if (value._tag !== "AuthError" || value.reason._tag !== "Throttled") return assert.fail(value.message)
      assert.strictEqual(value.reason.policy, "subscriber_minute")
      assert.isAbove(value.reason.retryAt, now())
      assert.strictEqual(yield* tooMany, 0)
    }),
  )

  it.live("what a reply says is heeded: another process has spent the client's minute", () =>
    Effect.gen(function* () {
      const { accounts, call, emulator, registry, through, timed, tooMany } = yield* stage(2)
      const sessions = yield* registry()
      const pbx = yield* timed(sessions.session(accounts.skyswitch({ credentials: people.reseller })))
      yield* through(pbx.accessToken)
      yield* Effect.forEach(Array.from({ length: 88 }), () =>
        Effect.promise(() =>
          emulator.fetch(`${origin}/ns-api/oauth2/token/`, {
            method: "POST",
            body: new URLSearchParams({ client_id: client.id, client_secret: client.secret, grant_type: "password" }),
          }),
        ),
      )
      const { took } = yield* through(Effect.replicateEffect(call(pbx), 5))
      assert.isAtLeast(took, minute - 1_000)
      assert.strictEqual(yield* tooMany, 0)
    }),
  )

  it.live("is shared by processes that share a quota", () =>
    Effect.gen(function* () {
      const { accounts, call, registry, through, timed, tooMany } = yield* stage(0)
      const quota = new MemoryQuota()
      const both = yield* Effect.all([registry({}, quota), registry({}, quota)])
      const { took } = yield* through(
        Effect.forEach(
          both,
          (sessions) =>
            Effect.gen(function* () {
              const pbx = yield* timed(sessions.session(accounts.skyswitch({ credentials: people.reseller })))
              yield* Effect.all(
                Array.from({ length: 100 }, () => call(pbx)),
                { concurrency: "unbounded" },
              )
            }),
          { concurrency: "unbounded" },
        ),
      )
      assert.strictEqual(yield* tooMany, 0)
      assert.isAtMost(took, 5 * minute)
    }),
  )

  it.live("is none for IPEX, which publishes no limits, and for a registry that is told so", () =>
    Effect.gen(function* () {
      const { accounts, registry, timed } = yield* stage(0)
      const sessions = yield* registry()
      const ipex = yield* timed(sessions.session(accounts.ipex({ credentials: people.ipex })))
      assert.notProperty(ipex, "pacing")
      const free = yield* registry({ respectRateLimits: false })
      assert.notProperty(yield* timed(free.session(accounts.skyswitch({ credentials: people.reseller }))), "pacing")
    }),
  )

  it.live("a sign-in beyond it is Throttled at once, and follows by itself", () =>
    Effect.gen(function* () {
      const { accounts, call, registry, through, timed, tooMany } = yield* stage(0)
      const sessions = yield* registry({
        limits: [{ policy: "client_minute", per: "client", quota: 20, window: minute }],
      })
      const pbx = yield* timed(sessions.session(accounts.skyswitch({ credentials: people.reseller })))
      yield* through(Effect.replicateEffect(call(pbx), 19))
      const other = yield* timed(sessions.session(accounts.landstar({ credentials: people.officeManager })))
      assert.notStrictEqual(other as unknown, pbx)
      const same = yield* timed(
        sessions.session(accounts.skyswitch({ credentials: { ...people.reseller, username: `1000@${domain}` } })),
      )
      const refused = yield* through(Effect.flip(same.accessToken))
      assert.strictEqual(refused.value.reason._tag, "Throttled")
      assert.strictEqual((yield* same.view).path, "unauthenticated.waiting")
      const { took, value } = yield* through(call(same))
      assert.strictEqual(value, 200)
      assert.isAtMost(took, minute + 3_000)
      assert.strictEqual(yield* tooMany, 0)
    }),
  )
})
