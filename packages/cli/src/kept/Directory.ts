/**
 * The folder of all that the command keeps: profiles, their sealed tokens, and the key. It is one folder on purpose. Processes agree
 * inside it which of them renews, so whoever finds the tokens also finds the agreement.
 *
 * It is loaded at each start, so it imports only what Node has.
 */

import { isAbsolute } from "node:path"
import * as UserDirectories from "@pbx-auth/store-node/UserDirectories"

/**
 * @category models
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/**
 * `$PBX_AUTH_DIRECTORY`, or the user's folder for the state of `pbx-auth`. `undefined` if no variable says where that is: another
 * source, such as the system's list of users, would find another folder than the same user's shells.
 *
 * @category getters
 */
export const of = ({ env, platform }: Surroundings): string | undefined => {
  const own = env.PBX_AUTH_DIRECTORY
  if (own !== undefined && own !== "") return isAbsolute(own) ? own : undefined
  const home = env.HOME ?? (platform === "win32" ? env.USERPROFILE : undefined) ?? ""
  const { state } = UserDirectories.of("pbx-auth", { env, platform, home })
  return isAbsolute(state) ? state : undefined
}
