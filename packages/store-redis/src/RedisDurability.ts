/**
 * Whether a Redis keeps what it acknowledges. It is a cache by default, and says so nowhere.
 *
 * https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */

import * as Effect from "effect/Effect"
import { type RedisConnection, type Reply, text } from "./RedisConnection.ts"
import type { RedisFault } from "./RedisProblem.ts"

const PARAMETERS = ["appendonly", "appendfsync", "maxmemory", "maxmemory-policy"] as const

type Parameter = (typeof PARAMETERS)[number]

/** What there is to say about a server with this configuration; `undefined` means that it does not tell. */
export const warnings = (said: Readonly<Record<Parameter, string>> | undefined): ReadonlyArray<string> => {
  if (said === undefined)
    return [
      "Redis does not tell its configuration (CONFIG is not allowed), so nobody knows whether it keeps tokens. " +
        "Make sure that its append-only file is on and that it evicts nothing.",
    ]
  const found: Array<string> = []
  if (said.appendonly !== "yes")
    found.push(
      "Redis keeps no append-only file (appendonly no): when it ends, tokens that it acknowledged are lost, and accounts must sign in " +
        "again. Set appendonly yes and appendfsync always.",
    )
  else if (said.appendfsync !== "always")
    found.push(
      `Redis may lose the last second when its machine fails (appendfsync ${said.appendfsync}), and with it a renewed token. ` +
        "Set appendfsync always.",
    )
  // The records have no time to live, so only the policies for all keys evict them.
  if (said.maxmemory !== "0" && said["maxmemory-policy"].startsWith("allkeys"))
    found.push(
      `Redis evicts tokens when its memory is full (maxmemory-policy ${said["maxmemory-policy"]}). ` +
        "Set maxmemory-policy noeviction, or give the tokens a Redis of their own.",
    )
  return found
}

/** Asks the server, and logs each warning. It fails if the connection was lost meanwhile. */
export const check = ({ send }: Pick<RedisConnection, "send">): Effect.Effect<void, RedisFault> =>
  Effect.forEach(PARAMETERS, (parameter) =>
    // One by one: before Redis 7 the command takes one.
    Effect.map(send("CONFIG", "GET", parameter), (reply) => text((reply as ReadonlyArray<Reply>)[1])),
  ).pipe(
    Effect.map(
      ([appendonly = "", appendfsync = "", maxmemory = "0", policy = ""]) =>
        ({ appendonly, appendfsync, maxmemory, "maxmemory-policy": policy }) as const,
    ),
    Effect.catchIf(
      ({ code }) => code !== "LOST" && code !== "SLOW",
      () => Effect.succeed(undefined),
    ),
    Effect.flatMap((said) => Effect.forEach(warnings(said), (words) => Effect.logWarning(words), { discard: true })),
  )
