/** Keys: which seal and which open, from where they come, and what is refused. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { makeMemory } from "@pbx-auth/store/Cells"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as KeyRingConfig from "@pbx-auth/store/KeyRingConfig"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { CANARY, glass, key, problemOf, processOn, record } from "./Made.ts"

const NAME = "record.one"

describe("the key ring", () => {
  it.effect("seals by the first key and opens by all, and what is read is sealed again by the first", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const old = yield* processOn(cells, key(1))
      const name = yield* old.store.fingerprint(Redacted.make("a secret"))
      yield* old.store.replace("one", undefined, record(1))
      yield* old.store.replace("two", undefined, record(2))
      const before = (yield* cells.read(NAME))?.bytes

      const both = yield* processOn(cells, key(2), key(1))
      // A new sealing key renames no session.
      assert.strictEqual(yield* both.store.fingerprint(Redacted.make("a secret")), name)
      const seen = yield* both.store.read("one")
      assert.strictEqual(seen?.record?.generation, 1)
      assert.strictEqual(seen?.version, (yield* cells.read(NAME))?.version)
      assert.notDeepEqual((yield* cells.read(NAME))?.bytes, before)
      // The version that `read` gave is the one to write over.
      yield* both.store.replace("one", seen?.version, record(2))

      const fresh = yield* processOn(cells, key(2))
      assert.strictEqual(yield* fresh.store.fingerprint(Redacted.make("a secret")), name)
      assert.strictEqual((yield* fresh.store.read("one"))?.record?.generation, 2)
      assert.strictEqual(yield* problemOf(fresh.store.read("two")), "unknown_key")
      assert.strictEqual(yield* problemOf(old.store.read("one")), "unknown_key")
      yield* put(NAME, before)
      assert.strictEqual((yield* both.store.read("one"))?.record?.generation, 1)
    }),
  )

  it.effect("gives the record as it is when somebody else writes it meanwhile, or nobody may", () =>
    Effect.gen(function* () {
      const cells = yield* makeMemory
      const old = yield* processOn(cells, key(1))
      const version = yield* old.store.replace("one", undefined, record(1))
      const frozen = yield* processOn(
        { ...cells, replace: () => Effect.fail(new StoreFailed({ remedy: "configure", problem: "forbidden" })) },
        key(2),
        key(1),
      )
      assert.strictEqual((yield* frozen.store.read("one"))?.version, version)
      let comesBetween = true
      const late = yield* processOn(
        {
          ...cells,
          replace: (name, expected, next) =>
            Effect.gen(function* () {
              if (comesBetween) {
                comesBetween = false
                yield* old.store.replace("one", version, record(2))
              }
              return yield* cells.replace(name, expected, next)
            }),
        },
        key(2),
        key(1),
      )
      const seen = yield* late.store.read("one")
      assert.strictEqual(seen?.version, version)
      assert.strictEqual(seen?.record?.generation, 1)
      assert.strictEqual(
        (yield* Effect.flip(late.store.replace("one", seen?.version, record(9))))._tag,
        "StoreConflict",
      )
      assert.strictEqual((yield* late.store.read("one"))?.record?.generation, 2)
    }),
  )

  it.effect("takes base64 and base64url, with and without padding, with commas or lines between, and a key twice", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(Redacted.value(key(1)), "base64url")
      const rings = yield* Effect.forEach(
        [
          bytes.toString("base64"),
          bytes.toString("base64url"),
          `\n${bytes.toString("base64")}\n`,
          `${bytes.toString("base64url")},${bytes.toString("base64")}`,
        ],
        (text) => KeyRing.parse(Redacted.make(text)),
      )
      assert.strictEqual(new Set(rings.map(({ current }) => current.id)).size, 1)
      assert.deepStrictEqual(
        rings.map(({ keys }) => keys.size),
        [1, 1, 1, 1],
      )
      const generated = yield* KeyRing.generate
      const two = yield* KeyRing.parse(Redacted.make(`${Redacted.value(generated)}\n${Redacted.value(key(1))}\n`))
      assert.deepStrictEqual([...two.keys.keys()].slice(1), [rings[0]?.current.id])
      assert.notStrictEqual(two.current.id, rings[0]?.current.id)
      assert.match(two.current.id, /^[0-9a-f]{16}$/)
    }),
  )

  it.effect("refuses what is no key, says which and what to write, and repeats nothing", () =>
    Effect.gen(function* () {
      const good = Redacted.value(key(1))
      for (const [text, field] of [
        ["", "keys"],
        [" ,\n", "keys"],
        [`${CANARY}-password`, "keys[0]"],
        [`${good},${good.slice(1)}`, "keys[1]"],
        [`${good},${good}${good}`, "keys[1]"],
        [`${good},${"A".repeat(43)}`, "keys[1]"],
        [`${good.slice(0, -1)}!`, "keys[0]"],
      ] as const) {
        const { message, reason } = yield* Effect.flip(KeyRing.parse(Redacted.make(text)))
        assert.strictEqual(reason._tag === "Misconfigured" && reason.field, field)
        assert.include(message, field === "keys" ? "at least one key" : "32 random bytes")
        assert.notInclude(message, CANARY)
        assert.notInclude(message, good.slice(1, -1))
      }
    }),
  )

  it.effect("is read from the configuration, by its usual name or another one", () =>
    Effect.gen(function* () {
      const text = `${Redacted.value(key(2))},${Redacted.value(key(1))}`
      const from = (env: Record<string, string>, ...keys: Parameters<typeof KeyRingConfig.layer>) =>
        Effect.map(KeyRing.KeyRing, (ring) => ring.keys.size).pipe(
          Effect.provide(KeyRingConfig.layer(...keys)),
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env)),
        )
      assert.strictEqual(yield* from({ PBX_AUTH_KEYS: text }), 2)
      assert.strictEqual(yield* from({ MY_KEYS: text }, Config.Redacted("MY_KEYS")), 2)
      assert.strictEqual((yield* Effect.flip(from({})))._tag, "ConfigError")
      assert.strictEqual((yield* Effect.flip(from({ PBX_AUTH_KEYS: "changeit" })))._tag, "AuthError")
    }),
  )

  it.effect("is printed by no printer", () =>
    Effect.gen(function* () {
      const ring = yield* KeyRing.make([key(1)])
      const secret = Redacted.value(key(1))
      const { inspect } = yield* Effect.promise(() => import("node:util"))
      const shown = [inspect(ring, { depth: 9, showHidden: false }), JSON.stringify(ring), String(ring.current.key)]
      for (const text of shown) {
        assert.notInclude(text, secret)
        assert.notInclude(text, Buffer.from(secret, "base64url").toString("hex"))
      }
    }),
  )
})
