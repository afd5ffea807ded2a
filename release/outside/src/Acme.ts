/** Acme Voice, a made-up vendor, as one value. The command takes this file: `pbx-auth token --provider ./src/Acme.ts`. */
import { defineProvider } from "@pbx-auth/providers/Definition"
import { form } from "@pbx-auth/providers/Presentation"

export default defineProvider({
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  options: {
    tenant: {
      title: "Tenant",
      doc: "It is the first part of your portal's address: north for north.acme.example.",
      example: "north",
      pattern: /[a-z][a-z0-9-]{0,31}/,
      identifies: true,
    },
  },
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "basic",
  clientSecret: "required",
  signsInWith: "password",
  renewsWith: "refresh_token",
  rotation: "strict",
  // "A token lives for 15 minutes."
  defaultLifetime: 900_000,
  capabilities: ["revoke"],
  codes: ["ACME-1017", "ACME-1031"],
  // "ACME-1031: the refresh token was used, or is too old."
  verdicts: ["ACME-1031"],
  refusals: [
    {
      on: "Password",
      field: "error",
      value: "ACME-1020",
      reason: "Misconfigured",
      code: "ACME-1020",
      option: "tenant",
      fix: "Acme has no tenant of this name for this client. Copy the name from your portal's address.",
    },
  ],
  grants: {
    Password: ({ password, username }, { options }) =>
      form("/oauth/token", [
        ["grant_type", "password"],
        ["tenant", options.tenant],
        ["username", username],
        ["password", password],
      ]),
    RefreshToken: ({ refreshToken }, { options }) =>
      form("/oauth/token", [
        ["grant_type", "refresh_token"],
        ["tenant", options.tenant],
        ["refresh_token", refreshToken],
      ]),
  },
  revocation: (token) => ({ ...form("/oauth/revoke", [["token", token]]), client: "basic" }),
})
