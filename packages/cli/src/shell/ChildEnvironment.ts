/** The environment of a program that the command starts. */

import * as Variable from "./Variable.ts"

type Env = Readonly<Record<string, string | undefined>>

/**
 * This process's environment without our secrets, and without the variables that name files with them.
 *
 * @category getters
 */
export const of = (env: Env): Env => {
  const secrets = Variable.secrets()
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.includes(name)))
}
