/**
 * The authorization code with PKCE (RFC 6749 §4.1, RFC 7636): the address for the browser, what its redirect says, and the request that
 * presents the code. The waiting is the session's.
 *
 * A program that does not import this module does not load it.
 */
import * as Redacted from "effect/Redacted"
import { form } from "../description/Presentation.ts"
import type { Account, Grants, Provider } from "../description/Provider.ts"
import {
  type AuthError,
  amend,
  ClientRefused,
  fromReason,
  Misconfigured,
  NotAllowed,
  Unavailable,
  Unreadable,
} from "../error/AuthError.ts"
import { knownCode } from "../refusal/Grammar.ts"
import { ownRefusal } from "../refusal/Refusal.ts"
import { write } from "../wire/WireForm.ts"

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
  // A field of the page's own replaces one of the same name.
  const fields = new Map([
    ["response_type", "code"],
    ["client_id", client.id],
    ["redirect_uri", redirectUri],
    ...(scopes.length === 0 ? [] : [["scope", scopes.join(" ")] as const]),
    ["state", state],
    ["code_challenge", codeChallenge],
    ["code_challenge_method", "S256"],
    ...(page.fields ?? []),
  ])
  const request = { method: "GET", path: page.path, authorization: undefined, encoding: "query" } as const
  return Redacted.make(write(address, { ...request, fields: [...fields] }).url.href)
}

/** A field of the redirect's query that is there once. RFC 6749 §3.1: none may be there twice. */
export const fieldOf = (query: URLSearchParams, name: string): string | undefined => {
  const [value, ...more] = query.getAll(name)
  return more.length === 0 ? value : undefined
}

/** A browser is sent back by this status. */
const REDIRECT = 302

/**
 * What the error of a redirect means (RFC 6749 §4.1.2.1): by the provider's own refusals for `AuthorizationCode`, else by its code. None of
 * its text gets into the error. `now` is epoch ms.
 */
export const redirectRefusal = (provider: Provider, query: URLSearchParams, now: number): AuthError => {
  const { codes, verdicts, sentences, refusals } = provider.dialect
  const own = ownRefusal({
    ...{ codes, verdicts, sentences, refusals, now },
    provider: provider.id,
    ownGrammar: provider.ownGrammar,
    purpose: "AuthorizationCode",
    bearerInHeader: false,
    status: REDIRECT,
    headers: {},
    body: {
      _tag: "Json",
      object: Object.fromEntries([...query.keys()].map((name) => [name, fieldOf(query, name) ?? null])),
    },
  })
  if (own !== undefined) {
    const isAtBrowser = /^(NotAllowed|ChallengeExpired)$/.test(own.reason._tag)
    // The status was the browser's, and no answer to this program.
    return amend(own, { status: undefined, ...(isAtBrowser && { atBrowser: true }) })
  }
  const known = knownCode([fieldOf(query, "error")], codes)
  const said = { provider: provider.id, ...(known !== undefined && { code: known }) }
  switch (known) {
    case "unauthorized_client":
      return fromReason(new ClientRefused(said))
    case "server_error":
    case "temporarily_unavailable":
      return fromReason(new Unavailable(said))
    case "invalid_scope": {
      const fix = "The provider does not grant one of them to this client. Write scopes that it may have."
      return fromReason(new Misconfigured({ ...said, field: "scopes", fix }))
    }
    default:
      // A code that the provider declares is its decision, as `access_denied` is.
      return fromReason(
        known === "access_denied" || codes?.includes(known ?? "")
          ? new NotAllowed({ ...said, atBrowser: true })
          : new Unreadable(said),
      )
  }
}
