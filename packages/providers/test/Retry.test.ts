import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import {
  BadCredentials,
  fromReason,
  Misconfigured,
  Throttled,
  Unavailable,
  Unreadable,
} from "../src/error/AuthError.ts"
import * as Retry from "../src/refusal/Retry.ts"

const now = 1_700_000_000_000
const outage = fromReason(new Unavailable({}))

describe("schedule", () => {
  it.effect("backs off exponentially, jittered, under its cap, and ends", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      for (let attempt = 0; attempt < Retry.maxAttempts; attempt++) {
        const [, delay] = yield* step(now, outage)
        const expected = Math.min(1_000 * 2 ** attempt, Retry.maxBackoff)
        assert.isAtLeast(Duration.toMillis(delay), expected * 0.8 - 1)
        assert.isAtMost(Duration.toMillis(delay), expected * 1.2 + 1)
      }
      assert.isTrue(Exit.isFailure(yield* Effect.exit(step(now, outage))))
    }),
  )

  it.effect("asks again within a second while there is no connection to anybody, and does not count it", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      const unreachable = fromReason(new Unavailable({ unreachable: true }))
      for (let attempt = 0; attempt < 1_000; attempt++) {
        const [, delay] = yield* step(now, unreachable)
        assert.isAtLeast(Duration.toMillis(delay), 600)
        assert.isAtMost(Duration.toMillis(delay), attempt < 120 ? 900 : 6_000)
      }
      const [, first] = yield* step(now, outage)
      assert.isAtMost(Duration.toMillis(first), 1_200)
      const [, again] = yield* step(now, unreachable)
      assert.isAtMost(Duration.toMillis(again), 900)
    }),
  )

  it.effect("never asks before it is told", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      const [, delay] = yield* step(now, fromReason(new Throttled({ retryAt: now + 600_000 })))
      assert.isAtLeast(Duration.toMillis(delay), 600_000)
      assert.isAtMost(Duration.toMillis(delay), 601_000)
      const [, past] = yield* step(now, fromReason(new Throttled({ retryAt: now - 600_000 })))
      assert.isAtLeast(Duration.toMillis(past), 1_600)
    }),
  )

  it.effect("ends at once for what waiting does not mend", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Retry.schedule)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(step(now, fromReason(new BadCredentials({}))))))
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

  it("takes a value that a hop in between has doubled, and of several the longest", () => {
    assert.strictEqual(after("300, 300"), 300_000)
    assert.strictEqual(after("300,60"), 300_000)
    assert.strictEqual(after("Tue, 14 Nov 2023 22:14:20 GMT, Tue, 14 Nov 2023 22:14:20 GMT"), 60_000)
    assert.strictEqual(after("30, Tue, 14 Nov 2023 22:14:20 GMT"), 60_000)
  })

  it("takes a unit, and quotes", () => {
    for (const value of ["300s", "300 s", "300 seconds", "5m", "5 min", '"300"', "300.0"]) {
      assert.strictEqual(after(value), 300_000, value)
    }
    assert.strictEqual(after("1h"), 3_600_000)
  })

  it("takes epoch seconds and epoch milliseconds for the moment that they are", () => {
    assert.strictEqual(after(String(now / 1_000 + 300)), 300_000)
    assert.strictEqual(after(String(now + 300_000)), 300_000)
  })

  it("takes a date as ISO writes it, and one with an offset", () => {
    for (const value of [
      "2023-11-14T22:14:20Z",
      "2023-11-14T22:14:20.000Z",
      "2023-11-15T00:14:20+02:00",
      "2023-11-15T00:14:20+0200",
      "2023-11-14 22:14:20",
      "Wed, 15 Nov 2023 00:14:20 +0200",
      "Tue, 14 Nov 2023 17:14:20 -05:00",
      "Tue, 14 Nov 2023 22:14:20 +0000",
      "Tue, 14 Nov 2023 22:14:20 UTC",
      "Wed Nov 15 2023 00:14:20 GMT+0200 (Eastern European Standard Time)",
    ]) {
      assert.strictEqual(after(value), 60_000, value)
    }
  })

  const unreadable = [
    "",
    "soon",
    "-5",
    "1e9",
    "0x10",
    "Tue, 99 Nov 2023 99:14:20 GMT",
    "Tue, 14 Nov 2023 22:14:20 EST",
    ",",
  ]

  it("takes nothing else", () => {
    for (const value of [undefined, ...unreadable]) assert.isUndefined(after(value), value)
  })

  it("counts what cannot be read as the default, and never as less", () => {
    for (const value of unreadable) {
      assert.strictEqual(Retry.limitOf({ "retry-after": value }, now)?.retryAt, now + 60_000, value)
      assert.strictEqual(Retry.limitOf({ "retry-after": `5, ${value}` }, now)?.retryAt, now + 60_000, value)
      assert.strictEqual(Retry.limitOf({ "retry-after": `${value}, 300` }, now)?.retryAt, now + 300_000, value)
    }
  })

  const zones = Schema.Int.check(Schema.isBetween({ minimum: -14 * 60, maximum: 14 * 60 }))
  const seconds = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0")

  it.prop("a date is the same moment in every zone and form", [seconds, zones], ([ahead, minutes]) => {
    const there = new Date(now + ahead * 1_000 + minutes * 60_000)
    const size = Math.abs(minutes)
    const offset = `${minutes < 0 ? "-" : "+"}${two(size / 60)}${two(size % 60)}`
    return [there.toUTCString().replace("GMT", offset), there.toISOString().replace("Z", offset)].every(
      (value) => after(value) === ahead * 1_000,
    )
  })
})

describe("without a fiber", () => {
  const unavailable = fromReason(new Unavailable({ status: 503 }))

  it("the pauses are those of the schedule, and end with it", () => {
    const pauseAfter = Retry.pauses()
    const first = Array.from({ length: 8 }, () => pauseAfter(unavailable, now) ?? 0)
    for (const [index, pause] of first.entries()) {
      const middle = Math.min(1_000 * 2 ** index, Retry.maxBackoff)
      assert.isAtLeast(pause, middle * 0.79)
      assert.isAtMost(pause, middle * 1.21)
    }
    const rest = Array.from({ length: Retry.maxAttempts }, () => pauseAfter(unavailable, now))
    assert.lengthOf(
      rest.filter((pause) => pause !== undefined),
      Retry.maxAttempts - 8,
    )
    assert.isUndefined(Retry.pauses()(fromReason(new BadCredentials({})), now))
  })

  it("no pause ends before the moment that an error names, whatever the reason", () => {
    const later = fromReason(new Unavailable({ status: 425, retryAt: now + 30_000 }))
    assert.isAtLeast(Retry.pauses()(later, now) ?? 0, 30_000)
  })

  it("an error passes by itself at its moment, but for what a person has to look at or to configure", () => {
    assert.isUndefined(Retry.passesAt(unavailable))
    assert.strictEqual(Retry.passesAt(fromReason(new Throttled({ retryAt: 7 }))), 7)
    assert.strictEqual(Retry.passesAt(fromReason(new Unreadable({ retryAt: 7 }))), 7)
    assert.isUndefined(Retry.passesAt(fromReason(new Unreadable({ refused: true, retryAt: 7 }))))
    const wrong = { field: "address", fix: "Check it.", status: 405, retryAt: 7 }
    assert.isUndefined(Retry.passesAt(fromReason(new Misconfigured(wrong))))
  })
})

describe("RateLimit", () => {
  const limit = (value: string | undefined) => {
    const limit = Retry.limitOf({ ratelimit: value }, now)
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

  it("takes the forms of older drafts, and of those who follow none", () => {
    const headers: ReadonlyArray<Readonly<Record<string, string>>> = [
      { "ratelimit-limit": "60", "ratelimit-remaining": "0", "ratelimit-reset": "300" },
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1_000 + 300) },
      { ratelimit: "limit=60, remaining=0, reset=300" },
      { ratelimit: '"client_minute";R=0;T=300' },
      { "x-retry-after": "300" },
    ]
    for (const one of headers) assert.strictEqual(Retry.limitOf(one, now)?.retryAt, now + 300_000, JSON.stringify(one))
    for (const one of [
      { "ratelimit-remaining": "1", "ratelimit-reset": "300" },
      { "ratelimit-remaining": "0" },
      { ratelimit: "limit=60, remaining=10, reset=300" },
    ]) {
      assert.isUndefined(Retry.limitOf(one, now), JSON.stringify(one))
    }
  })

  it("the later of both headers counts", () => {
    const headers = { ratelimit: '"client_minute";r=0;t=24', "retry-after": "60" }
    assert.strictEqual(Retry.limitOf(headers, now)?.retryAt, now + 60_000)
    assert.strictEqual(Retry.limitOf({ ...headers, "retry-after": "1" }, now)?.retryAt, now + 24_000)
    assert.isUndefined(Retry.limitOf({}, now))
  })

  it("a limit is cut where it is longer than what is kept to, and tells what was said", () => {
    const limit = Retry.retryAfter("31536000", now) ?? assert.fail()
    const hour = Retry.cut(limit, now, Retry.longestLimit)
    assert.deepStrictEqual([hour.retryAt, hour.toldUntil], [now + 3_600_000, now + 31_536_000_000])
    assert.strictEqual(Retry.cut(limit, now, Retry.longestBan).retryAt, now + 86_400_000)
    const short = Retry.retryAfter("3600", now) ?? assert.fail()
    assert.strictEqual(Retry.cut(short, now, Retry.longestLimit), short)
  })

  it("in an API's reply Retry-After counts in a refusal alone, RateLimit in any", () => {
    const spans = (headers: Readonly<Record<string, string>>, status: number) =>
      Retry.limitsOf(headers, now, status).map(({ retryAt }) => retryAt - now)
    const year = { "retry-after": "31536000" }
    for (const status of [200, 202, 204, 301, 304]) assert.deepStrictEqual(spans(year, status), [])
    for (const status of [429, 500, 503]) assert.deepStrictEqual(spans(year, status), [3_600_000])
    assert.deepStrictEqual(spans(year, 403), [86_400_000])
    assert.deepStrictEqual(spans({ "retry-after": "soon" }, 503), [60_000])
    assert.deepStrictEqual(spans({ ratelimit: '"client_hour";r=0;t=24' }, 200), [24_000])
    assert.deepStrictEqual(spans({ ratelimit: '"client_hour";r=0;t=99999' }, 200), [3_600_000])
  })

  it.prop("no header breaks the arithmetic", [Schema.String, Schema.String, Schema.String], ([a, b, c]) => {
    const limit = Retry.limitOf({ ratelimit: a, "retry-after": b, date: c }, now)
    return limit === undefined || (limit.retryAt >= now && limit.retryAt <= now + 366 * 86_400_000)
  })
})
