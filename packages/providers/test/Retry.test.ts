import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { BadCredentials, refuse, Throttled, Unavailable } from "../src/AuthError.ts"
import * as Retry from "../src/Retry.ts"

const now = 1_700_000_000_000
const outage = refuse(new Unavailable({}))

describe("schedule", () => {
  it.effect("backs off exponentially, jittered, under its cap, and ends", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      for (let attempt = 0; attempt < Retry.mostAttempts; attempt++) {
        const [, delay] = yield* step(now, outage)
        const expected = Math.min(1_000 * 2 ** attempt, Retry.longestBackoff)
        assert.isAtLeast(Duration.toMillis(delay), expected * 0.8 - 1)
        assert.isAtMost(Duration.toMillis(delay), expected * 1.2 + 1)
      }
      assert.isTrue(Exit.isFailure(yield* Effect.exit(step(now, outage))))
    }),
  )

  it.effect("asks again within a second while there is no connection to anybody, and does not count it", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      const unreached = refuse(new Unavailable({ unreached: true }))
      for (let attempt = 0; attempt < 1_000; attempt++) {
        const [, delay] = yield* step(now, unreached)
        assert.isAtLeast(Duration.toMillis(delay), 600)
        assert.isAtMost(Duration.toMillis(delay), attempt < 120 ? 900 : 6_000)
      }
      const [, first] = yield* step(now, outage)
      assert.isAtMost(Duration.toMillis(first), 1_200)
      const [, again] = yield* step(now, unreached)
      assert.isAtMost(Duration.toMillis(again), 900)
    }),
  )

  it.effect("never asks before it is told", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      const [, delay] = yield* step(now, refuse(new Throttled({ retryAt: now + 600_000 })))
      assert.isAtLeast(Duration.toMillis(delay), 600_000)
      assert.isAtMost(Duration.toMillis(delay), 601_000)
      const [, past] = yield* step(now, refuse(new Throttled({ retryAt: now - 600_000 })))
      assert.isAtLeast(Duration.toMillis(past), 1_600)
    }),
  )

  it.effect("ends at once for what waiting does not mend", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(step(now, refuse(new BadCredentials({}))))))
    }),
  )
})

describe("Retry-After", () => {
  const after = (value: string | undefined, date?: string) => {
    const limit = Retry.retryAfter(value, now, date)
    return limit === undefined ? undefined : limit.retryAt - now
  }

  it("takes seconds", () => {
    assert.strictEqual(after("120"), 120_000)
    assert.strictEqual(after(" 2 "), 2_000)
    assert.strictEqual(after("0"), 0)
    assert.strictEqual(after("99999999999999999999"), 366 * 86_400_000)
  })

  it("takes the three forms of an HTTP date", () => {
    // 1 700 000 000 s is Tue, 14 Nov 2023 22:13:20 GMT.
    assert.strictEqual(after("Tue, 14 Nov 2023 22:14:20 GMT"), 60_000)
    assert.strictEqual(after("Tuesday, 14-Nov-23 22:14:20 GMT"), 60_000)
    assert.strictEqual(after("Tue Nov 14 22:14:20 2023"), 60_000)
    assert.strictEqual(after("Tue, 14 Nov 2023 22:12:20 GMT"), 0)
  })

  it("measures a date by the server's own clock where the reply tells it", () => {
    assert.strictEqual(after("Tue, 14 Nov 2023 12:01:00 GMT", "Tue, 14 Nov 2023 12:00:00 GMT"), 60_000)
  })

  it("takes nothing else", () => {
    for (const value of [undefined, "", "soon", "-5", "1e9", "0x10", "Tue, 99 Nov 2023 99:14:20 GMT"]) {
      assert.isUndefined(after(value), value)
    }
  })
})

describe("RateLimit", () => {
  const limit = (value: string | undefined) => {
    const limit = Retry.rateLimit(value, now)
    return limit === undefined ? undefined : [limit.retryAt - now, limit.policy]
  }

  it("takes the largest reset among the limits with nothing left", () => {
    assert.deepStrictEqual(
      limit('"subscriber_minute";r=0;t=24;pk=:dUBk:, "client_minute";r=0;t=51;pk=:YXBw:, "client_hour";r=7;t=3000'),
      [51_000, "client_minute"],
    )
    assert.deepStrictEqual(limit('"client_hour"; r=0; t=1800'), [1_800_000, "client_hour"])
    assert.deepStrictEqual(limit("client_minute;t=5;r=0"), [5_000, "client_minute"])
  })

  it("drops a name that it does not know, and keeps its number", () => {
    assert.deepStrictEqual(limit('"the password is, 1234";r=0;t=3'), [3_000, undefined])
  })

  it("takes nothing from what says nothing", () => {
    for (const value of [undefined, "", '"client_minute";r=3;t=24', '"client_minute";t=24', '"x";r=0', ",,;;", '"']) {
      assert.isUndefined(limit(value), value)
    }
  })

  it("the later of both headers counts", () => {
    const headers = { ratelimit: '"client_minute";r=0;t=24', "retry-after": "60" }
    assert.strictEqual(Retry.limitOf(headers, now)?.retryAt, now + 60_000)
    assert.strictEqual(Retry.limitOf({ ...headers, "retry-after": "1" }, now)?.retryAt, now + 24_000)
    assert.isUndefined(Retry.limitOf({}, now))
  })

  it.prop("no header breaks the arithmetic", [Schema.String, Schema.String, Schema.String], ([a, b, c]) => {
    const limit = Retry.limitOf({ ratelimit: a, "retry-after": b, date: c }, now)
    return limit === undefined || (limit.retryAt >= now && limit.retryAt <= now + 366 * 86_400_000)
  })
})
