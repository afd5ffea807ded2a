// A provider of your own: a made-up vendor as one value, with a refusal that is a typed error. A server on this machine plays the vendor,
// so you need no emulator.
//
//   npm run node docs/examples/own-provider.ts
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { Presentation } from "@pbx-auth/providers/Provider"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"

// #region provider
const token = (fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path: "/oauth/token",
  encoding: "form",
  fields,
})

const acme = defineProvider({
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
      token([
        ["grant_type", "password"],
        ["tenant", options.tenant],
        ["username", username],
        ["password", password],
      ]),
    RefreshToken: ({ refreshToken }) =>
      token([
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ]),
  },
})
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

// #region session
const credentials = { username: "maria", password: "made-up" }
const pbx = await open(acme, { tenant: "north", address, credentials })
console.log(`a token: ${(await pbx.accessToken()).length} characters`)
await pbx.close()
// #endregion

// #region sessions
const sessions = await openSessions()
const of = (tenant: string, password = "made-up") =>
  sessions.session(acme.configure({ tenant, address, credentials: { username: "maria", password } }))

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
