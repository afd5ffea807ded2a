/** What a file system's refusals mean for a store. */
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import { isPlatformError, type PlatformError } from "effect/PlatformError"
import { hasProperty } from "effect/Predicate"
import { configure } from "../Failures.ts"

/** The operating system's word, such as `ENOSPC`, or Effect's. */
const codeOf = ({ reason }: PlatformError): string =>
  hasProperty(reason.cause, "code") && typeof reason.cause.code === "string" ? reason.cause.code : reason._tag

/**
 * Whether an error is a file system's, with one of these words.
 *
 * @category guards
 */
export const isOf =
  (...codes: ReadonlyArray<string>) =>
  (error: unknown): boolean =>
    isPlatformError(error) && codes.includes(codeOf(error))

/** @category guards */
export const isNotFound = /* @__PURE__ */ isOf("ENOENT", "NotFound")

/** @category guards */
export const isThere = /* @__PURE__ */ isOf("EEXIST", "ENOTEMPTY", "AlreadyExists")

const isFull = /* @__PURE__ */ isOf("ENOSPC", "EDQUOT", "EFBIG", "WriteZero")
const isReadOnly = /* @__PURE__ */ isOf("EROFS")
const isForbidden = /* @__PURE__ */ isOf("EACCES", "EPERM", "PermissionDenied")
const isWrongPlace = /* @__PURE__ */ isOf("ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG", "BadResource", "BadArgument")

/** @category errors */
export const gone = new StoreFailed({
  remedy: "retry",
  problem: "unreachable",
  fix: "The token store's directory is not there any more. Mount or restore it, or start again to begin with an empty one.",
})

/** @category errors */
export const noHardLinks = /* @__PURE__ */ configure(
  undefined,
  "The file system of the token store's directory has no hard links, so processes cannot share it safely. " +
    "Choose a directory on a local disk, or keep the tokens in SQLite.",
)

/**
 * Whether there are no hard links, said of a `link` beside a file that this process has just written.
 *
 * @category guards
 */
export const isWithoutLinks = /* @__PURE__ */ isOf(
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EINVAL",
  "EXDEV",
  "EMLINK",
)

const failureOf = (error: PlatformError): StoreFailed => {
  if (isFull(error))
    return configure("full", "There is no room left for the token store. Free some space on its disk or quota.")
  if (isReadOnly(error)) {
    return configure(
      "forbidden",
      "The token store's file system is read-only. Mount it for writing, or choose another directory.",
    )
  }
  if (isForbidden(error)) {
    return configure(
      "forbidden",
      "This process may not use the token store's directory. Run as its owner, or choose another directory.",
    )
  }
  if (isWrongPlace(error)) {
    return configure(
      undefined,
      "The token store's directory is no directory, or its path cannot be used. Choose another one.",
    )
  }
  return new StoreFailed({
    remedy: "retry",
    problem: "unreachable",
    fix: "The token store's disk did not answer. Try again.",
  })
}

/**
 * What is left of a file system's failures. A file that fails as it is closed comes as a defect.
 *
 * @category combinators
 */
export const told = <A, E, R>(effect: Effect.Effect<A, E | PlatformError, R>) =>
  effect.pipe(
    Effect.catchDefect((defect) => (isPlatformError(defect) ? Effect.fail(defect) : Effect.die(defect))),
    Effect.mapError((error) => (isPlatformError(error) ? failureOf(error) : error)),
  ) as Effect.Effect<A, Exclude<E, PlatformError> | StoreFailed, R>
