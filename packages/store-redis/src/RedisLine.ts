/**
 * The connection that is subscribed. It hears of changes, and its subscription to a channel of its own shows other processes that this
 * one lives: the server ends it with the connection, so at once when the process is killed.
 */

import type { Line } from "@pbx-auth/store/Hints"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Address, lost, open, type RedisConnection } from "./RedisConnection.ts"
import { faultOf, type RedisFault } from "./RedisProblem.ts"

/** The names that hints use in Redis. */
export interface Names {
  /** The channel where changes are told. */
  readonly changed: string
  /** The channel of one connection. */
  readonly alive: (connection: string) => string
  /** The key that says which connection a holder lives by. */
  readonly holder: (holder: string) => string
}

/** How long an announcement is kept, in seconds. A process that dies leaves it behind. */
const KEPT = "86400"

export const connect = (
  address: Address,
  timeout: Duration.Duration,
  { run, send }: RedisConnection,
  names: Names,
  wake: (name: string) => void,
): Effect.Effect<Line, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* open(address, timeout)
    // Another channel for each connection: the server may take the old one for alive for a while, and end it only then.
    const own = crypto.randomUUID()
    const subscribe = (channel: string, heard: (name: string) => void) =>
      Effect.tryPromise({ try: () => client.subscribe(channel, heard), catch: faultOf }).pipe(Effect.timeout(timeout))
    yield* subscribe(names.alive(own), () => undefined)
    yield* subscribe(names.changed, wake)
    return {
      announce: (holder) =>
        Effect.flatMap(run, (started) =>
          // Without the server's start nobody could tell a restart of the server from a death.
          started === "" ? Effect.succeed(null) : send("SET", names.holder(holder), `${started} ${own}`, "EX", KEPT),
        ),
      withdraw: (holder) => send("DEL", names.holder(holder)),
      hear: lost(client),
    }
  })

/** Whether the connection by which a holder lives is gone. After a restart of the server nobody knows. */
export const seemsGone = (
  { run, send }: RedisConnection,
  names: Names,
  holder: string,
): Effect.Effect<boolean, RedisFault> =>
  Effect.gen(function* () {
    const kept = yield* send("GET", names.holder(holder))
    if (!(kept instanceof Uint8Array)) return false
    const [started, connection = ""] = new TextDecoder().decode(kept).split(" ")
    const subscribers = yield* send("PUBSUB", "NUMSUB", names.alive(connection))
    return started === (yield* run) && Array.isArray(subscribers) && subscribers[1] === 0
  })
