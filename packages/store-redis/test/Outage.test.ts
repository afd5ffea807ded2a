/** What becomes of sessions' accesses and hints when Redis is held, restarted, emptied or wrongly configured. */
import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as CellsOutage from "servers/src/CellsOutage.ts"
import { source } from "servers/src/Redis.ts"
import { notOurs, titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import { warnings } from "../src/RedisDurability.ts"
import * as Keyspace from "./Keyspace.ts"

const keyspace = Keyspace.make()
const { command, options, prefix } = keyspace
const { failure } = CellsOutage
const bytes = Uint8Array.of(1)

/** What is logged while `effect` runs, until as much has come as is expected. */
const logged = (effect: Effect.Effect<unknown, unknown, Scope.Scope>, expected: number) =>
  Effect.gen(function* () {
    const words: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => logLevel === "Warn" && words.push(String(message)))
    yield* Effect.provide(
      Effect.andThen(effect, Effect.repeat(Effect.sleep(5), { until: () => words.length >= expected, times: 1_000 })),
      Logger.layer([logger]),
    )
    return words
  })

describe("options", () => {
  it.effect("that cannot be meant are refused with a sentence that says what to write, and show nothing", () =>
    Effect.gen(function* () {
      for (const url of ["https://redis.example.test", "redis://user:made-up-canary@[nowhere"]) {
        const failed = yield* failure(Effect.scoped(RedisCells.make({ url: Redacted.make(url) })))
        assert.strictEqual(failed.remedy, "configure")
        assert.match(String(failed.fix), /redis:\/\//)
        assert.notInclude(inspect(failed, { depth: 20, showHidden: true }), "canary")
      }
    }),
  )
})

describe("a server's durability", () => {
  const durable = { appendonly: "yes", appendfsync: "always", maxmemory: "1000000", "maxmemory-policy": "noeviction" }

  it("is right, or is warned of in a sentence that says what to set", () => {
    assert.deepStrictEqual(warnings(durable), [])
    assert.match(warnings({ ...durable, appendonly: "no" }).join(), /Set appendonly yes/)
    assert.match(warnings({ ...durable, appendfsync: "everysec" }).join(), /the last second.*everysec/)
    assert.match(warnings({ ...durable, "maxmemory-policy": "allkeys-lru" }).join(), /evicts.*allkeys-lru/)
    assert.lengthOf(warnings({ ...durable, appendonly: "no", "maxmemory-policy": "allkeys-random" }), 2)
    // The store's records have no time to live.
    assert.deepStrictEqual(warnings({ ...durable, "maxmemory-policy": "volatile-lru" }), [])
    assert.deepStrictEqual(warnings({ ...durable, maxmemory: "0", "maxmemory-policy": "allkeys-lru" }), [])
    assert.match(warnings(undefined).join(), /does not tell/)
  })
})

describe.skipIf(unavailable(source) !== undefined)(titled("Redis", unavailable(source)), () => {
  beforeAll(keyspace.start, 60_000)
  afterAll(keyspace.end, 60_000)
  const make = (more: Partial<RedisCells.Options> = {}) => Effect.suspend(() => RedisCells.make(options(more)))

  it.live("takes a key that something else wrote for a failure, and never for an absent record", () =>
    Effect.gen(function* () {
      const cells = yield* make()
      yield* command("SET", `${prefix}cell:foreign`, "x")
      yield* command("HSET", `${prefix}cell:half`, "version", "1")
      for (const name of ["foreign", "half"]) {
        const { problem, remedy } = yield* failure(cells.read(name))
        assert.deepStrictEqual([remedy, problem], ["configure", "unreadable"])
        assert.notStrictEqual((yield* Effect.result(cells.replace(name, undefined, bytes)))._tag, "Success")
      }
    }),
  )

  it.live("hears no password in an error, a log or a span", () =>
    CellsOutage.hearsNoPassword(keyspace.url(), make(), (url) => RedisCells.make({ url: Redacted.make(url), prefix })),
  )

  describe.skipIf(notOurs(source) !== undefined)(titled("a server of our own", notOurs(source)), () => {
    it.live("is asked once whether it keeps what it acknowledges", () =>
      Effect.gen(function* () {
        const twice = Effect.gen(function* () {
          const cells = yield* make()
          yield* cells.list("")
          yield* cells.list("")
        })
        assert.deepStrictEqual(yield* logged(Effect.andThen(twice, Effect.sleep(50)), 0), [])
        yield* command("CONFIG", "SET", "appendfsync", "everysec")
        const said = yield* logged(twice, 1)
        yield* command("CONFIG", "SET", "appendfsync", "always")
        assert.match(said.join("\n"), /^Redis may lose the last second[^\n]*$/)
        // A managed server: nobody may read its configuration.
        yield* command("ACL", "SETUSER", "default", "-config")
        const nothing = yield* logged(twice, 1)
        yield* command("ACL", "SETUSER", "default", "+config")
        assert.match(nothing.join("\n"), /^Redis does not tell[^\n]*$/)
      }),
    )

    it.live("needs no more rights than the ACL of docs/many-machines.md", () =>
      Effect.gen(function* () {
        const page = readFileSync(new URL("../../../docs/many-machines.md", import.meta.url), "utf8")
        const [, acl = ""] = /`(~pbx-auth:[^`]*)`/.exec(page) ?? []
        const rules = acl.replaceAll("pbx-auth:", prefix).split(/\s+/)
        assert.isAbove(rules.length, 10)
        yield* command("ACL", "SETUSER", "app", "reset", "on", ">made-up", ...rules)
        const url = new URL(keyspace.url())
        url.username = "app"
        url.password = "made-up"
        const everything = Effect.gen(function* () {
          const [cells, other] = [yield* make({ url: Redacted.make(url.href) }), yield* make()]
          const change = yield* cells.watch?.("rights") ?? Effect.succeed(Effect.void)
          const version = yield* cells.replace("rights", undefined, bytes)
          assert.deepStrictEqual(yield* cells.read("rights"), { version, bytes })
          assert.include(yield* cells.list(""), "rights")
          yield* Effect.scoped(cells.presence?.announce("rights") ?? Effect.void)
          yield* cells.presence?.announce("rights") ?? Effect.void
          // Each of them is told: the first time is the beginning.
          yield* change
          yield* other.replace("rights", version, undefined)
          yield* change
          assert.isNotNull(yield* command("GET", `${prefix}holder:rights`))
          assert.strictEqual(yield* cells.presence?.isGone("rights") ?? Effect.succeed(undefined), false)
        })
        assert.deepStrictEqual(yield* logged(everything, 0), [])
        yield* command("ACL", "DELUSER", "app")
      }),
    )

    it.live("may forget the script, and is left when it is no primary any more", () =>
      Effect.gen(function* () {
        const cells = yield* make()
        const version = yield* cells.replace("script", undefined, bytes)
        yield* command("SCRIPT", "FLUSH")
        const next = yield* cells.replace("script", version, bytes)
        const ids = Effect.map(command("CLIENT", "LIST"), (list) => [...String(list).matchAll(/\bid=\d+/g)].map(String))
        const before = yield* ids
        yield* command("REPLICAOF", "127.0.0.1", "1")
        const { problem, remedy } = yield* failure(cells.replace("script", next, bytes))
        assert.deepStrictEqual([remedy, problem], ["retry", "unreachable"])
        yield* command("REPLICAOF", "NO", "ONE")
        yield* cells.replace("script", next, undefined)
        assert.deepStrictEqual(
          (yield* ids).filter((id) => before.includes(id)),
          [],
          "another connection, which may lead to another server",
        )
      }),
    )

    CellsOutage.suite({
      server: keyspace.server,
      make: make(),
      impatient: make({ timeout: "200 millis" }),
      cut: { title: "ends the subscription", run: command("CLIENT", "KILL", "TYPE", "pubsub") },
    })
  })
})
