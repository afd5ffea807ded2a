/**
 * A sealing key that the browser makes and does not give away: an AES-256-GCM `CryptoKey` that cannot be extracted, beside the cells
 * in IndexedDB. All tabs of an origin share it, and it is made once.
 *
 * What it is good for: a copy of the cells, such as an export of the site's data or a screen of the developer tools, is of no use
 * elsewhere. What no seal in a browser can do: a script that runs in the page's origin can use the key as this library does, and
 * whoever can read the whole profile on the disk finds the key there. Against the first, see to it that no foreign script runs (a
 * Content Security Policy). If that is not enough, keep the session on your server.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Aead from "effect/crypto/Aead"
import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"
import * as Layer from "effect/Layer"
import * as IndexedDb from "./IndexedDb.ts"
import type { Options } from "./IndexedDbCells.ts"
import { ID_LENGTH, KeyRing, ofKeys } from "./KeyRing.ts"

interface Kept {
  /** Random: the key cannot be asked for one. */
  readonly id: string
  readonly key: CryptoKey
}

/** Under this name. */
const CURRENT = "current"

/**
 * The key ring of this site. The first call makes a key of AES-GCM with 256 bits that no script can export. Fails as
 * `StoreFailed`, also on a page that is not a secure context.
 *
 * @category constructors
 */
export const make = ({ database: name = "pbx-auth" }: Options = {}): Effect.Effect<KeyRing["Service"], StoreFailed> =>
  Effect.gen(function* () {
    if (globalThis.crypto?.subtle === undefined) return yield* Effect.fail(IndexedDb.insecure())
    // A transaction does not wait for the making of a key. The first tab's key is kept, and all take that one.
    const key = yield* Effect.promise(() =>
      crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]),
    )
    const proposed: Kept = { id: Hex.encode(crypto.getRandomValues(new Uint8Array(ID_LENGTH))), key }
    const kept = yield* IndexedDb.make(name).transact<Kept>("keys", "readwrite", (store, done) => {
      const found = store.get(CURRENT)
      found.onsuccess = () => {
        if (found.result === undefined) store.put(proposed, CURRENT)
        done(found.result ?? proposed)
      }
    })
    const current = { id: kept.id, key: yield* Effect.orDie(Aead.fromCryptoKey(Aead.aes256Gcm, kept.key)) }
    return ofKeys(current, [current])
  })

/**
 * The key of the page's origin, which is made at the first visit.
 *
 * Fails as `StoreFailed`: `forbidden` in a page that has no storage, or that came neither over https nor from localhost.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<KeyRing, StoreFailed> => Layer.effect(KeyRing, make(options))
