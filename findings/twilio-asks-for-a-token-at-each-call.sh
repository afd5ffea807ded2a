#!/bin/sh
# twilio 6.2.0, seen with Node 24.21 and 20.20.
#
# Twilio's client signs in with OAuth client credentials when you give it a `ClientCredentialProvider`. The class that makes the header,
# `TokenAuthStrategy`, keeps the token until 30 seconds before its end. The client makes a new one of that class for each call, so what was
# kept is never found: each call asks for another token first, and the token of an hour is used once.
#
# It bites programs that replace the account's auth token by OAuth, as the README offers it. Each call takes two requests in place of one, the limit
# of the token endpoint becomes the limit of the calls, and a call fails when the token endpoint is away, although the last token is good.
# What helps: give the provider one strategy: `const strategy = provider.toAuthStrategy()`, then `provider.toAuthStrategy = () => strategy`.
#
# Here a client lists the calls of an account five times, one after the other; each token lives for an hour. The SDK's addresses are fixed,
# so the `axios` that it shares with the program sends them to a server on this machine.
#
# Output seen:
#   as documented: 5 calls, 5 tokens
#   with one strategy: 5 calls, 1 token
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund twilio@6.2.0 axios@1.21.1

cat >program.cjs <<'PROGRAM'
const { once } = require("node:events")
const { createServer } = require("node:http")
const axios = require("axios")

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")
let seen = { calls: 0, tokens: 0 }
const server = createServer(async (request, response) => {
  for await (const _ of request);
  response.setHeader("content-type", "application/json")
  if (request.url !== "/v2/token") {
    seen.calls++
    return response.end(JSON.stringify({ calls: [] }))
  }
  seen.tokens++
  const claims = { exp: Math.floor(Date.now() / 1000) + 3600, jti: String(seen.tokens) }
  const access_token = `${part({ alg: "RS256" })}.${part(claims)}.signature`
  response.writeHead(201).end(JSON.stringify({ access_token, token_type: "Bearer", expires_in: 3600 }))
})

const { create } = axios
axios.create = (...options) => {
  const instance = create(...options)
  instance.interceptors.request.use((request) => {
    const { pathname } = new URL(request.url)
    return { ...request, url: `http://127.0.0.1:${server.address().port}${pathname}` }
  })
  return instance
}
const { ClientCredentialProviderBuilder, Twilio } = require("twilio")

const fiveCalls = async (prepare) => {
  seen = { calls: 0, tokens: 0 }
  const provider = new ClientCredentialProviderBuilder().setClientId("id").setClientSecret("secret").build()
  prepare(provider)
  const client = new Twilio()
  client.setCredentialProvider(provider)
  client.setAccountSid("AC00000000000000000000000000000000")
  for (let call = 0; call < 5; call++) await client.calls.list({ limit: 1 })
  return seen
}

const main = async () => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const documented = await fiveCalls(() => {})
  const shared = await fiveCalls((provider) => {
    const strategy = provider.toAuthStrategy()
    provider.toAuthStrategy = () => strategy
  })
  server.close()
  server.closeAllConnections()
  console.log(`as documented: ${documented.calls} calls, ${documented.tokens} tokens`)
  console.log(`with one strategy: ${shared.calls} calls, ${shared.tokens} token`)
  process.exit(documented.tokens === 5 && documented.calls === 5 && shared.tokens === 1 && shared.calls === 5 ? 0 : 1)
}
main()
PROGRAM
env -u TWILIO_ACCOUNT_SID -u TWILIO_AUTH_TOKEN -u TWILIO_EDGE -u TWILIO_REGION -u HTTP_PROXY node program.cjs
