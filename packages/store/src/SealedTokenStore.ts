/**
 * The `TokenStore` over any `Cells`: it encodes records, seals them by a `KeyRing`, and names sessions by a key that is a sealed cell
 * of its own.
 *
 * A record that was sealed by an older key is sealed again by the newest when it is read. Tombstones are kept with their time, until
 * `KeptRecords.sweep` removes them.
 *
 * A record that cannot be opened is never taken for an absent one. It fails as `StoreFailed` with the remedy `configure` and one of
 * the problems `unknown_key`, `altered`, `unreadable` and `newer`. No seal can show that somebody put an older record of the same
 * session back into its place.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { TokenStore, type Versioned } from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Cell, Cells } from "./Cells.ts"
import { type KeptRecord, KeptRecords, TOMBSTONE_LIFE } from "./KeptRecords.ts"
import { KeyRing } from "./KeyRing.ts"
import * as NamingKey from "./NamingKey.ts"
import * as RecordCodec from "./RecordCodec.ts"
import * as Seal from "./Seal.ts"
import * as StoreMetrics from "./StoreMetrics.ts"

/** Begins the name of each record's cell. */
const PREFIX = "record."

/** How many cells are read at once. */
const READERS = 8

/**
 * A `TokenStore`, and the list of what is in it. Nothing is read or written before it is needed.
 *
 * @category constructors
 */
export const make = /* @__PURE__ */ Effect.gen(function* () {
  const cells = yield* Cells
  const { presence, watch } = cells
  const { current } = yield* KeyRing
  const seal = yield* Seal.make
  const namingKey = NamingKey.make(cells, seal)

  const opened = (name: string, cell: Cell) =>
    Effect.gen(function* () {
      const { content: bytes, isCurrent, keyId } = yield* seal.open(name, cell.bytes)
      yield* StoreMetrics.countKey(keyId, "opened")
      return { bytes, content: yield* Effect.fromResult(RecordCodec.decode(bytes)), isCurrent, keyId }
    })

  /** Another writer may have come in between, or the place may be read-only: then it stays as it is. */
  const resealed = (name: string, cell: Cell, content: Uint8Array) =>
    seal.close(name, content).pipe(
      Effect.flatMap((bytes) => cells.replace(name, cell.version, bytes)),
      Effect.orElseSucceed(() => cell.version),
    )

  const store: TokenStore["Service"] = {
    read: (key) =>
      Effect.gen(function* () {
        const name = PREFIX + key
        const cell = yield* cells.read(name)
        if (cell === undefined) {
          // Perhaps the store has lost everything.
          yield* namingKey.restore
          return undefined
        }
        const { bytes, content, isCurrent } = yield* opened(name, cell)
        const version = isCurrent ? cell.version : yield* resealed(name, cell, bytes)
        return { version, record: content._tag === "Record" ? content.record : undefined } satisfies Versioned
      }),
    replace: (key, expected, next) =>
      Effect.gen(function* () {
        const name = PREFIX + key
        // A claim that was withdrawn before the first token: nothing to keep.
        const isEmpty = next !== undefined && next.tokens === undefined && next.intent === undefined
        if (isEmpty && expected !== undefined) return yield* cells.replace(name, expected, undefined)
        const content: RecordCodec.Content =
          next === undefined
            ? { _tag: "SignedOut", at: yield* Clock.currentTimeMillis }
            : { _tag: "Record", record: next }
        const version = yield* cells.replace(name, expected, yield* seal.close(name, RecordCodec.encode(content)))
        yield* StoreMetrics.countKey(current.id, "sealed")
        return version
      }).pipe(StoreMetrics.countConflict),
    fingerprint: namingKey.fingerprint,
    watch: watch && ((key) => watch(PREFIX + key)),
    presence,
  }

  const kept = (name: string): Effect.Effect<ReadonlyArray<KeptRecord>, StoreFailed> => {
    const key = name.slice(PREFIX.length)
    return Effect.gen(function* () {
      const cell = yield* cells.read(name)
      if (cell === undefined) return []
      const { content, keyId } = yield* opened(name, cell)
      if (content._tag === "SignedOut") return [{ _tag: "SignedOut", key, keyId, at: content.at } as const]
      const { generation, intent, times, tokens, via } = content.record
      const { identity = {}, refreshLifetime, refreshToken, scope = null } = tokens ?? {}
      const has = { hasTokens: tokens !== undefined, hasRefreshToken: refreshToken !== undefined }
      const said = { generation, via, ...has, refreshLifetime, scope, identity, times, intent }
      return [{ _tag: "Kept", key, keyId, ...said } as const]
    }).pipe(
      // What may pass fails the list. What will not is a line of it.
      Effect.catch((failure) =>
        failure.remedy === "configure"
          ? Effect.succeed([{ _tag: "Unopened", key, failure } as const])
          : Effect.fail(failure),
      ),
    )
  }

  const list = cells.list(PREFIX).pipe(
    Effect.flatMap((names) => Effect.forEach([...names].sort(), kept, { concurrency: READERS })),
    Effect.map((records) => records.flat()),
  )

  const forget = (key: string): Effect.Effect<void, StoreFailed> =>
    Effect.gen(function* () {
      const cell = yield* cells.read(PREFIX + key)
      if (cell !== undefined) yield* cells.replace(PREFIX + key, cell.version, undefined)
    }).pipe(Effect.catchTag("StoreConflict", () => forget(key)))

  /** One record, if it is an old tombstone. A session that has signed in meanwhile is left alone. */
  const swept = (name: string, before: number) =>
    Effect.gen(function* () {
      const cell = yield* cells.read(name)
      if (cell === undefined) return 0
      const { content } = yield* opened(name, cell)
      if (content._tag === "Record" || content.at >= before) return 0
      return yield* Effect.as(cells.replace(name, cell.version, undefined), 1)
    }).pipe(
      Effect.catchTag("StoreConflict", () => Effect.succeed(0)),
      // What cannot be opened is for a person to look at.
      Effect.catch((error) => (error.remedy === "configure" ? Effect.succeed(0) : Effect.fail(error))),
    )

  const sweep = (olderThan = TOMBSTONE_LIFE): Effect.Effect<number, StoreFailed> =>
    Effect.gen(function* () {
      const before = (yield* Clock.currentTimeMillis) - olderThan
      const names = yield* cells.list(PREFIX)
      const counts = yield* Effect.forEach(names, (name) => swept(name, before), { concurrency: READERS })
      return counts.reduce((sum, count) => sum + count, 0)
    })

  const records: KeptRecords["Service"] = { list, sweep, forget, keyId: current.id }
  return { store, records }
})

/**
 * XChaCha20-Poly1305 runs in TypeScript and AES-GCM on WebCrypto, so it is the same in Node and in browsers.
 *
 * @category layers
 */
export const layerCrypto = /* @__PURE__ */ Layer.suspend(() =>
  Layer.provideMerge(Aead.layerWebCrypto, SecureRandom.layerWebCrypto),
)

/**
 * The `TokenStore` of your cells and your keys, and `KeptRecords` beside it:
 *
 * ```ts
 * SkySwitch.layer(options).pipe(Layer.provide(SealedTokenStore.layer), Layer.provide([Cells.layerMemory, KeyRingConfig.layer()]))
 * ```
 *
 * @category layers
 */
export const layer: Layer.Layer<TokenStore | KeptRecords, never, Cells | KeyRing> = /* @__PURE__ */ Layer.suspend(() =>
  Layer.effectContext(
    Effect.map(make, ({ records, store }) => Context.add(Context.make(TokenStore, store), KeptRecords, records)),
  ).pipe(Layer.provide(layerCrypto)),
)
