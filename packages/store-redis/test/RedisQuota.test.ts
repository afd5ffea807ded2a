/** A quota in a real Redis: its contract, and what it says while the server is away. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Request } from "@pbx-auth/session/SharedQuota"
import * as SharedQuotaTest from "@pbx-auth/session/testing/SharedQuotaTest"
import * as RedisQuota from "@pbx-auth/store-redis/RedisQuota"
import { createClient } from "@redis/client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Redis from "servers/src/Redis.ts"
import { type Server, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"

const missing = unavailable(Redis.source)
const prefix = `test-${crypto.randomUUID().slice(0, 8)}:`
let server: Server | undefined
const url = () => (Redis.source._tag === "Given" ? Redis.source.url : (server?.url ?? ""))
const options = () => ({ url: Redacted.make(url()), prefix })

/** Sends one command. */
const command = (...args: ReadonlyArray<string>): Effect.Effect<unknown> =>
  Effect.promise(async () => {
    const client = await createClient({ url: url() }).connect()
    try {
      return await client.sendCommand(args)
    } finally {
      await client.close()
    }
  })

const request = (client: string, more: Partial<Request> = {}): Request => ({
  member: "one",
  client,
  rings: ["calls"],
  partitions: [
    {
      name: "client",
      waiting: false,
      limits: [{ policy: "client_minute", window: 60_000, places: { calls: 2, tokens: 1 } }],
    },
    {
      name: "subscriber 1000@made-up.example",
      waiting: false,
      limits: [{ policy: "subscriber_minute", window: 30_000, places: { calls: 9, tokens: 1 } }],
    },
  ],
  ...more,
})

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

describe.skipIf(missing !== undefined)(missing === undefined ? "Redis" : `Redis (skipped: ${missing})`, () => {
  beforeAll(async () => {
    if (Redis.source._tag === "Installed") server = await Redis.start({ appendonly: "no" })
  })
  afterAll(async () => server?.close())

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

  it.live.skipIf(Redis.source._tag === "Given")("fails as StoreFailed while the server is away, and comes back", () =>
    Effect.gen(function* () {
      const { take } = yield* RedisQuota.make(options())
      yield* take(request("away"))
      yield* Effect.promise(async () => server?.stop())
      for (let times = 0; times < 3; times++) {
        const failed = yield* Effect.flip(take(request("away")))
        assert.deepStrictEqual([failed.remedy, failed.problem], ["retry", "unreachable"])
      }
      yield* Effect.promise(async () => server?.start())
      assert.strictEqual((yield* take(request("away"))).taken, "calls")
    }),
  )
})
