#!/bin/sh
# simple-oauth2 5.1.0, seen with Node 20.20 and 24.
#
# A renewal's reply may leave the refresh token out; the old one then stays good (RFC 6749 section 6). Version 5.1.0 was
# released to keep it, and does not: `AccessToken.refresh` reads `this.refresh_token`, which does not exist, in place of
# `this.token.refresh_token`. So the first renewal succeeds, its token has `refresh_token: undefined`, and the second renewal
# presents an empty refresh token. It shows an hour or two after deployment, when the second access token expires.
#
# Who it bites: everybody whose token endpoint does not repeat the refresh token. A server that repeats it hides the fault.
# What helps: keep the refresh token yourself, and make each token by `client.createToken({ ...reply, refresh_token })`.
#
# Output seen:
#   grant_type=password&username=user&password=word
#   grant_type=refresh_token&refresh_token=refresh-1
#   grant_type=refresh_token&refresh_token=
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund simple-oauth2@5.1.0

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { ResourceOwnerPassword } from "simple-oauth2"

// Gives a refresh token at the sign-in, and none at a renewal.
const seen = []
const server = createServer(async (request, response) => {
  let body = ""
  for await (const chunk of request) body += chunk
  seen.push(body)
  const isSignIn = new URLSearchParams(body).get("grant_type") === "password"
  response.setHeader("content-type", "application/json")
  response.end(
    JSON.stringify({
      access_token: `access-${seen.length}`,
      token_type: "Bearer",
      expires_in: 3600,
      ...(isSignIn && { refresh_token: "refresh-1" }),
    }),
  )
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const client = new ResourceOwnerPassword({
  client: { id: "id", secret: "secret" },
  auth: { tokenHost: `http://127.0.0.1:${server.address().port}`, tokenPath: "/token" },
})
const first = await client.getToken({ username: "user", password: "word" })
const second = await first.refresh()
await second.refresh().catch(() => {})
server.close()

console.log(seen.join("\n"))
const asDescribed = second.token.refresh_token === undefined && seen[2] === "grant_type=refresh_token&refresh_token="
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
