/**
 * Which line of a vendor's page a reply follows. The lines are those of the transcriptions in `fixtures`; a test compares them.
 *
 * A refusal has none: the pages print no refusal.
 */
import type { Citation, Finding, ProviderName } from "./Journal.ts"

const pages = {
  skyswitch: "https://pbx.readme.io/reference",
  "netsapiens-v2": "https://docs.ns-api.com",
  ipex: "https://ipexas.atlassian.net/wiki/spaces/VD/pages/626720808",
  "sangoma-cx": "https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348",
}

const line = (page: keyof typeof pages, fixture: string, sentence: string): Citation => ({
  page,
  url: pages[page],
  fixture,
  sentence,
})

/** By provider (and version), grant if there is one, and outcome. */
const citations: Readonly<Record<string, Citation>> = {
  "netsapiens password issued": line("skyswitch", "password.curl", "-dgrant_type=password"),
  "netsapiens password challenged": line("skyswitch", "mfa-challenge.json", '"mfa": "mfa_required"'),
  "netsapiens mfa issued": line("skyswitch", "mfa.curl", "-dgrant_type=mfa"),
  "netsapiens refresh_token renewed": line(
    "skyswitch",
    "refresh.curl",
    "/ns-api/oauth2/token/?grant_type=refresh_token",
  ),
  "netsapiens masquerade masqueraded": line("skyswitch", "masquerade.curl", "--data-urlencode 'grant_type=masquerade'"),
  "netsapiens inspected": line("skyswitch", "read.curl", "/ns-api/oauth2/read?format=json"),
  "v2/tokens password issued": line("netsapiens-v2", "password.curl", '"grant_type": "password"'),
  "v2/tokens mfa issued": line("netsapiens-v2", "mfa.curl", '"grant_type": "mfa"'),
  "v2/tokens refresh_token renewed": line("netsapiens-v2", "refresh.curl", '"grant_type": "refresh_token"'),
  "v2/jwt password issued": line("netsapiens-v2", "jwt.curl", '"grant_type": "password"'),
  "v2/jwt mfa issued": line("netsapiens-v2", "jwt-mfa.curl", '"grant_type": "mfa"'),
  "v2/jwt refresh_token renewed": line("netsapiens-v2", "jwt-refresh.curl", '{"refresh": "{{refresh}}"}'),
  "v2/jwt inspected": line("netsapiens-v2", "jwt-read.curl", "curl '{origin}/ns-api/v2/jwt'"),
  "v2/jwt revoked": line("netsapiens-v2", "jwt-revoke.curl", "curl --request DELETE '{origin}/ns-api/v2/jwt'"),
  "v2/version version told": line("netsapiens-v2", "version.curl", "curl '{origin}/ns-api/v2/version'"),
  "ipex password issued": line("ipex", "password.curl", "grant_type=password&client_id=api"),
  "ipex refresh_token renewed": line("ipex", "refresh.curl", "--data-urlencode 'grant_type=refresh_token'"),
  "ipex impersonation impersonated": line("ipex", "impersonation.curl", '{"email": "someone@example.test"}'),
  "sangoma-cx client_credentials issued": line(
    "sangoma-cx",
    "token.curl",
    "--data-urlencode 'grant_type=client_credentials'",
  ),
  "sangoma-cx client_credentials given again": line("sangoma-cx", "token-reply.json", '"expires_in": 24304413'),
}

/** Every line that is cited. */
export const all: ReadonlyArray<Citation> = Object.values(citations)

/** The line that a reply follows, if the page has one. */
export const of = (provider: ProviderName, path: string, { grant, outcome }: Finding): Citation | undefined => {
  const version2 = /^\/ns-api\/(v2\/\w+)/.exec(path)?.[1]
  return citations[[version2 ?? provider, ...(grant ? [grant] : []), outcome].join(" ")]
}
