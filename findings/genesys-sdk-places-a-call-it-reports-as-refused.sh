#!/bin/sh
# purecloud-platform-client-v2 262.0.0, seen with Node 24.21 and 20.20.
#
# Genesys Cloud's SDK says in its README: "By default the SDK will transparently request a new access token when it expires." After a 401 it
# does renew, and it sends the request again with the new token. But it does not wait for either: the line that rejects the call stands
# behind the branch that renews, and runs for both. So each call that finds its token dead is rejected with the 401, and is carried out a
# moment later all the same. The answer of the second request goes nowhere. The README also says that other callers wait "a maximum of 10
# seconds" for the renewal; `refresh_token_wait_max` is 10, and is given to `setTimeout`, which takes milliseconds.
#
# It bites programs that sign in with an authorization code and place calls, send messages or create users. A program that repeats a request
# after its 401 does it twice. A program that gives up has done it once, and does not know it.
# What helps: `client.config.refresh_access_token = false`, and a renewal before `tokenExpiryTime` by `refreshCodeAuthorizationGrant`.
#
# Here a program places a call with a token that has just ended, and repeats it when it is rejected. The SDK's gateway setting sends it to
# a server on this machine.
#
# Output seen:
#   by default: rejected with 401, then answered; renewals: 1; calls placed: 2
#   refresh_access_token false, renewed by the program: rejected with 401, then answered; renewals: 1; calls placed: 1
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund purecloud-platform-client-v2@262.0.0

cat >program.mjs <<'PROGRAM'
import { once } from "node:events"
import { createServer } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import platform from "purecloud-platform-client-v2"

// Each renewal gives the next token. Only the token named here is taken.
let tokens = 0
let renewals = 0
let taken = "access-1"
const placed = []
const server = createServer(async (request, response) => {
  let body = ""
  for await (const chunk of request) body += chunk
  response.setHeader("content-type", "application/json")
  if (request.url === "/oauth/token") {
    if (new URLSearchParams(body).get("grant_type") === "refresh_token") renewals += 1
    tokens += 1
    const token = { access_token: `access-${tokens}`, refresh_token: `refresh-${tokens}` }
    return response.end(JSON.stringify({ ...token, token_type: "bearer", expires_in: 3600 }))
  }
  if (request.headers.authorization !== `Bearer ${taken}`) {
    return response.writeHead(401).end(JSON.stringify({ status: 401, code: "bad.credentials" }))
  }
  placed.push(JSON.parse(body).phoneNumber)
  response.end(JSON.stringify({ id: `call-${placed.length}` }))
  server.emit("placed")
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const client = platform.ApiClient.instance
client.setGateway({ protocol: "http", host: "127.0.0.1", port: server.address().port })
const conversations = new platform.ConversationsApi()
const place = () =>
  conversations.postConversationsCalls({ phoneNumber: "+15555550100" }).then(
    () => "answered",
    ({ status }) => `rejected with ${status}`,
  )

const seen = async (title, betweenTries) => {
  await client.loginCodeAuthorizationGrant("id", "secret", "code", "http://127.0.0.1/back")
  // The token ends now; the next one is taken.
  taken = `access-${tokens + 1}`
  renewals = 0
  placed.length = 0
  const first = await place()
  await betweenTries()
  const second = await place()
  const line = `${title}: ${first}, then ${second}; renewals: ${renewals}; calls placed: ${placed.length}`
  console.log(line)
  return line
}

// The second request of the SDK is on its way while the program holds its rejection.
const byDefault = await seen("by default", () => Promise.race([once(server, "placed"), pause(5000)]))
client.config.refresh_access_token = false
const own = await seen("refresh_access_token false, renewed by the program", () =>
  client.refreshCodeAuthorizationGrant("id", "secret", client.authData.refreshToken),
)
server.close()
server.closeAllConnections()
const asDescribed =
  byDefault.endsWith("rejected with 401, then answered; renewals: 1; calls placed: 2") &&
  own.endsWith("rejected with 401, then answered; renewals: 1; calls placed: 1") &&
  client.config.refresh_token_wait_max === 10
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
