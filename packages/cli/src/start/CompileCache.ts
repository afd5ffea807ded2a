/**
 * V8's compile cache: the modules of a command are compiled once for each user, and not at each start.
 *
 * Node runs what is in the cache without a check. A user who can write there can run code in a process that handles passwords, and
 * Node's own default is in the system's temporary folder, which everybody shares. So the cache is a folder of the user's own that no
 * other user can write to or replace. Without such a folder, there is no cache.
 */

import { existsSync, lstatSync, mkdirSync, realpathSync } from "node:fs"
import * as Module from "node:module"
import { dirname, isAbsolute, join } from "node:path"

/**
 * The user and the environment of the program.
 *
 * @category models
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /** The user id whose rights the process has; absent on Windows. */
  readonly user: number | undefined
}

/** The folder for data that can be made again. On Linux as the XDG Base Directory Specification has it. */
const cacheHome = ({ env, platform }: Surroundings): string | undefined => {
  const below = (base: string | undefined, ...path: ReadonlyArray<string>) =>
    base !== undefined && isAbsolute(base) ? join(base, ...path) : undefined
  if (platform === "win32") return below(env.LOCALAPPDATA)
  if (platform === "darwin") return below(env.HOME, "Library", "Caches")
  return below(env.XDG_CACHE_HOME) ?? below(env.HOME, ".cache")
}

const administrator = 0

/** Whether other users cannot rename what is in the folder: they may not write there, or only what is their own (the sticky bit). */
const keepsNames = (folder: string, user: number): boolean => {
  const { mode, uid } = lstatSync(folder)
  return (uid === user || uid === administrator) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0)
}

/** A folder with all that are above it. */
const upwards = (folder: string): ReadonlyArray<string> => {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...upwards(above)]
}

/** One by one: Node's recursive `mkdir` does not return on a file system that says there is no such folder, as `/proc` does. */
const make = (folder: string): void => {
  if (existsSync(folder)) return
  make(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

const nearestThatExists = (folder: string): string => (existsSync(folder) ? folder : nearestThatExists(dirname(folder)))

/**
 * The folder of the cache, made if it was not there; `undefined` if none is safe, or none can be made. Windows gives each user a
 * folder that others cannot write to, and says nothing more about that in a file's mode.
 *
 * @category getters
 */
export const folder = (surroundings: Surroundings): string | undefined => {
  const { user } = surroundings
  const home = cacheHome(surroundings)
  if (home === undefined) return undefined
  try {
    // Before anything is made: a program that was started with another user's HOME leaves nothing there.
    const above = upwards(realpathSync(nearestThatExists(home)))
    if (user !== undefined && !above.every((folder) => keepsNames(folder, user))) return undefined
    const own = join(home, "pbx-auth")
    make(own)
    // For a link this says that it is one.
    const found = lstatSync(own)
    const isOwn = user === undefined || (found.uid === user && (found.mode & 0o022) === 0)
    return found.isDirectory() && isOwn ? own : undefined
  } catch {
    return undefined
  }
}

/**
 * Turns the cache on for the modules that are loaded from now on, if there is a safe folder. With `NODE_COMPILE_CACHE` the user has
 * chosen a folder, which Node uses already; with `NODE_DISABLE_COMPILE_CACHE` there is no cache.
 *
 * @category running
 */
export const enable = (): void => {
  const { env, platform } = process
  if (Module.getCompileCacheDir() !== undefined || env.NODE_DISABLE_COMPILE_CACHE) return
  const own = folder({ env, platform, user: process.geteuid?.() })
  if (own !== undefined) Module.enableCompileCache(own)
}
