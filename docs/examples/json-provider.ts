// A provider of your own whose vendor speaks JSON: a nested body, a header, a reply with fields of its own, and refusals as rows. A server
// on this machine plays the vendor.
//
//   npm run node docs/examples/json-provider.ts
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { open } from "@pbx-auth/session/PromiseProvider"

// #region provider
const bureau = defineProvider({
  id: "bureau-phone",
  name: "Bureau Phone",
  page: "https://bureau.example/tokens",
  addresses: { standard: "https://api.bureau.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "bureau-app",
  signsInWith: "password",
  renewsWith: "sign_in",
  defaultLifetime: 3_600_000,
  // { "data": { "token": "…", "minutes": 45 } }
  reply: { accessToken: "data.token", lifetime: [{ field: "data.minutes", unit: "min" }] },
  refusals: [
    { status: 401, field: "failure.number", value: 17, reason: "BadCredentials", code: "17" },
    {
      status: 403,
      on: "Password",
      reason: "Misconfigured",
      option: "client",
      fix: "Ask the vendor to activate this client.",
    },
  ],
  grants: {
    Password: ({ password, username }, { client }) => ({
      method: "POST",
      path: "/session",
      encoding: "json",
      headers: [["x-application", client.id]],
      body: { session: { user: username, secret: password } },
    }),
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
    const { session } = JSON.parse(body)
    const isKnown = request.headers["x-application"] === "bureau-app" && session.user === "maria"
    const isRight = isKnown && session.secret === "made-up"
    response.writeHead(isRight ? 200 : 401, { "content-type": "application/json" })
    response.end(JSON.stringify(isRight ? { data: { token: "made-up", minutes: 45 } } : { failure: { number: 17 } }))
  })
})
await once(vendor.listen(0, "127.0.0.1"), "listening")
const address = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`

const pbx = await open(bureau, { address, credentials: { username: "maria", password: "made-up" } })
const { expiresAt } = await pbx.bearer()
console.log(`a token for ${Math.round(((expiresAt ?? 0) - Date.now()) / 60_000)} minutes`)
await pbx.close()

const wrong = await open(bureau, { address, credentials: { username: "maria", password: "wrong" } })
await wrong.accessToken().catch((error: unknown) => {
  if (!isAuthError(error)) throw error
  console.log(`${error.reason._tag}, code ${error.reason.code}`)
})
await wrong.close()
vendor.close()
