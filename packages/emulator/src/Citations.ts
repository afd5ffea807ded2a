/**
 * Which line of a vendor's page a reply follows, for the vendors that the emulator always plays. The lines are those of the
 * transcriptions in `fixtures`; a test compares them. Each route has its own (`Route.citations`).
 *
 * A refusal has none: the pages print no refusal.
 */
import type { Citation } from "./Journal.ts"

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

/** Lines by grant, if there is one, and outcome. */
type Lines = Readonly<Record<string, Citation>>

/** Version 1 of a NetSapiens platform. */
export const netsapiens: Lines = {
  "password issued": line("skyswitch", "password.curl", "-dgrant_type=password"),
  "password challenged": line("skyswitch", "mfa-challenge.json", '"mfa": "mfa_required"'),
  "mfa issued": line("skyswitch", "mfa.curl", "-dgrant_type=mfa"),
  "refresh_token renewed": line("skyswitch", "refresh.curl", "/ns-api/oauth2/token/?grant_type=refresh_token"),
  "masquerade masqueraded": line("skyswitch", "masquerade.curl", "--data-urlencode 'grant_type=masquerade'"),
  inspected: line("skyswitch", "read.curl", "/ns-api/oauth2/read?format=json"),
}

/** Version 2's `/tokens`. */
export const tokens: Lines = {
  "password issued": line("netsapiens-v2", "password.curl", '"grant_type": "password"'),
  "mfa issued": line("netsapiens-v2", "mfa.curl", '"grant_type": "mfa"'),
  "refresh_token renewed": line("netsapiens-v2", "refresh.curl", '"grant_type": "refresh_token"'),
}

/** Version 2's `/jwt`. */
export const jwt: Lines = {
  "password issued": line("netsapiens-v2", "jwt.curl", '"grant_type": "password"'),
  "mfa issued": line("netsapiens-v2", "jwt-mfa.curl", '"grant_type": "mfa"'),
  "refresh_token renewed": line("netsapiens-v2", "jwt-refresh.curl", '{"refresh": "{{refresh}}"}'),
  inspected: line("netsapiens-v2", "jwt-read.curl", "curl '{origin}/ns-api/v2/jwt'"),
  revoked: line("netsapiens-v2", "jwt-revoke.curl", "curl --request DELETE '{origin}/ns-api/v2/jwt'"),
}

/** Version 2's `/version`. */
export const version: Lines = {
  "version told": line("netsapiens-v2", "version.curl", "curl '{origin}/ns-api/v2/version'"),
}

/** IPEX. */
export const ipex: Lines = {
  "password issued": line("ipex", "password.curl", "grant_type=password&client_id=api"),
  "refresh_token renewed": line("ipex", "refresh.curl", "--data-urlencode 'grant_type=refresh_token'"),
  "impersonation impersonated": line("ipex", "impersonation.curl", '{"email": "someone@example.test"}'),
}

/** Sangoma CX. */
export const sangomaCx: Lines = {
  "client_credentials issued": line("sangoma-cx", "token.curl", "--data-urlencode 'grant_type=client_credentials'"),
  "client_credentials given again": line("sangoma-cx", "token-reply.json", '"expires_in": 24304413'),
}

/** Every line that is cited. */
export const all: ReadonlyArray<Citation> = [netsapiens, tokens, jwt, version, ipex, sangomaCx].flatMap(Object.values)
