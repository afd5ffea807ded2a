/**
 * The sealing key in a file that only its owner may read. Whoever reads this file and the store can open the tokens: that is what the
 * mode 0600 prevents, and a backup that has only one of the two.
 *
 * The file holds what `KeyRing.parse` reads: a key a line, the newest first.
 */

import { basename, dirname } from "node:path"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { generate } from "@pbx-auth/store/KeyRing"
import * as PrivateFiles from "@pbx-auth/store/PrivateFiles"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"

/**
 * The text of the key file. If there is none, it is made with a new key, once, also where many processes begin together.
 *
 * Fails as `StoreFailed` with the problem `forbidden` if others may read the file or may write to its directory.
 *
 * @category constructors
 */
export const make = (
  /** A whole path. */
  path: string,
): Effect.Effect<Redacted.Redacted<string>, StoreFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const directory = dirname(path)
    yield* PrivateFiles.openDirectory(files, directory)
    yield* PrivateFiles.sweep(files, directory)
    const kept = yield* PrivateFiles.readOwn(files, path)
    if (kept !== undefined) return Redacted.make(kept)
    const key = yield* generate
    if (yield* PrivateFiles.writeOnce(files, directory, basename(path), `${Redacted.value(key)}\n`)) return key
    return Redacted.make((yield* PrivateFiles.readOwn(files, path)) ?? "")
  }).pipe(PrivateFiles.told)
