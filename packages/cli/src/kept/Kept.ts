/**
 * Which profile a command is about. It follows from the arguments, the environment, and the names of the files in one folder, so a
 * mistake is said at once.
 */

import type { Run } from "../grammar/Arguments.ts"
import * as Profile from "../profile/Profile.ts"
import * as ProviderPath from "../provider/ProviderPath.ts"
import { type Chosen, names } from "../provider/ProviderTable.ts"
import * as Directory from "./Directory.ts"

/**
 * @category models
 */
export interface Kept {
  /** The folder of all that is kept. */
  readonly directory: string
  /** The profile's name. */
  readonly name: string
  /** Absent if there is no such profile yet. */
  readonly profile: Profile.Profile | undefined
}

/**
 * What a command is about: a provider, with nothing kept; a profile; or all of them.
 *
 * @category models
 */
export type Target =
  | { readonly of: "provider" }
  | ({ readonly of: "profile" } & Kept)
  | { readonly of: "all"; readonly directory: string }

/**
 * A mistake, in one line for the user.
 *
 * @category models
 */
export interface Mistake {
  readonly of: "mistake"
  readonly error: "Usage" | "Profile"
  readonly line: string
  /** The name of the profile that it is about. */
  readonly profile?: string | undefined
}

/**
 * The provider that the arguments name: its id, or the full path of a file with one.
 *
 * @category getters
 */
export const chosenBy = (run: Run): Chosen | undefined => {
  switch (run.wants) {
    case "token":
    case "inspect":
    case "login":
    case "profiles": {
      const { argument, provider } = run.given
      const file = provider !== undefined && ProviderPath.isPath(provider) ? ProviderPath.absolute(provider) : provider
      return run.wants === "profiles" ? file : (argument ?? file)
    }
    default:
      return undefined
  }
}

const usage = (line: string): Mistake => ({ of: "mistake", error: "Usage", line })

const lost = (line: string, profile: string | undefined): Mistake => ({
  of: "mistake",
  error: "Profile",
  line,
  profile,
})

/** A shell with another HOME, as `sudo` may give it, or with XDG_STATE_HOME, finds other profiles. */
const elsewhere = ({ env, platform }: Directory.Surroundings): string => {
  if (env.PBX_AUTH_DIRECTORY || platform === "win32") return ""
  if (env.XDG_STATE_HOME) return " XDG_STATE_HOME chooses that folder: another shell may have another one."
  const home = homeOfUser()
  return env.HOME !== undefined && home !== undefined && env.HOME !== home
    ? " HOME is not the home of your user, so this is another folder than usual."
    : ""
}

const homeOfUser = (): string | undefined => {
  try {
    return process.getBuiltinModule("node:os").userInfo().homedir
  } catch {
    return undefined
  }
}

/** Why there is no folder. */
const noPlace = ({ env }: Directory.Surroundings): Mistake =>
  usage(
    env.PBX_AUTH_DIRECTORY
      ? "PBX_AUTH_DIRECTORY takes the full path of a folder."
      : "There is no folder to keep anything in: HOME is not set. Set PBX_AUTH_DIRECTORY to the full path of a folder of your own.",
  )

const choices = `Choose ${names.join(", ")}, or a file of your own by --provider`

/**
 * Whether a flag says how to sign in at a browser.
 *
 * @category guards
 */
export const isAtBrowser = ({ browser, device, open }: Pick<Given<"login">, "browser" | "device" | "open">): boolean =>
  [browser, device, open].includes(true)

type Given<N extends Run["wants"]> = Extract<Run, { readonly wants: N }>["given"]

const missingProvider = usage(`PROVIDER is missing. ${choices}.`)

const twoProviders = usage("Name a PROVIDER, or a file by --provider, not both.")

/** Of a command that can also go on with what is kept. */
const missingBoth = usage(`PROVIDER is missing. ${choices}, or sign in once and keep the tokens: pbx-auth login.`)

/**
 * What to say where there is no profile at all.
 *
 * @category constants
 */
export const noProfiles = "There is no profile yet. Run pbx-auth login PROVIDER."

/**
 * Finds it. Reads no more than the profile's file and the names beside it.
 *
 * @category getters
 */
export const find = (run: Run, surroundings: Directory.Surroundings): Target | Mistake => {
  try {
    return found(run, surroundings)
  } catch (error) {
    if (error instanceof Profile.ProfileError) return lost(error.message, error.profile)
    throw error
  }
}

const found = (run: Run, surroundings: Directory.Surroundings): Target | Mistake => {
  const { env } = surroundings
  switch (run.wants) {
    case "emulator":
    case "tour":
    case "man":
      return { of: "provider" }
    case "token":
    case "inspect": {
      const { address, argument, basicEncoding, plainHttp, profile, provider, trailingSlash } = run.given
      if (argument !== undefined && provider !== undefined) return twoProviders
      if (argument !== undefined || provider !== undefined) {
        return profile === undefined
          ? { of: "provider" }
          : usage("Name a PROVIDER to sign in now, or a --profile to use what is kept, not both.")
      }
      const target = existing(profile, surroundings, missingBoth)
      if (target.of === "profile" && isAtBrowser(run.given)) {
        return usage("A profile is signed in at a browser by pbx-auth login. Or name a PROVIDER to sign in now.")
      }
      const ofLogin = [address, basicEncoding, plainHttp, trailingSlash].some((value) => value !== undefined)
      return target.of === "profile" && ofLogin
        ? usage("The profile says where its provider is. Change that by pbx-auth login, or name a PROVIDER.")
        : target
    }
    case "profiles": {
      const directory = Directory.of(surroundings)
      if (directory === undefined) return noPlace(surroundings)
      const { argument: action = "list", provider, second: name } = run.given
      if (action === "list") {
        return name === undefined ? { of: "all", directory } : usage("list takes no NAME. See --help.")
      }
      if (name === undefined) return usage(`NAME is missing: pbx-auth profiles ${action} NAME.`)
      if (!Profile.isName(name)) return usage(`NAME takes ${Profile.nameRule}.`)
      if (action === "add") {
        if (provider === undefined) return usage(`--provider is missing. ${choices}.`)
        if (Profile.read(directory, name) !== undefined) {
          return usage("There is such a profile. Remove it first, or change it by pbx-auth login.")
        }
        return { of: "profile", directory, name, profile: undefined }
      }
      if (!Profile.list(directory).includes(name)) return unknown(directory, surroundings, name)
      // A damaged profile can be removed.
      return {
        of: "profile",
        directory,
        name,
        profile: action === "remove" ? undefined : Profile.read(directory, name),
      }
    }
    case "login": {
      if (run.given.argument !== undefined && run.given.provider !== undefined) return twoProviders
      const provider = chosenBy(run)
      const directory = Directory.of(surroundings)
      if (directory === undefined) return noPlace(surroundings)
      const named = run.given.profile ?? (env.PBX_AUTH_PROFILE || undefined)
      const isOfFile = run.given.provider !== undefined
      if (isOfFile && named === undefined) {
        return usage("A provider from a file has no name for a profile. Choose one: --profile NAME.")
      }
      const name = named ?? provider ?? Profile.defaultName(directory)
      if (name === undefined) return missingProvider
      if (!Profile.isName(name)) return usage(`PBX_AUTH_PROFILE takes ${Profile.nameRule}.`)
      const profile = Profile.read(directory, name)
      if (profile === undefined && provider === undefined) return missingProvider
      if (profile !== undefined && provider !== undefined && profile.provider !== provider) {
        return usage(
          isOfFile
            ? `The profile ${name} is of another provider. Choose another name: --profile NAME.`
            : `The profile ${name} is of ${profile.provider}. Choose another name: pbx-auth login ${provider} --profile NAME.`,
        )
      }
      return { of: "profile", directory, name, profile }
    }
    case "status":
    case "keep": {
      const { profile } = run.given
      const isOfAll = run.wants === "keep" ? run.given.all === true : profile === undefined
      if (run.wants === "keep" && isOfAll && profile !== undefined) {
        return usage("Choose --all or --profile, not both.")
      }
      if (!isOfAll) return existing(profile, surroundings, undefined)
      const directory = Directory.of(surroundings)
      return directory === undefined ? noPlace(surroundings) : { of: "all", directory }
    }
    default:
      return existing(run.given.profile, surroundings, undefined)
  }
}

const unknown = (directory: string, surroundings: Directory.Surroundings, name: string | undefined): Mistake => {
  const all = Profile.list(directory)
  // What cannot be a name may be a secret.
  const named = name !== undefined && Profile.isName(name) ? name : undefined
  const known =
    all.length === 0 ? noProfiles : `There is no profile ${named ?? "of that name"}. There is ${all.join(", ")}.`
  return lost(`${known} (Looked in ${directory}.${elsewhere(surroundings)})`, named)
}

/** The profile that is named by the flag or the variable, or the default one. */
const existing = (
  flag: string | undefined,
  surroundings: Directory.Surroundings,
  /** What to say if none is named and there is none. */
  without: Mistake | undefined,
): Target | Mistake => {
  const { env } = surroundings
  const directory = Directory.of(surroundings)
  const named = (flag ?? env.PBX_AUTH_PROFILE) || undefined
  if (directory === undefined) {
    // Who chose neither a folder nor a profile may have left out the provider.
    const isOnlyMissing = !env.PBX_AUTH_DIRECTORY && named === undefined
    return (isOnlyMissing ? without : undefined) ?? noPlace(surroundings)
  }
  const name = named ?? Profile.defaultName(directory)
  if (name === undefined) {
    const all = Profile.list(directory)
    if (all.length > 1) {
      return usage(
        `There are several profiles: ${all.join(", ")}. Choose one by --profile, or a default one by pbx-auth profiles default NAME.`,
      )
    }
    return without ?? unknown(directory, surroundings, undefined)
  }
  const profile = Profile.isName(name) ? Profile.read(directory, name) : undefined
  return profile === undefined ? unknown(directory, surroundings, name) : { of: "profile", directory, name, profile }
}
