/** A quota in a real Redis: its contract, and what it says while the server is away. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as SharedQuotaTest from "@pbx-auth/session/testing/SharedQuotaTest"
import * as RedisQuota from "@pbx-auth/store-redis/RedisQuota"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { request } from "servers/src/QuotaRequest.ts"
import { source } from "servers/src/Redis.ts"
import { notOurs, titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import * as Keyspace from "./Keyspace.ts"

const keyspace = Keyspace.make({ appendonly: "no" })
const { command, prefix } = keyspace
const options = (): RedisQuota.Options => ({ url: Redacted.make(keyspace.url()), prefix, timeout: "10 seconds" })

it.effect("a URL that is none is refused with a sentence that says what to write, and shows nothing of it", () =>
  Effect.gen(function* () {
    const wrong = { url: Redacted.make("https://user:made-up-canary@redis.example.test") }
    const failed = yield* Effect.flip(Effect.scoped(RedisQuota.make(wrong)))
    assert.instanceOf(failed, StoreFailed)
    assert.strictEqual(failed.remedy, "configure")
    assert.match(String(failed.fix), /redis:\/\//)
    assert.notInclude(JSON.stringify(failed), "canary")
  }),
)

describe.skipIf(unavailable(source) !== undefined)(titled("Redis", unavailable(source)), () => {
  beforeAll(keyspace.start)
  afterAll(keyspace.end)

  SharedQuotaTest.suite(
    "in Redis",
    Layer.suspend(() => RedisQuota.layer(options())),
    { assert, describe, it },
  )

  it.live("names nobody in its keys, which are in one slot and end by themselves", () =>
    Effect.gen(function* () {
      const { take } = yield* RedisQuota.make(options())
      const client = JSON.stringify(["https://pbx.example.test", "12345.made-up"])
      yield* take(request(client))
      const keys = ((yield* command("KEYS", `${prefix}quota:*`)) as ReadonlyArray<string>).filter((key) => key !== "")
      assert.isAtLeast(keys.length, 4)
      assert.notMatch(keys.join(" "), /made-up|example|1000/)
      for (const key of keys) {
        assert.match(key, /:\{[\w-]{22}\}:/)
        assert.isAbove(Number(yield* command("PTTL", key)), 0, key)
      }
    }),
  )

  it.live("goes on when the script is forgotten, and when the server's clock was set back", () =>
    Effect.gen(function* () {
      const { take } = yield* RedisQuota.make(options())
      const client = crypto.randomUUID()
      yield* take(request(client))
      yield* command("SCRIPT", "FLUSH")
      assert.strictEqual((yield* take(request(client))).taken, "calls")
      // As if both places had been taken a day later.
      const later = String(Date.now() + 86_400_000)
      for (const key of (yield* command("KEYS", `${prefix}quota:*`)) as ReadonlyArray<string>) {
        if ((yield* command("TYPE", key)) === "list" && Number(yield* command("LLEN", key)) === 2)
          for (const index of ["0", "1"]) yield* command("LSET", key, index, later)
      }
      const { spent, taken } = yield* take(request(client))
      assert.strictEqual(taken, undefined)
      assert.isAtMost(spent[0]?.wait ?? Number.POSITIVE_INFINITY, 60_000, "not a day")
      assert.isAbove(spent[0]?.wait ?? 0, 0)
    }),
  )

  it.live.skipIf(notOurs(source) !== undefined)("fails as StoreFailed while the server is away, and comes back", () =>
    Effect.gen(function* () {
      const { take } = yield* RedisQuota.make(options())
      yield* take(request("away"))
      yield* Effect.promise(keyspace.server().stop)
      for (let times = 0; times < 3; times++) {
        const failed = yield* Effect.flip(take(request("away")))
        assert.deepStrictEqual([failed.remedy, failed.problem], ["retry", "unreachable"])
      }
      yield* Effect.promise(keyspace.server().start)
      assert.strictEqual((yield* take(request("away"))).taken, "calls")
    }),
  )
})
