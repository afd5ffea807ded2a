/**
 * The names of cells as names of files. Two names never meet in one file, also where a file system takes `a` for `A`, knows one form of
 * `é` only, or keeps `CON` for itself.
 */
import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"

/** File names end at 255 bytes. A longer name gets a digest, and the frame inside says what it is. */
const LONGEST = 200

/** Without the flag `u`, it replaces each UTF-16 unit, also half of a pair. */
const escaped = (name: string): string =>
  name.replace(/[^a-z0-9-]/g, (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** @category naming */
export const fileNameOf = (prefix: "cell" | "holder", name: string): Effect.Effect<string> => {
  const short = escaped(name)
  return short.length <= LONGEST
    ? Effect.succeed(`${prefix}-${short}`)
    : Effect.promise(async () => {
        const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(short))
        return `${prefix}_${Hex.encode(new Uint8Array(digest))}`
      })
}

/**
 * The name of a cell whose file's name says it.
 *
 * @category naming
 */
export const nameOf = (fileName: string): string | undefined =>
  fileName.startsWith("cell-")
    ? fileName
        .slice("cell-".length)
        .replace(/_([0-9a-f]{4})/g, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)))
    : undefined

/** @category naming */
export const isCell = (fileName: string): boolean => /^cell[-_]/.test(fileName)
