/**
 * Where the tokens of sessions are kept, and where processes agree which of them renews.
 *
 * Only `replace` changes a record, and it compares the version that the writer has seen. An *intent* written that way is a claim, and
 * only its winner presents a refresh token. The result is written the same way.
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

/**
 * The holder that is presenting, and until when it may take (epoch ms). After `until` the holder counts as lost, and its result as
 * unknown.
 *
 * @category models
 */
export interface Intent {
  /** A random name of the holder. */
  readonly holder: string
  readonly purpose: "sign_in" | "renewal"
  readonly startedAt: number
  readonly until: number
  /** A sign-in over a tombstone. Until it succeeds, the session is signed out as before. */
  readonly afterSignOut?: true | undefined
}

/**
 * What is kept of one session. `generation` counts its tokens; `tokens` is absent before the first.
 *
 * @category models
 */
export interface TokenRecord {
  readonly generation: number
  readonly via: "sign_in" | "renewal"
  readonly tokens: Tokens | undefined
  readonly times: TokenTimes | undefined
  readonly intent: Intent | undefined
}

/**
 * A record and the version under which it was read. A version is a name, without an order. `record` is `undefined` if the session was
 * signed out.
 *
 * @category models
 */
export interface Versioned {
  readonly version: string
  readonly record: TokenRecord | undefined
}

/**
 * Another writer came in between. Read again and decide again.
 *
 * @category errors
 */
export class StoreConflict extends Data.TaggedError("StoreConflict") {}

/**
 * - `read` returns the record of a key with its version, or `undefined`.
 * - `replace` writes `next` if the key still has the version `expected` (`undefined`: no record), and returns the new version. `next`
 *   `undefined` removes the record. It must be atomic.
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
    read(key: string): Effect.Effect<Versioned | undefined, StoreFailed>
    replace(
      key: string,
      expected: string | undefined,
      next: TokenRecord | undefined,
    ): Effect.Effect<string, StoreConflict | StoreFailed>
    fingerprint(secret: Redacted.Redacted<string>): Effect.Effect<string, StoreFailed>
  }
>()("@pbx-auth/session/TokenStore") {
  /** Keeps records in this process, for as long as it is provided. */
  static readonly layerMemory = /* @__PURE__ */ Layer.suspend(() => Layer.effect(TokenStore, makeMemory))
}

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

/**
 * A store that lives as long as the value. Its records are never encoded, so its secrets stay `Redacted`.
 *
 * @category constructors
 */
export const makeMemory: Effect.Effect<TokenStore["Service"]> = /* @__PURE__ */ Effect.sync(() => {
  // Each record with the number of its write, and not as a `Versioned`: it is kept for every session, and seldom read.
  const records = new Map<string, TokenRecord & { readonly write: number }>()
  let writes = 0
  const versionOf = (key: string) => {
    const kept = records.get(key)
    return kept === undefined ? undefined : String(kept.write)
  }
  return {
    read: (key) =>
      Effect.sync(() => {
        const kept = records.get(key)
        if (kept === undefined) return undefined
        const { write, ...record } = kept
        return { version: String(write), record }
      }),
    replace: (key, expected, next) =>
      Effect.suspend(() => {
        if (versionOf(key) !== expected) return Effect.fail(new StoreConflict())
        writes += 1
        if (next === undefined) {
          records.delete(key)
        } else {
          // Field by field: an engine keeps fields that are added to a copy in a separate place.
          const { generation, intent, times, tokens, via } = next
          records.set(key, { generation, intent, times, tokens, via, write: writes })
        }
        return Effect.succeed(String(writes))
      }),
    fingerprint: makeFingerprint(),
  }
})
