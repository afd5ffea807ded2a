/**
 * The folder of all that the command keeps: profiles, their sealed tokens, and the key. It is one folder on purpose. Processes agree
 * inside it which of them renews, so whoever finds the tokens also finds the agreement.
 *
 * It is loaded at each start, so it imports only what Node has.
 */

import { isAbsolute, join } from "node:path"

/**
 * @category models
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/**
 * `$PBX_AUTH_DIRECTORY`, or `pbx-auth` in the folder for a program's state: `$XDG_STATE_HOME` or `~/.local/state` (XDG Base Directory
 * Specification), `~/Library/Application Support`, `%LOCALAPPDATA%`. `undefined` if no variable says where that is.
 *
 * @category getters
 */
export const of = ({ env, platform }: Surroundings): string | undefined => {
  const below = (base: string | undefined, ...path: ReadonlyArray<string>) =>
    base !== undefined && isAbsolute(base) ? join(base, ...path, "pbx-auth") : undefined
  const own = env.PBX_AUTH_DIRECTORY
  if (own !== undefined && own !== "") return isAbsolute(own) ? own : undefined
  if (platform === "win32") return below(env.LOCALAPPDATA)
  if (platform === "darwin") return below(env.HOME, "Library", "Application Support")
  return below(env.XDG_STATE_HOME) ?? below(env.HOME, ".local", "state")
}
