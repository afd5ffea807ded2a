/**
 * One connection that listens. It hears of changes (LISTEN), and it holds an advisory lock by which other processes see that this one
 * lives: the server frees the lock of a killed process within some 20 ms. It is opened at the first need, and again when it is lost.
 */

import * as PgConnection from "@effect/sql-pg/PgConnection"
import type { Watchers } from "@pbx-auth/store/Watchers"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import type { Statements } from "./PostgresTable.ts"

/** The connection while it lives, and the lock that it holds. */
interface Line {
  readonly connection: PgConnection.PgConnection
  readonly lock: string
}

export interface PostgresListener {
  /** Opens the connection if nobody has. */
  readonly open: Effect.Effect<void>
  /** Says that a holder of this process lives, for as long as the scope is open. */
  announce(holder: string): Effect.Effect<void, never, Scope.Scope>
}

/** After a loss: at once, then ever slower, in ms. A living process is to be back before others ask twice. */
const AGAIN = { first: 50, last: 5_000 }

/** So that a network that drops quiet connections does not drop this one, and a dead one is noticed. */
const KEEP_ALIVE = /* @__PURE__ */ Duration.seconds(30)

/** How long a session waits for its announcement, at most. */
const ANNOUNCE = /* @__PURE__ */ Duration.seconds(1)

export const make = (
  config: PgConnection.Config,
  statements: Statements,
  watchers: Watchers,
): Effect.Effect<PostgresListener, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.Scope
    const holders = new Set<string>()
    const connected = yield* Latch.make()
    let line: Line | undefined
    let opened = false
    let losses = 0

    // Another lock for each connection: the server may take the old one for alive for a while, and free its lock only then.
    const connect = Effect.gen(function* () {
      const lock = String(crypto.getRandomValues(new BigInt64Array(1))[0])
      const { pin } = yield* PgConnection.make({ keepAlive: KEEP_ALIVE, ...config })
      const connection = yield* pin
      const changes = yield* connection.listen(statements.channel)
      yield* connection.query("SELECT pg_advisory_lock($1::bigint)", [lock])
      yield* connection.query(statements.sweep)
      // Before the holders: one that is added meanwhile announces itself.
      line = { connection, lock }
      losses = 0
      for (const holder of holders) yield* connection.query(statements.announce, [holder, lock])
      connected.openUnsafe()
      watchers.wakeAll()
      return changes
    })

    const hear = Effect.scoped(
      Effect.flatMap(connect, (changes) =>
        Effect.forever(Effect.map(Queue.take(changes), ({ payload }) => watchers.wake(payload))),
      ),
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

    const tell = (statement: string, holder: string) =>
      line === undefined
        ? Effect.void
        : Effect.ignore(Effect.timeout(line.connection.query(statement, [holder, line.lock]), ANNOUNCE))

    // While there is no connection, the next one announces all holders.
    const announce = (holder: string) =>
      line === undefined ? Effect.ignore(Effect.timeout(connected.await, ANNOUNCE)) : tell(statements.announce, holder)

    const open = Effect.suspend((): Effect.Effect<void> => {
      if (opened) return Effect.void
      opened = true
      return Effect.asVoid(Effect.forkIn(Effect.forever(Effect.andThen(Effect.ignore(hear), again)), scope))
    })

    return {
      open,
      announce: (holder) =>
        Effect.acquireRelease(
          Effect.suspend(() => {
            holders.add(holder)
            return Effect.andThen(open, announce(holder))
          }),
          () =>
            Effect.suspend(() => {
              holders.delete(holder)
              return tell(statements.withdraw, holder)
            }),
        ),
    }
  })
