/** Files and directories of this user alone, for what keeps tokens or keys on a disk. */
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { File, FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { configure } from "./Failures.ts"
import { isNotFound, isOf, isThere, isWithoutLinks, noHardLinks } from "./file/FileFailure.ts"

// biome-ignore lint/performance/noBarrelFile: whoever uses a disk tells its failures.
export { told } from "./file/FileFailure.ts"

const isAbsolute = (path: string) => /^([/\\]|[A-Za-z]:[/\\])/.test(path)

/** The user whose process this is. Windows has none; access lists guard a user's directories there. */
const owner = (): number | undefined => (globalThis as { process?: { geteuid?: () => number } }).process?.geteuid?.()

const forbidden = (fix: string) => Effect.fail(configure("forbidden", fix))

/**
 * Makes a directory with the mode 0700, or checks that it is this user's and that nobody else may write there.
 *
 * @category files
 */
export const openDirectory = (files: FileSystem, path: string): Effect.Effect<void, PlatformError | StoreFailed> =>
  Effect.gen(function* () {
    if (!isAbsolute(path)) {
      return yield* Effect.fail(configure(undefined, "Name the token store's place by its whole path, from the root."))
    }
    const info = yield* files.stat(path).pipe(
      Effect.catchIf(isNotFound, () =>
        // It may have come in between.
        Effect.andThen(files.makeDirectory(path, { recursive: true, mode: 0o700 }), files.stat(path)),
      ),
    )
    if (info.type !== "Directory") {
      return yield* Effect.fail(
        configure(undefined, `The token store's directory ${path} is a file. Choose another path.`),
      )
    }
    const user = owner()
    if (user === undefined) return
    if (Option.getOrElse(info.uid, () => user) !== user) {
      return yield* forbidden(`The token store's directory ${path} belongs to another user. Choose one of your own.`)
    }
    if ((info.mode & 0o022) !== 0) {
      return yield* forbidden(`Other users may write to the token store's directory ${path}. Forbid it: chmod go-w.`)
    }
  })

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
 * Writes a new file with the mode 0600. After `before` it is made to outlast a loss of power.
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

/**
 * Makes a file with the mode 0600, whole or not at all, for good. Says whether it did: `false` if there is one already.
 *
 * @category files
 */
export const writeOnce = (
  files: FileSystem,
  directory: string,
  name: string,
  text: string,
): Effect.Effect<boolean, PlatformError | StoreFailed> => {
  const temporary = `${directory}/new-${crypto.randomUUID()}`
  return Effect.gen(function* () {
    yield* writeNew(files, temporary, new TextEncoder().encode(text))
    const made = yield* files.link(temporary, `${directory}/${name}`).pipe(
      Effect.as(true),
      Effect.catch((error) => {
        if (isThere(error)) return Effect.succeed(false)
        return Effect.fail(isWithoutLinks(error) ? noHardLinks : error)
      }),
    )
    yield* syncDirectory(files, directory)
    return made
  }).pipe(Effect.ensuring(Effect.ignore(files.remove(temporary, { force: true }))))
}

/** After how long what a killed process left behind is swept (ms). */
const LEFT_BEHIND = 3_600_000

/**
 * Removes what killed processes left in a directory: whatever has a name that `isOurs` takes, is older than an hour, and is left as
 * `isLeft` says. It stops at the first one that fails. The next sweep goes on.
 *
 * @category files
 */
export const sweepOld = (
  files: FileSystem,
  directory: string,
  isOurs: (name: string) => boolean,
  isLeft: (path: string, info: File.Info) => Effect.Effect<boolean> = () => Effect.succeed(true),
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const before = (yield* Clock.currentTimeMillis) - LEFT_BEHIND
    for (const name of yield* files.readDirectory(directory)) {
      if (!isOurs(name)) continue
      const path = `${directory}/${name}`
      const info = yield* files.stat(path)
      const isOld = Option.exists(info.mtime, (time) => time.getTime() < before)
      if (isOld && (yield* isLeft(path, info))) {
        yield* files.remove(path, { recursive: info.type === "Directory", force: true })
      }
    }
  }).pipe(Effect.ignore)

/** As `writeOnce` names what it links. The directory may hold files of the user's own. */
const TEMPORARY = /^new-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/**
 * Removes what a process left that was killed in `writeOnce`: it may be a copy of a key.
 *
 * @category files
 */
export const sweep = (files: FileSystem, directory: string): Effect.Effect<void> =>
  sweepOld(
    files,
    directory,
    (name) => TEMPORARY.test(name),
    (_, { type }) => Effect.succeed(type === "File"),
  )

/** Fails if a file is not this user's, or the superuser's, or if others may read or write it. */
const checkOwn = (path: string, { mode, type, uid }: File.Info) =>
  Effect.suspend(() => {
    if (type !== "File")
      return Effect.fail(configure("unreadable", `${path} is to be a file of the token store, and is no file.`))
    const user = owner()
    if (user === undefined) return Effect.void
    if (![user, 0].includes(Option.getOrElse(uid, () => user))) {
      return forbidden(`${path}, a file of the token store, belongs to another user. Choose a place of your own.`)
    }
    if ((mode & 0o077) === 0) return Effect.void
    return forbidden(
      `Other users may read ${path}, a file that is yours alone. Forbid it: chmod 600. If it holds a key, change the key.`,
    )
  })

/**
 * The text of a file that only this user may read, or `undefined` if there is none.
 *
 * @category files
 */
export const readOwn = (
  files: FileSystem,
  path: string,
): Effect.Effect<string | undefined, PlatformError | StoreFailed> =>
  Effect.scoped(
    Effect.gen(function* () {
      // What is checked is the file that is read.
      const file = yield* files.open(path, { flag: "r" })
      yield* checkOwn(path, yield* file.stat)
      const bytes = yield* file.readAlloc(LONGEST)
      return Option.match(bytes, { onNone: () => "", onSome: (some) => new TextDecoder().decode(some) })
    }),
  ).pipe(Effect.catchIf(isNotFound, () => Effect.undefined))

/**
 * Makes an empty file that only this user may read, or checks that it is one.
 *
 * @category files
 */
export const openFile = (files: FileSystem, path: string): Effect.Effect<void, PlatformError | StoreFailed> =>
  writeNew(files, path, new Uint8Array(0)).pipe(
    Effect.catchIf(isThere, () => Effect.flatMap(files.stat(path), (info) => checkOwn(path, info))),
  )

/** More than any ring of keys (bytes). */
const LONGEST = 65_536
