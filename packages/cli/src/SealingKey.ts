/**
 * The key that seals what is kept: a file that only its user can read, beside the sealed cells. Who can read both can read the tokens,
 * so it guards copies and backups of the cells alone, and no more than that.
 */

import { closeSync, fstatSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { type AuthError, fromReason, StoreFailed } from "@pbx-auth/providers/AuthError"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { keyFile } from "./Place.ts"

const failed = (problem: StoreFailed["problem"], fix: string): AuthError =>
  fromReason(new StoreFailed({ remedy: "configure", problem, fix }))

const codeOf = (error: unknown): string => String(Object(error).code)

/** The text of the file; `undefined` if there is none. One that others may read is refused. */
const read = (path: string): string | undefined => {
  try {
    const file = openSync(path, "r")
    try {
      const { mode, uid } = fstatSync(file)
      const user = process.geteuid?.()
      if (user !== undefined && (uid !== user || (mode & 0o077) !== 0)) {
        throw failed("forbidden", "The file of the sealing key is readable by others. Make it yours alone: chmod 600.")
      }
      return readFileSync(file, "utf8")
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    if (error instanceof Error && "reason" in error) throw error
    throw failed("forbidden", "The file of the sealing key cannot be read. Run as its owner.")
  }
}

/** Writes a new key, unless another process was quicker. */
const write = (directory: string, key: string): void => {
  const path = keyFile(directory)
  const beside = `${path}.${crypto.randomUUID()}.new`
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const file = openSync(beside, "wx", 0o600)
    try {
      writeFileSync(file, `${key}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    linkSync(beside, path)
  } catch (error) {
    if (codeOf(error) !== "EEXIST") {
      throw failed("forbidden", "The file of the sealing key cannot be written. Make room, or check who owns the folder.")
    }
  } finally {
    rmSync(beside, { force: true })
  }
}

/**
 * The keys of the folder, the newest first: one in each line. The first is made if there is none.
 *
 * @category constructors
 */
export const ring = (directory: string): Effect.Effect<KeyRing.KeyRing["Service"], AuthError> =>
  Effect.gen(function* () {
    const text = (path: string) => Effect.try({ try: () => read(path), catch: (error) => error as AuthError })
    const path = keyFile(directory)
    const found = yield* text(path)
    if (found !== undefined) return yield* KeyRing.parse(Redacted.make(found))
    const made = yield* KeyRing.generate
    yield* Effect.try({ try: () => write(directory, Redacted.value(made)), catch: (error) => error as AuthError })
    // That of another process, if it was quicker.
    return yield* KeyRing.parse(Redacted.make((yield* text(path)) ?? ""))
  })
