/**
 * Profiles: whose tokens are kept, and where the provider is. A profile is one file, and it has no secret.
 *
 * It is loaded at each start, so it imports nothing heavy. The files are small and local, so they are read at once.
 */

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { isAbsolute, join } from "node:path"
import { type Chosen, isName as isProvider } from "../provider/ProviderTable.ts"
import { codeOf } from "../shell/SystemError.ts"

/**
 * What a profile's file says.
 *
 * @category models
 */
export interface Profile {
  /** The form of the file. */
  readonly version: 1
  /** A random name of what is kept for it. A profile that is removed and added again is another one. */
  readonly id: string
  /** The provider, or the full path of a file with one. */
  readonly provider: Chosen
  /** Where the provider is; absent: where its page says. */
  readonly address?: string | undefined
  /** Whether passwords and tokens go to that address in clear over a private network, as the user asked. */
  readonly plainHttp?: boolean | undefined
  readonly trailingSlash?: boolean | undefined
  readonly basicEncoding?: "raw" | "form" | undefined
  readonly clientId?: string | undefined
  readonly scopes?: ReadonlyArray<string> | undefined
  /** The options that the provider declares, without those that are secret. */
  readonly options?: Readonly<Record<string, string>> | undefined
  /** The user name; absent where the client is its own account, and after a login with a refresh token. */
  readonly account?: string | undefined
}

/**
 * Why a profile cannot be used: one line for the user.
 *
 * @category errors
 */
export class ProfileError extends Error {
  readonly _tag = "Profile"
  /** The profile's name, if it is about one. */
  readonly profile: string | undefined
  constructor(message: string, profile?: string) {
    super(message)
    this.profile = profile
  }
}

/**
 * What a profile's name is made of, in words for a mistake.
 *
 * @category constants
 */
export const nameRule = "a name of letters, digits, dots, hyphens and underscores"

/**
 * Whether a profile may have this name.
 *
 * @category guards
 */
export const isName = (name: string): boolean => /^[a-z\d][a-z\d._-]{0,62}$/i.test(name)

const folder = (directory: string): string => join(directory, "profiles")
const file = (directory: string, name: string): string => join(folder(directory), `${name}.json`)
const defaultFile = (directory: string): string => join(directory, "default-profile")

const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error))

/** The text of a file; `undefined` if there is none. */
const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw new ProfileError(`${path} cannot be read (${codeOf(error)}). It belongs to pbx-auth: check who owns it.`)
  }
}

const isText = (value: unknown): boolean => value === undefined || (typeof value === "string" && value !== "")

const isProfile = (value: unknown): value is Profile => {
  if (typeof value !== "object" || value === null) return false
  const { account, address, basicEncoding, clientId, id, options, plainHttp, provider, scopes, trailingSlash } =
    value as Partial<Profile>
  return (
    typeof id === "string" &&
    /^[\da-f]{32}$/.test(id) &&
    typeof provider === "string" &&
    (isProvider(provider) || isAbsolute(provider)) &&
    [account, address, clientId].every(isText) &&
    [plainHttp, trailingSlash].every((one) => one === undefined || typeof one === "boolean") &&
    (basicEncoding === undefined || basicEncoding === "raw" || basicEncoding === "form") &&
    (options === undefined ||
      (typeof options === "object" && options !== null && Object.values(options).every(isText))) &&
    (scopes === undefined || (Array.isArray(scopes) && scopes.every((scope) => typeof scope === "string")))
  )
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads a profile; `undefined` if there is none. Throws a `ProfileError` if the file is no profile, or of a later version.
 *
 * @category reading
 */
export const read = (directory: string, name: string): Profile | undefined => {
  const path = file(directory, name)
  const text = textOf(path)
  if (text === undefined) return undefined
  const value = parsed(text)
  const { version } = Object(value)
  if (typeof version === "number" && version > 1) {
    throw new ProfileError(`${path} was written by a later version of pbx-auth. Use that version.`, name)
  }
  if (version !== 1 || !isProfile(value)) {
    throw new ProfileError(
      `${path} is damaged. Remove the profile (pbx-auth profiles remove ${name}) and log in again.`,
      name,
    )
  }
  return value
}

const EXTENSION = ".json"

/**
 * The names of all profiles, in the order of the alphabet. A file that no command can name is none.
 *
 * @category reading
 */
export const list = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder(directory))
      .filter((entry) => entry.endsWith(EXTENSION))
      .map((entry) => entry.slice(0, -EXTENSION.length))
      .filter(isName)
      .sort()
  } catch (error) {
    if (isAbsent(error)) return []
    throw new ProfileError(`${folder(directory)} cannot be read (${codeOf(error)}). Check who owns it.`)
  }
}

/**
 * The profile that is used when none is named: the chosen one, or the only one.
 *
 * @category reading
 */
export const defaultName = (directory: string): string | undefined => {
  const chosen = textOf(defaultFile(directory))?.trim()
  const all = list(directory)
  if (chosen !== undefined && all.includes(chosen)) return chosen
  return all.length === 1 ? all[0] : undefined
}

/** Written beside its place and then put there, so that a reader sees the old file or the new one. */
const replace = (path: string, text: string): void => {
  const beside = `${path}.${newId()}.new`
  try {
    const written = openSync(beside, "wx", 0o600)
    try {
      writeFileSync(written, text)
      fsyncSync(written)
    } finally {
      closeSync(written)
    }
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw new ProfileError(`${path} cannot be written (${codeOf(error)}). Make room, or check who owns the folder.`)
  }
}

/**
 * Writes a profile, in the place of an older one.
 *
 * @category writing
 */
export const write = (directory: string, name: string, profile: Profile): void => {
  try {
    mkdirSync(folder(directory), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new ProfileError(
      `${folder(directory)} cannot be made (${codeOf(error)}). Check who owns the folder above it.`,
    )
  }
  replace(file(directory, name), `${JSON.stringify(profile, null, 2)}\n`)
}

/**
 * A name for what will be kept.
 *
 * @category constructors
 */
export const newId = (): string => crypto.randomUUID().replaceAll("-", "")

/**
 * @category writing
 */
export const chooseDefault = (directory: string, name: string): void => replace(defaultFile(directory), `${name}\n`)

/**
 * Removes a profile's file, damaged or not. Returns whether there was one.
 *
 * @category writing
 */
export const remove = (directory: string, name: string): boolean => {
  const path = file(directory, name)
  if (textOf(path) === undefined) return false
  rmSync(path)
  return true
}
