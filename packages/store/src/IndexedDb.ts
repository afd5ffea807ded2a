/**
 * The database of this page's origin, in which cells and the sealing key are kept.
 *
 * It is opened when it is first needed, and again when the browser has closed it.
 */

import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import { configure } from "./Failures.ts"

/** What the database holds: cells by name, the holders that were announced, and the sealing key. */
type Table = "cells" | "holders" | "keys"

const TABLES: ReadonlyArray<Table> = ["cells", "holders", "keys"]

/**
 * One database.
 *
 * @category models
 */
export interface IndexedDb {
  /**
   * Runs `body` in one transaction, which excludes those of all tabs, and returns what `body` passed to `done`. The effect ends when the
   * browser says that the transaction is on the disk.
   */
  readonly transact: <A>(
    table: Table,
    mode: IDBTransactionMode,
    body: (store: IDBObjectStore, done: (value: A) => void) => void,
  ) => Effect.Effect<A, StoreFailed>
}

/**
 * @category constructors
 */
export const insecure = () =>
  configure(
    "forbidden",
    "This page has no crypto.subtle, so nothing can be sealed. Serve it over https, or from localhost.",
  )

/** What the browser's words mean (Indexed Database API 3.0, §4 and Web IDL's DOMException names). */
const failureOf = (error: unknown): StoreFailed => {
  switch (error instanceof DOMException && error.name) {
    case "QuotaExceededError":
      return configure(
        "full",
        "The browser gives this site no more room. Free some space, or delete other data of the site.",
      )
    case "SecurityError":
    case "NotAllowedError":
      return configure(
        "forbidden",
        "The browser denies storage to this page. Allow site data for it, and use it outside of a sandboxed frame.",
      )
    case "VersionError":
      return configure(
        "newer",
        "The site's database was made by a later version of this library. Reload the page to get that version.",
      )
    // What is there cannot be read, or another program's tables are in a database of this name.
    case "NotReadableError":
    case "DataError":
    case "NotFoundError":
      return configure(
        "unreadable",
        "The site's database is damaged, or another program made it. Delete it or choose another name, and sign in again.",
      )
    default:
      // AbortError, InvalidStateError (closing), UnknownError (the disk), TimeoutError.
      return new StoreFailed({ remedy: "retry", problem: "unreachable" })
  }
}

const opened = (name: string, closed: () => void) =>
  new Promise<IDBDatabase>((resolve, reject) => {
    if (!globalThis.indexedDB) throw new DOMException("", "SecurityError")
    // In a frame without an origin it is there, and throws.
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => {
      for (const table of TABLES) request.result.createObjectStore(table)
    }
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const database = request.result
      database.onclose = closed
      // Somebody deletes the database. It waits for us.
      database.onversionchange = () => {
        database.close()
        closed()
      }
      resolve(database)
    }
  })

/**
 * The database of this name.
 *
 * @category constructors
 */
export const make = (name: string): IndexedDb => {
  let connection: Promise<IDBDatabase> | undefined
  const close = () => {
    connection = undefined
  }
  const connected = Effect.tryPromise({
    try: () => {
      connection ??= opened(name, close)
      return connection
    },
    catch: (error) => {
      close()
      return failureOf(error)
    },
  })
  return {
    transact: <A>(
      table: Table,
      mode: IDBTransactionMode,
      body: (store: IDBObjectStore, done: (value: A) => void) => void,
    ) =>
      Effect.flatMap(connected, (database) =>
        Effect.callback<A, StoreFailed>((resume) => {
          const fail = (error: unknown) => resume(Effect.fail(failureOf(error)))
          try {
            const transaction = database.transaction(table, mode, { durability: "strict" })
            let value: { readonly of: A } | undefined
            transaction.oncomplete = () => (value === undefined ? fail(undefined) : resume(Effect.succeed(value.of)))
            transaction.onabort = () => fail(transaction.error)
            body(transaction.objectStore(table), (of) => {
              value = { of }
            })
            return Effect.sync(() => {
              try {
                transaction.abort()
              } catch {
                // It is over already.
              }
            })
          } catch (error) {
            // The connection is closing.
            database.close()
            close()
            return fail(error)
          }
        }),
      ),
  }
}
