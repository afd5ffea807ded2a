/** Stores, and the names under which sessions are kept in them. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import type { Tokens } from "@pbx-auth/providers/Token"
import { StoreConflict, TokenStore } from "@pbx-auth/session/TokenStore"
import * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SessionKey from "../src/record/SessionKey.ts"
import { accountsAt, people } from "./Harness.ts"

TokenStoreTest.suite("in memory", TokenStore.layerMemory, { assert, describe, it })

describe("the suite can fail", () => {
  const never = "names a secret always alike, another one otherwise, and never by itself"
  const apart =
    "names secrets apart by whatever they differ in, however long they are, by names that cannot be made to meet"
  /** Runs the suite against a store, and gives the names of the tests that fail. */
  const failures = (store: (right: TokenStore["Service"]) => TokenStore["Service"]) =>
    Effect.gen(function* () {
      const tests: Array<readonly [string, () => Effect.Effect<void, unknown, never>]> = []
      const layer = Layer.effect(TokenStore, Effect.map(TokenStore, store)).pipe(Layer.provide(TokenStore.layerMemory))
      TokenStoreTest.suite("broken", layer, {
        assert,
        describe: (_, run) => run(),
        it: { live: (name, test) => tests.push([name, () => Effect.scoped(test())]) },
      })
      assert.lengthOf(tests, 10)
      const failed: Array<string> = []
      for (const [name, test] of tests) {
        if ((yield* Effect.exit(test()))._tag === "Failure") failed.push(name)
      }
      return failed
    })

  it.live("a right store passes", () =>
    Effect.gen(function* () {
      assert.isEmpty(yield* failures((right) => right))
    }),
  )

  it.live(
    "one that loses the life of a refresh token, one that loses an endless life, and one that loses who the user is",
    () =>
      Effect.gen(function* () {
        const losing = (lost: Partial<Tokens>) =>
          failures((right) => ({
            ...right,
            replace: (key, expected, next) =>
              right.replace(
                key,
                expected,
                next?.tokens === undefined ? next : { ...next, tokens: { ...next.tokens, ...lost } },
              ),
          }))
        for (const lost of [{ refreshLifetime: undefined }, { lifetime: 3_600_000 }, { identity: {} }]) {
          assert.deepStrictEqual(yield* losing(lost), ["gives back what was written, with the version of the write"])
        }
      }),
  )

  it.live(
    "one that compares nothing, one that reads and then writes, one that mixes keys, and those that name secrets badly",
    () =>
      Effect.gen(function* () {
        const blind = yield* failures((right) => ({
          ...right,
          replace: (key, _, next) => Effect.flatMap(right.read(key), (seen) => right.replace(key, seen?.version, next)),
        }))
        assert.include(blind, "writes only over the version that the writer has seen")
        assert.include(blind, "lets one of many writers win, each time")

        const slow = yield* failures((right) => ({
          ...right,
          replace: (key, expected, next) =>
            Effect.gen(function* () {
              const seen = yield* right.read(key)
              if (seen?.version !== expected) return yield* Effect.fail(new StoreConflict())
              yield* Effect.yieldNow
              return yield* right.replace(key, (yield* right.read(key))?.version, next)
            }),
        }))
        assert.include(slow, "loses no update of many who read, count and write")

        const plain = yield* failures((right) => ({
          ...right,
          fingerprint: (secret) => Effect.succeed(Redacted.value(secret)),
        }))
        assert.deepStrictEqual(plain, [never, apart])

        const digested = (algorithm: "sha1" | "sha256", notation: "hex" | "base64url") =>
          failures((right) => ({
            ...right,
            fingerprint: (secret) =>
              Effect.sync(() => createHash(algorithm).update(Redacted.value(secret)).digest(notation)),
          }))
        assert.deepStrictEqual(yield* digested("sha256", "hex"), [never])
        assert.deepStrictEqual(yield* digested("sha1", "base64url"), [never])

        // What cuts its input, as bcrypt does, what takes no notice of case, and what is too short.
        const weak = [
          (right: TokenStore["Service"]) => (text: string) => right.fingerprint(Redacted.make(text.slice(0, 72))),
          (right: TokenStore["Service"]) => (text: string) => right.fingerprint(Redacted.make(text.toLowerCase())),
          (right: TokenStore["Service"]) => (text: string) =>
            Effect.map(right.fingerprint(Redacted.make(text)), (name) => name.slice(0, 8)),
        ]
        for (const make of weak) {
          const found = yield* failures((right) => ({
            ...right,
            fingerprint: (secret) => make(right)(Redacted.value(secret)),
          }))
          assert.deepStrictEqual(found, [apart])
        }

        const mixed = yield* failures((right) => ({ ...right, read: (key) => right.read(key.toLowerCase()) }))
        assert.isNotEmpty(mixed)
      }),
  )
})

describe("a session's key", () => {
  const at = accountsAt("https://pbx.example.test")
  const elsewhere = accountsAt("https://pbx.other.test")
  const key = (
    { account, credentials }: ReturnType<typeof at.skyswitch>,
    given = credentials,
  ): Effect.Effect<string, unknown, TokenStore> =>
    Effect.flatMap(TokenStore, (store) => SessionKey.make(store, account, given))
  const person = people.officeManager
  const as = (username: string, password: string) => ({ username, password: Redacted.make(password) })
  const sangoma = (scopes: ReadonlyArray<string>) => at.sangoma({ scopes }) as never as ReturnType<typeof at.skyswitch>

  it.live("is the same for the same session, in whatever order its scopes are written", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* key(at.skyswitch(), person), yield* key(at.skyswitch(), as("111@abc-company", "1234")))
      assert.strictEqual(yield* key(sangoma(["a", "b"])), yield* key(sangoma(["b", "a"])))
    }).pipe(Effect.provide(TokenStore.layerMemory)),
  )

  it.live("is another one for another tenant, address, client, secret, account, password, provider or scope", () =>
    Effect.gen(function* () {
      const id = "your-client-id"
      const keys = yield* Effect.all([
        key(at.skyswitch(), person),
        key(at.skyswitch(), as("111@abc-company", "12345")),
        key(at.skyswitch(), as("112@abc-company", "1234")),
        key(at.skyswitch(), undefined),
        key(at.skyswitch({ prefix: "/" }), person),
        key(at.skyswitch({ client: { id, secret: "another" } }), person),
        key(at.skyswitch({ client: { id: "another", secret: "your-client-secret" } }), person),
        // Two secrets in a row must not look like two others.
        key(at.skyswitch({ client: { id, secret: "ab" } }), as("111@abc-company", "c")),
        key(at.skyswitch({ client: { id, secret: "a" } }), as("111@abc-company", "bc")),
        key(elsewhere.skyswitch(), person),
        key(at.landstar() as never, person),
        key(at.netsapiens() as never, person),
        key(sangoma(["a"])),
        key(sangoma(["a", "b"])),
        key(sangoma(["a b"].flatMap((scope) => scope.split(" ")).concat("c"))),
      ])
      assert.strictEqual(new Set(keys).size, keys.length)
      for (const one of keys) assert.notInclude(one, "secret")
    }).pipe(Effect.provide(TokenStore.layerMemory)),
  )
})
