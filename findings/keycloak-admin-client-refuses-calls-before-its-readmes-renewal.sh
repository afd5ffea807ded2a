#!/bin/sh
# @keycloak/keycloak-admin-client 26.7.4, seen with Node 24.21 and 20.20.
#
# Keycloak's access tokens live for 60 seconds when nobody has changed that. For client credentials, which have no refresh token (RFC 6749
# section 4.4.3), the README says: "you can simply call `kcAdminClient.auth` to get a new access token", by a timer, every 58 seconds.
# The client looks at `exp` before each call, and takes a token for dead five seconds before its end. It then wants to renew by a refresh
# token, and throws because there is none. So from second 55 to second 58 of every minute each call fails, although the token is good. The
# error, "Cannot refresh token: missing refresh token or credentials", speaks of something that this grant never has. The README's
# other timer, which passes on a token of openid-client by `setAccessToken`, meets the same check.
#
# It bites services that provision users or extensions in Keycloak all day. One call in twenty fails, and a second try a few seconds later works.
# What helps: a timer of 50 seconds, or `registerTokenProvider` with a provider of your own.
#
# Here a program makes a call each second for two minutes, on a clock that is moved by hand.
#
# Output seen:
#   renewed every 58 seconds: 6 of 120 calls failed, in the seconds 55 56 57 113 114 115
#   renewed every 50 seconds: 0 of 120 calls failed
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @keycloak/keycloak-admin-client@26.7.4

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { mock } from "node:test"
import KcAdminClient from "@keycloak/keycloak-admin-client"

// Date and setInterval are moved by hand. Requests take their own time.
mock.timers.enable({ apis: ["Date", "setInterval"], now: 1_700_000_000_500 })

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")
let ends = 0
const server = createServer(async (request, response) => {
  for await (const _ of request);
  response.setHeader("content-type", "application/json")
  if (!request.url.endsWith("/token")) {
    // The server takes a token until its last second.
    return response.writeHead(Date.now() / 1000 < ends ? 200 : 401).end("[]")
  }
  ends = Math.floor(Date.now() / 1000) + 60
  const access_token = `${part({ alg: "RS256" })}.${part({ exp: ends })}.signature`
  response.end(JSON.stringify({ access_token, token_type: "Bearer", expires_in: 60 }))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const seen = async (seconds) => {
  const client = new KcAdminClient({ baseUrl: `http://127.0.0.1:${server.address().port}` })
  const credentials = { grantType: "client_credentials", clientId: "id", clientSecret: "secret" }
  await client.auth(credentials)
  let renewal = Promise.resolve()
  const timer = setInterval(() => {
    renewal = client.auth(credentials)
  }, seconds * 1000)
  const failed = []
  const messages = new Set()
  for (let second = 0; second < 120; second += 1) {
    await client.users.find().catch(({ message }) => {
      failed.push(second)
      messages.add(message)
    })
    mock.timers.tick(1000)
    await renewal
  }
  clearInterval(timer)
  const when = failed.length > 0 ? `, in the seconds ${failed.join(" ")}` : ""
  console.log(`renewed every ${seconds} seconds: ${failed.length} of 120 calls failed${when}`)
  return { failed: failed.join(" "), messages: [...messages].join() }
}

const readme = await seen(58)
const earlier = await seen(50)
server.close()
server.closeAllConnections()
const asDescribed =
  readme.failed === "55 56 57 113 114 115" &&
  readme.messages === "Cannot refresh token: missing refresh token or credentials" &&
  earlier.failed === ""
process.exit(asDescribed ? 0 : 1)
PROGRAM
node --no-warnings program.mjs
