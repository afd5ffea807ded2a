/** What went wrong at the server, in a store's words. Redis puts a code in front of each error: `READONLY You can't write …`. */

import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { ErrorReply } from "@redis/client"
import * as Data from "effect/Data"

/**
 * A command failed. `code` is the server's; `LOST` if there is no connection, `SLOW` if no answer came in time. The driver's error
 * stays out: it may hold the command.
 */
export class RedisFault extends Data.TaggedError("RedisFault")<{ readonly code: string }> {}

/** Before Redis 7 an error inside of a script stands behind one of the script. */
const INSIDE = /\b(?:MASTERDOWN|MISCONF|MOVED|NOPERM|OOM|READONLY|WRONGTYPE)\b/

/** Redis 7 has no code for a command that the user may not run in a script. */
const FORBIDDEN = /user executing the script can't/

const codeOf = (message: string): string => {
  const [code = "ERR"] = /^[A-Z]+/.exec(message) ?? []
  if (code !== "ERR") return code
  return FORBIDDEN.test(message) ? "NOPERM" : (INSIDE.exec(message)?.[0] ?? code)
}

export const faultOf = (error: unknown): RedisFault =>
  new RedisFault({ code: error instanceof ErrorReply ? codeOf(error.message) : "LOST" })

const away = (fix: string) => new StoreFailed({ remedy: "retry", problem: "unreachable", fix })

const forbidden = (fix: string) => new StoreFailed({ remedy: "configure", problem: "forbidden", fix })

const signIn = /* @__PURE__ */ forbidden("Redis refused the user or the password of the store's URL.")

const failures: Readonly<Record<string, StoreFailed>> = /* @__PURE__ */ (() => ({
  SLOW: away("Redis did not answer in time. The session asks again."),
  LOADING: away("Redis is reading its data. The session asks again."),
  READONLY: away("Redis is read-only: it is a replica, or it is being moved. Let the URL name the primary server."),
  NOAUTH: signIn,
  WRONGPASS: signIn,
  NOPERM: forbidden(
    "Redis does not let this user do that. Grant read, write, scripting and pub/sub for the keys of the prefix.",
  ),
  OOM: new StoreFailed({
    remedy: "configure",
    problem: "full",
    fix: "Redis has no memory left (maxmemory). Make room; what was stored before is still there.",
  }),
  MISCONF: new StoreFailed({
    remedy: "configure",
    problem: "full",
    fix: "Redis cannot write its log or its snapshot, and takes no writes. Look at its disk and its log.",
  }),
  WRONGTYPE: new StoreFailed({
    remedy: "configure",
    problem: "unreadable",
    fix: "Another program has written to the store's keys in Redis. Give the store a prefix of its own.",
  }),
  MOVED: new StoreFailed({
    remedy: "configure",
    problem: "unreachable",
    fix: "This Redis is a cluster. The store needs a single primary server.",
  }),
}))()

/** @category conversions */
export const storeFailure = ({ code }: RedisFault): StoreFailed =>
  failures[code] ?? away("Redis did not answer. The session asks again.")

export const unreadable = failures.WRONGTYPE as StoreFailed
