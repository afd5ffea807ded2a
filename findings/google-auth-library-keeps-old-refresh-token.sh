#!/bin/sh
# google-auth-library 11.3.4, seen with Node 24.21 and 20.20.
#
# `OAuth2Client` takes the endpoints of another provider (`endpoints.oauth2TokenUrl`). Where that provider replaces the refresh token
# with each renewal (RFC 6749 section 6, RFC 9700 section 4.14.2), the client writes the old refresh token over the new one: the event
# `tokens` has the new one, `client.credentials` has the old one, and the next renewal presents the old one. A provider that takes a
# used refresh token for theft then ends the session.
#
# Who it bites: who points the client at another token endpoint; Google's own does not replace refresh tokens. It shows at the second
# renewal, an hour or two after deployment.
# What helps: in a listener of `tokens`, call `setCredentials` with the new refresh token after the renewal has returned.
#
# Output seen:
#   the event has refresh-2
#   credentials have refresh-1
#   presented: refresh-1 refresh-1
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund google-auth-library@11.3.4

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { OAuth2Client } from "google-auth-library"

// Each renewal gives another refresh token. Its access tokens are near their end at once.
const presented = []
const server = createServer(async (request, response) => {
  let body = ""
  for await (const chunk of request) body += chunk
  presented.push(new URLSearchParams(body).get("refresh_token"))
  const number = presented.length + 1
  response.setHeader("content-type", "application/json")
  response.end(
    JSON.stringify({
      access_token: `access-${number}`,
      token_type: "Bearer",
      expires_in: 1,
      refresh_token: `refresh-${number}`,
    }),
  )
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const client = new OAuth2Client({
  clientId: "id",
  clientSecret: "secret",
  endpoints: { oauth2TokenUrl: `http://127.0.0.1:${server.address().port}/token` },
})
const told = []
client.on("tokens", ({ refresh_token }) => told.push(refresh_token))
client.setCredentials({ access_token: "access-1", refresh_token: "refresh-1", expiry_date: Date.now() - 1_000 })
await client.getAccessToken()
const kept = client.credentials.refresh_token
await client.getAccessToken()
server.close()
server.closeAllConnections()

console.log(`the event has ${told[0]}`)
console.log(`credentials have ${kept}`)
console.log(`presented: ${presented.join(" ")}`)
const asDescribed = told[0] === "refresh-2" && kept === "refresh-1" && presented.join() === "refresh-1,refresh-1"
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
