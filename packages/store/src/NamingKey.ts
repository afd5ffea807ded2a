/**
 * The key by which sessions are named: a sealed cell of its own. Each process that shares the cells names a session alike, and a new
 * sealing key renames none.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { TokenStore } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"
import * as Redacted from "effect/Redacted"
import type { Cells } from "./Cells.ts"
import * as Failures from "./Failures.ts"
import type { Seal } from "./Seal.ts"

/**
 * The name of the cell.
 *
 * @category constants
 */
const NAME = "naming-key"

/** In bytes. */
const LENGTH = 32

/** Of a name, in bytes: 128 bits (RFC 2104 §5). */
const NAME_LENGTH = 16

/** The first byte of the content: what follows is an HMAC key for SHA-256. */
const FORM = 1

/**
 * - `fingerprint` is that of `TokenStore`.
 * - `restore` writes the key again if the store lost it, and takes over the key that somebody else wrote in its place.
 *
 * @category models
 */
export interface NamingKey {
  readonly fingerprint: TokenStore["Service"]["fingerprint"]
  readonly restore: Effect.Effect<void, StoreFailed>
}

interface Held {
  /** As it is sealed. */
  readonly content: Uint8Array
  readonly hmacKey: Promise<CryptoKey>
}

const held = (content: Uint8Array): Held => ({
  content,
  hmacKey: crypto.subtle.importKey(
    "raw",
    new Uint8Array(content.subarray(1)),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  ),
})

/** Makes the key, of which nothing is read before it is needed. */
export const make = (cells: Cells["Service"], seal: Seal): NamingKey => {
  let mine: Held | undefined

  const theirs = Effect.gen(function* () {
    const cell = yield* cells.read(NAME)
    if (cell === undefined) return undefined
    const { content, isCurrent } = yield* seal.open(NAME, cell.bytes)
    const [form = 0] = content
    if (form > FORM) return yield* Effect.fail(Failures.newer())
    if (form < FORM || content.length !== 1 + LENGTH) return yield* Effect.fail(Failures.unreadable())
    if (!isCurrent) yield* Effect.ignore(write(cell.version, content))
    return content
  })

  const write = (expected: string | undefined, content: Uint8Array) =>
    Effect.flatMap(seal.close(NAME, content), (bytes) => cells.replace(NAME, expected, bytes))

  /** The key that is stored; if there is none, this one is stored. */
  const settle = (proposed: Uint8Array): Effect.Effect<Uint8Array, StoreFailed> =>
    Effect.gen(function* () {
      const stored = yield* theirs
      if (stored !== undefined) return stored
      return yield* Effect.as(write(undefined, proposed), proposed)
    }).pipe(Effect.catchTag("StoreConflict", () => settle(proposed)))

  const keep = (content: Uint8Array): Held => {
    if (mine === undefined || mine.content.some((byte, at) => byte !== content[at])) mine = held(content)
    return mine
  }

  const key = Effect.suspend(() => {
    if (mine !== undefined) return Effect.succeed(mine)
    const proposed = crypto.getRandomValues(new Uint8Array(1 + LENGTH))
    proposed[0] = FORM
    return Effect.map(settle(proposed), keep)
  })

  return {
    fingerprint: (secret) =>
      Effect.flatMap(key, ({ hmacKey }) =>
        Effect.promise(async () => {
          const mac = await crypto.subtle.sign("HMAC", await hmacKey, new TextEncoder().encode(Redacted.value(secret)))
          return Hex.encode(new Uint8Array(mac, 0, NAME_LENGTH))
        }),
      ),
    restore: Effect.suspend(() =>
      mine === undefined ? Effect.void : Effect.asVoid(Effect.map(settle(mine.content), keep)),
    ),
  }
}
