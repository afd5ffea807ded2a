/** A provider as a stranger writes it: one file, and nothing of the command's. */
import { defineProvider } from "@pbx-auth/providers/Definition"

export default defineProvider({
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  options: {
    accountId: { title: "Account ID", doc: "The number on the page of your account.", identifies: true },
    apiKey: { title: "API key", doc: "From the page of your keys.", identifies: true, secret: true },
  },
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "form",
  clientSecret: "optional",
  signsInWith: "password",
  renewsWith: "refresh_token",
  rotation: "strict",
  defaultLifetime: 3_600_000,
  codes: ["ACME-1017"],
  grants: {
    Password: ({ password, username }, { options }) => ({
      method: "POST",
      path: "/token",
      encoding: "form",
      headers: [["x-api-key", options.apiKey]],
      fields: [
        ["grant_type", "password"],
        ["account_id", options.accountId],
        ["username", username],
        ["password", password],
      ],
    }),
    RefreshToken: ({ refreshToken }, { options }) => ({
      method: "POST",
      path: "/token",
      encoding: "form",
      headers: [["x-api-key", options.apiKey]],
      fields: [
        ["grant_type", "refresh_token"],
        ["account_id", options.accountId],
        ["refresh_token", refreshToken],
      ],
    }),
  },
})
