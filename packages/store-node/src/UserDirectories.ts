/**
 * Where a program keeps what belongs to a user, by the rules of the system:
 *
 * | | Linux and the like | macOS | Windows |
 * | --- | --- | --- | --- |
 * | `config` | `$XDG_CONFIG_HOME`, else `~/.config` | `~/Library/Application Support` | `%APPDATA%` |
 * | `state` | `$XDG_STATE_HOME`, else `~/.local/state` | `~/Library/Application Support` | `%LOCALAPPDATA%` |
 * | `cache` | `$XDG_CACHE_HOME`, else `~/.cache` | `~/Library/Caches` | `%LOCALAPPDATA%` |
 *
 * On macOS the XDG variables win, too, where they are set. A variable with a relative path is not followed, as the XDG Base Directory
 * Specification 0.8 demands.
 */
import { homedir } from "node:os"
import { posix, win32 } from "node:path"

/**
 * Whole paths, which end with the program's name. None of them is made or looked at.
 *
 * @category models
 */
export interface UserDirectories {
  /** What the user writes and may carry to another machine. */
  readonly config: string
  /** What is kept between runs and belongs to this machine, such as tokens. */
  readonly state: string
  /** What may be removed at any time. */
  readonly cache: string
}

/**
 * What the directories follow from. By default, it is what this process has.
 *
 * @category models
 */
export interface Surroundings {
  /** `process.platform`. */
  readonly platform?: NodeJS.Platform | undefined
  /** `process.env`: the XDG variables, on Windows `APPDATA` and `LOCALAPPDATA`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** The user's home directory, as a whole path. */
  readonly home?: string | undefined
}

/**
 * The directories of a program for the current user. It only computes: it makes nothing and looks at nothing.
 *
 * @category constructors
 */
export const of = (
  program = "pbx-auth",
  { env = process.env, home = homedir(), platform = process.platform }: Surroundings = {},
): UserDirectories => {
  const { isAbsolute, join } = platform === "win32" ? win32 : posix
  const at = (variable: string, ...standard: ReadonlyArray<string>) => {
    const set = env[variable] ?? ""
    return join(isAbsolute(set) ? set : join(home, ...standard), program)
  }
  switch (platform) {
    case "win32": {
      const local = at("LOCALAPPDATA", "AppData", "Local")
      return { config: at("APPDATA", "AppData", "Roaming"), state: local, cache: join(local, "Cache") }
    }
    case "darwin": {
      const support = ["Library", "Application Support"]
      return {
        config: at("XDG_CONFIG_HOME", ...support),
        state: at("XDG_STATE_HOME", ...support),
        cache: at("XDG_CACHE_HOME", "Library", "Caches"),
      }
    }
    default:
      return {
        config: at("XDG_CONFIG_HOME", ".config"),
        state: at("XDG_STATE_HOME", ".local", "state"),
        cache: at("XDG_CACHE_HOME", ".cache"),
      }
  }
}
