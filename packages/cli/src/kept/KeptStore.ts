/** Where tokens and client secrets are kept: sealed cells in one folder, for all processes of one user. */

import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { type AuthError, fromReason, isAuthError, StoreFailed } from "@pbx-auth/providers/AuthError"
import type { TokenStore } from "@pbx-auth/session/TokenStore"
import { Cells } from "@pbx-auth/store/Cells"
import * as FileCells from "@pbx-auth/store/FileCells"
import { KeyRing, parse } from "@pbx-auth/store/KeyRing"
import * as Seal from "@pbx-auth/store/Seal"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { cellsFolder, keyFile, optionsCell, secretCell } from "../profile/Place.ts"
import * as SealingKey from "./SealingKey.ts"

/**
 * @category errors
 */
export type Failed = AuthError

/**
 * Whether what is kept cannot be opened, and will never be again: another key, a damaged file.
 *
 * @category guards
 */
export const isLost = ({ reason }: Failed): boolean => reason._tag === "StoreFailed" && reason.remedy === "configure"

/**
 * Clears up what can be cleared up. A damaged file stays where it is.
 *
 * @category combinators
 */
export const ifNotLost = <E>(clearing: Effect.Effect<unknown, E | Failed>): Effect.Effect<void, E | Failed> =>
  Effect.asVoid(
    Effect.catch(clearing, (error) => (isAuthError(error) && isLost(error) ? Effect.void : Effect.fail(error))),
  )

/** One secret in a cell of its own. */
interface SealedSecret {
  readonly read: Effect.Effect<Redacted.Redacted<string> | undefined, Failed>
  readonly write: (secret: Redacted.Redacted<string>) => Effect.Effect<void, Failed>
  readonly remove: Effect.Effect<void, Failed>
}

/**
 * - `tokens` has the records of all profiles.
 * - `clientSecret` is that of the profile with this id, and `secretOptions` are the options of its provider that are secret, as JSON.
 * - `forgetSecrets` removes both.
 * - `end` leaves the note of a sign-out in the place of a record, so that a process which still has its tokens learns of it. One
 *   that cannot be opened is removed.
 * - `forget` removes a record, and leaves no note.
 * - `names` are the names of all cells.
 * - `sweep` removes notes of sign-outs that are older than 90 days.
 *
 * @category models
 */
export interface KeptStore {
  readonly tokens: TokenStore["Service"]
  readonly clientSecret: (id: string) => SealedSecret
  readonly secretOptions: (id: string) => SealedSecret
  readonly forgetSecrets: (id: string) => Effect.Effect<void, Failed>
  readonly end: (key: string) => Effect.Effect<void, Failed>
  readonly forget: (key: string) => Effect.Effect<void, Failed>
  readonly names: Effect.Effect<ReadonlyArray<string>, Failed>
  readonly sweep: Effect.Effect<void, Failed>
}

/** Another process may write the same secret: the last one stays. */
const again = <A>(
  write: Effect.Effect<A, { readonly _tag: "StoreConflict" } | StoreFailed>,
): Effect.Effect<A, Failed> =>
  Effect.catch(write, (error) =>
    error._tag === "StoreConflict" ? again(write) : Effect.fail(fromReason(error as StoreFailed)),
  )

const secretIn = (cells: Cells["Service"], seal: Seal.Seal, name: string): SealedSecret => ({
  read: Effect.gen(function* () {
    const cell = yield* cells.read(name)
    if (cell === undefined) return undefined
    const { content, isCurrent } = yield* seal.open(name, cell.bytes)
    // As `SealedTokenStore` does with a record. Another process may come in between: then it stays as it is.
    const resealed = Effect.flatMap(seal.close(name, content), (bytes) => cells.replace(name, cell.version, bytes))
    if (!isCurrent) yield* Effect.ignore(resealed)
    return Redacted.make(new TextDecoder().decode(content))
  }).pipe(Effect.mapError(fromReason)),
  write: (secret) =>
    again(
      Effect.gen(function* () {
        const cell = yield* cells.read(name)
        const bytes = yield* seal.close(name, new TextEncoder().encode(Redacted.value(secret)))
        yield* cells.replace(name, cell?.version, bytes)
      }),
    ),
  remove: again(
    Effect.gen(function* () {
      const cell = yield* cells.read(name)
      if (cell !== undefined) yield* cells.replace(name, cell.version, undefined)
    }),
  ),
})

/** Leaves the note of a sign-out, where there is none. */
const tombstone = (tokens: KeptStore["tokens"], key: string): Effect.Effect<void, Failed> =>
  again(
    Effect.gen(function* () {
      const found = yield* tokens.read(key)
      if (found === undefined || found.record !== undefined) yield* tokens.replace(key, found?.version, undefined)
    }),
  )

const damagedKey = (path: string): StoreFailed =>
  new StoreFailed({
    remedy: "configure",
    problem: "unreadable",
    fix: `The key ${path} is damaged. Restore it, or remove it and log in again.`,
  })

/**
 * Opens it. The folder and the key are made if there is none.
 *
 * @category constructors
 */
export const open = (directory: string): Effect.Effect<KeptStore, Failed> =>
  Effect.gen(function* () {
    const cells = yield* FileCells.make({ directory: cellsFolder(directory) })
    const { source, text } = yield* SealingKey.read(directory)
    const ring = yield* Effect.mapError(parse(text), () =>
      damagedKey(source === "file" ? keyFile(directory) : "in the keyring"),
    )
    const made = Effect.gen(function* () {
      const seal = yield* Seal.make
      const { records, store } = yield* SealedTokenStore.make
      const forget = (key: string) => Effect.mapError(records.forget(key), fromReason)
      const clientSecret = (id: string) => secretIn(cells, seal, secretCell(id))
      const secretOptions = (id: string) => secretIn(cells, seal, optionsCell(id))
      return {
        tokens: store,
        clientSecret,
        secretOptions,
        forgetSecrets: (id: string) => Effect.andThen(clientSecret(id).remove, secretOptions(id).remove),
        end: (key: string) => Effect.catchIf(tombstone(store, key), isLost, () => forget(key)),
        forget,
        names: Effect.mapError(cells.list(""), fromReason),
        sweep: Effect.mapError(Effect.asVoid(records.sweep()), fromReason),
      }
    })
    return yield* made.pipe(
      Effect.provideService(Cells, cells),
      Effect.provideService(KeyRing, ring),
      Effect.provide(SealedTokenStore.layerCrypto),
    )
  }).pipe(Effect.mapError(fromReason), Effect.provide(NodeFileSystem.layer))
