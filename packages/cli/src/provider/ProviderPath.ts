/**
 * The path of a file that holds a provider. The file is code, and the code is given passwords. So a path is always explicit: a bare
 * name, which Node would look for in `node_modules`, is none. It is loaded at each start, so it imports nothing heavy.
 */

import { statSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { codeOf } from "../shell/SystemError.ts"

/**
 * What `--provider` takes.
 *
 * @category constants
 */
export const rule = "a path that begins with ./, ../ or /, or a file URL"

/**
 * @category guards
 */
export const isPath = (text: string): boolean => /^(\.{1,2}[/\\]|\/|file:\/\/\/)/.test(text) && !/\p{Cc}/u.test(text)

/**
 * The full path, as a profile keeps it.
 *
 * @category conversions
 */
export const absolute = (text: string): string => {
  try {
    return resolve(text.startsWith("file:") ? fileURLToPath(text) : text)
  } catch {
    // A URL that is no path, such as one with an escaped slash. The file will not be found.
    return resolve(text.slice("file://".length))
  }
}

/**
 * Why there is no file at a path: the system's code, or that it is a folder; `undefined` if there is one.
 *
 * @category getters
 */
export const missing = (path: string): string | undefined => {
  try {
    return statSync(path).isFile() ? undefined : "a folder"
  } catch (error) {
    return codeOf(error)
  }
}
