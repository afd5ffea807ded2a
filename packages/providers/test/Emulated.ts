/** The emulated vendors on a port, with accounts for them. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Account } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import * as Grant from "../src/token/Grant.ts"
import type { Challenge, Tokens } from "../src/token/Token.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import * as HttpClientTransport from "../src/wire/HttpClientTransport.ts"

const client = { id: "your-client-id", secret: "your-client-secret" }

/** The default world with parts of it replaced, and an account at each provider; `more` are options of all of them. */
export const emulated = Effect.fnUntraced(function* (world: unknown = {}, more: object = {}) {
  const emulator = yield* Emulator.make({ world: yield* decodeWorld(world) })
  const { origin: address } = yield* Server.serve({ port: 0, emulator })
  const sangoma = { id: "sangoma-client-id", secret: "sangoma-client-secret" }
  const of = (configured: Result.Result<{ readonly account: Account }, unknown>) =>
    Result.getOrThrow(configured).account
  return {
    emulator,
    address,
    skyswitch: of(SkySwitch.configure({ address, client, ...more })),
    landstar: of(Landstar.configure({ address, client, ...more })),
    netsapiens: of(NetSapiens.configure({ address, client, ...more })),
    ipex: of(Ipex.configure({ address })),
    sangoma: of(SangomaCx.configure({ address, client: sangoma, scopes: ["cx.agent-calls", "cx.queue-calls"] })),
  }
})

/** Passwords of the default world. */
export const sign = {
  officeManager: Grant.password("111@abc-company", Redacted.make("1234")),
  withFactor: Grant.password("222@abc-company", Redacted.make("5678")),
  reseller: Grant.password("1000@acmecorp", Redacted.make("mypassword")),
  basicUser: Grant.password("1001@acmecorp", Redacted.make("basic-password")),
  ipex: Grant.password("api-user@example.test", Redacted.make("ipex-password")),
  ipexWithoutRight: Grant.password("someone@example.test", Redacted.make("other-password")),
}

/** Presents a grant that must bring tokens. */
export const issued = Effect.fnUntraced(function* (account: Account, grant: Grant.Grant) {
  const endpoint = yield* TokenEndpoint
  const reply = yield* endpoint.present(account, grant)
  return reply._tag === "Issued" ? reply.tokens : yield* Effect.die("challenged")
})

/** Presents a grant that must bring a challenge. */
export const challenged = Effect.fnUntraced(function* (account: Account, grant: Grant.Grant) {
  const endpoint = yield* TokenEndpoint
  const reply = yield* endpoint.present(account, grant)
  return reply._tag === "Challenged" ? reply.challenge : yield* Effect.die("issued")
})

/** The refresh token that a reply must have. */
export const refreshOf = (tokens: Tokens): Grant.RefreshToken =>
  Grant.refreshToken(tokens.refreshToken ?? Redacted.make("none"))

export const answer = (challenge: Challenge, passcode = "246802"): Grant.Passcode =>
  Grant.passcode(challenge, Redacted.make(passcode), sign.withFactor)

/** The token endpoint by fetch. */
export const fetching = TokenEndpoint.layer.pipe(
  Layer.provide(HttpClientTransport.layer),
  Layer.provide(FetchHttpClient.layer),
)
