/** What the vendor's page prints, and what must come of it. */
import * as Grant from "@pbx-auth/providers/Grant"
import type { Fixtures } from "@pbx-auth/session/testing/ProviderTest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import errors from "../fixtures/acme/errors.json" with { type: "json" }
import renewal from "../fixtures/acme/renewal.json" with { type: "json" }
import signIn from "../fixtures/acme/sign-in.json" with { type: "json" }
import acme from "../src/Acme.ts"

/** What a user of a tenant writes. Both tenants have a person of the same name and password. */
export const optionsOf = (tenant: string, password = "made-up-password") => ({
  tenant,
  client: { id: "acme-app", secret: "made-up-secret" },
  credentials: { username: "maria", password },
})

const configured = (tenant: string) => Result.getOrThrow(acme.configure(optionsOf(tenant)))
const password = Grant.password("maria", Redacted.make("made-up-password"))
const refreshToken = Grant.refreshToken(Redacted.make("YOUR_REFRESH_TOKEN"))
const { request: asksForToken } = signIn
const { request: asksForRenewal } = renewal

export const fixtures: Fixtures<"revoke"> = {
  accounts: [configured("north"), configured("south")],
  capabilities: ["revoke"],
  lifetime: 900_000,
  exchanges: [
    {
      name: "a sign-in",
      grant: password,
      request: asksForToken,
      reply: signIn.reply,
      expected: {
        accessToken: "YOUR_ACCESS_TOKEN",
        refreshToken: "YOUR_REFRESH_TOKEN",
        lifetime: 900_000,
        refreshLifetime: 86_400_000,
      },
    },
    {
      name: "a renewal",
      grant: refreshToken,
      request: asksForRenewal,
      reply: renewal.reply,
      expected: { accessToken: "YOUR_NEXT_ACCESS_TOKEN", refreshToken: "YOUR_NEXT_REFRESH_TOKEN", lifetime: 900_000 },
    },
    {
      name: "a wrong client",
      grant: password,
      request: asksForToken,
      reply: errors.client,
      expected: { reason: "ClientRefused", code: "invalid_client" },
    },
    {
      name: "a wrong password",
      grant: password,
      request: asksForToken,
      reply: errors.password,
      expected: { reason: "BadCredentials", code: "ACME-1017" },
    },
    {
      name: "a wrong tenant",
      grant: password,
      request: asksForToken,
      reply: errors.tenant,
      expected: { reason: "Misconfigured", code: "ACME-1020" },
    },
    {
      name: "a spent refresh token",
      grant: refreshToken,
      request: asksForRenewal,
      reply: errors.refreshToken,
      expected: { reason: "RenewalRefused", code: "ACME-1031" },
    },
  ],
}
