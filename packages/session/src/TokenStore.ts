/**
 * Where the tokens of sessions are kept, and where processes agree who renews.
 *
 * A record is changed only by `replace`, which compares the version that the writer has seen: an *intent* written that way is
 * a claim, and only its winner presents a refresh token. What comes of it is written the same way.
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
 * Who is presenting, and until when it may take (epoch ms). An intent past its `until` has lost its holder: what came of it
 * is unknown.
 *
 * @category models
 */
export interface Intent {
  /** A random name of the holder. */
  readonly holder: string
  readonly purpose: "sign_in" | "renewal"
  readonly startedAt: number
  readonly until: number
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
 * A record and the version under which it was read. A version is a name, without an order.
 *
 * @category models
 */
export interface Versioned {
  readonly version: string
  readonly record: TokenRecord
}

/**
 * Somebody else wrote in between; read again and decide anew.
 *
 * @category errors
 */
export class StoreConflict extends Data.TaggedError("StoreConflict") {}

/**
 * - `read` gives the record of a key with its version, or `undefined`.
 * - `replace` writes `next` if the key still has the version `expected` (`undefined`: no record), and gives the new version.
 *   `next` `undefined` removes the record. It must be atomic.
 * - `fingerprint` makes a name of a secret: the same one always and for all who share the store, another one for any other secret.
 *   It decides alone whose record a session finds, so it must be a keyed function whose values nobody can bring to meet: HMAC
 *   with SHA-256 or better (RFC 2104, FIPS 198-1), with at least 128 bits of its value and a random key of the store's own of at
 *   least 32 bytes, which does not leave it. Half of the value is the least that RFC 2104 §5 recommends. A plain hash will not do: who
 *   sees a name could try all short passwords. Nor will a hash for passwords that cuts its input (bcrypt takes 72 bytes), as what
 *   is named is longer. It is called whenever a session opens or signs in, so it is quick.
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
  static readonly layerMemory: Layer.Layer<TokenStore> = /* @__PURE__ */ Layer.suspend(() =>
    Layer.effect(TokenStore, makeMemory),
  )
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
  // Each with the number of its write, and a `Versioned` for who asks: it is kept for every session, and seldom read.
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
          // Spelt out: an engine keeps what is added to a copy in a place of its own.
          const { generation, intent, times, tokens, via } = next
          records.set(key, { generation, intent, times, tokens, via, write: writes })
        }
        return Effect.succeed(String(writes))
      }),
    fingerprint: makeFingerprint(),
  }
})
