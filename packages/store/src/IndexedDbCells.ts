/**
 * Cells in the browser, which all tabs of an origin share: IndexedDB, whose transactions are atomic between tabs and survive a crash.
 *
 * Changes are told by a `BroadcastChannel`. A holder is dead when its Web Lock is free, which the browser sees to when a tab ends.
 *
 * Web Storage is no place for cells. Each tab has a copy of it, and a Web Lock does not wait until a write has reached the other
 * copies: four tabs of Chromium 150 that counted under one lock lost a sixth of their updates.
 *
 * A browser may clear a site's data when the disk is full. `navigator.storage.persist()` asks it not to.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { type Presence, StoreConflict } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"
import * as Layer from "effect/Layer"
import { type Cell, Cells } from "./Cells.ts"
import { configure } from "./Failures.ts"
import * as IndexedDb from "./IndexedDb.ts"

/**
 * Which database of the site.
 *
 * @category models
 */
export interface Options {
  /** The name of the database; `pbx-auth` if it is left out. Its tokens are those of the origin, and no other site sees them. */
  readonly database?: string | undefined
}

/** How long the note of a dead holder stays, in ms. */
const HOLDER_LIFE = 86_400_000

const cellOf = (found: unknown): Effect.Effect<Cell | undefined, StoreFailed> => {
  if (found === undefined) return Effect.succeed(undefined)
  const { bytes, version } = found as Partial<Cell>
  if (typeof version === "string" && bytes instanceof Uint8Array) return Effect.succeed({ version, bytes })
  return Effect.fail(
    configure(
      "unreadable",
      "Something else writes to the site's database of this name. Choose another name, or delete it and sign in again.",
    ),
  )
}

const presenceOn = (database: IndexedDb.IndexedDb, locks: LockManager, prefix: string): Presence => {
  const heldLocks = Effect.map(
    Effect.tryPromise(() => locks.query()),
    ({ held = [] }) => new Set(held.map(({ name }) => name)),
  )
  /** Holds the lock until the scope closes. It does not wait for it: a holder's name is its own, so the lock is free. */
  const lock = (name: string) =>
    Effect.acquireRelease(
      Effect.promise(
        () =>
          new Promise<() => void>((resolve) => {
            const hold = () => new Promise<void>((release) => resolve(release))
            // A frame without an origin has no locks. Then nobody hears of this holder's death.
            locks.request(name, { ifAvailable: true }, hold).catch(() => resolve(() => undefined))
          }),
      ),
      (release) => Effect.sync(release),
    )
  const note = (holder: string, at: number | undefined) =>
    database.transact<void>("holders", "readwrite", (store, done) => {
      if (at === undefined) store.delete(holder)
      else store.put(at, holder)
      done(undefined)
    })
  const forget = (before: number) =>
    Effect.flatMap(heldLocks, (held) =>
      database.transact<void>("holders", "readwrite", (store, done) => {
        const cursor = store.openCursor()
        cursor.onsuccess = () => {
          const { result } = cursor
          if (result === null) return done(undefined)
          if (result.value < before && !held.has(prefix + result.key)) result.delete()
          result.continue()
        }
      }),
    )
  return {
    announce: (holder) =>
      Effect.gen(function* () {
        yield* lock(prefix + holder)
        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        // The note comes after the lock and goes before it, so a note without a lock is a dead holder.
        yield* Effect.acquireRelease(Effect.ignore(note(holder, now)), () => Effect.ignore(note(holder, undefined)))
        yield* Effect.ignore(forget(now - HOLDER_LIFE))
      }),
    isGone: (holder) =>
      database
        .transact<boolean>("holders", "readonly", (store, done) => {
          const found = store.get(holder)
          found.onsuccess = () => done(found.result !== undefined)
        })
        .pipe(
          Effect.flatMap((isNoted) =>
            isNoted ? Effect.map(heldLocks, (held) => !held.has(prefix + holder)) : Effect.succeed(false),
          ),
          Effect.orElseSucceed(() => false),
        ),
  }
}

const openChannel = (name: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new BroadcastChannel(name)),
    (channel) => Effect.sync(() => channel.close()),
  )

/**
 * Each watcher has a channel of its own, and so hears of writes of its own tab, too. `effect/Queue` would do the same, and adds a
 * kilobyte to a page.
 */
const watcher = (channelName: string) => (name: string) =>
  Effect.map(openChannel(channelName), (channel) => {
    const waiting = new Set<() => void>()
    let hasChanged = false
    channel.onmessage = ({ data }) => {
      if (data !== name) return
      hasChanged = true
      for (const wake of waiting) wake()
    }
    return Effect.callback<void>((resume) => {
      const wake = () => {
        hasChanged = false
        waiting.delete(wake)
        resume(Effect.void)
      }
      if (hasChanged) return wake()
      waiting.add(wake)
      return Effect.sync(() => waiting.delete(wake))
    })
  })

/**
 * Opens the cells of this site, in this browser profile. Tabs and workers of one origin share them.
 *
 * @category constructors
 */
export const make = ({ database: databaseName = "pbx-auth" }: Options = {}) =>
  Effect.gen(function* () {
    const database = IndexedDb.make(databaseName)
    const channelName = `${databaseName}.cells`
    const hasChannels = typeof BroadcastChannel === "function"
    const channel = hasChannels ? yield* openChannel(channelName) : undefined
    const locks = globalThis.navigator?.locks

    const cells: Cells["Service"] = {
      read: (name) =>
        Effect.flatMap(
          database.transact<unknown>("cells", "readonly", (store, done) => {
            const found = store.get(name)
            found.onsuccess = () => done(found.result)
          }),
          cellOf,
        ),
      replace: (name, expected, next) =>
        Effect.gen(function* () {
          const version = Hex.encode(crypto.getRandomValues(new Uint8Array(16)))
          const isWritten = yield* database.transact<boolean>("cells", "readwrite", (store, done) => {
            const found = store.get(name)
            found.onsuccess = () => {
              // What has no version is spoiled, and not absent.
              const isAsSeen =
                found.result === undefined ? expected === undefined : found.result.version === (expected ?? "")
              if (isAsSeen && next === undefined) store.delete(name)
              if (isAsSeen && next !== undefined) store.put({ version, bytes: new Uint8Array(next) }, name)
              done(isAsSeen)
            }
          })
          if (!isWritten) return yield* Effect.fail(new StoreConflict())
          channel?.postMessage(name)
          return version
        }),
      list: (prefix) =>
        Effect.map(
          database.transact<ReadonlyArray<IDBValidKey>>("cells", "readonly", (store, done) => {
            const found = store.getAllKeys(IDBKeyRange.lowerBound(prefix))
            found.onsuccess = () => done(found.result)
          }),
          (names) => names.map(String).filter((name) => name.startsWith(prefix)),
        ),
      ...(hasChannels && { watch: watcher(channelName) }),
      ...(locks && { presence: presenceOn(database, locks, `${databaseName}.holder.`) }),
    }
    return cells
  })

/**
 * Cells of the page's origin. Nothing is opened before it is needed. Where the browser denies storage, they fail as `StoreFailed` with
 * the problem `forbidden`; where the site has no more room, `full`.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Cells> => Layer.effect(Cells, make(options))
