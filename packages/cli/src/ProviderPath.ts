/**
 * The path of a file that holds a provider. The file is code, and the code is given passwords. So a path is always explicit: a bare
 * name, which Node would look for in `node_modules`, is none. It is loaded at each start, so it imports nothing heavy.
 */

import { resolve } from "node:path"
import { fileURLToPath } from "node:url"

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
