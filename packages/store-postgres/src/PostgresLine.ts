/**
 * The connection that listens. It hears of changes (LISTEN), and it holds an advisory lock by which other processes see that this one
 * lives: the server frees the lock of a killed process within some 20 ms.
 */

import * as PgConnection from "@effect/sql-pg/PgConnection"
import type { Line } from "@pbx-auth/store/Hints"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Statements } from "./PostgresTable.ts"

/** So that a network that drops quiet connections does not drop this one, and a dead one is noticed. */
const KEEP_ALIVE = /* @__PURE__ */ Duration.seconds(30)

export const connect = (
  config: PgConnection.Config,
  statements: Statements,
  wake: (name: string) => void,
): Effect.Effect<Line, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    // Another lock for each connection: the server may take the old one for alive for a while, and free its lock only then.
    const lock = String(crypto.getRandomValues(new BigInt64Array(1))[0])
    const { pin } = yield* PgConnection.make({ keepAlive: KEEP_ALIVE, ...config })
    const connection = yield* pin
    const changes = yield* connection.listen(statements.channel)
    yield* connection.query("SELECT pg_advisory_lock($1::bigint)", [lock])
    yield* connection.query(statements.sweep)
    return {
      announce: (holder) => connection.query(statements.announce, [holder, lock]),
      withdraw: (holder) => connection.query(statements.withdraw, [holder, lock]),
      hear: Effect.forever(Effect.map(Queue.take(changes), ({ payload }) => wake(payload))),
    }
  })
