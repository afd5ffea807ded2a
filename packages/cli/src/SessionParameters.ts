/** What `token` and `inspect` take. No secret is among it. */

import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import type * as Option from "effect/Option"
import { type Name, names } from "./ProviderName.ts"
import { help } from "./Variable.ts"

/**
 * A description with the variables that the command reads.
 *
 * @category constructors
 */
export const described = (what: string): string => `${what}\n\n  ${help}`

/**
 * @category constructors
 */
export const parameters = {
  provider: Argument.Literals("PROVIDER", names).pipe(
    Argument.withDescription(`Whom to sign in with: ${names.join(", ")}`),
  ),
  address: Flag.String("address").pipe(
    Flag.withMetavar("URL"),
    Flag.withDescription("The provider's host or origin, where it is not the usual one (or PBX_AUTH_ADDRESS)"),
    Flag.optional,
  ),
  trailingSlash: Flag.Boolean("trailing-slash").pipe(
    Flag.withDescription(
      "Whether the token endpoint's path ends with a slash, where it is not as usual (--no-trailing-slash)",
    ),
    Flag.optional,
  ),
  actAs: Flag.String("act-as").pipe(
    Flag.withMetavar("SUBJECT"),
    Flag.withDescription("Act for this user: <extension>@<full domain> (skyswitch), an e-mail (ipex)"),
    Flag.optional,
  ),
  basicEncoding: Flag.Literals("basic-encoding", ["raw", "form"]).pipe(
    Flag.withDescription("How HTTP Basic writes client id and secret, where they have special characters (sangoma-cx)"),
    Flag.optional,
  ),
}

/**
 * @category models
 */
export interface Given {
  readonly provider: Name
  readonly address: Option.Option<string>
  readonly trailingSlash: Option.Option<boolean>
  readonly actAs: Option.Option<string>
  readonly basicEncoding: Option.Option<"raw" | "form">
}
