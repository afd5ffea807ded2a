/**
 * The hints of a store whose server tells of changes over a connection that stays open. An adapter says how to connect; the rest is
 * here: who watches what, the connection that is opened at the first need and again when it is lost, and the holders of this process,
 * who are announced again then.
 */

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import type { Cells, Presence } from "./Cells.ts"
import * as Watchers from "./Watchers.ts"

/**
 * A connection over which changes are heard, and by whose end a server notices that this process is dead.
 *
 * - `announce` says that a holder lives by this connection, `withdraw` that it needs that no more.
 * - `hear` ends or fails when the connection is lost.
 *
 * @category models
 */
export interface Line {
  /** Says that a holder lives by this connection. */
  announce(holder: string): Effect.Effect<unknown, unknown>
  /** Says that the holder needs that no more. */
  withdraw(holder: string): Effect.Effect<unknown, unknown>
  /** Waits for changes. It ends or fails when the connection is lost. */
  readonly hear: Effect.Effect<unknown, unknown>
}

/**
 * - `connect` opens a line, which calls `wake` with the name of each cell that changes. It fails if the server is away.
 * - `seemsGone` asks whether the line by which a holder lives has ended. It must be false after a restart of the server, which ends all
 *   lines.
 *
 * @category models
 */
export interface Server {
  /** Opens a line for as long as the scope is open. Fails if the server is away. */
  connect(wake: (name: string) => void): Effect.Effect<Line, unknown, Scope.Scope>
  /** Whether the line by which a holder lives has ended. */
  seemsGone(holder: string): Effect.Effect<boolean, unknown>
}

/**
 * The hints of `Cells`.
 *
 * @category models
 */
export interface Hints {
  /** For `Cells.watch`. */
  readonly watch: NonNullable<Cells["Service"]["watch"]>
  /** For `Cells.presence`. */
  readonly presence: Presence
}

/** After a loss: at once, then ever slower, in ms. A living process is to be back before others ask twice. */
const AGAIN = { first: 50, last: 5_000 }

/** How long a session waits for its announcement, at most. */
const ANNOUNCE = /* @__PURE__ */ Duration.seconds(1)

/** A living process that lost its connection announces itself again meanwhile. */
const SURELY = /* @__PURE__ */ Duration.seconds(1)

const briefly = (effect: Effect.Effect<unknown, unknown>): Effect.Effect<void> =>
  Effect.ignore(Effect.timeout(effect, ANNOUNCE))

/**
 * Keeps a line to the server open, and connects again after a loss, ever slower up to 5 s.
 *
 * @category constructors
 */
export const make = ({ connect, seemsGone }: Server): Effect.Effect<Hints, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.Scope
    const watchers = Watchers.make()
    const holders = new Set<string>()
    const connected = yield* Latch.make()
    let line: Line | undefined
    let opened = false
    let losses = 0

    const keep = Effect.scoped(
      Effect.gen(function* () {
        const next = yield* connect(watchers.wake)
        losses = 0
        // First: a holder that is added meanwhile announces itself.
        line = next
        yield* Effect.forEach(holders, next.announce, { discard: true })
        connected.openUnsafe()
        watchers.wakeAll()
        yield* next.hear
      }),
    ).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          line = undefined
          connected.closeUnsafe()
        }),
      ),
    )

    const again = Effect.flatMap(Random.nextBetween(0.5, 1), (part) => {
      losses += 1
      return Effect.sleep(losses === 1 ? 0 : part * Math.min(AGAIN.first * 2 ** losses, AGAIN.last))
    })

    const open = Effect.suspend((): Effect.Effect<void> => {
      if (opened) return Effect.void
      opened = true
      return Effect.asVoid(Effect.forkIn(Effect.forever(Effect.andThen(Effect.ignore(keep), again)), scope))
    })

    const seems = (holder: string) => Effect.orElseSucceed(seemsGone(holder), () => false)

    return {
      watch: (name) => Effect.andThen(open, watchers.watch(name)),
      presence: {
        announce: (holder) =>
          Effect.acquireRelease(
            Effect.andThen(
              Effect.andThen(
                Effect.sync(() => holders.add(holder)),
                open,
              ),
              // While there is no line, the next one announces all holders.
              Effect.suspend(() => briefly(line === undefined ? connected.await : line.announce(holder))),
            ),
            () =>
              Effect.suspend(() => {
                holders.delete(holder)
                return line === undefined ? Effect.void : briefly(line.withdraw(holder))
              }),
          ),
        isGone: (holder) =>
          Effect.flatMap(seems(holder), (gone) => (gone ? Effect.delay(seems(holder), SURELY) : Effect.succeed(false))),
      },
    }
  })
