/**
 * RingCentral by JWT credential (RFC 7523): a person makes the JWT in the developer console, and it stands for that person.
 *
 * Sources: https://developers.ringcentral.com/guide/authentication/jwt-flow and the pages beside it. docs/providers/ringcentral.md says
 * which fact is on which page, and what is inferred.
 */
import { defineProvider } from "../definition/Definition.ts"
import { form } from "../description/Presentation.ts"

const page = "https://developers.ringcentral.com/guide/authentication/jwt-flow"

const token = "/restapi/oauth/token"

const jwtFix =
  "RingCentral refused the JWT credential. It may have expired, or be meant for another application. Make a new one."

/** The provider as a value. */
export const provider = defineProvider({
  id: "ringcentral",
  name: "RingCentral",
  page,
  options: {
    jwt: {
      title: "JWT credential",
      doc: "The JWT of the person for whom the application works, from Credentials in the developer console.",
      pattern: /^[\w-]+\.[\w-]+\.[\w-]+$/,
      example: "made.up.jwt",
      secret: true,
      identifies: true,
    },
  },
  addresses: { standard: "https://platform.ringcentral.com" },
  clientAuthentication: "basic",
  clientSecret: "required",
  signsInWith: "client",
  scopes: "none",
  // "Access token: 1 hour", "Refresh token: 7 days"
  defaultLifetime: 3_600_000,
  renewsWith: "refresh_token",
  // "Refresh tokens can only be used once." An employee's experiment: for 10 s the old one brings the same pair again.
  rotation: { grace: 10_000 },
  capabilities: ["revoke"],
  accessLevels: ["AccountInfo", "CallLog", "ExtensionInfo", "Messages", "SMS"],
  grants: {
    ClientCredentials: (_, { options }) =>
      form(token, [
        ["grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        ["assertion", options.jwt],
      ]),
    RefreshToken: ({ refreshToken }) =>
      form(token, [
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ]),
  },
  revocation: (bearer) => form("/restapi/oauth/revoke", [["token", bearer]]),
  reply: {
    lifetime: [{ field: "expires_in", unit: "s" }, "page"],
    refreshLifetime: [{ field: "refresh_token_expires_in", unit: "s" }],
    identity: { uid: "owner_id" },
  },
  refusals: [
    // "JWT is expired" is no clock that runs ahead: the same JWT is refused for ever.
    {
      on: "ClientCredentials",
      field: "error",
      value: "invalid_grant",
      reason: "Misconfigured",
      code: "invalid_grant",
      option: "jwt",
      fix: jwtFix,
    },
    // OAU-250 "Unsupported grant type": the application is not of the kind that takes a JWT.
    {
      on: "ClientCredentials",
      field: "error",
      value: "invalid_request",
      reason: "ClientRefused",
      code: "invalid_request",
    },
  ],
})
