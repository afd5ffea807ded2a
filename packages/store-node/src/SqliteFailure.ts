/** What SQLite's failures mean for a store. The numbers are its primary result codes: https://www.sqlite.org/rescode.html */
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { hasProperty } from "effect/Predicate"

const configure = (problem: StoreFailed["problem"], fix: string) =>
  new StoreFailed({ remedy: "configure", problem, fix })

/** The primary code is the lowest byte of an extended one. */
const codeOf = (error: unknown): number =>
  hasProperty(error, "errcode") && typeof error.errcode === "number" ? error.errcode & 0xff : 0

const PERM = 3
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

/** @category guards */
export const isBusy = (error: unknown): boolean => [BUSY, LOCKED].includes(codeOf(error))

/** @category errors */
export const noLog = /* @__PURE__ */ configure(
  undefined,
  "SQLite cannot keep its write-ahead log where the token store's database is. Put it on a disk of this machine.",
)

/** @category errors */
export const newer = /* @__PURE__ */ configure(
  "newer",
  "A later version of pbx-auth made the token store's database, or another program did. Update this one, or choose another path.",
)

/** @category errors */
export const of = (error: unknown): StoreFailed => {
  if (error instanceof StoreFailed) return error
  switch (codeOf(error)) {
    case FULL:
      return configure("full", "There is no room left for the token store. Free some space on its disk or quota.")
    case PERM:
    case READONLY:
    case CANTOPEN:
      return configure(
        "forbidden",
        "This process may not write the token store's database, or its directory is gone. Give it the right to, or choose another path.",
      )
    case CORRUPT:
    case NOTADB:
      return configure(
        "unreadable",
        "The token store's database is damaged, or no database of SQLite. Put it back from a backup, or remove it and sign in again.",
      )
    case BUSY:
    case LOCKED:
      return new StoreFailed({
        remedy: "retry",
        problem: "unreachable",
        fix: "Another process keeps the token store's database busy. Try again; if it stays so, look for a process that is stopped.",
      })
    default:
      return new StoreFailed({
        remedy: "retry",
        problem: "unreachable",
        fix: "The token store's disk did not answer. Try again.",
      })
  }
}
