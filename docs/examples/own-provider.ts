// A provider of your own: a made-up vendor as one value, with a refusal that is a typed error. A server on this machine plays the vendor,
// so you need no emulator.
//
//   npm run node docs/examples/own-provider.ts
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { type AuthError, isAuthError } from "@pbx-auth/providers/AuthError"
import { type CredentialsInput, configure } from "@pbx-auth/providers/Configuration"
import type { Configured, Presentation, Provider } from "@pbx-auth/providers/Provider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Result from "effect/Result"

// #region provider
const token = (fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path: "/oauth/token",
  encoding: "form",
  fields,
})

const acme: Provider<never> = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  dialect: {
    id: "acme",
    challenges: false,
    refreshMethods: ["POST"],
    // The vendor's own codes. An error repeats only these, and those of OAuth 2.
    codes: ["ACME-1017"],
    verdicts: [],
    grants: {
      // A field of the account that other vendors do not have: the tenant.
      Password: ({ password, username }, { identity }) =>
        token([
          ["grant_type", "password"],
          ["tenant", identity?.tenant ?? ""],
          ["username", username],
          ["password", password],
        ]),
      RefreshToken: ({ refreshToken }) =>
        token([
          ["grant_type", "refresh_token"],
          ["refresh_token", refreshToken],
        ]),
    },
  },
  addresses: { standard: "https://api.acme.example", prefix: "", prefixOption: false },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "password",
  scopes: "none",
  defaultLifetime: 3_600_000,
  renewal: {
    policy: "before_expiry",
    window: { fraction: 0.1, atMost: 300_000, jitter: 0.2 },
    margin: { fraction: 0.01, atMost: 30_000 },
  },
  renewsWith: "refresh_token",
  rotation: "strict",
  capabilities: new Set<never>(),
  accessLevels: [],
}
// #endregion

// #region options
interface Options {
  readonly tenant: string
  readonly address?: string
  readonly credentials: CredentialsInput
}

/** The tenant goes into the account's `identity`, and with it into the session's key: two tenants never share a token. */
const configureAcme = ({ tenant, ...options }: Options): Result.Result<Configured<never>, AuthError> =>
  Result.map(configure(acme, options), (configured) => ({
    ...configured,
    account: { ...configured.account, identity: { tenant } },
  }))
// #endregion

// The vendor, on this machine.
const vendor = createServer((request, response) => {
  let body = ""
  request.on("data", (chunk) => {
    body += chunk
  })
  request.on("end", () => {
    const asked = new URLSearchParams(body)
    const isRight = asked.get("password") === "made-up"
    response.writeHead(isRight ? 200 : 401, { "content-type": "application/json" })
    response.end(
      JSON.stringify(
        isRight
          ? { access_token: `token-of-${asked.get("tenant")}`, refresh_token: "made-up", expires_in: 3_600 }
          : { error: "acme-1017", error_description: "Nobody by that name." },
      ),
    )
  })
})
await once(vendor.listen(0, "127.0.0.1"), "listening")
const address = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`

// #region sessions
const sessions = await openSessions()
const of = (tenant: string, password = "made-up") =>
  sessions.session(configureAcme({ tenant, address, credentials: { username: "maria", password } }))

const tokens = [await (await of("north")).accessToken(), await (await of("south")).accessToken()]
console.log(`2 tenants, ${new Set(tokens).size} tokens`)

const refused = await of("north", "wrong")
await refused.accessToken().catch((error: unknown) => {
  if (!isAuthError(error)) throw error
  const { reason, remedy } = error
  console.log(`${reason._tag} by ${reason.provider}, code ${reason.code}, remedy ${remedy}`)
})

await sessions.close()
// #endregion
vendor.close()
