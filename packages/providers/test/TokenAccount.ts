/** An account whose token endpoint is a server of this machine. */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Account } from "../src/description/Provider.ts"
import * as Grant from "../src/token/Grant.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"

export const bearer = Redacted.make("bearer")

export const accountAt = (address: string, more: object = {}): Account =>
  Result.getOrThrow(
    SkySwitch.configure({
      address,
      client: { id: "your-client-id", secret: "your-client-secret" },
      deadline: 10_000,
      ...more,
    }),
  ).account

export const grants = {
  Password: Grant.password("111@abc-company", Redacted.make("a-password")),
  RefreshToken: Grant.refreshToken(Redacted.make("a-refresh-token")),
  Passcode: Grant.passcode(
    { token: Redacted.make("partial"), vendor: "google", type: "authenticator", lifetime: 1 },
    Redacted.make("246802"),
  ),
  ActAs: Grant.actAs("1001@acmecorp.12345.service", bearer),
}

export const token = JSON.stringify({ access_token: "token", expires_in: 3600 })
