// People sign in at a browser that comes back to your server (authorization code with PKCE). A made-up vendor of the emulator plays the
// other side, and a few lines play the browser.
//
//   npm run node docs/examples/redirect-sign-in.ts
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { witness } from "@pbx-auth/emulator/witnesses/BrowserVendor"
import { codeGrants } from "@pbx-auth/providers/AuthorizationRequest"
import { defineProvider } from "@pbx-auth/providers/Definition"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import { makeRedirectSignIns } from "@pbx-auth/session/PromiseRedirectSignIns"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Redacted from "effect/Redacted"

const servers = [createServer(), createServer()]
const [address = "", app = ""] = await Promise.all(
  servers.map(async (server) => {
    await once(server.listen(0, "127.0.0.1"), "listening")
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }),
)
// A listener of Node names no other host.
const emulator = openEmulator({ witnesses: [{ ...witness, hosts: ["localhost"] }] })
servers[0]?.on("request", NodeListener.of(emulator.fetch))

const vendor = defineProvider({
  id: "browser-vendor",
  name: "Browser Vendor",
  page: "https://vendor.example/tokens",
  addresses: { standard: "https://vendor.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "made-up-app",
  signsInWith: "browser",
  capabilities: ["browser"],
  defaultLifetime: 3_600_000,
  renewsWith: "refresh_token",
  rotation: "strict",
  authorization: { path: "/authorize", issuer: "https://vendor.example" },
  grants: {
    ...codeGrants({ token: "/token" }),
    RefreshToken: ({ refreshToken }) => ({
      method: "POST",
      path: "/token",
      encoding: "form",
      fields: [
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ],
    }),
  },
})

const sessions = await openSessions()

// #region server
const signIns = makeRedirectSignIns({ redirectUri: `${app}/signed-in` })

const answer = async (request: Request): Promise<Response> => {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname === "/sign-in") {
    // Your own name for the person who asks.
    const session = await sessions.session(vendor.configure({ address, user: "maria" }))
    const begun = await signIns.begin(session).catch(() => undefined)
    // Nobody has to sign in, or nobody can now: the page that shows the session says which.
    if (begun === undefined) return new Response(null, { status: 303, headers: { location: "/" } })
    const attributes = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"
    const headers = {
      location: Redacted.value(begun.url),
      "set-cookie": `__Host-sign-in=${Redacted.value(begun.cookie)}; ${attributes}`,
    }
    return new Response(null, { status: 303, headers })
  }
  if (pathname === "/signed-in") {
    const cookie = /__Host-sign-in=([^;]*)/.exec(request.headers.get("cookie") ?? "")?.[1]
    try {
      const { state } = await signIns.finish(searchParams, cookie)
      return new Response(state)
    } catch {
      return new Response("Please sign in again.", { status: 400 })
    }
  }
  return new Response(null, { status: 404 })
}
// #endregion
servers[1]?.on("request", NodeListener.of(answer))

// The browser: it follows each redirect with the cookie that it was given.
const sent = await fetch(`${app}/sign-in`, { redirect: "manual" })
const cookie = sent.headers.get("set-cookie")?.split(";")[0] ?? ""
const allowed = await fetch(sent.headers.get("location") ?? "", { redirect: "manual" })
const back = allowed.headers.get("location") ?? ""
console.log(`another browser: ${(await fetch(back)).status}`)
console.log(await (await fetch(back, { headers: { cookie } })).text())

const session = await sessions.session(vendor.configure({ address, user: "maria" }))
console.log(`signed in already: ${(await fetch(`${app}/sign-in`, { redirect: "manual" })).headers.get("location")}`)
console.log(`a token of ${(await session.accessToken()).length} characters`)
await sessions.close()
await emulator.close()
for (const server of servers) server.close()
