/**
 * Cells: named bytes with a version, in one place that many processes may share. This is all that a new kind of store has to provide.
 *
 * A cell's bytes are already sealed, and its name reveals nobody. So an adapter needs no knowledge of tokens.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { type Presence, StoreConflict } from "@pbx-auth/session/TokenStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

/**
 * What a cell holds, and the version under which it was read. A version is a name, without an order.
 *
 * @category models
 */
export interface Cell {
  /** The name of this state of the cell. It occurs once in the life of a cell's name. */
  readonly version: string
  /** The content: sealed, if a `SealedTokenStore` wrote it. */
  readonly bytes: Uint8Array
}

/**
 * How long a name may be, in bytes of UTF-8. It leaves room for an adapter that makes a file's name of it.
 *
 * @category constants
 */
export const MAX_NAME = 120

/**
 * A name has any letters but U+0000, and at most `MAX_NAME` bytes. Names that differ in a letter's case or form are two.
 *
 * - `read` returns a cell, or `undefined` if nobody wrote it. A cell that cannot be read is an error, and never `undefined`.
 * - `replace` writes `next` if the cell still has the version `expected` (`undefined`: no cell), and returns the new version. `next`
 *   `undefined` removes the cell. It must be atomic between processes, and a cell that was acknowledged must survive a crash. A
 *   version must not occur twice in the life of a name, also after a removal.
 * - `list` returns the names that begin with `prefix`, in no particular order.
 * - `watch`, if the store can tell of changes: begins to watch one name for as long as the scope is open. The effect that it returns
 *   waits until the cell may have changed since the last wait, or since the watch began. It is a hint: it may come without a change
 *   and may fail to come, so a reader still reads from time to time. It never fails.
 * - `presence`, if the store can tell that a holder is dead: `announce` says that `holder` lives, for as long as the scope is open.
 *   `isGone` is true only if `holder` was announced and its process is surely dead. Neither of them fails.
 *
 * A store that does not answer fails as `StoreFailed` with the remedy `retry`; what will not pass by itself has the remedy
 * `configure`, with a `problem` and a `fix`.
 *
 * @category services
 */
export class Cells extends /* @__PURE__ */ Context.Service<
  Cells,
  {
    /** The cell of a name; `undefined` if nobody wrote it. Fails as `StoreFailed` if it cannot be read. */
    read(name: string): Effect.Effect<Cell | undefined, StoreFailed>
    /** Writes over the version `expected`, atomically, and returns the new one. Fails as `StoreConflict` if another is there. */
    replace(
      name: string,
      expected: string | undefined,
      next: Uint8Array | undefined,
    ): Effect.Effect<string, StoreConflict | StoreFailed>
    /** The names that begin with `prefix`. */
    list(prefix: string): Effect.Effect<ReadonlyArray<string>, StoreFailed>
    /** Waits until a cell may have changed. A hint, and optional. */
    readonly watch?: ((name: string) => Effect.Effect<Effect.Effect<void>, never, Scope.Scope>) | undefined
    /** Tells whether a holder is dead. Optional. */
    readonly presence?: Presence | undefined
  }
>()("@pbx-auth/store/Cells") {
  /** Cells of this process, for as long as the layer lives. */
  static readonly layerMemory = /* @__PURE__ */ Layer.suspend(() => Layer.effect(Cells, makeMemory))
}

export type { Presence }

/**
 * Cells that live as long as the value. They have no hints: sessions of one process meet in the session already.
 *
 * @category constructors
 */
export const makeMemory: Effect.Effect<Cells["Service"]> = /* @__PURE__ */ Effect.sync(() => {
  const cells = new Map<string, Cell>()
  let writes = 0
  return {
    read: (name) => Effect.sync(() => cells.get(name)),
    replace: (name, expected, next) =>
      Effect.suspend(() => {
        if (cells.get(name)?.version !== expected) return Effect.fail(new StoreConflict())
        writes += 1
        const version = String(writes)
        if (next === undefined) cells.delete(name)
        else cells.set(name, { version, bytes: next })
        return Effect.succeed(version)
      }),
    list: (prefix) => Effect.sync(() => [...cells.keys()].filter((name) => name.startsWith(prefix))),
  }
})
