/**
 * Where the tokens of sessions are kept, and where processes agree which of them renews.
 *
 * Only `replace` changes a record, and it compares the version that the writer has seen. An *intent* written that way is a claim, and
 * only its winner presents a refresh token. The result is written the same way.
 *
 * Absent is not signed out. A sign-out leaves a *tombstone*: a version without a record. A record that is absent although a session
 * holds its tokens was lost by the store, and the session writes it again.
 *
 * All times in a record are epoch milliseconds of the wall clock, because other processes read them.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"

/**
 * The holder that is presenting, and until when it may take (epoch ms). After `until` the holder counts as lost, and its result as
 * unknown.
 *
 * @category models
 */
export interface Intent {
  /** A random name of the holder. */
  readonly holder: string
  /** What the holder presents. */
  readonly purpose: "sign_in" | "renewal"
  /** When it began, epoch ms. */
  readonly startedAt: number
  /** Until when it may take, epoch ms. */
  readonly until: number
  /** A sign-in over a tombstone. Until it succeeds, the session is signed out as before. */
  readonly afterSignOut?: true | undefined
}

/**
 * What is kept of one session. `generation` counts its tokens; `tokens` is absent before the first.
 *
 * A record with neither tokens nor an intent says nothing. A store may drop it.
 *
 * @category models
 */
export interface TokenRecord {
  /** Counts the tokens of this record, 0 before the first. */
  readonly generation: number
  /** How the tokens were got. */
  readonly via: "sign_in" | "renewal"
  /**
   * The tokens with their facts; the two secrets are `Redacted`. A refresh token that the provider has refused is taken out: then nobody
   * presents it again, and a sign-in brings the next one.
   */
  readonly tokens: Tokens | undefined
  /** The edges of the access token's life, epoch ms. */
  readonly times: TokenTimes | undefined
  /** The process that presents something now, or died while it did. */
  readonly intent: Intent | undefined
}

/**
 * A record and the version under which it was read. A version is a name, without an order. Without a record it is a tombstone: the
 * session was signed out.
 *
 * @category models
 */
export interface Versioned {
  /** The name of this state of the record. */
  readonly version: string
  /** The record; `undefined` for a tombstone. */
  readonly record: TokenRecord | undefined
}

/**
 * Another writer came in between. Read again and decide again.
 *
 * @category errors
 */
export class StoreConflict extends /* @__PURE__ */ Data.TaggedError("StoreConflict") {}

/**
 * How sessions notice that a holder is dead, sooner than by the end of its intent.
 *
 * - `announce` says that `holder` lives, for as long as the scope is open.
 * - `isGone` is true only if `holder` was announced, and surely presents nothing any more: its process is dead.
 *
 * Neither of them fails. Both must return soon, whatever the store does: a renewal waits for them.
 *
 * @category models
 */
export interface Presence {
  /** Says that a holder lives, for as long as the scope is open. */
  announce(holder: string): Effect.Effect<void, never, Scope.Scope>
  /** Whether a holder is surely dead. `false` if that is not known. */
  isGone(holder: string): Effect.Effect<boolean>
}

/**
 * - `read` returns the record of a key with its version, or a tombstone, or `undefined` if nobody wrote it or the store lost it. What
 *   is there and cannot be read is an error, and never `undefined`.
 * - `replace` writes `next` if the key still has the version `expected` (`undefined`: nothing is there), and returns the new version.
 *   `next` `undefined` leaves a tombstone, also where nothing was. It must be atomic. A version must not occur twice in the life of a
 *   key. Keep tombstones for longer than tokens live: a session that holds a token and finds nothing writes its record again. A record
 *   with neither tokens nor an intent may be dropped at once.
 * - `watch`, if the store can tell of changes: begins to watch one key for as long as the scope is open. The effect that it returns waits
 *   until the record may have changed since the last wait, or since the watch began. It is a hint: it may come without a change and may
 *   fail to come, so a session still reads from time to time. A session watches only while it waits for another holder.
 * - `presence`, if the store can tell that a holder is dead. A session is announced only while its intent stands.
 * - `isSoleHolder`: the app says that no other process uses this store. See `layerSoleHolder`.
 * - `fingerprint` makes a name of a secret: always the same one for the same secret, for all processes that share the store, and
 *   another one for any other secret. Only this name decides whose record a session finds. So it must be a keyed function whose
 *   values no one can make collide: HMAC with SHA-256 or better (RFC 2104, FIPS 198-1), with at least 128 bits of its value, and a
 *   random key of the store's own of at least 32 bytes that never leaves it. RFC 2104 §5 recommends at least half of the value. A
 *   plain hash is not enough: a reader of a name could try all short passwords. Nor is a hash for passwords that cuts its input
 *   (bcrypt takes 72 bytes), because the input is longer. It is called whenever a session opens or signs in, so it must be quick.
 *
 * @category services
 */
export class TokenStore extends /* @__PURE__ */ Context.Service<
  TokenStore,
  {
    /** The record of a key with its version, a tombstone, or `undefined` for nothing. Fails as `StoreFailed`. */
    read(key: string): Effect.Effect<Versioned | undefined, StoreFailed>
    /** Writes over the version `expected`, atomically, and returns the new one. Fails as `StoreConflict` if another is there. */
    replace(
      key: string,
      expected: string | undefined,
      next: TokenRecord | undefined,
    ): Effect.Effect<string, StoreConflict | StoreFailed>
    /** A keyed name for a secret, the same in all processes that share the store. */
    fingerprint(secret: Redacted.Redacted<string>): Effect.Effect<string, StoreFailed>
    /** Waits until a record may have changed. A hint, and optional. */
    readonly watch?: ((key: string) => Effect.Effect<Effect.Effect<void>, never, Scope.Scope>) | undefined
    /** Tells whether a holder is dead. Optional. */
    readonly presence?: Presence | undefined
    /** No other process uses this store. Default: false. */
    readonly isSoleHolder?: boolean | undefined
  }
>()("@pbx-auth/session/TokenStore") {
  /** Keeps records in this process, for as long as it is provided. */
  static readonly layerMemory = /* @__PURE__ */ Layer.suspend(() => Layer.effect(TokenStore, makeMemory))
}

/**
 * The same store, for an app whose process is the only one that uses it. While the store is away, its sessions then renew without a
 * claim also where the provider rotates refresh tokens, and store the result later.
 *
 * Do not say so of a store that a second process may open, such as a second replica during a deployment: both would present the same
 * refresh token, and a strict provider ends the session.
 *
 * @category layers
 */
export const layerSoleHolder = <E, R>(layer: Layer.Layer<TokenStore, E, R>): Layer.Layer<TokenStore, E, R> =>
  Layer.provide(
    Layer.effect(
      TokenStore,
      Effect.map(TokenStore, (store) => ({
        read: (key) => store.read(key),
        replace: (key, expected, next) => store.replace(key, expected, next),
        fingerprint: (secret) => store.fingerprint(secret),
        watch: store.watch && ((key) => store.watch?.(key) ?? Effect.succeed(Effect.never)),
        presence: store.presence,
        isSoleHolder: true,
      })),
    ),
    layer,
  )

/**
 * The `fingerprint` of a store in this process, with a random key of its own.
 *
 * @category constructors
 * @internal
 */
export const makeFingerprint = (): TokenStore["Service"]["fingerprint"] => {
  const hmacKey = crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  return (secret) =>
    Effect.promise(async () => {
      const mac = await crypto.subtle.sign("HMAC", await hmacKey, new TextEncoder().encode(Redacted.value(secret)))
      return [...new Uint8Array(mac, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
    })
}

/** So many tombstones are kept in memory, the newest. Each is about 200 bytes. */
const TOMBSTONES = 10_000

/**
 * A store that lives as long as the value. Its records are never encoded, so its secrets stay `Redacted`. It keeps the last 10 000
 * tombstones.
 *
 * @category constructors
 */
export const makeMemory: Effect.Effect<TokenStore["Service"]> = /* @__PURE__ */ Effect.sync(() => {
  // Each record with the number of its write, and not as a `Versioned`: it is kept for every session, and seldom read.
  const records = new Map<string, TokenRecord & { readonly write: number }>()
  // The numbers of their writes, the oldest first.
  const tombstones = new Map<string, number>()
  let writes = 0
  const versionOf = (key: string) => {
    const write = records.get(key)?.write ?? tombstones.get(key)
    return write === undefined ? undefined : String(write)
  }
  return {
    read: (key) =>
      Effect.sync(() => {
        const version = versionOf(key)
        if (version === undefined) return undefined
        const kept = records.get(key)
        if (kept === undefined) return { version, record: undefined }
        const { write: _, ...record } = kept
        return { version, record }
      }),
    replace: (key, expected, next) =>
      Effect.suspend(() => {
        if (versionOf(key) !== expected) return Effect.fail(new StoreConflict())
        writes += 1
        records.delete(key)
        tombstones.delete(key)
        if (next === undefined) {
          tombstones.set(key, writes)
          const [oldest = key] = tombstones.keys()
          if (tombstones.size > TOMBSTONES) tombstones.delete(oldest)
        } else if (next.tokens !== undefined || next.intent !== undefined) {
          // Field by field: an engine keeps fields that are added to a copy in a separate place.
          const { generation, intent, times, tokens, via } = next
          records.set(key, { generation, intent, times, tokens, via, write: writes })
        }
        return Effect.succeed(String(writes))
      }),
    fingerprint: makeFingerprint(),
  }
})
