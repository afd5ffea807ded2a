/**
 * What is wrong before anything is loaded, asked or sent: the provider cannot do it, or a variable is missing. It follows from two
 * tables, so a script learns it at once.
 */

import type { Failure, Place } from "../failure/Failure.ts"
import type { Run } from "../grammar/Arguments.ts"
import * as Kept from "../kept/Kept.ts"
import type { Profile } from "../profile/Profile.ts"
import type { Entry } from "../provider/ProviderEntry.ts"
import { type Chosen, find, whoCan } from "../provider/ProviderTable.ts"
import { fileOf, missing, ofOption, problemOf, type Variable } from "../shell/Variable.ts"

type Target = Kept.Target

/**
 * Where a command runs.
 *
 * @category models
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a person is at the terminal, who can be asked for missing variables. */
  readonly isSomebodyThere: () => boolean
  /** Where the user's folders are; that of the process if absent. */
  readonly platform?: NodeJS.Platform
}

const failure = (error: string, line: string, ...places: ReadonlyArray<Place>): Failure => ({
  error,
  remedy: "configure",
  line,
  places,
})

const usage = (line: string): Failure => failure("Usage", line)

type Asking = Extract<Run, { readonly wants: "token" | "inspect" | "act-as" | "exec" }>

const asks = (run: Run): run is Asking => ["token", "inspect", "act-as", "exec"].includes(run.wants)

/** The user to act for: the argument of `act-as`, a flag of the others. */
const subjectOf = (run: Asking): string | undefined => (run.wants === "act-as" ? run.given.argument : run.given.actAs)

const unable = (run: Asking, entry: Entry, target: Target): Failure | undefined => {
  const { actsForOthers, goesOn, inspects, title } = entry
  if ((run.wants === "token" || run.wants === "act-as") && run.given.json === true && run.given.curlConfig === true) {
    return usage("Choose --json or --curl-config, not both.")
  }
  if (run.wants === "inspect" && !inspects) {
    return usage(`${title} describes no way to ask about a token. Choose ${whoCan("inspects")}.`)
  }
  const actAs = subjectOf(run)
  const place = run.wants === "act-as" ? "SUBJECT" : "--act-as"
  if (actAs !== undefined && !actsForOthers) {
    const others = whoCan("actsForOthers")
    return usage(
      run.wants === "act-as"
        ? `${title} describes no way to act for somebody. Choose a profile of ${others}.`
        : `${title} describes no way to act for somebody. Leave --act-as out, or choose ${others}.`,
    )
  }
  // An unset variable of a script comes as an empty text.
  if (actAs?.trim() === "") {
    return usage(
      `${place} is empty. Name the user to act for${run.wants === "act-as" ? "" : ", or leave --act-as out"}.`,
    )
  }
  if (goesOn === true && target.of !== "profile") {
    return usage(
      `${title} begins with a refresh token, and each use replaces it. Log in to a profile, which keeps the next one: pbx-auth login.`,
    )
  }
  return run.wants === "token" || run.wants === "inspect"
    ? (wrongWhere(run.given, entry) ?? wrongAtBrowser(run.given, entry, target.of !== "profile"))
    : undefined
}

/** What is wrong with the flags of a sign-in at a browser. `signsIn`: without a flag it is what this provider begins with. */
const wrongAtBrowser = (
  given: Parameters<typeof Kept.isAtBrowser>[0] & { readonly wait?: string | undefined },
  entry: Entry,
  signsIn: boolean,
): Failure | undefined => {
  const { givesDeviceCodes, redirects, title } = entry
  // The person is waited for, and no outage.
  const waits =
    given.wait === undefined ? undefined : usage("A sign-in at a browser waits for the person. Leave --wait out.")
  if (!Kept.isAtBrowser(given)) return signsIn && (redirects || givesDeviceCodes) === true ? waits : undefined
  if (given.device === true && given.browser === true) return usage("Choose --device or --browser, not both.")
  if (given.device === true && givesDeviceCodes !== true) return usage(`${title} gives no codes. Leave --device out.`)
  if (redirects === true || (given.browser !== true && givesDeviceCodes === true)) return waits
  const flag = given.browser === true ? "--browser" : "--open"
  return usage(`${title} describes no page that comes back to this machine. Leave ${flag} out.`)
}

/** What is wrong with the flags that say where the provider is, and how it wants to be asked. */
const wrongWhere = (
  given: { readonly basicEncoding?: unknown; readonly plainHttp?: unknown },
  { takesBasic, takesPlainHttp, title }: Entry,
): Failure | undefined => {
  if (given.basicEncoding !== undefined && !takesBasic) {
    return usage(`${title} takes no client by HTTP Basic. Leave --basic-encoding out.`)
  }
  return given.plainHttp !== undefined && !takesPlainHttp
    ? usage(`${title} takes no plain http beyond this machine. Leave --plain-http out.`)
    : undefined
}

/** The provider of the profile, or the one that is named. */
const providerOf = (run: Run, target: Target): Chosen | undefined => {
  if (target.of === "profile" && target.profile !== undefined) return target.profile.provider
  return Kept.chosenBy(run)
}

/** A set variable; an empty one counts as not set. */
const setIn = (env: Surroundings["env"], name: string): string | undefined => env[name] || undefined

const lacking = (
  variable: Variable,
  isNeeded: boolean,
  { env, isSomebodyThere }: Surroundings,
): Failure | undefined => {
  const value = setIn(env, variable)
  const file = fileOf(variable)
  const isInFile = setIn(env, file) !== undefined
  if (value !== undefined && isInFile) {
    return failure("Malformed", `${variable} and ${file} are both set. Set one of them.`, variable)
  }
  const problem = value === undefined ? undefined : problemOf(variable, value)
  if (problem !== undefined) return failure("Malformed", `${variable} ${problem}`, variable)
  return value === undefined && !isInFile && isNeeded && !isSomebodyThere()
    ? failure("Missing", missing(variable), variable)
    : undefined
}

interface Reading {
  readonly variable: Variable
  readonly isNeeded?: boolean
}

const credentials: ReadonlyArray<Variable> = ["PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD"]

/** What is read to sign in for a profile: what the profile says is not needed again. */
const readForProfile = (
  entry: Entry,
  profile: Profile | undefined,
  with_: { readonly refreshToken: boolean; readonly password: boolean },
): ReadonlyArray<Reading> => {
  const known: { readonly [V in Variable]?: unknown } = {
    PBX_AUTH_CLIENT_ID: profile?.clientId,
    // It may be kept, which only the work can see.
    PBX_AUTH_CLIENT_SECRET: profile,
    PBX_AUTH_USERNAME: profile?.account,
    PBX_AUTH_SCOPES: profile?.scopes,
  }
  const own = Object.keys(profile?.options ?? {}).map(ofOption)
  const isKnown = ({ own: described, variable }: Entry["reads"][number]) =>
    known[variable] !== undefined ||
    own.includes(variable) ||
    // It may be kept, too.
    (profile !== undefined && described?.kind === "secret")
  const read = entry.reads
    .filter(({ variable }) => !(with_.refreshToken && credentials.includes(variable)))
    .filter(({ variable }) => with_.password || variable !== "PBX_AUTH_PASSWORD")
    .map((one) => ({ variable: one.variable, isNeeded: one.isNeeded === true && !isKnown(one) }))
  return with_.refreshToken ? [...read, { variable: "PBX_AUTH_REFRESH_TOKEN", isNeeded: true }] : read
}

const address: Reading = { variable: "PBX_AUTH_ADDRESS", isNeeded: false }

/** What a command reads of the environment. What a profile's command needs beyond it is known only to the work. */
const readBy = (run: Run, target: Target): ReadonlyArray<Reading> => {
  switch (run.wants) {
    case "token":
    case "inspect": {
      const chosen = providerOf(run, target)
      // What a file's provider reads is known when that file was loaded.
      if (target.of === "profile" || chosen === undefined) return []
      return [...(run.given.address === undefined ? [address] : []), ...(find(chosen)?.reads ?? [])]
    }
    case "login":
    case "profiles": {
      if (target.of !== "profile" || (run.wants === "profiles" && run.given.argument !== "add")) return []
      const isLogin = run.wants === "login"
      const provider = providerOf(run, target)
      const entry = provider === undefined ? undefined : find(provider)
      if (entry === undefined) return []
      const refreshToken = isLogin && (run.given.refreshToken ?? entry.goesOn) === true
      const where = run.given.address === undefined ? [address] : []
      return [...where, ...readForProfile(entry, target.profile, { refreshToken, password: isLogin })]
    }
    default:
      return []
  }
}

/** The first mistake, or all variables that are missing. */
const wrongIn = (readings: ReadonlyArray<Reading>, surroundings: Surroundings): Failure | undefined => {
  const all = readings.flatMap(({ isNeeded = false, variable }) => lacking(variable, isNeeded, surroundings) ?? [])
  const [first] = all
  if (first?.error !== "Missing") return first
  const places = all.flatMap((one) => (one.error === "Missing" ? one.places : []))
  return failure("Missing", missing(...places), ...places)
}

/**
 * The variables that must be set, or asked for. Of a file's provider they are known when that file was loaded.
 *
 * @category getters
 */
export const neededBy = (run: Run, target: Target): ReadonlyArray<Variable> =>
  readBy(run, target).flatMap(({ isNeeded, variable }) => (isNeeded === true ? [variable] : []))

/**
 * What the provider cannot do. Of a file's provider it is known when that file was loaded.
 *
 * @category getters
 */
export const wrongFlags = (run: Run, target: Target): Failure | undefined => {
  const name = providerOf(run, target)
  const entry = name === undefined ? undefined : find(name)
  if (entry === undefined) return undefined
  if (asks(run)) return unable(run, entry, target)
  if (run.wants === "login" || (run.wants === "profiles" && run.given.argument === "add")) {
    const { renews, signsInAlone, title } = entry
    const wrong = wrongWhere(run.given, entry)
    if (wrong !== undefined) return wrong
    if (run.wants !== "login") return undefined
    if (run.given.refreshToken !== true) return wrongAtBrowser(run.given, entry, true)
    if (!renews) return usage(`${title} gives no refresh tokens. Leave --refresh-token out.`)
    if (signsInAlone) return usage(`${title} signs in by the client's own credentials. Leave --refresh-token out.`)
    return Kept.isAtBrowser(run.given)
      ? usage("Choose --refresh-token or a browser, not both.")
      : wrongAtBrowser(run.given, entry, false)
  }
  return undefined
}

/**
 * Whether the work can begin.
 *
 * @category models
 */
export type Ready = { readonly failure: Failure } | { readonly target: Target }

/**
 * What the command is about, or the first mistake.
 *
 * @category getters
 */
export const of = (run: Run, surroundings: Surroundings): Ready => {
  const target = Kept.find(run, { env: surroundings.env, platform: surroundings.platform ?? process.platform })
  if (target.of === "mistake") {
    const { error, line, profile } = target
    return { failure: { ...failure(error, line), ...(profile !== undefined && { profile }) } }
  }
  const wrong = wrongFlags(run, target) ?? wrongIn(readBy(run, target), surroundings)
  return wrong === undefined ? { target } : { failure: wrong }
}
