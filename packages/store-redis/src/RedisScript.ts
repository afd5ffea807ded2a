/** A script that the server runs as one command. It is sent as a whole only if the server does not know it. */

import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import type { RedisConnection, Reply } from "./RedisConnection.ts"
import type { RedisFault } from "./RedisProblem.ts"

export const make = ({ send }: Pick<RedisConnection, "send">, script: string) => {
  const sha = createHash("sha1").update(script).digest("hex")
  return (
    keys: ReadonlyArray<string>,
    values: ReadonlyArray<string | Uint8Array>,
  ): Effect.Effect<Reply, RedisFault> => {
    const args = [String(keys.length), ...keys, ...values]
    return Effect.catchIf(
      send("EVALSHA", sha, ...args),
      // The server does not know the script yet, or not any more. It has done nothing.
      ({ code }) => code === "NOSCRIPT",
      () => send("EVAL", script, ...args),
    )
  }
}
