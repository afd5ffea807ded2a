#!/bin/sh
# @azure/msal-node 7.2.3 and oidc-provider 9.13.3, seen with Node 20.20 and 24.21.
#
# With `ProtocolMode.OIDC`, for providers other than Microsoft's, msal-node reads the discovery document of OpenID Connect. Its
# sign-in with a device code still does as Microsoft does. It sends the first request to `/devicecode` beside the token endpoint,
# whatever `device_authorization_endpoint` says. Where a server listens at that address too, it polls with `grant_type=device_code`.
# RFC 8628 section 3.4 has `urn:ietf:params:oauth:grant-type:device_code`, and oidc-provider refuses the short name.
#
# Who it bites: who lets a command or a screen sign in by msal-node at a provider that is not Entra. It fails at its first request or,
# with a code already on the screen, at its first poll.
# What helps: openid-client for that sign-in, or a `networkClient` of your own that puts the address and the grant type right.
#
# Here the two talk over loopback; the `networkClient` plays the proxy that adds https.
#
# Output seen:
#   discovery says /device/auth, asked was /devicecode: 404
#   with a route there, polled with grant_type=device_code: unsupported_grant_type
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @azure/msal-node@7.2.3 oidc-provider@9.13.3

cat >program.mjs <<'PROGRAM'
import { ProtocolMode, PublicClientApplication } from "@azure/msal-node"
import Provider from "oidc-provider"

// oidc-provider says there that its keys and its store are made for trying it out.
console.info = () => {}
console.warn = () => {}

const host = "id.example.test"
const client = {
  client_id: "screen",
  grant_types: ["urn:ietf:params:oauth:grant-type:device_code"],
  response_types: [],
  redirect_uris: [],
  token_endpoint_auth_method: "none",
}

/** Signs in at a provider with these settings, and says what went over the wire. */
const signIn = async (settings) => {
  const provider = new Provider(`https://${host}`, {
    clients: [client],
    features: { deviceFlow: { enabled: true } },
    ...settings,
  })
  provider.proxy = true
  const server = await new Promise((resolve) => {
    const listening = provider.listen(0, "127.0.0.1", () => resolve(listening))
  })

  const seen = []
  const send = async (method, url, { body, headers } = {}) => {
    const { pathname } = new URL(url)
    const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": host }
    const response = await fetch(`http://127.0.0.1:${server.address().port}${pathname}`, {
      method,
      body,
      headers: { ...headers, ...forwarded },
    })
    const isJson = response.headers.get("content-type").includes("json")
    const reply = isJson ? await response.json() : {}
    seen.push({ pathname, grant: new URLSearchParams(body).get("grant_type"), status: response.status, reply })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: reply }
  }
  const app = new PublicClientApplication({
    auth: { clientId: client.client_id, authority: `https://${host}/`, knownAuthorities: [host] },
    system: {
      protocolMode: ProtocolMode.OIDC,
      networkClient: {
        sendGetRequestAsync: (url, options) => send("GET", url, options),
        sendPostRequestAsync: (url, options) => send("POST", url, options),
      },
    },
  })
  await app.acquireTokenByDeviceCode({ scopes: ["openid"], deviceCodeCallback: () => {} }).catch(() => {})
  server.close()
  server.closeAllConnections()
  return seen
}

const asItIs = await signIn({})
const discovered = new URL(asItIs[0].reply.device_authorization_endpoint).pathname
const asked = asItIs[1]
console.log(`discovery says ${discovered}, asked was ${asked.pathname}: ${asked.status}`)
const routed = await signIn({ routes: { device_authorization: "/devicecode" } })
const poll = routed.find(({ grant }) => grant !== null)
console.log(`with a route there, polled with grant_type=${poll?.grant}: ${poll?.reply.error}`)
const isElsewhere = discovered === "/device/auth" && asked.pathname === "/devicecode" && asked.status === 404
const isDraft = poll?.grant === "device_code" && poll.reply.error === "unsupported_grant_type"
process.exit(isElsewhere && isDraft ? 0 : 1)
PROGRAM
node program.mjs
