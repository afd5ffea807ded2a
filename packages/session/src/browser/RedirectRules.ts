/**
 * The rules for a sign-in at a browser that comes back.
 */

import * as Validation from "../options/Validation.ts"
import * as Span from "../time/Span.ts"

const isAddress = (u: unknown): boolean => typeof u === "string" && URL.canParse(u) && new URL(u).hash === ""

/**
 * @category constants
 */
export const lifetimeRules: Validation.Fields<{ readonly lifetime?: unknown }> = { lifetime: Span.rule }

const serverRules: Validation.Fields<{ readonly lifetime?: unknown; readonly redirectUri: unknown }> = {
  ...lifetimeRules,
  redirectUri: [isAddress, "Expected the whole address of your second request, as it is registered with the provider."],
}

/**
 * What is wrong with the options of a server's sign-ins, as `Misconfigured`, which names the field.
 *
 * @category combinators
 */
export const checked = (options: { readonly redirectUri: string } | undefined) =>
  // A field that is left out counts as right, and this one has no default.
  Validation.check("options", { ...options, redirectUri: options?.redirectUri ?? null }, serverRules)
