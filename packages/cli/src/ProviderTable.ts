/**
 * What the command must know of a provider before it loads that provider's description: its name, what it can do, and which variables it reads.
 * A test holds it to the descriptions.
 */

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
 * @category constants
 */
export const names = ["skyswitch", "landstar", "ipex", "sangoma-cx"] as const satisfies ReadonlyArray<Name>
