/**
 * What the command must know of a provider before it loads that provider's description: its name, what it can do, and which variables it reads.
 * A test holds it to the descriptions.
 */

import type { Provider } from "@pbx-auth/providers/Provider"
import type { Variable } from "./Variable.ts"

/**
 * @category models
 */
export interface Entry {
  readonly title: string
  readonly actsForOthers: boolean
  readonly inspects: boolean
  /** Gives refresh tokens. */
  readonly renews: boolean
  /** Accepts the client by HTTP Basic. */
  readonly takesBasic: boolean
  /** The variables that it reads, in the order in which it asks. */
  readonly reads: ReadonlyArray<{ readonly variable: Variable; readonly isNeeded: boolean }>
}

const needs = (...names: ReadonlyArray<Variable>) => names.map((variable) => ({ variable, isNeeded: true }))
const takes = (...names: ReadonlyArray<Variable>) => names.map((variable) => ({ variable, isNeeded: false }))

const client = needs("PBX_AUTH_CLIENT_ID", "PBX_AUTH_CLIENT_SECRET")
const credentials = needs("PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD")

const table = {
  skyswitch: {
    title: "SkySwitch",
    renews: true,
    actsForOthers: true,
    inspects: true,
    takesBasic: false,
    reads: [...client, ...credentials],
  },
  landstar: {
    title: "Landstar",
    renews: true,
    actsForOthers: false,
    inspects: true,
    takesBasic: false,
    reads: [...client, ...credentials],
  },
  ipex: {
    title: "IPEX",
    renews: true,
    actsForOthers: true,
    inspects: false,
    takesBasic: false,
    reads: [...takes("PBX_AUTH_CLIENT_ID", "PBX_AUTH_SCOPES"), ...credentials],
  },
  "sangoma-cx": {
    title: "Sangoma CX",
    renews: false,
    actsForOthers: false,
    inspects: false,
    takesBasic: true,
    reads: [...client, ...needs("PBX_AUTH_SCOPES")],
  },
} as const satisfies Readonly<Record<string, Entry>>

/**
 * A name by which a user chooses a provider.
 *
 * @category models
 */
export type Name = keyof typeof table

/**
 * @category constants
 */
export const providers: Readonly<Record<Name, Entry>> = table

/**
 * The entry that follows from a provider's value.
 *
 * @category conversions
 */
export const entryOf = (provider: Provider, own: Entry["reads"] = []): Entry => {
  const { capabilities, clientAuthentication, clientId, clientSecret, name, renewsWith, scopes, signsInWith } = provider
  return {
    title: name,
    actsForOthers: capabilities.has("act_as"),
    inspects: capabilities.has("inspect"),
    renews: renewsWith === "refresh_token",
    takesBasic: clientAuthentication === "basic",
    reads: [
      { variable: "PBX_AUTH_CLIENT_ID", isNeeded: clientId === undefined },
      ...(clientSecret === "none"
        ? []
        : [{ variable: "PBX_AUTH_CLIENT_SECRET", isNeeded: clientSecret === "required" } as const]),
      ...(scopes === "none" ? [] : [{ variable: "PBX_AUTH_SCOPES", isNeeded: scopes === "required" } as const]),
      ...own,
      ...(signsInWith === "password" ? credentials : []),
    ],
  }
}

/**
 * A provider of this command's by its name, or the full path of a file with another one.
 *
 * @category models
 */
export type Chosen = Name | (string & {})

/** The entries of files that were loaded. */
const admitted = new Map<string, Entry>()

/**
 * Adds the entry of a provider from a file.
 *
 * @category constructors
 */
export const admit = (path: string, provider: Provider, own: Entry["reads"]): void => {
  admitted.set(path, entryOf(provider, own))
}

/**
 * @category guards
 */
export const isName = (chosen: string): chosen is Name => Object.hasOwn(table, chosen)

/**
 * The entry; `undefined` for a file that was not loaded yet.
 *
 * @category getters
 */
export const find = (chosen: Chosen): Entry | undefined => (isName(chosen) ? table[chosen] : admitted.get(chosen))

/**
 * @category constants
 */
export const names = ["skyswitch", "landstar", "ipex", "sangoma-cx"] as const satisfies ReadonlyArray<Name>
