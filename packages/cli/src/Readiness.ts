/**
 * What is wrong before anything is loaded, asked or sent: the provider cannot do it, or a variable is missing. It follows from two
 * tables, so a script learns it at once.
 */

import type { Run } from "./Arguments.ts"
import type { Failure, Place } from "./Failure.ts"
import { names, providers } from "./ProviderTable.ts"
import { missing, problemOf, type Variable } from "./Variable.ts"

/**
 * Where a command runs.
 *
 * @category models
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a person is at the terminal, who can be asked for missing variables. */
  readonly isSomebodyThere: () => boolean
}

const failure = (error: string, line: string, ...places: ReadonlyArray<Place>): Failure => ({
  error,
  remedy: "configure",
  line,
  places,
})

const usage = (line: string): Failure => failure("Usage", line)

/** The providers that can do something, in words: `skyswitch or ipex`. */
const whoCan = (what: "actsForOthers" | "inspects"): string =>
  names.filter((name) => providers[name][what]).join(" or ")

type SigningIn = Extract<Run, { readonly wants: "token" | "inspect" }>

const unable = (run: SigningIn): Failure | undefined => {
  const { actAs, argument, basicEncoding, json } = run.given
  const { actsForOthers, inspects, takesBasic, title } = providers[argument]
  if (run.wants === "token" && json === true && run.given.curlConfig === true) {
    return usage("Choose --json or --curl-config, not both.")
  }
  if (run.wants === "inspect" && !inspects) {
    return usage(`${title} describes no way to ask about a token. Choose ${whoCan("inspects")}.`)
  }
  if (actAs !== undefined && !actsForOthers) {
    const others = whoCan("actsForOthers")
    return usage(`${title} describes no way to act for somebody. Leave --act-as out, or choose ${others}.`)
  }
  // An unset variable of a script comes as an empty text.
  if (actAs?.trim() === "") return usage("--act-as is empty. Name the user to act for, or leave --act-as out.")
  if (basicEncoding !== undefined && !takesBasic) {
    return usage(`${title} takes no client by HTTP Basic. Leave --basic-encoding out.`)
  }
  return undefined
}

const lacking = (
  variable: Variable,
  isNeeded: boolean,
  { env, isSomebodyThere }: Surroundings,
): Failure | undefined => {
  // An empty one counts as not set.
  const value = env[variable] || undefined
  const problem = value === undefined ? undefined : problemOf(variable, value)
  if (problem !== undefined) return failure("Malformed", `${variable} ${problem}`, variable)
  return value === undefined && isNeeded && !isSomebodyThere()
    ? failure("Missing", missing(variable), variable)
    : undefined
}

/**
 * The first mistake; `undefined` if there is none.
 *
 * @category getters
 */
export const obstacle = (run: Run, surroundings: Surroundings): Failure | undefined => {
  if (run.wants !== "token" && run.wants !== "inspect") return undefined
  const { address, argument } = run.given
  const first = address === undefined ? [{ variable: "PBX_AUTH_ADDRESS", isNeeded: false } as const] : []
  return (
    unable(run) ??
    [...first, ...providers[argument].reads].reduce<Failure | undefined>(
      (found, { isNeeded, variable }) => found ?? lacking(variable, isNeeded, surroundings),
      undefined,
    )
  )
}
