/**
 * The authorization code with PKCE (RFC 6749 §4.1, RFC 7636): the address for the browser, and the request that presents the code. The
 * waiting is the session's.
 *
 * A program that does not import this module does not load it.
 */
import * as Redacted from "effect/Redacted"
import { form } from "./Presentation.ts"
import type { Account, Grants } from "./Provider.ts"

/** What belongs to one sign-in. All of it is made anew for each. */
export interface AuthorizationRequest {
  /** Where the browser comes back to. */
  readonly redirectUri: string
  /** Comes back with the browser, and shows that the answer is to this request (RFC 6749 §10.12). */
  readonly state: string
  /** SHA-256 of the verifier, in base64url (RFC 7636 §4.2). */
  readonly codeChallenge: string
}

/** The grant at the provider's token endpoint, with the fields of RFC 6749 §4.1.3 and RFC 7636 §4.5. */
export const codeGrants = (paths: {
  /** Of the token endpoint: `/oauth/token`. */
  readonly token: string
}): Required<Pick<Grants, "AuthorizationCode">> => ({
  AuthorizationCode: ({ code, codeVerifier, redirectUri }) =>
    form(paths.token, [
      ["grant_type", "authorization_code"],
      ["code", code],
      ["redirect_uri", redirectUri],
      ["code_verifier", codeVerifier],
    ]),
})

/**
 * The address that a browser opens; `undefined` if the provider has no such page. The client's id is in it, and never its secret. It
 * holds the state, so keep it from logs.
 */
export const authorizationUrl = (
  { address, client, provider, scopes }: Account,
  { codeChallenge, redirectUri, state }: AuthorizationRequest,
): Redacted.Redacted<string> | undefined => {
  const page = provider.dialect.authorization
  if (page === undefined) return undefined
  const url = new URL(address.origin + address.prefix + page.path)
  const fields = [
    ["response_type", "code"],
    ["client_id", client.id],
    ["redirect_uri", redirectUri],
    ...(scopes.length === 0 ? [] : [["scope", scopes.join(" ")]]),
    ["state", state],
    ["code_challenge", codeChallenge],
    ["code_challenge_method", "S256"],
    ...(page.fields ?? []),
  ]
  for (const [name = "", value = ""] of fields) url.searchParams.set(name, value)
  return Redacted.make(url.href)
}
