/**
 * Cells in a directory of this user, for the processes of one machine. It needs Effect's `FileSystem` and a file system with hard links.
 *
 * A write is on the disk when it is acknowledged. A process may be killed or stopped anywhere: the cell is the old or the new one, and
 * nobody has to wait for a lock. `FileChain` says how.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { StoreConflict } from "@pbx-auth/session/TokenStore"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type Cell, Cells } from "./Cells.ts"
import * as FilePresence from "./FilePresence.ts"
import { append, begin, damage, isVersion, latest, type Replaced, type Version } from "./file/FileChain.ts"
import { openCellsDirectory } from "./file/FileDirectory.ts"
import { told } from "./file/FileFailure.ts"
import { encode, makeNonce } from "./file/FileFrame.ts"
import { fileNameOf, isCell, nameOf } from "./file/FileNames.ts"
import { sweepOld } from "./PrivateFiles.ts"

/**
 * Where the files are.
 *
 * @category models
 */
export interface Options {
  /**
   * The whole path of a directory. It is made with the mode 0700 if there is none. One that belongs to another user, or that others may
   * write to, is refused.
   */
  readonly directory: string
}

/** How many cells are read at once for a list. */
const READERS = 16

const cellOf = ({ frame, number }: Version): Effect.Effect<Cell | undefined, StoreFailed> =>
  typeof frame === "string"
    ? Effect.fail(damage(frame))
    : Effect.succeed(frame.bytes && { version: versionOf(number, frame.nonce), bytes: frame.bytes })

const versionOf = (number: number, nonce: string) => `${number}-${nonce}`

const replacedBy = (version: string): Replaced | undefined => {
  const [, number, nonce] = /^([1-9]\d{0,14})-([0-9a-f]{16})$/.exec(version) ?? []
  return nonce === undefined ? undefined : { number: Number(number), nonce, removal: false }
}

/** The last part of a path: some systems report a change by its whole path. */
const lastOf = (path: string) => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)

/**
 * Fails with the remedy `configure` if the directory cannot be used: it is not this user's, others may write there, its file system has
 * no hard links.
 *
 * @category constructors
 */
export const make: (options: Options) => Effect.Effect<Cells["Service"], StoreFailed, FileSystem.FileSystem> =
  /* @__PURE__ */ Effect.fnUntraced(function* ({ directory }: Options) {
    const files = yield* FileSystem.FileSystem
    yield* openCellsDirectory(files, directory)
    const place = { files, directory }
    const cellAt = (name: string) => Effect.map(fileNameOf("cell", name), (fileName) => `${directory}/${fileName}`)

    /** What a killed process left that was about to begin a cell. */
    const sweep = yield* Effect.cached(sweepOld(files, directory, (name) => name.startsWith("new-")))

    const read = (name: string) =>
      Effect.flatMap(cellAt(name), (cell) => latest(place, cell)).pipe(
        Effect.flatMap((version) => (version === undefined ? Effect.undefined : cellOf(version))),
        told,
      )

    /** Writes over nothing: a cell that nobody wrote, or that was removed. */
    const replaceNone = (cell: string, written: { readonly file: Uint8Array; readonly nonce: string }) =>
      Effect.gen(function* () {
        const last = yield* latest(place, cell)
        if (last === undefined) {
          yield* sweep
          return yield* begin(place, cell, written)
        }
        if (typeof last.frame === "string") return yield* Effect.fail(damage(last.frame))
        if (last.frame.bytes !== undefined) return yield* Effect.fail(new StoreConflict())
        return yield* append(place, cell, { number: last.number, nonce: last.frame.nonce, removal: true }, written)
      })

    const replace = (name: string, expected: string | undefined, next: Uint8Array | undefined) =>
      Effect.gen(function* () {
        const cell = yield* cellAt(name)
        const nonce = makeNonce()
        const written = { nonce, file: encode({ name, nonce, bytes: next }) }
        if (expected === undefined) return versionOf(yield* replaceNone(cell, written), nonce)
        const replaced = replacedBy(expected)
        if (replaced === undefined) return yield* Effect.fail(new StoreConflict())
        return versionOf(yield* append(place, cell, replaced, written), nonce)
      }).pipe(told)

    /** The name of a cell by its file's, or `undefined` if it was removed. One that is damaged is there. */
    const listed = (fileName: string) =>
      Effect.map(latest(place, `${directory}/${fileName}`), (version) => {
        if (version === undefined) return undefined
        if (typeof version.frame === "string") return nameOf(fileName)
        return version.frame.bytes && version.frame.name
      })

    const list = (prefix: string) =>
      files.readDirectory(directory).pipe(
        Effect.flatMap((names) =>
          Effect.forEach(
            // A name that can be told by its file's is not read without need.
            names.filter((name) => isCell(name) && (nameOf(name) ?? prefix).startsWith(prefix)),
            listed,
            { concurrency: READERS },
          ),
        ),
        Effect.map((names) => names.filter((name) => name?.startsWith(prefix)) as ReadonlyArray<string>),
        told,
      )

    const watch = Effect.fnUntraced(function* (name: string) {
      const cell = yield* cellAt(name)
      const changes = yield* Queue.sliding<void>(1)
      const ready = yield* Deferred.make<void>()
      const hint = () => Queue.offerUnsafe(changes, undefined)
      const onReady = () => Deferred.doneUnsafe(ready, Effect.void)
      // A cell that nobody wrote has no directory yet. Its coming is seen in the store's.
      const coming = Effect.raceFirst(
        Stream.runHead(
          Stream.filter(files.watch(directory, { onReady }), ({ path }) => `${directory}/${lastOf(path)}` === cell),
        ),
        Deferred.await(ready).pipe(
          Effect.andThen(files.exists(cell)),
          Effect.andThen((there) => (there ? Effect.void : Effect.never)),
        ),
      )
      const watching = Effect.gen(function* () {
        const there = yield* files.exists(cell)
        if (!there) yield* coming
        const begun = () => (there ? onReady() : hint())
        yield* Stream.runForEach(files.watch(cell, { onReady: begun }), ({ _tag, path }) =>
          Effect.sync(() => _tag === "Create" && isVersion(lastOf(path)) && hint()),
        )
      })
      // A system that has no room for a watch says so by a defect. Then there are no hints.
      yield* Effect.forkScoped(Effect.catchCause(watching, () => Effect.sync(onReady)))
      yield* Deferred.await(ready)
      return Queue.take(changes)
    })

    return { read, replace, list, watch, presence: yield* FilePresence.make(files, `${directory}/holders`) }
  })

/**
 * `make` as a layer. Fails as `StoreFailed` if the directory cannot be used.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Cells, StoreFailed, FileSystem.FileSystem> =>
  Layer.effect(Cells, make(options))
