/** The directory of a store: made, or checked, before anything in it is trusted. */
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { configure, isNotFound, isOf, isThere, isWithoutLinks, noHardLinks, told } from "./FileFailure.ts"

/** Says how the directory is laid out. It is made by a hard link, so it shows that there are some. */
const FORMAT_FILE = "format"
const FORMAT = "pbx-auth cells 1\n"

const isAbsolute = (path: string) => /^([/\\]|[A-Za-z]:[/\\])/.test(path)

/** The user whose process this is. Windows has none; access lists guard a user's directories there. */
const owner = (): number | undefined => (globalThis as { process?: { geteuid?: () => number } }).process?.geteuid?.()

/**
 * Makes what is in a directory outlast a loss of power. Windows and some file systems cannot be asked to, and need not be.
 *
 * @category files
 */
export const syncDirectory = (files: FileSystem, path: string): Effect.Effect<void, PlatformError> =>
  Effect.scoped(Effect.flatMap(files.open(path, { flag: "r" }), (directory) => directory.sync)).pipe(
    Effect.catchIf(isOf("EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"), () => Effect.void),
  )

/**
 * Writes a new file of this user's alone. It is on the disk when the effect ends, after `before`.
 *
 * @category files
 */
export const writeNew = <E = never>(
  files: FileSystem,
  path: string,
  bytes: Uint8Array,
  before: Effect.Effect<void, E> = Effect.void,
): Effect.Effect<void, PlatformError | E> =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* files.open(path, { flag: "wx", mode: 0o600 })
      yield* file.writeAll(bytes)
      yield* before
      yield* file.sync
    }),
  )

/** @category files */
export const isThereStill = (files: FileSystem, directory: string) => files.exists(`${directory}/${FORMAT_FILE}`)

const begin = (files: FileSystem, directory: string) => {
  const temporary = `${directory}/new-${crypto.randomUUID()}`
  return writeNew(files, temporary, new TextEncoder().encode(FORMAT)).pipe(
    Effect.andThen(
      files
        .link(temporary, `${directory}/${FORMAT_FILE}`)
        .pipe(
          Effect.catch((error) =>
            isThere(error) ? Effect.void : Effect.fail(isWithoutLinks(error) ? noHardLinks : error),
          ),
        ),
    ),
    Effect.andThen(syncDirectory(files, directory)),
    Effect.ensuring(Effect.ignore(files.remove(temporary, { force: true }))),
  )
}

/**
 * Makes the directory with the mode 0700, or checks that it is this user's and that nobody else may write there.
 *
 * @category files
 */
export const openDirectory = (files: FileSystem, directory: string): Effect.Effect<void, StoreFailed> =>
  Effect.gen(function* () {
    if (!isAbsolute(directory)) {
      return yield* Effect.fail(
        configure(undefined, "Name the token store's directory by its whole path, from the root."),
      )
    }
    const info = yield* files.stat(directory).pipe(
      Effect.catchIf(isNotFound, () =>
        // It may have come in between.
        Effect.andThen(files.makeDirectory(directory, { recursive: true, mode: 0o700 }), files.stat(directory)),
      ),
    )
    if (info.type !== "Directory") {
      return yield* Effect.fail(configure(undefined, "The token store's directory is a file. Choose another path."))
    }
    const user = owner()
    if (user !== undefined) {
      if (Option.getOrElse(info.uid, () => user) !== user) {
        return yield* Effect.fail(
          configure("forbidden", "The token store's directory belongs to another user. Choose one of your own."),
        )
      }
      if ((info.mode & 0o022) !== 0) {
        return yield* Effect.fail(
          configure("forbidden", "Other users may write to the token store's directory. Forbid it: chmod go-w."),
        )
      }
    }
    const format = yield* files
      .readFileString(`${directory}/${FORMAT_FILE}`)
      .pipe(Effect.catchIf(isNotFound, () => Effect.as(begin(files, directory), FORMAT)))
    if (format !== FORMAT) {
      return yield* Effect.fail(
        configure("newer", "The token store's directory is of a later version of pbx-auth, or not of it. Update it."),
      )
    }
  }).pipe(told)
