/** Tokens over cells: what goes through, what is refused and how, and what other keys and other processes find. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { TokenRecordSchema } from "@pbx-auth/session/TokenRecordSchema"
import * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import { Cells, makeMemory } from "@pbx-auth/store/Cells"
import { TOMBSTONE_LIFE } from "@pbx-auth/store/KeptRecords"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as RecordCodec from "../src/RecordCodec.ts"
import * as Seal from "../src/Seal.ts"
import { CANARY, glass, key, problemOf, processOn, record } from "./Made.ts"

TokenStoreTest.suite(
  "sealed, over cells in memory",
  SealedTokenStore.layer.pipe(Layer.provide([Cells.layerMemory, KeyRing.layer(key(1))])),
  { assert, describe, it },
)

const NAME = "record.one"

/** The seal of a process with key 1. */
const sealOfOne = Seal.make.pipe(
  Effect.provideServiceEffect(KeyRing.KeyRing, KeyRing.make([key(1)])),
  Effect.provide(SealedTokenStore.layerCrypto),
)

describe("a sealed record", () => {
  it.effect.prop(
    "goes through, whatever it holds, and says the same as its schema",
    [Schema.toType(TokenRecordSchema)],
    ([one]) =>
      Effect.gen(function* () {
        const { store } = yield* processOn(yield* makeMemory, key(1))
        yield* store.replace("one", undefined, one)
        const seen = (yield* store.read("one"))?.record
        if (seen === undefined) return assert.fail("no record")
        const text = Schema.encodeSync(TokenRecordSchema)
        // As text, in which a zero has no sign.
        assert.strictEqual(JSON.stringify(text(seen)), JSON.stringify(text(one)))
      }),
  )

  it.effect("is altered or unreadable if one bit of it is flipped, or if it is cut, and never absent", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { store } = yield* processOn(cells, key(1), key(2))
      yield* store.replace("one", undefined, record(1))
      const whole = (yield* cells.read(NAME))?.bytes ?? assert.fail("no cell")
      // Each bit of the header, of the nonce and of the first block of the box; then every ninth, so each place in a byte.
      for (let bit = 0; bit < whole.length * 8; bit += bit < 400 ? 1 : 9) {
        const flipped = Uint8Array.from(whole)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        yield* put(NAME, flipped)
        assert.strictEqual(yield* problemOf(store.read("one")), "altered")
      }
      for (let length = 0; length < whole.length; length++) {
        yield* put(NAME, whole.slice(0, length))
        assert.include(["altered", "unreadable"], yield* problemOf(store.read("one")))
      }
      yield* put(NAME, Uint8Array.of(...whole, 0))
      assert.strictEqual(yield* problemOf(store.read("one")), "altered")
      yield* put(NAME, whole)
      assert.strictEqual((yield* store.read("one"))?.record?.generation, 1)
    }),
  )

  it.effect.prop(
    "is unreadable if it is rubbish",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))],
    ([bytes]) =>
      Effect.gen(function* () {
        const { cells, put } = yield* glass
        const { store } = yield* processOn(cells, key(1))
        const rubbish = Uint8Array.from(bytes)
        // What looks like a seal of ours is answered as one, and that is tried below.
        const [format = 0, idLength] = rubbish
        if (format > 0 && format < 32 && idLength === 8) return
        yield* put(NAME, rubbish)
        assert.strictEqual(yield* problemOf(store.read("one")), "unreadable")
      }),
  )

  it.effect("opens under its own name alone", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { store } = yield* processOn(cells, key(1))
      yield* store.replace("one", undefined, record(1))
      yield* store.replace("two", undefined, record(2))
      yield* put(NAME, (yield* cells.read("record.two"))?.bytes)
      assert.strictEqual(yield* problemOf(store.read("one")), "altered")
    }),
  )

  it.effect("is named unknown_key without its key, and newer if a later version wrote it", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { store } = yield* processOn(cells, key(1))
      const stranger = yield* processOn(cells, key(2))
      yield* store.replace("one", undefined, record(1))
      assert.strictEqual(yield* problemOf(stranger.store.read("one")), "unknown_key")
      yield* store.fingerprint(Redacted.make("anything"))
      assert.strictEqual(yield* problemOf(stranger.store.fingerprint(Redacted.make("anything"))), "unknown_key")

      const seal = yield* sealOfOne
      const later = (content: unknown) =>
        Effect.flatMap(seal.close(NAME, new TextEncoder().encode(JSON.stringify(content))), (bytes) => put(NAME, bytes))
      yield* later({ v: 2, anything: true })
      assert.strictEqual(yield* problemOf(store.read("one")), "newer")
      for (const wrong of [
        { v: 1 },
        { v: 1.5 },
        { v: -1 },
        { v: "1" },
        null,
        [],
        { v: 1, record: { generation: 1 } },
      ]) {
        yield* later(wrong)
        assert.strictEqual(yield* problemOf(store.read("one")), "unreadable")
      }
      // A seal of a format that is not known yet.
      yield* put(
        NAME,
        Uint8Array.from({ length: 200 }, (_, at) => [3, 8][at] ?? at),
      )
      assert.strictEqual(yield* problemOf(store.read("one")), "newer")
    }),
  )

  it.effect("of an older form is read: the text of TokenRecordSchema, and form 1 as it was first written", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { store } = yield* processOn(cells, key(1))
      const seal = yield* sealOfOne
      const text = JSON.stringify(Schema.encodeSync(TokenRecordSchema)(record(7)))
      yield* put(NAME, yield* seal.close(NAME, new TextEncoder().encode(text)))
      const seen = yield* store.read("one")
      assert.strictEqual(JSON.stringify(Schema.encodeSync(TokenRecordSchema)(seen?.record ?? assert.fail())), text)

      // Bytes that were kept: what is stored today must open tomorrow. Key 1, name `record.one`.
      const kept = [
        "AQg/4SqHWXOv0Eq+h/p42O0bTCUhqDBzJ+KvM4PnsTeRPRrCeNxfXVuxqE3nYgybWb4aXZXPfWPBnCuI51RX7seDEyGYDusGd4OE6JiDcdedez",
        "i0sukXD6u8gdgvjydEsK78CxtxW2mq0HG7gNqTWlZJshKrHyNAL3djLeQhLJ2tso+kuaqh0jiOn8m9jh1pWRsttsv3Va6tSxnfrOdA4I/ns4QG",
        "CaBqV1DQMXj/O/M0iO+nAB4iuaRnqmKA7eHtmpUe55jWA40+acdJjKGzGXTLHP+tszQeem2znhTSbLWaKy0PZXWgNgqgXwMAXfX8Mth4ZpruEe",
        "oHi7cUTFfZ2kZOUEGPblnhaToc15n99E2mxPppLFNPhf8fElxGLT3nup0jbg2YS8/Dc65bVnXEuXZkTOEkPNACEcQdlp7Pd+Peuc+RMNxQNg+d",
        "jUoEGrCaaKM37UG6SHnBoznRc3PBulayLXt9Hu2r4ZbwIJhm1mP+3emy8545xkpRCD/BLfWgtcFHimN7Qr81H1GamSyegDM+qiRuIVM1BuENxP",
        "LdqXCfD7oiNz3r83fxUjszJREsY9IJ/uhNTWyByuK7",
      ].join("")
      yield* put(NAME, new Uint8Array(Buffer.from(kept, "base64")))
      const first = (yield* store.read("one"))?.record ?? assert.fail()
      assert.strictEqual(first.generation, 3)
      assert.strictEqual(first.tokens && Redacted.value(first.tokens.accessToken), `${CANARY}-access-3`)
    }),
  )
})

describe("no cell", () => {
  it.effect("shows a secret, an account or a passed name, in clear or in another notation", () =>
    Effect.gen(function* () {
      const { cells, writes } = yield* glass
      const { store } = yield* processOn(cells, key(1))
      const name = yield* store.fingerprint(Redacted.make(`${CANARY} password`))
      const version = yield* store.replace(name, undefined, record(1))
      yield* store.replace(name, version, undefined)
      assert.lengthOf(writes, 3)
      for (const one of writes) {
        for (const notation of ["latin1", "hex", "base64"] as const) {
          const shown = one.name + Buffer.from(one.bytes).toString(notation)
          for (const secret of [CANARY, Redacted.value(key(1)), "Bearer", "Office"]) {
            assert.notInclude(shown, Buffer.from(secret).toString(notation).replace(/=+$/, "").slice(0, -2))
          }
        }
      }
      // Sealed twice, the same record has two forms.
      assert.strictEqual(new Set(writes.map(({ bytes }) => Buffer.from(bytes).toString("hex"))).size, 3)
    }),
  )
})

describe("the naming key", () => {
  it.effect("is one for all processes, who first came at once", () =>
    Effect.gen(function* () {
      const cells = yield* makeMemory
      const stores = yield* Effect.forEach(Array.from({ length: 8 }), () => processOn(cells, key(1)))
      const names = yield* Effect.forEach(stores, ({ store }) => store.fingerprint(Redacted.make("a secret")), {
        concurrency: "unbounded",
      })
      assert.strictEqual(new Set(names).size, 1)
      assert.deepStrictEqual(yield* cells.list(""), ["naming-key"])
    }),
  )

  it.effect("is written again by a process that holds it when the store has lost all", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { store } = yield* processOn(cells, key(1))
      const name = yield* store.fingerprint(Redacted.make("a secret"))
      yield* store.replace("one", undefined, record(1))
      for (const one of yield* cells.list("")) yield* put(one, undefined)
      assert.strictEqual(yield* store.read("one"), undefined)
      const other = yield* processOn(cells, key(1))
      assert.strictEqual(yield* other.store.fingerprint(Redacted.make("a secret")), name)
    }),
  )

  it.effect("that another process has written meanwhile is taken over", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { store } = yield* processOn(cells, key(1))
      const name = yield* store.fingerprint(Redacted.make("a secret"))
      yield* put("naming-key", undefined)
      const other = yield* processOn(cells, key(1))
      const theirs = yield* other.store.fingerprint(Redacted.make("a secret"))
      assert.notStrictEqual(theirs, name)
      yield* store.read("one")
      assert.strictEqual(yield* store.fingerprint(Redacted.make("a secret")), theirs)
    }),
  )
})

describe("hints", () => {
  it.effect("of the cells are those of the store, by the names of its keys; without them there are none", () =>
    Effect.gen(function* () {
      const cells = yield* makeMemory
      const plain = yield* processOn(cells, key(1))
      assert.isUndefined(plain.store.watch)
      assert.isUndefined(plain.store.presence)
      const watched: Array<string> = []
      const presence = { announce: () => Effect.void, isGone: () => Effect.succeed(true) }
      const watch = (name: string) => Effect.sync(() => Effect.sync(() => void watched.push(name)))
      const { store } = yield* processOn({ ...cells, watch, presence }, key(1))
      yield* yield* Effect.scoped(store.watch?.("one") ?? assert.fail())
      assert.deepStrictEqual(watched, [NAME])
      assert.isTrue(yield* store.presence?.isGone("holder") ?? assert.fail())
    }),
  )

  it.effect("a claim that is taken back leaves nothing", () =>
    Effect.gen(function* () {
      const { cells } = yield* glass
      const { store } = yield* processOn(cells, key(1))
      const intent = { holder: "holder", purpose: "sign_in", startedAt: 5, until: 6 } as const
      const none = { tokens: undefined, times: undefined }
      const version = yield* store.replace("one", undefined, record(0, { ...none, intent }))
      yield* store.replace("one", version, record(0, none))
      assert.strictEqual(yield* store.read("one"), undefined)
      assert.deepStrictEqual(yield* cells.list(""), [])
    }),
  )
})

describe("kept records", () => {
  it.effect("are listed without secrets: what is kept, what was signed out, and what cannot be opened", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { records, store } = yield* processOn(cells, key(1))
      yield* store.fingerprint(Redacted.make("a secret"))
      const intent = { holder: "holder", purpose: "renewal", startedAt: 5, until: 6 } as const
      yield* store.replace("a", undefined, record(1, { intent }))
      yield* TestClock.setTime(1_000)
      yield* store.replace("b", undefined, undefined)
      yield* put("record.c", Uint8Array.of(1, 2, 3))
      const list = yield* records.list
      const { keyId } = records
      assert.deepStrictEqual(list.slice(0, 2), [
        {
          _tag: "Kept",
          key: "a",
          keyId,
          generation: 1,
          via: "sign_in",
          hasTokens: true,
          hasRefreshToken: true,
          refreshLifetime: 7_200_000,
          scope: "Office Manager",
          identity: { uid: `${CANARY}@abc-company` },
          times: { issuedAt: 1_000, dueAt: 2_000, usableUntil: 3_000, expiresAt: 4_000 },
          intent,
        },
        { _tag: "SignedOut", key: "b", keyId, at: 1_000 },
      ])
      assert.strictEqual(list[2]?._tag === "Unopened" && list[2].failure.problem, "unreadable")
      assert.notInclude(JSON.stringify(list), "access")
      assert.notInclude(JSON.stringify(list), "refresh-")

      yield* records.forget("c")
      yield* records.forget("nobody")
      assert.lengthOf(yield* records.list, 2)
    }),
  )

  it.effect("lose a tombstone after its life, and nothing else", () =>
    Effect.gen(function* () {
      const { cells, put } = yield* glass
      const { records, store } = yield* processOn(cells, key(1))
      yield* store.replace("kept", undefined, record(1))
      yield* store.replace("out", undefined, undefined)
      yield* put("record.rubbish", Uint8Array.of(1, 2, 3))
      yield* TestClock.adjust(TOMBSTONE_LIFE)
      yield* store.replace("later", undefined, undefined)
      assert.strictEqual(yield* records.sweep(), 0)
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* store.read("out"))?.record, undefined)
      assert.isDefined(yield* store.read("out"))
      assert.strictEqual(yield* records.sweep(), 1)
      assert.strictEqual(yield* store.read("out"), undefined)
      assert.deepStrictEqual([...(yield* cells.list(""))].sort(), ["record.kept", "record.later", "record.rubbish"])
    }),
  )

  it.effect("fail as a whole when the store does not answer", () =>
    Effect.gen(function* () {
      const cells = yield* makeMemory
      const away = new StoreFailed({ remedy: "retry", problem: "unreachable" })
      const { records, store } = yield* processOn(cells, key(1))
      yield* store.replace("one", undefined, record(1))
      const cut = yield* processOn({ ...cells, read: () => Effect.fail(away) }, key(1))
      assert.strictEqual(yield* Effect.flip(cut.records.list), away)
      assert.strictEqual(yield* Effect.flip(cut.records.sweep(0)), away)
      assert.lengthOf(yield* records.list, 1)
    }),
  )
})

it("a record of any form goes through the codec, and what is none is refused", () => {
  const content: RecordCodec.Content = { _tag: "SignedOut", at: 5 }
  assert.deepStrictEqual(RecordCodec.decode(RecordCodec.encode(content)), Result.succeed(content))
  assert.isTrue(Result.isFailure(RecordCodec.decode(Uint8Array.of(0xff))))
})
