#!/bin/sh
# @modelcontextprotocol/sdk 1.32.2, seen with Node 24.21 and 20.20.
#
# Calls that are under way when a token ends are answered 401 one after the other, and the client's transport renews for each of them. They
# are not joined: all of them have read the same refresh token. Where the server replaces it with each renewal (RFC 9700 section 4.14.2), one
# gets tokens and the others get `invalid_grant`. You would expect the others to look for the new tokens. The SDK takes `invalid_grant`
# for the end of the sign-in: it calls `invalidateCredentials("tokens")`, and by then the store holds the new tokens, which nobody has
# refused. So the renewal that went well is lost too, and the person is sent to the browser, once for each caller that was late.
#
# It bites programs that call several tools at once at a server with OAuth. Processes that share their tokens do the same to each other
# (vercel/ai issue 20674, for another client of the same interface).
# What helps: a `fetch` for the transport that sends each refresh token once, and gives the one reply to all who present it.
#
# Here three calls go out with a token that has ended, and a refusal takes a little longer than a token. The provider keeps the tokens in a
# variable. When a refusal comes first, fewer calls fail, and the store may keep its tokens.
#
# Output seen:
#   as documented: answered, UnauthorizedError, UnauthorizedError; renewals: 1; sent to the browser: 2 times; the store has no tokens
#   each refresh token sent once: answered, answered, answered; renewals: 1; sent to the browser: 0 times; the store has refresh-2
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"

// The server takes one access token and one refresh token, the last ones that it gave.
let access
let refresh
let given = 0
let renewals = 0
const give = () => {
  given += 1
  access = `access-${given}`
  refresh = `refresh-${given}`
  return { access_token: access, token_type: "Bearer", expires_in: 300, refresh_token: refresh }
}

const server = createServer(async (request, response) => {
  let body = ""
  for await (const chunk of request) body += chunk
  const here = `http://${request.headers.host}`
  const answer = (status, value) => {
    response.writeHead(status, { "content-type": "application/json", "www-authenticate": 'Bearer error="invalid_token"' })
    response.end(JSON.stringify(value))
  }
  if (request.url.startsWith("/.well-known/oauth-protected-resource")) {
    return answer(200, { resource: `${here}/mcp`, authorization_servers: [here] })
  }
  if (request.url.startsWith("/.well-known/")) {
    return answer(200, {
      issuer: here,
      authorization_endpoint: `${here}/authorize`,
      token_endpoint: `${here}/token`,
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none"],
    })
  }
  if (request.url === "/token") {
    // All have asked before the first is answered, and the refusals come a little later.
    if (new URLSearchParams(body).get("refresh_token") !== refresh) {
      await pause(200)
      return answer(400, { error: "invalid_grant" })
    }
    renewals += 1
    const tokens = give()
    await pause(100)
    return answer(200, tokens)
  }
  if (request.method === "GET") return answer(405, {})
  if (request.headers.authorization !== `Bearer ${access}`) return answer(401, {})
  const { id, method, params } = JSON.parse(body)
  if (id === undefined) return response.writeHead(202).end()
  const welcome = { capabilities: { tools: {} }, serverInfo: { name: "server", version: "1" } }
  const result = method === "initialize" ? { ...welcome, protocolVersion: params.protocolVersion } : { tools: [] }
  answer(200, { jsonrpc: "2.0", id, result })
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const address = new URL(`http://127.0.0.1:${server.address().port}/mcp`)

const replies = new Map()
const once = async (url, init) => {
  const key = String(init?.body)
  if (!key.includes("grant_type=refresh_token")) return fetch(url, init)
  if (!replies.has(key)) replies.set(key, fetch(url, init))
  return (await replies.get(key)).clone()
}

const seen = async (title, options) => {
  given = 0
  renewals = 0
  let browsers = 0
  let store = give()
  const authProvider = {
    redirectUrl: "http://127.0.0.1/back",
    clientMetadata: { redirect_uris: ["http://127.0.0.1/back"] },
    clientInformation: () => ({ client_id: "id", issuer: `${address.origin}/` }),
    tokens: () => store && { issuer: `${address.origin}/`, ...store },
    saveTokens: (tokens) => {
      store = tokens
    },
    invalidateCredentials: () => {
      store = undefined
    },
    saveCodeVerifier: () => {},
    codeVerifier: () => "verifier",
    redirectToAuthorization: () => {
      browsers += 1
    },
  }
  const client = new Client({ name: "client", version: "1" })
  await client.connect(new StreamableHTTPClientTransport(address, { authProvider, ...options }))
  // The access token ends. The refresh token is good.
  access = "none"
  const calls = await Promise.allSettled([0, 1, 2].map(() => client.listTools()))
  const results = calls.map(({ reason }) => reason?.constructor.name ?? "answered").join(", ")
  const has = store?.refresh_token ?? "no tokens"
  const line = `${title}: ${results}; renewals: ${renewals}; sent to the browser: ${browsers} times; the store has ${has}`
  console.log(line)
  return line
}

const documented = await seen("as documented", {})
const joined = await seen("each refresh token sent once", { fetch: once })
server.close()
server.closeAllConnections()
const asDescribed =
  /UnauthorizedError.*; renewals: 1; sent to the browser: [12] times; the store has no tokens$/.test(documented) &&
  joined.endsWith("answered, answered, answered; renewals: 1; sent to the browser: 0 times; the store has refresh-2")
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
