#!/bin/sh
# passport-oauth2-refresh 2.2.0 with passport-oauth2 1.8.0 and oauth 0.10.2, seen with Node 20.20 and 24.21.
#
# A renewal that brings no token calls back without an error when its status is 200, 301 or 302: the error is null and the access
# token is undefined. So an error object in a 200, a page of a maintenance window, and a redirect to a sign-in page are successes. A 400
# is reported. At the sign-in the same replies are errors, because passport-oauth2 itself has looked for the token since 1.6.1. The
# renewal calls the package `oauth` directly, which does not look.
#
# Who it bites: a callback that looks at its error alone, as the README's does. It stores `undefined` in place of the token.
# GitHub answers a used refresh token with 200 and `error=bad_refresh_token` (issue 459 of lelylan/simple-oauth2 shows it).
# What helps: treat a missing access token as an error. The fourth argument of the callback has the reply's fields.
#
# Output seen:
#   400 with an error object: error { statusCode: 400 }, access token undefined
#   200 with an error object: error null, access token undefined
#   200 with a page: error null, access token undefined
#   302 to a sign-in page: error null, access token undefined
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund passport-oauth2-refresh@2.2.0 passport-oauth2@1.8.0 oauth@0.10.2

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import OAuth2Strategy from "passport-oauth2"
import refresh from "passport-oauth2-refresh"

const json = { "content-type": "application/json" }
const replies = {
  "400 with an error object": [400, json, JSON.stringify({ error: "invalid_grant" })],
  "200 with an error object": [200, json, JSON.stringify({ error: "bad_refresh_token" })],
  "200 with a page": [200, { "content-type": "text/html" }, "<h1>Maintenance</h1>"],
  "302 to a sign-in page": [302, { location: "/login" }, ""],
}
let reply = []
const server = createServer((request, response) => {
  request.resume()
  const [status, headers, body] = reply
  response.writeHead(status, headers).end(body)
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const base = `http://127.0.0.1:${server.address().port}`
const urls = { authorizationURL: `${base}/authorize`, tokenURL: `${base}/token` }
refresh.use(new OAuth2Strategy({ ...urls, clientID: "id", clientSecret: "secret" }, () => {}))

const lines = []
for (const [title, next] of Object.entries(replies)) {
  reply = next
  const line = await new Promise((resolve) => {
    refresh.requestNewAccessToken("oauth2", "refresh-1", (error, accessToken) => {
      const told = error === null ? "null" : `{ statusCode: ${error.statusCode} }`
      resolve(`${title}: error ${told}, access token ${accessToken}`)
    })
  })
  console.log(line)
  lines.push(line)
}
server.close()
server.closeAllConnections()
const [refused, ...taken] = lines
const asDescribed =
  refused.endsWith("error { statusCode: 400 }, access token undefined") &&
  taken.every((line) => line.endsWith("error null, access token undefined"))
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
