/**
 * The keys that seal what is stored. The first key seals; all of them open. So a key is changed in two steps: put the new key behind
 * the old one in every process, then put it in front.
 *
 * A key is 32 random bytes as text in base64url or base64, such as `openssl rand -base64 32` or `KeyRing.generate` makes. It does not
 * come from a password. Keys are `Redacted`, and nothing prints them.
 */

import { type AuthError, fromReason, Misconfigured } from "@pbx-auth/providers/AuthError"
import * as Context from "effect/Context"
import * as Aead from "effect/crypto/Aead"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Hex from "effect/encoding/Hex"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** In bytes. */
const KEY_LENGTH = 32

/**
 * The length of a key's id in bytes.
 *
 * @category constants
 * @internal
 */
export const ID_LENGTH = 8

/**
 * A key and its name. The id may be shown: it is derived from the key by HKDF (RFC 5869), and nobody finds the key by it.
 *
 * @category models
 */
export interface SealingKey {
  /** 16 hex digits. */
  readonly id: string
  /** The key itself, with its algorithm. */
  readonly key: Aead.Key
}

/**
 * The keys of a store: one that seals, and all that open.
 *
 * @category services
 */
export class KeyRing extends /* @__PURE__ */ Context.Service<
  KeyRing,
  {
    /** Seals. */
    readonly current: SealingKey
    /** All that open, the current one too, by their ids. */
    readonly keys: ReadonlyMap<string, SealingKey>
  }
>()("@pbx-auth/store/KeyRing") {}

const idOf = (bytes: Uint8Array<ArrayBuffer>) =>
  Effect.promise(async () => {
    const base = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"])
    const info = new TextEncoder().encode("pbx-auth sealing key id")
    const bits = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info }
    return Hex.encode(new Uint8Array(await crypto.subtle.deriveBits(bits, base, ID_LENGTH * 8)))
  })

const refused = (at: number | undefined, fix: string): AuthError =>
  fromReason(new Misconfigured({ field: at === undefined ? "keys" : `keys[${at}]`, fix }))

const FORM = "Expected 32 random bytes in base64url or base64, as `openssl rand -base64 32` prints."

const sealingKey = (text: Redacted.Redacted<string>, at: number): Effect.Effect<SealingKey, AuthError> =>
  Effect.gen(function* () {
    const url = Redacted.value(text).trim().replaceAll("+", "-").replaceAll("/", "_")
    const decoded = Base64Url.decode(url)
    if (Result.isFailure(decoded) || decoded.success.length !== KEY_LENGTH) return yield* Effect.fail(refused(at, FORM))
    const bytes = new Uint8Array(decoded.success)
    // Random bytes have about 30 values. This is a placeholder, such as AAAA….
    if (new Set(bytes).size < 8) return yield* Effect.fail(refused(at, FORM))
    return {
      id: yield* idOf(bytes),
      key: yield* Effect.orDie(Aead.key(Aead.xchacha20Poly1305, bytes)),
    }
  })

/**
 * A ring of keys that you have, the newest first. A key that is named twice counts once.
 *
 * Fails as `AuthError` with the reason `Misconfigured`, and repeats nothing of a key.
 *
 * @category constructors
 */
export const make = (keys: ReadonlyArray<Redacted.Redacted<string>>): Effect.Effect<KeyRing["Service"], AuthError> =>
  Effect.gen(function* () {
    if (globalThis.crypto?.subtle === undefined) {
      const fix = "Expected crypto.subtle, which a page has over https, or from localhost, alone."
      return yield* Effect.fail(fromReason(new Misconfigured({ field: "crypto", fix })))
    }
    const sealing = yield* Effect.forEach(keys, sealingKey)
    const [current] = sealing
    if (current === undefined) return yield* Effect.fail(refused(undefined, "Expected at least one key."))
    return ofKeys(current, sealing)
  })

/**
 * @category constructors
 * @internal
 */
export const ofKeys = (current: SealingKey, keys: ReadonlyArray<SealingKey>): KeyRing["Service"] => ({
  current,
  keys: new Map(keys.map((one) => [one.id, one])),
})

/**
 * A ring of a text: the keys, newest first, with commas or white space between them. So a file may have a line for each.
 *
 * @category constructors
 */
export const parse = (text: Redacted.Redacted<string>): Effect.Effect<KeyRing["Service"], AuthError> =>
  make(
    Redacted.value(text)
      .split(/[\s,]+/)
      .filter((one) => one !== "")
      .map((one) => Redacted.make(one)),
  )

/**
 * Keys that you have, the newest first.
 *
 * @category layers
 */
export const layer = (...keys: ReadonlyArray<Redacted.Redacted<string>>): Layer.Layer<KeyRing, AuthError> =>
  Layer.effect(KeyRing, make(keys))

/**
 * A new key, as text.
 *
 * @category constructors
 */
export const generate: Effect.Effect<Redacted.Redacted<string>> = /* @__PURE__ */ Effect.sync(() =>
  Redacted.make(Base64Url.encode(crypto.getRandomValues(new Uint8Array(KEY_LENGTH)))),
)
