// A provider of your own in a file, as the command takes it: a made-up vendor as one value. It opens no session, so it prints nothing.
//
//   npm run node docs/examples/acme.ts
import { defineProvider } from "@pbx-auth/providers/Definition"
import { form } from "@pbx-auth/providers/Presentation"

export default defineProvider({
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  options: {
    tenant: {
      title: "Tenant",
      doc: "It is the first part of your address: north for north.acme.example.",
      example: "north",
      pattern: /[a-z][a-z0-9-]*/,
      identifies: true,
    },
  },
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "password",
  renewsWith: "refresh_token",
  rotation: "strict",
  defaultLifetime: 3_600_000,
  // The vendor's own codes. An error repeats only these, and those of OAuth 2.
  codes: ["ACME-1017"],
  grants: {
    Password: ({ password, username }, { options }) =>
      form("/oauth/token", [
        ["grant_type", "password"],
        ["tenant", options.tenant],
        ["username", username],
        ["password", password],
      ]),
    RefreshToken: ({ refreshToken }) =>
      form("/oauth/token", [
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ]),
  },
})
