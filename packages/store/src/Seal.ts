/**
 * Seals a cell's content, and opens it: `format | length of the id | key id | nonce | box`, of 1, 1, 8, 24 or 12, and any number of
 * bytes.
 *
 * Format 1 is XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), format 2 is AES-256-GCM (NIST SP 800-38D), for a key that a browser
 * does not give away. Nonces are random. The cell's name is the associated data, so a box opens under its own name alone.
 *
 * The bytes before the box are not authenticated. They need not be: they only say which key to try. A later format has the same
 * first two bytes and a number below 32.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { Aead } from "effect/crypto/Aead"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"
import * as Result from "effect/Result"
import * as Failures from "./Failures.ts"
import { ID_LENGTH, KeyRing, type SealingKey } from "./KeyRing.ts"

/**
 * What was in a box.
 *
 * @category models
 */
interface Opened {
  readonly content: Uint8Array
  /** The id of the key that opened it. */
  readonly keyId: string
  /** False if it was sealed by another key than the newest. */
  readonly isCurrent: boolean
}

/**
 * - `close` seals a content for the cell of this name.
 * - `open` fails as `StoreFailed`: `unknown_key`, `altered`, `unreadable` or `newer`.
 *
 * @category models
 */
export interface Seal {
  /** Seals a content for the cell of this name. It opens under no other name. */
  readonly close: (name: string, content: Uint8Array) => Effect.Effect<Uint8Array>
  /** Opens what `close` made. Fails as `StoreFailed`, with the problem `unknown_key`, `altered`, `unreadable` or `newer`. */
  readonly open: (name: string, bytes: Uint8Array) => Effect.Effect<Opened, StoreFailed>
}

const HEADER = 2 + ID_LENGTH
const TAG_LENGTH = 16

const formatOf = ({ key }: SealingKey): number => (key.algorithm.nonceLength === 24 ? 1 : 2)

const FORMATS = 2
const LAST_FORMAT = 31

/**
 * A seal by the key ring's keys.
 *
 * @category constructors
 */
export const make: Effect.Effect<Seal, never, Aead | SecureRandom | KeyRing> = /* @__PURE__ */ Effect.gen(function* () {
  const aead = yield* Aead
  const random = yield* SecureRandom
  const { current, keys } = yield* KeyRing
  const aad = (name: string) => new TextEncoder().encode(name)
  const header = Uint8Array.of(formatOf(current), ID_LENGTH, ...Result.getOrThrow(Hex.decode(current.id)))

  const close: Seal["close"] = (name, content) =>
    Effect.gen(function* () {
      const nonce = yield* random.randomBytes(current.key.algorithm.nonceLength)
      const box = yield* Effect.orDie(aead.encrypt(current.key, content, { nonce, aad: aad(name) }))
      const sealed = new Uint8Array(HEADER + nonce.length + box.length)
      sealed.set(header)
      sealed.set(nonce, HEADER)
      sealed.set(box, HEADER + nonce.length)
      return sealed
    })

  /** Opens by this key, whatever the header says. */
  const openBy = ({ id, key }: SealingKey, name: string, bytes: Uint8Array) => {
    const boxAt = HEADER + key.algorithm.nonceLength
    return Effect.mapBoth(
      aead.decrypt(key, bytes.subarray(boxAt), { nonce: bytes.subarray(HEADER, boxAt), aad: aad(name) }),
      {
        onFailure: Failures.altered,
        onSuccess: (content): Opened => ({ content, keyId: id, isCurrent: id === current.id }),
      },
    )
  }

  const isLongEnough = (bytes: Uint8Array, { key }: SealingKey) =>
    bytes.length >= HEADER + key.algorithm.nonceLength + TAG_LENGTH

  /** The header names no key of the ring. If one opens the box all the same, the header was altered. */
  const unnamed = (name: string, bytes: Uint8Array): Effect.Effect<never, StoreFailed> =>
    Effect.gen(function* () {
      for (const key of keys.values()) {
        if (isLongEnough(bytes, key) && (yield* Effect.isSuccess(openBy(key, name, bytes)))) {
          return yield* Effect.fail(Failures.altered())
        }
      }
      const [format = 0, idLength] = bytes
      const isOurs = format > 0 && format <= LAST_FORMAT && idLength === ID_LENGTH && isLongEnough(bytes, current)
      if (!isOurs) return yield* Effect.fail(Failures.unreadable())
      return yield* Effect.fail(format > FORMATS ? Failures.newer() : Failures.unknownKey())
    })

  const open: Seal["open"] = (name, bytes) => {
    const key = keys.get(Hex.encode(bytes.subarray(2, HEADER)))
    const isNamed = key !== undefined && bytes[0] === formatOf(key) && bytes[1] === ID_LENGTH
    if (!isNamed) return unnamed(name, bytes)
    return isLongEnough(bytes, key) ? openBy(key, name, bytes) : Effect.fail(Failures.unreadable())
  }

  return { close, open }
})
