/**
 * Version 2 of NetSapiens' API: JWTs for a subscriber, by password or by an API key.
 *
 * Source: NetSapiens' own OpenAPI (https://docs.ns-api.com), version 45.0. docs/providers/netsapiens-v2.md says what is inferred.
 */
import type { Redacted } from "effect/Redacted"
import { defineProvider } from "../definition/Definition.ts"
import type { Presentation } from "../description/Provider.ts"
import type * as Grant from "../token/Grant.ts"

const page = "https://docs.ns-api.com"

const jwt = "/v2/jwt"

const posted = (more: Partial<Presentation>): Presentation => ({
  method: "POST",
  path: jwt,
  encoding: "json",
  fields: [],
  ...more,
})

/** "it will be revoked once used and a new one given": the request names no grant and no client. */
const refresh = ({ refreshToken }: Grant.RefreshToken) =>
  posted({ client: "absent", fields: [["refresh", refreshToken]] })

const shared = {
  page,
  addresses: { prefix: "/ns-api", prefixOption: true },
  clientIdsBy: "address",
  // `time_out` of the sample: 86 400 000 ms. A JWT says its own end, so this is for a token without one.
  defaultLifetime: 86_400_000,
  renewsWith: "refresh_token",
  rotation: "strict",
  reply: { accessToken: "token", refreshToken: "refresh", lifetime: ["jwt", "page"], refreshLifetime: ["jwt"] },
  // A refusal is `{ code, message }`, as in version 1.
  verdicts: ["numbered"],
} as const

/** "Revoke the current JWT": answered by 202. */
const revocation = (bearer: Redacted<string>): Presentation => ({
  method: "DELETE",
  path: jwt,
  encoding: "query",
  fields: [],
  bearer,
})

/** A subscriber's JWT, by user name and password. */
export const provider = defineProvider({
  ...shared,
  id: "netsapiens-v2",
  name: "NetSapiens v2",
  clientAuthentication: "form",
  clientSecret: "required",
  signsInWith: "password",
  challenges: true,
  capabilities: ["passcode", "inspect", "revoke"],
  revocation,
  grants: {
    Password: ({ password, username }) =>
      posted({
        fields: [
          ["grant_type", "password"],
          ["username", username],
          ["password", password],
        ],
      }),
    Passcode: ({ challenge, passcode, password, username }) =>
      posted({
        fields: [
          ["grant_type", "mfa"],
          ...(username === undefined || password === undefined
            ? []
            : ([
                ["username", username],
                ["password", password],
              ] as const)),
          ["mfa_vendor", challenge.vendor],
          ["mfa_type", challenge.type],
          ["passcode", passcode],
          ["ns_id_type", "subscriber"],
          ["access_token", challenge.token],
        ],
      }),
    RefreshToken: refresh,
  },
  inspection: (bearer) => ({ method: "GET", path: jwt, encoding: "query", fields: [], bearer }),
})

/** A subscriber's JWT that an API key asks for. The key is presented again when the refresh JWT is of no use any more. */
export const delegated = defineProvider({
  ...shared,
  id: "netsapiens-v2-delegated",
  name: "NetSapiens v2 (by API key)",
  options: {
    apiKey: {
      title: "API key",
      doc: "A key of the platform: nss_, nsr_, nsd_ or nsu_ and 56 letters and digits. The user must be below it.",
      pattern: /^ns[srdu]_[A-Za-z0-9]{56}$/,
      example: `nss_${"0".repeat(56)}`,
      secret: true,
      identifies: true,
    },
    user: { title: "User", doc: "The extension of the user for whom the token is.", example: "1000", identifies: true },
    domain: {
      title: "Domain",
      doc: "The domain of that user.",
      example: "acmecorp.12345.service",
      identifies: true,
    },
  },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "api-key",
  signsInWith: "client",
  capabilities: ["revoke"],
  revocation,
  grants: {
    ClientCredentials: (_, { options }) =>
      posted({
        bearer: options.apiKey,
        fields: [
          ["user", options.user],
          ["domain", options.domain],
        ],
      }),
    RefreshToken: refresh,
  },
  refusals: [
    {
      on: "ClientCredentials",
      status: 401,
      reason: "Misconfigured",
      option: "apiKey",
      fix: "The platform refused the API key. Write one that it issued and did not revoke.",
    },
    { on: "ClientCredentials", status: 403, reason: "NotAllowed" },
    {
      on: "ClientCredentials",
      status: 404,
      field: "code",
      value: 404,
      reason: "Misconfigured",
      option: "user",
      fix: "There is no such user in this domain, or the API key does not reach it. Write another user or domain.",
    },
  ],
})
