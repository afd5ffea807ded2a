/**
 * One cell on disk: a directory with one file per version, named by a number that only grows. The highest number is the cell.
 *
 * The next version is a hard link: `link(temporary, n + 1)` fails if `n + 1` exists, in one step of the file system. That is the whole
 * compare-and-set. There is no lock, so there is nothing that a stopped or killed process could hold.
 *
 * Old versions are removed, so a number could be free again when a writer wakes that was stopped just before its link. Two rules
 * exclude that:
 *
 * 1. A writer makes its temporary file, named by its number, before it looks whether the version that it replaces is still there.
 * 2. Versions are removed from the lowest up. After `n - 1` is gone, and before `n` goes, the temporary files for `n` are removed.
 *
 * So a writer that still saw `n - 1` had its temporary file in time for rule 2, and a link from a file that is gone fails.
 *
 * By rule 2 a reader notices, too, when a listing was so slow that it shows old versions alone: the file that it names is gone.
 */
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { StoreConflict } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import { newer, unreadable } from "../Failures.ts"
import { syncDirectory, writeNew } from "../PrivateFiles.ts"
import { isThereStill } from "./FileDirectory.ts"
import { gone, isNotFound, isThere, isWithoutLinks, noHardLinks } from "./FileFailure.ts"
import { decode, type FileFrame } from "./FileFrame.ts"

/** The files of one store. */
export interface Place {
  readonly files: FileSystem
  readonly directory: string
}

/** A version of a cell: its number and what it holds, or what is wrong with it. */
export interface Version {
  readonly number: number
  readonly frame: ReturnType<typeof decode>
}

const NUMBER = /^[1-9]\d{0,15}$/
/** How often a listing is repeated that was overtaken by writers. */
const ROUNDS = 100

/** @category guards */
export const isVersion = (fileName: string): boolean => NUMBER.test(fileName)

const numbersOf = (names: ReadonlyArray<string>) =>
  names
    .filter(isVersion)
    .map(Number)
    .sort((a, b) => a - b)

/** @category errors */
export const damage = (problem: "unreadable" | "newer"): StoreFailed => (problem === "newer" ? newer() : unreadable())

/** What one file holds, or `undefined` if there is none. */
const readVersion = (
  { files }: Place,
  cell: string,
  number: number,
): Effect.Effect<Version | undefined, PlatformError> =>
  files.readFile(`${cell}/${number}`).pipe(
    Effect.map((file) => ({ number, frame: decode(file) })),
    Effect.catchIf(isNotFound, () => Effect.undefined),
  )

/**
 * The version that a cell has now, or `undefined` if there never was one.
 *
 * @category reading
 */
export const latest = (place: Place, cell: string): Effect.Effect<Version | undefined, PlatformError | StoreFailed> =>
  Effect.gen(function* () {
    for (let round = 0; round < ROUNDS; round++) {
      const names = yield* place.files.readDirectory(cell).pipe(Effect.catchIf(isNotFound, () => Effect.undefined))
      if (names === undefined) {
        if (yield* isThereStill(place.files, place.directory)) return undefined
        return yield* Effect.fail(gone)
      }
      const number = numbersOf(names).at(-1)
      const version = number && (yield* readVersion(place, cell, number))
      // A cell's directory is made with a version in it, and is never empty. What is missing was overtaken.
      if (version) return version
    }
    return yield* Effect.fail(damage("unreadable"))
  })

/** The version that a writer replaces. */
export interface Replaced {
  readonly number: number
  readonly nonce: string
  readonly removal: boolean
}

/** Fails unless the version is still the last. One that got damaged since it was read may be replaced: that mends it. */
const isLast = (place: Place, cell: string, { nonce, number, removal }: Replaced) =>
  Effect.gen(function* () {
    const version = yield* readVersion(place, cell, number)
    if (version === undefined) return yield* Effect.fail(new StoreConflict())
    const { frame } = version
    const same = typeof frame === "string" || (frame.nonce === nonce && (frame.bytes === undefined) === removal)
    // Most who lose are told here, before they write anything to the disk.
    if (!same || (yield* place.files.exists(`${cell}/${number + 1}`))) return yield* Effect.fail(new StoreConflict())
  })

/** Removes the versions before `current`. What is left here is removed by the next writer. */
const removeOld = ({ files }: Place, cell: string, current: number) =>
  Effect.gen(function* () {
    const old = numbersOf(yield* files.readDirectory(cell)).filter((number) => number < current)
    for (const number of old.slice(0, ROUNDS)) {
      // A new listing: the one before may have begun while the version before this one was there. What is meant for a version that
      // exists is of no use any more.
      for (const name of yield* files.readDirectory(cell)) {
        if (name.endsWith(".tmp") && Number.parseInt(name, 10) <= current) {
          yield* files.remove(`${cell}/${name}`, { force: true })
        }
      }
      yield* files.remove(`${cell}/${number}`, { force: true })
    }
  }).pipe(Effect.ignore)

/**
 * Writes the version after `replaced`, if that is still the last.
 *
 * @category writing
 */
export const append = (place: Place, cell: string, replaced: Replaced, { file, nonce }: Written) => {
  const { files } = place
  const number = replaced.number + 1
  const temporary = `${cell}/${number}.${nonce}.tmp`
  return Effect.gen(function* () {
    yield* writeNew(files, temporary, file, isLast(place, cell, replaced)).pipe(
      // There is no such cell, or another writer has removed the temporary file.
      Effect.catchIf(isNotFound, () => absent(place)),
    )
    yield* files
      .link(temporary, `${cell}/${number}`)
      .pipe(
        Effect.mapError((error) =>
          isThere(error) || isNotFound(error) ? new StoreConflict() : isWithoutLinks(error) ? noHardLinks : error,
        ),
      )
    yield* syncDirectory(files, cell)
    yield* removeOld(place, cell, number)
    return number
  }).pipe(Effect.ensuring(Effect.ignore(files.remove(temporary, { force: true }))))
}

/** A new version's bytes. */
export interface Written {
  readonly file: Uint8Array
  readonly nonce: FileFrame["nonce"]
}

const absent = ({ directory, files }: Place) =>
  Effect.flatMap(isThereStill(files, directory), (there) => Effect.fail(there ? new StoreConflict() : gone))

/**
 * Writes the first version of a cell: the directory is made apart and renamed, which fails if there is one already.
 *
 * @category writing
 */
export const begin = (place: Place, cell: string, { file, nonce }: Written) => {
  const { directory, files } = place
  const temporary = `${directory}/new-${nonce}`
  return Effect.gen(function* () {
    yield* files
      .makeDirectory(temporary, { mode: 0o700 })
      .pipe(Effect.mapError((error) => (isNotFound(error) ? gone : error)))
    yield* writeNew(files, `${temporary}/1`, file)
    yield* syncDirectory(files, temporary)
    yield* files.rename(temporary, cell).pipe(
      Effect.catch((error) =>
        // Windows has no word of its own for it.
        Effect.flatMap(isThere(error) ? Effect.succeed(true) : files.exists(cell), (there) =>
          Effect.fail(there ? new StoreConflict() : error),
        ),
      ),
    )
    yield* syncDirectory(files, directory)
    return 1
  }).pipe(Effect.ensuring(Effect.ignore(files.remove(temporary, { recursive: true, force: true }))))
}
