/** What the command must know of a provider before it loads that provider's value. It follows from the value. */

import type { Provider } from "@pbx-auth/providers/Provider"
import { type Described, ofOption, type Variable } from "../shell/Variable.ts"

/** A variable that a provider reads. */
interface Reading {
  readonly variable: Variable
  readonly isNeeded?: true
  /** What the variable is, if the provider declares it. */
  readonly own?: Described
}

/**
 * @category models
 */
export interface Entry {
  readonly title: string
  readonly actsForOthers?: true
  readonly inspects?: true
  /** Gives refresh tokens. */
  readonly renews?: true
  /** The client signs in, so no person is needed. */
  readonly signsInAlone?: true
  /** Nobody signs in: it goes on with a refresh token from elsewhere, and with its successors. */
  readonly goesOn?: true
  /** A person signs in at a browser, which comes back to the command. */
  readonly redirects?: true
  /** A person signs in at any browser, with a code. */
  readonly givesDeviceCodes?: true
  /** Accepts the client by HTTP Basic. */
  readonly takesBasic?: true
  /** Accepts plain http in a private network from a user who asks for it. */
  readonly takesPlainHttp?: true
  /** The variables that it reads, in the order in which it asks. */
  readonly reads: ReadonlyArray<Reading>
}

/** What is not so is left out: the command reads the entries of all providers at each start. */
const flag = <N extends string>(name: N, isSo: boolean): { readonly [K in N]?: true } =>
  (isSo ? { [name]: true } : {}) as { readonly [K in N]?: true }

/**
 * @category conversions
 */
export const of = (provider: Provider): Entry => {
  const {
    addresses,
    capabilities,
    clientAuthentication,
    clientId,
    clientSecret,
    dialect,
    name,
    options = {},
  } = provider
  const { renewsWith, scopes, signsInWith } = provider
  const atBrowser = signsInWith === "browser"
  const grants = atBrowser ? dialect.grants : {}
  const byPassword = signsInWith === "password" && dialect.grants.Password !== undefined
  const own = Object.entries(options).map(([option, { default: usual, doc, optional, secret, title }]): Reading => {
    const asks = secret === true ? `${title} (not shown)` : title
    return {
      variable: ofOption(option),
      ...flag("isNeeded", usual === undefined && optional !== true),
      own: { kind: secret === true ? "secret" : "name", asks, says: doc },
    }
  })
  const one = (variable: Variable, isNeeded: boolean): Reading => ({ variable, ...flag("isNeeded", isNeeded) })
  return {
    title: name,
    ...flag("actsForOthers", capabilities.has("act_as")),
    ...flag("inspects", capabilities.has("inspect")),
    ...flag("renews", renewsWith === "refresh_token"),
    ...flag("signsInAlone", signsInWith === "client"),
    ...flag("goesOn", signsInWith === "password" && !byPassword),
    ...flag("redirects", grants.AuthorizationCode !== undefined && dialect.authorization !== undefined),
    ...flag("givesDeviceCodes", grants.DeviceAuthorization !== undefined && grants.DeviceCode !== undefined),
    ...flag("takesBasic", clientAuthentication === "basic"),
    ...flag("takesPlainHttp", addresses.plainHttpOption === true),
    reads: [
      one("PBX_AUTH_CLIENT_ID", clientId === undefined),
      ...(clientSecret === "none" ? [] : [one("PBX_AUTH_CLIENT_SECRET", clientSecret === "required")]),
      ...(scopes === "none" ? [] : [one("PBX_AUTH_SCOPES", scopes === "required")]),
      ...own,
      ...(byPassword ? [one("PBX_AUTH_USERNAME", true), one("PBX_AUTH_PASSWORD", true)] : []),
      ...(atBrowser ? [one("PBX_AUTH_USERNAME", false)] : []),
    ],
  }
}
