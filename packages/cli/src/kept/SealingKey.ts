/**
 * Where the key is that seals what is kept in a folder: in a file beside it, or in the keyring of the operating system. One key is for all
 * profiles of the folder. A file `keyring` says that it is in the keyring.
 */

import { existsSync } from "node:fs"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { type AuthError, fromReason, type StoreFailed } from "@pbx-auth/providers/AuthError"
import * as PrivateFiles from "@pbx-auth/store/PrivateFiles"
import * as KeyFile from "@pbx-auth/store-node/KeyFile"
import * as Keyring from "@pbx-auth/store-node/Keyring"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import { keyFile, keyringFile } from "../profile/Place.ts"

/**
 * @category models
 */
export type Source = "file" | "keyring"

/**
 * Where the key of a folder is.
 *
 * @category getters
 */
export const sourceOf = (directory: string): Source => (existsSync(keyringFile(directory)) ? "keyring" : "file")

/**
 * The text of the key ring, and where it is. A folder without a key gets a key file.
 *
 * Fails as `StoreFailed` if the keyring is locked or has lost the key, and if others may read the file.
 *
 * @category constructors
 */
export const read: (
  directory: string,
) => Effect.Effect<
  { readonly source: Source; readonly text: Redacted.Redacted<string> },
  StoreFailed,
  FileSystem.FileSystem
> = Effect.fnUntraced(function* (directory: string) {
  const inKeyring = Effect.map(Keyring.make(keyringFile(directory)), (text) => ({ source: "keyring" as const, text }))
  if (sourceOf(directory) === "keyring") return yield* inKeyring
  const text = yield* KeyFile.make(keyFile(directory))
  // A login may have moved the key just now, and then the one of the file is new.
  return sourceOf(directory) === "keyring" ? yield* inKeyring : { source: "file" as const, text }
})

/** Removes what names a key that the keyring has lost, so that the folder can begin with another one. */
const ifLost = (directory: string) => (error: StoreFailed) =>
  error.problem === "unknown_key" ? Effect.as(Keyring.forget(keyringFile(directory)), undefined) : Effect.fail(error)

const toKeyring = (directory: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = keyringFile(directory)
    if (sourceOf(directory) === "keyring") yield* Effect.catch(Keyring.make(path), ifLost(directory))
    if (sourceOf(directory) === "keyring") return undefined
    const text = existsSync(keyFile(directory)) ? yield* KeyFile.make(keyFile(directory)) : undefined
    return yield* (text === undefined ? Effect.asVoid(Keyring.make(path)) : Keyring.keep(path, text)).pipe(
      Effect.andThen(files.remove(keyFile(directory), { force: true })),
      PrivateFiles.told,
      Effect.as(undefined),
      // There is none, or it is locked.
      Effect.catch((error) =>
        Effect.succeed(`${error.message} The key stays in the file ${keyFile(directory)}, which only you can read.`),
      ),
    )
  })

const toFile = (directory: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = keyringFile(directory)
    if (sourceOf(directory) === "file") return undefined
    const text = yield* Effect.catch(Keyring.make(path), ifLost(directory))
    if (text === undefined) return undefined
    const name = keyFile(directory)
    const isWritten = yield* files
      .remove(name, { force: true })
      .pipe(
        Effect.andThen(PrivateFiles.writeOnce(files, directory, "key", `${Redacted.value(text)}\n`)),
        PrivateFiles.told,
      )
    // Another process has made a file in between. The key in it may be another one, so the only right one stays where it is.
    if (!isWritten) return `The key stays in the keyring: another process has just made the file ${name}. Log in again.`
    yield* Keyring.forget(path)
    return undefined
  })

/**
 * `choose`, in the file system of its context.
 *
 * @category combinators
 */
export const move = (
  directory: string,
  wish: Source,
): Effect.Effect<string | undefined, StoreFailed, FileSystem.FileSystem> =>
  wish === "keyring" ? toKeyring(directory) : toFile(directory)

/**
 * Puts the key where the user wants it. A key that exists is moved, so what it has sealed can be opened as before. Returns what the user
 * has to know: that the key could not be moved, and where it is.
 *
 * @category combinators
 */
export const choose = (directory: string, wish: Source): Effect.Effect<string | undefined, AuthError> =>
  move(directory, wish).pipe(Effect.mapError(fromReason), Effect.provide(NodeFileSystem.layer))
