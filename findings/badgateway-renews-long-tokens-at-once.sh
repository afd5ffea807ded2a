#!/bin/sh
# @badgateway/oauth2-client 3.3.1, seen with Node 20.20 and 24.
#
# `OAuth2Fetch` renews a token by a timer, a minute before its end. It hands the whole wait to `setTimeout`, which holds
# 2^31 - 1 ms. A token that lives longer than 24.8 days and comes with a refresh token is therefore renewed a millisecond
# after it came, and so is the next one: one request after the other, for as long as the process runs, and each spends a refresh
# token. Node says so on standard error (`TimeoutOverflowWarning`); a browser says nothing.
#
# Who it bites: whose provider gives tokens of 30 days or more. Sangoma CX gives 281 days; it has no refresh token, and only
# that keeps its users from it.
# What helps: `scheduleRefresh: false`. The token is then renewed when it is asked for after its end.
#
# Here the server ends it: its fifth token lives for an hour.
#
# Output seen:
#   5 tokens for one call: password refresh_token refresh_token refresh_token refresh_token
#   1 token with scheduleRefresh: false: password
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @badgateway/oauth2-client@3.3.1

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client"

const days = 281 * 86_400
let seen = []
const server = createServer(async (request, response) => {
  let body = ""
  for await (const chunk of request) body += chunk
  seen.push(new URLSearchParams(body).get("grant_type"))
  response.setHeader("content-type", "application/json")
  response.end(
    JSON.stringify({
      access_token: `access-${seen.length}`,
      token_type: "bearer",
      expires_in: seen.length < 5 ? days : 3600,
      refresh_token: `refresh-${seen.length}`,
    }),
  )
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const client = new OAuth2Client({
  server: `http://127.0.0.1:${server.address().port}`,
  tokenEndpoint: "/token",
  clientId: "id",
  clientSecret: "secret",
})
const grantsAfter = async (options) => {
  seen = []
  const getNewToken = () => client.password({ username: "user", password: "word" })
  await new OAuth2Fetch({ client, getNewToken, ...options }).getAccessToken()
  // At most two seconds; nothing should come for 281 days.
  for (let turn = 0; turn < 80 && seen.length < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 25))
  return seen
}

const scheduled = await grantsAfter({})
console.log(`${scheduled.length} tokens for one call: ${scheduled.join(" ")}`)
const unscheduled = await grantsAfter({ scheduleRefresh: false })
console.log(`${unscheduled.length} token with scheduleRefresh: false: ${unscheduled.join(" ")}`)
process.exit(scheduled.length === 5 && unscheduled.length === 1 ? 0 : 1)
PROGRAM
node --disable-warning=TimeoutOverflowWarning program.mjs
