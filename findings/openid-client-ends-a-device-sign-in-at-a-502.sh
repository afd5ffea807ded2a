#!/bin/sh
# openid-client 6.9.0, seen with Node 24.21 and 20.20.
#
# `pollDeviceAuthorizationGrant` polls until the person has entered the code, or the code is over. One poll that goes wrong ends it, with
# one exception: a 503 that has `Retry-After` is waited for. A 503 without it, a 502 of a proxy, a 429 that has `Retry-After`, and a
# connection that is cut each end the sign-in. The code on the screen is still good, and whoever enters it sees the provider's page of
# success, but nobody fetches the token. RFC 8628 section 3.5 lets a client go on after a connection timeout, more slowly.
#
# Who it bites: a command or a phone's screen that signs in by a code, while the provider is restarted, or throttles. A person takes a
# minute or more, so a dozen polls have to go well.
# What helps: catch what is no refusal by the provider, and call it again with the same reply; it begins with a pause.
#
# Here the first poll is answered `authorization_pending`, the second has the trouble, and the third would bring the token.
#
# Output seen:
#   503 with Retry-After: token after 3 polls
#   503: OAUTH_RESPONSE_IS_NOT_CONFORM after 2 polls; called again: token
#   502: OAUTH_RESPONSE_IS_NOT_CONFORM after 2 polls; called again: token
#   429 with Retry-After: OAUTH_RESPONSE_IS_NOT_JSON after 2 polls; called again: token
#   cut: fetch failed after 2 polls; called again: token
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund openid-client@6.9.0

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import * as client from "openid-client"

const troubles = {
  "503 with Retry-After": (response) => response.writeHead(503, { "retry-after": "0" }).end(),
  503: (response) => response.writeHead(503).end(),
  502: (response) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>"),
  "429 with Retry-After": (response) => response.writeHead(429, { "retry-after": "0" }).end(),
  cut: (response) => response.destroy(),
}
let polls = 0
let trouble
const server = createServer(async (request, response) => {
  for await (const _ of request);
  if (request.url === "/token" && ++polls === 2) return trouble(response)
  response.setHeader("content-type", "application/json")
  if (request.url === "/device") {
    const times = { expires_in: 600, interval: 0.05 }
    const page = { user_code: "ABCD-EFGH", verification_uri: "https://id.example.test/device" }
    return response.end(JSON.stringify({ device_code: "device-1", ...page, ...times }))
  }
  if (polls === 1) return response.writeHead(400).end(JSON.stringify({ error: "authorization_pending" }))
  response.end(JSON.stringify({ access_token: "access-1", token_type: "Bearer" }))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const issuer = `http://127.0.0.1:${server.address().port}`
const endpoints = { device_authorization_endpoint: `${issuer}/device`, token_endpoint: `${issuer}/token` }
const config = new client.Configuration({ issuer, ...endpoints }, "id", undefined, client.None())
client.allowInsecureRequests(config)

const ended = []
for (const name of ["503 with Retry-After", "503", "502", "429 with Retry-After", "cut"]) {
  polls = 0
  trouble = troubles[name]
  const device = await client.initiateDeviceAuthorization(config, {})
  const poll = () =>
    client.pollDeviceAuthorizationGrant(config, device).then(
      () => "token",
      ({ code, message }) => code ?? message,
    )
  const result = await poll()
  const said = `${name}: ${result} after ${polls} polls`
  if (result === "token") {
    console.log(said)
    continue
  }
  const again = await poll()
  console.log(`${said}; called again: ${again}`)
  if (again === "token") ended.push(name)
}
server.close()
server.closeAllConnections()
process.exit(ended.join() === "503,502,429 with Retry-After,cut" ? 0 : 1)
PROGRAM
node program.mjs
