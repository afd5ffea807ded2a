#!/bin/sh
# client-oauth2 4.3.3, seen with Node 24.21 and 20.20.
#
# `sign` puts a token into the header `Authorization` only when the type of the token is `bearer`, in whatever letters. Any other type makes
# it `?access_token=` in the address, and the request has no header. 8x8 prints `"token_type": "BearerToken"` in the token reply of its
# analytics and content APIs ("OAuth Authentication for 8x8 XCaaS APIs"), and those APIs take the token as `Authorization: Bearer`. So
# the token request succeeds, and each call goes out without what the APIs look for. The token is in the access logs on its way.
#
# It bites programs that call 8x8 by this client, or by its fork @n8n/client-oauth2 (1.23.1 does the same), which is the generic OAuth 2
# credential of n8n. The 401 looks like a wrong token or a missing right; nothing in it names the type.
# What helps: make the token anew, `client.createToken({ ...token.data, token_type: "bearer" })`, or write the header yourself.
#
# Here one server gives the tokens, and takes them in the header alone, as 8x8's page says. No live account was tried.
#
# Output seen:
#   token_type "Bearer": GET /calls, answered 200
#   token_type "BearerToken": GET /calls?access_token=..., answered 401
#   token_type "BearerToken", made anew as "bearer": GET /calls, answered 200
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund client-oauth2@4.3.3

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import ClientOAuth2 from "client-oauth2"

let tokenType = ""
let address = ""
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json")
  if (request.url === "/token") {
    return response.end(JSON.stringify({ access_token: "access-1", token_type: tokenType, expires_in: "1799" }))
  }
  address = request.url.replace("access-1", "...")
  response.writeHead(request.headers.authorization === "Bearer access-1" ? 200 : 401).end("{}")
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const base = `http://127.0.0.1:${server.address().port}`
const client = new ClientOAuth2({ clientId: "id", clientSecret: "secret", accessTokenUri: `${base}/token` })

const call = async (name, token) => {
  const { headers, method, url } = token.sign({ method: "GET", url: `${base}/calls` })
  const { status } = await fetch(url, { method, headers })
  console.log(`token_type ${name}: GET ${address}, answered ${status}`)
  return { address, status }
}

tokenType = "Bearer"
const usual = await call('"Bearer"', await client.credentials.getToken())
tokenType = "BearerToken"
const token = await client.credentials.getToken()
const printed = await call('"BearerToken"', token)
const anew = client.createToken({ ...token.data, token_type: "bearer" })
const mended = await call('"BearerToken", made anew as "bearer"', anew)
server.close()
server.closeAllConnections()
const isSo = usual.status === 200 && printed.status === 401 && mended.status === 200
process.exit(isSo && printed.address === "/calls?access_token=..." ? 0 : 1)
PROGRAM
node program.mjs
