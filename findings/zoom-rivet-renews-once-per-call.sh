#!/bin/sh
# @zoom/rivet 0.4.0, seen with Node 20.20 and 24.21.
#
# Zoom replaces the refresh token with each renewal and answers an earlier one with "Invalid Token!" (Zoom's developer support, article
# 360060332931). Zoom's own SDK does not join renewals: each call that finds the token in its last minute renews it, with the refresh
# token that all of them have read. So of the calls that begin together, one is answered. The others fail with
# `OAuthTokenRefreshFailedError`, which looks like a lost sign-in, although the new token is in the store.
#
# Who it bites: a page or a job that makes several calls of Zoom Phone at once, as a user. It shows once an hour.
# What helps: one call by itself before the others, or a second try after `OAuthTokenRefreshFailedError`.
#
# Here five calls go out with a token that ends in 30 seconds. The SDK's addresses are fixed, so the `axios` that it shares with the
# program sends them to a server on this machine.
#
# Output seen:
#   refresh tokens presented: refresh-1 refresh-1 refresh-1 refresh-1 refresh-1
#   200, OAuthTokenRefreshFailedError, OAuthTokenRefreshFailedError, OAuthTokenRefreshFailedError, OAuthTokenRefreshFailedError
#   the store has refresh-2; one more call: 200
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @zoom/rivet@0.4.0 axios@1.21.1

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { PhoneOAuthClient } from "@zoom/rivet/phone"
import axios from "axios"

const presented = []
const server = createServer(async (request, response) => {
  let body = ""
  for await (const chunk of request) body += chunk
  response.setHeader("content-type", "application/json")
  if (request.url !== "/oauth/token") return response.end(JSON.stringify({ users: [] }))
  const refreshToken = new URLSearchParams(body).get("refresh_token")
  const isUsed = presented.includes(refreshToken)
  presented.push(refreshToken)
  if (isUsed) return response.writeHead(400).end(JSON.stringify({ reason: "Invalid Token!", error: "invalid_grant" }))
  const lifetime = { token_type: "bearer", expires_in: 3600, scope: "phone:read" }
  response.end(JSON.stringify({ ...lifetime, access_token: "access-2", refresh_token: "refresh-2" }))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
axios.interceptors.request.use((request) => {
  const { pathname } = new URL(request.url, request.baseURL)
  return { ...request, baseURL: undefined, url: `http://127.0.0.1:${server.address().port}${pathname}` }
})

let stored = {
  accessToken: "access-1",
  refreshToken: "refresh-1",
  expirationTimeIso: new Date(Date.now() + 30_000).toISOString(),
  scopes: ["phone:read"],
}
const client = new PhoneOAuthClient({
  clientId: "id",
  clientSecret: "secret",
  disableReceiver: true,
  installerOptions: { redirectUri: "https://app.example.test/callback", stateStore: "seals the state of a sign-in" },
  tokenStore: {
    getLatestToken: () => stored,
    storeToken: (token) => {
      stored = token
    },
  },
})
const call = () =>
  client.endpoints.users.listPhoneUsers({ query: {} }).then(
    ({ statusCode }) => String(statusCode),
    ({ name }) => name,
  )

const results = await Promise.all(Array.from({ length: 5 }, call))
const later = await call()
server.close()
server.closeAllConnections()
console.log(`refresh tokens presented: ${presented.join(" ")}`)
console.log(results.join(", "))
console.log(`the store has ${stored.refreshToken}; one more call: ${later}`)
const failed = results.filter((result) => result === "OAuthTokenRefreshFailedError").length
process.exit(failed === 4 && stored.refreshToken === "refresh-2" && later === "200" ? 0 : 1)
PROGRAM
node program.mjs
