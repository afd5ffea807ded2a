/**
 * Cells in a SQLite database, for the processes of one machine, by `node:sqlite` of Node 22.19 or later. Node 22 and 23 print an
 * `ExperimentalWarning` when this module is imported; Node 24 does not.
 *
 * A write is one statement, and it is on the disk when it is acknowledged. SQLite lets one process write at a time. Here nobody waits
 * for that inside SQLite, which would stop this process's event loop: a write that finds the database busy is tried again.
 *
 * An empty file beside the database tells other processes of a change. Its name is the database's with `-changed` behind it. The first
 * process that waits makes the file.
 */

import { randomUUID } from "node:crypto"
import { utimesSync, watch as watchFile } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { StoreConflict } from "@pbx-auth/session/TokenStore"
import { Cells } from "@pbx-auth/store/Cells"
import * as FilePresence from "@pbx-auth/store/FilePresence"
import * as PrivateFiles from "@pbx-auth/store/PrivateFiles"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as SqliteFailure from "./SqliteFailure.ts"

/**
 * Where the database is.
 *
 * @category models
 */
export interface Options {
  /**
   * The whole path of the database. It is made with the mode 0600, and its directory with 0700, if there is none. One that others may
   * read or write is refused. It must be on a disk of this machine.
   */
  readonly path: string
}

/** The layout of the database, in its `user_version`. */
const LAYOUT = 1

/** When a busy database is asked again: soon at first, and for about three seconds. */
const AGAIN = /* @__PURE__ */ Schedule.min([Schedule.exponential(1), Schedule.spaced(20)]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 150 }),
)

const once = <A>(statements: () => A): Effect.Effect<A, unknown> =>
  Effect.try({ try: statements, catch: (error) => error })

/** Runs statements of SQLite. None of them waits for another process. */
const attempt = <A>(statements: () => A): Effect.Effect<A, StoreFailed> =>
  once(statements).pipe(
    // It is rarely busy, so a schedule is not begun before it is.
    Effect.catchIf(SqliteFailure.isBusy, () =>
      Effect.retry(once(statements), { schedule: AGAIN, while: SqliteFailure.isBusy }),
    ),
    Effect.mapError(SqliteFailure.of),
  )

const open = (path: string): DatabaseSync => {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    const { journal_mode: mode } = { ...database.prepare("PRAGMA journal_mode = WAL").get() }
    if (mode !== "wal") throw SqliteFailure.noLog
    database.exec("PRAGMA synchronous = FULL")
    const { user_version: layout } = { ...database.prepare("PRAGMA user_version").get() }
    if (Number(layout) > LAYOUT) throw SqliteFailure.newer
    if (layout !== LAYOUT) {
      database.exec(`
        BEGIN IMMEDIATE;
        CREATE TABLE IF NOT EXISTS cells (name TEXT PRIMARY KEY, version TEXT NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
        PRAGMA user_version = ${LAYOUT};
        COMMIT`)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Fails with the remedy `configure` if the database cannot be used: others may read it, it is no database, or its disk is full or
 * read-only.
 *
 * @category constructors
 */
export const make: (
  options: Options,
) => Effect.Effect<Cells["Service"], StoreFailed, FileSystem.FileSystem | Scope.Scope> =
  /* @__PURE__ */ Effect.fnUntraced(function* ({ path }: Options) {
    const files = yield* FileSystem.FileSystem
    // SQLite gives its other files the mode of the first.
    yield* PrivateFiles.openDirectory(files, dirname(path)).pipe(
      Effect.andThen(PrivateFiles.openFile(files, path)),
      PrivateFiles.told,
    )
    // Its time is set after each change. SQLite's own files change too early, and several times.
    const sign = `${path}-changed`
    const database = yield* Effect.acquireRelease(
      attempt(() => open(path)),
      (one) => Effect.sync(() => one.close()),
    )
    const statement = yield* attempt(() => ({
      read: database.prepare("SELECT version, bytes FROM cells WHERE name = ?"),
      begin: database.prepare("INSERT INTO cells (name, version, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"),
      replace: database.prepare("UPDATE cells SET version = ?, bytes = ? WHERE name = ? AND version = ?"),
      remove: database.prepare("DELETE FROM cells WHERE name = ? AND version = ?"),
      list: database.prepare("SELECT name FROM cells WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1"),
    }))

    const get = (name: string) => {
      const row = statement.read.get(name)
      return row && { version: String(row.version), bytes: new Uint8Array(row.bytes as Uint8Array) }
    }

    const read = (name: string) => attempt(() => get(name))

    const replace = (name: string, expected: string | undefined, next: Uint8Array | undefined) => {
      // A random name, so no version comes twice, also after a removal.
      const version = randomUUID()
      return attempt(() => {
        if (expected === undefined) {
          if (next === undefined) return get(name) === undefined ? 1 : 0
          return statement.begin.run(name, version, next).changes
        }
        if (next === undefined) return statement.remove.run(name, expected).changes
        return statement.replace.run(version, next, name, expected).changes
      }).pipe(
        Effect.flatMap((changes) => {
          if (changes !== 1) return Effect.fail(new StoreConflict())
          tell()
          return Effect.succeed(version)
        }),
      )
    }

    /** Says to other processes that a cell has changed. */
    const tell = () => {
      try {
        const now = new Date()
        utimesSync(sign, now, now)
      } catch {
        // Nobody has watched yet, or a hint is lost.
      }
    }

    const list = (prefix: string) => attempt(() => statement.list.all(prefix).map(({ name }) => String(name)))

    /** Calls `hint` after a change of a cell, for as long as the scope is open. */
    const watching = (name: string, hint: () => void) => {
      let seen: string | undefined
      // The sign is set for a change of any cell. What cannot be read now is for the reader to find out.
      const isNew = () => {
        const before = seen
        try {
          seen = get(name)?.version
        } catch {
          seen = undefined
        }
        return seen !== before
      }
      const begin = () => {
        const watcher = watchFile(sign, { persistent: false })
        isNew()
        return watcher.on("change", () => isNew() && hint()).on("error", () => undefined)
      }
      return PrivateFiles.openFile(files, sign).pipe(
        Effect.andThen(Effect.acquireRelease(Effect.try(begin), (watcher) => Effect.sync(() => watcher.close()))),
        // A system that has no room for a watch, or for a file, gives no hints.
        Effect.ignore,
      )
    }

    const watch = (name: string) =>
      Effect.flatMap(Latch.make(), (changed) =>
        Effect.as(
          watching(name, () => changed.openUnsafe()),
          Effect.andThen(changed.await, Effect.asVoid(changed.close)),
        ),
      )

    return { read, replace, list, watch, presence: yield* FilePresence.make(files, `${path}-holders`) }
  })

/**
 * `make` as a layer. Fails as `StoreFailed` if the database cannot be used.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Cells, StoreFailed, FileSystem.FileSystem> =>
  Layer.effect(Cells, make(options))
