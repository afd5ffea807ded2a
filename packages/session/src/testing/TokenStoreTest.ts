/**
 * The contract of every `TokenStore`, as a suite that its adapters run:
 *
 * ```ts
 * import { assert, describe, it } from "@effect/vitest"
 * import { TokenStore } from "@pbx-auth/session/TokenStore"
 * import * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
 *
 * TokenStoreTest.suite("in memory", TokenStore.layerMemory, { assert, describe, it })
 * ```
 *
 * The test runner is passed in, so that this module depends on none.
 */

import type { Tokens } from "@pbx-auth/providers/Token"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { type TokenRecord, TokenStore } from "../TokenStore.ts"

/**
 * The part of a test runner that the suite needs; `@effect/vitest` fits.
 *
 * @category models
 */
export interface Runner {
  /** Groups the tests of the suite. */
  readonly describe: (name: string, tests: () => void) => unknown
  /** Declares a test. */
  readonly it: {
    /** Declares a test that runs on the real clock, with a scope. */
    readonly live: (name: string, test: () => Effect.Effect<void, unknown, Scope.Scope>) => unknown
  }
  /** Compares, and throws if the test fails. */
  readonly assert: {
    /** The same value, by `Object.is`. */
    strictEqual(actual: unknown, expected: unknown, message?: string): void
    /** The same structure and values. */
    deepStrictEqual(actual: unknown, expected: unknown, message?: string): void
    /** Another value. */
    notStrictEqual(actual: unknown, expected: unknown, message?: string): void
  }
}

/** How many write at once. */
const WRITERS = 50

const record = (generation: number, more: Partial<TokenRecord> = {}): TokenRecord => ({
  generation,
  via: "renewal",
  tokens: {
    accessToken: Redacted.make(`access-${generation}`),
    refreshToken: Redacted.make(`refresh-${generation}`),
    tokenType: "Bearer",
    lifetime: 3_600_000,
    refreshLifetime: undefined,
    scope: "Office Manager",
    identity: { uid: "111@abc-company.12345.service", displayName: "Ä ☎ \u0000" },
    details: { nested: { list: [1, null, "x"] } },
  },
  times: { issuedAt: 1_000, dueAt: 2_000, usableUntil: 3_000, expiresAt: null },
  intent: undefined,
  ...more,
})

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))

/** The tokens of a record, with other parts. */
const tokens = (more: Partial<Tokens>): Tokens => ({
  accessToken: Redacted.make("access"),
  refreshToken: undefined,
  tokenType: "Bearer",
  lifetime: 3_600_000,
  refreshLifetime: undefined,
  scope: null,
  identity: {},
  details: {},
  ...more,
})

/** A record with its secrets in clear, to compare it by its values. */
const inClear = (one: TokenRecord | undefined) =>
  one && {
    ...one,
    tokens: one.tokens && {
      ...one.tokens,
      accessToken: Redacted.value(one.tokens.accessToken),
      refreshToken: one.tokens.refreshToken && Redacted.value(one.tokens.refreshToken),
    },
  }

/**
 * Runs the contract against a store. `layer` is built again for every test, and may still hold what an earlier test or run left: keys
 * are new for each run. Each test leaves a tombstone at most.
 *
 * @category testing
 */
export const suite = (
  name: string,
  layer: Layer.Layer<TokenStore, unknown>,
  { assert, describe, it }: Runner,
): void => {
  const run = crypto.randomUUID()
  let tests = 0
  const test = (what: string, body: (key: string) => Effect.Effect<void, unknown, TokenStore>) => {
    tests += 1
    // A key of its own, with all that a real one has in it: a store may turn it into a file's name.
    const key = JSON.stringify(["acme-voice", "https://pbx.example.test/ns-api", `${tests}@${run}/b\\c:d`, ["*"], "ä"])
    it.live(what, () => Effect.provide(body(key), Layer.fresh(layer)))
  }

  describe(`TokenStore: ${name}`, () => {
    test("gives nothing for a key that nobody wrote", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        assert.strictEqual(yield* store.read(key), undefined)
      }))

    test("gives back what was written, with the version of the write", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const intent = { holder: "holder", purpose: "renewal", startedAt: 1, until: 2 } as const
        const over = { ...intent, purpose: "sign_in", afterSignOut: true } as const
        for (const next of [
          record(1),
          record(2, { intent }),
          // Of a provider whose refresh token has a life of its own, and of one whose token never ends, which JSON cannot say.
          record(3, { tokens: tokens({ refreshToken: Redacted.make("refresh"), refreshLifetime: 86_400_000 }) }),
          record(4, {
            tokens: tokens({ lifetime: Number.POSITIVE_INFINITY, identity: { apiOrigin: "https://api.example.test" } }),
            times: { issuedAt: 1_000, dueAt: null, usableUntil: null, expiresAt: null },
          }),
          record(0, { tokens: undefined, times: undefined, via: "sign_in", intent: over }),
        ]) {
          const version = yield* store.replace(key, (yield* store.read(key))?.version, next)
          const seen = yield* store.read(key)
          assert.strictEqual(seen?.version, version)
          assert.deepStrictEqual(inClear(seen?.record), inClear(next))
        }
        yield* store.replace(key, (yield* store.read(key))?.version, undefined)
      }))

    test("keeps keys apart", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const other = key.toUpperCase()
        const first = yield* store.replace(key, undefined, record(1))
        const second = yield* store.replace(other, undefined, record(2))
        assert.strictEqual((yield* store.read(key))?.record?.generation, 1)
        assert.strictEqual((yield* store.read(other))?.record?.generation, 2)
        yield* store.replace(key, first, undefined)
        assert.strictEqual((yield* store.read(other))?.record?.generation, 2)
        yield* store.replace(other, second, undefined)
      }))

    test("writes only over the version that the writer has seen", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const conflicts = (expected: string | undefined, next: TokenRecord | undefined) =>
          Effect.map(Effect.flip(store.replace(key, expected, next)), (error) => error._tag)
        assert.strictEqual(yield* conflicts("no such version", record(1)), "StoreConflict")
        const first = yield* store.replace(key, undefined, record(1))
        assert.strictEqual(yield* conflicts(undefined, record(9)), "StoreConflict")
        const second = yield* store.replace(key, first, record(2))
        assert.notStrictEqual(second, first)
        assert.strictEqual(yield* conflicts(first, record(9)), "StoreConflict")
        assert.strictEqual(yield* conflicts(first, undefined), "StoreConflict")
        assert.strictEqual((yield* store.read(key))?.record?.generation, 2)
        const third = yield* store.replace(key, second, undefined)
        assert.strictEqual(yield* conflicts(second, record(9)), "StoreConflict")
        assert.strictEqual(yield* conflicts(undefined, record(9)), "StoreConflict")
        // A new sign-in writes over a tombstone, and its version is a new one.
        const fourth = yield* store.replace(key, third, record(1))
        assert.strictEqual(new Set([first, second, third, fourth]).size, 4)
        assert.strictEqual(yield* conflicts(third, record(9)), "StoreConflict")
        yield* store.replace(key, fourth, undefined)
      }))

    test("leaves a tombstone where a session signed out, also where nothing was", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const other = `${key}, another`
        const written = yield* store.replace(other, undefined, record(1))
        for (const [name, expected] of [
          [key, undefined],
          [other, written],
        ] as const) {
          const version = yield* store.replace(name, expected, undefined)
          const seen = yield* store.read(name)
          assert.deepStrictEqual(seen, { version, record: undefined })
        }
      }))

    test("keeps a record without tokens and without an intent, or none", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const nothing = record(0, { tokens: undefined, times: undefined, via: "sign_in" })
        yield* store.replace(key, yield* store.replace(key, undefined, record(1)), nothing)
        const seen = yield* store.read(key)
        if (seen !== undefined) assert.deepStrictEqual(seen.record, nothing)
        const version = yield* store.replace(key, seen?.version, record(2))
        assert.strictEqual((yield* store.read(key))?.version, version)
        yield* store.replace(key, version, undefined)
      }))

    test("lets one of many writers win, each time", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        let version: string | undefined
        for (let round = 1; round <= 5; round++) {
          const writes = yield* Effect.forEach(
            Array.from({ length: WRITERS }, (_, writer) => writer),
            (writer) => Effect.result(store.replace(key, version, record(round * 1_000 + writer))),
            { concurrency: "unbounded" },
          )
          const won = writes.flatMap((write, writer) =>
            Result.isSuccess(write) ? [[write.success, writer] as const] : [],
          )
          assert.strictEqual(won.length, 1)
          const seen = yield* store.read(key)
          assert.strictEqual(seen?.version, won[0]?.[0])
          assert.strictEqual(seen?.record?.generation, round * 1_000 + (won[0]?.[1] ?? -1))
          version = seen?.version
        }
        yield* store.replace(key, version, undefined)
      }))

    test("loses no update of many who read, count and write", (key) =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const count: Effect.Effect<void, unknown> = Effect.gen(function* () {
          const seen = yield* store.read(key)
          yield* Effect.yieldNow
          yield* store.replace(key, seen?.version, record((seen?.record?.generation ?? 0) + 1))
        }).pipe(Effect.catchTag("StoreConflict", () => Effect.andThen(Effect.yieldNow, count)))
        yield* Effect.forEach(Array.from({ length: WRITERS }), () => count, { concurrency: "unbounded", discard: true })
        const seen = yield* store.read(key)
        assert.strictEqual(seen?.record?.generation, WRITERS)
        yield* store.replace(key, seen?.version, undefined)
      }))

    test("names a secret always alike, another one otherwise, and never by itself", () =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const name = (text: string) => store.fingerprint(Redacted.make(text))
        const words = JSON.stringify(["acme-voice", "somebody@a-company", "a-client-secret", "a-password"])
        const secrets = ["1234", "1235", "12345", "", " 1234", "é", "e\u0301", "x".repeat(10_000), words]
        const names = yield* Effect.forEach(secrets, name)
        assert.deepStrictEqual(yield* Effect.forEach(secrets, name), names)
        assert.strictEqual(new Set(names).size, secrets.length)
        for (const [index, secret] of secrets.entries()) {
          const text = names[index] ?? ""
          const bytes = new TextEncoder().encode(secret)
          // No part of the secret, as it is or in another notation. Short parts may occur by chance.
          for (const part of [secret, ...secret.split(/\W+/)].filter(({ length }) => length >= 8)) {
            const ofPart = new TextEncoder().encode(part)
            for (const notation of [part, hex(ofPart), base64(ofPart).slice(0, -4)]) {
              assert.strictEqual(text.toLowerCase().includes(notation.toLowerCase()), false)
            }
          }
          // A reader of the name must not find a short password by trying all of them: the function is keyed.
          for (const algorithm of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
            const digest = new Uint8Array(yield* Effect.promise(() => crypto.subtle.digest(algorithm, bytes)))
            for (const hash of [hex(digest), base64(digest), base64(digest).replace(/\+/g, "-").replace(/\//g, "_")]) {
              assert.strictEqual(text.includes(hash.slice(0, 16)), false)
              assert.strictEqual(text !== "" && hash.includes(text), false)
            }
          }
        }
      }))

    test("names secrets apart by whatever they differ in, however long they are, by names that cannot be made to meet", () =>
      Effect.gen(function* () {
        const store = yield* TokenStore
        const long = "0123456789abcdef".repeat(8_192)
        const changedAt = (text: string, at: number) => `${text.slice(0, at)}#${text.slice(at + 1)}`
        const secrets = [
          // Of one length, and of the same letters.
          ...Array.from({ length: 1_000 }, (_, number) => String(number).padStart(4, "0")),
          ...["ab", "ba", "aabb", "abab", "baba", "bbaa"],
          // Secrets of which one begins another, around the block sizes of hashes and beyond.
          ...[1, 31, 32, 33, 55, 56, 63, 64, 65, 71, 72, 73, 127, 128, 129, 255, 256, 257].map((length) =>
            "x".repeat(length),
          ),
          // Secrets of which one ends another, and an empty one.
          ...["\u0000", "\u0000\u0000", "x\u0000", "\u0000x"],
          ...["Password", "password", "PASSWORD", "password "],
          // Long ones that differ in one place.
          long,
          ...[0, 64, 72, 1_024, 65_536, long.length - 1].map((at) => changedAt(long, at)),
        ]
        const names = yield* Effect.forEach(secrets, (secret) => store.fingerprint(Redacted.make(secret)), {
          concurrency: 50,
        })
        assert.strictEqual(new Set(names).size, new Set(secrets).size)
        // 128 bits take so many letters in any notation. A store that ignores case must not turn two names into one.
        assert.strictEqual(Math.min(...names.map(({ length }) => length)) >= 20, true)
        assert.strictEqual(new Set(names.map((name) => name.toLowerCase())).size, names.length)
      }))
  })
}
