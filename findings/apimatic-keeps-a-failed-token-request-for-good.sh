#!/bin/sh
# @apimatic/oauth-adapters 0.4.18, in @paypal/paypal-server-sdk 2.5.0, seen with Node 24.21 and 20.20.
#
# The SDKs that APIMatic generates (PayPal's is one) share this package. It gets a token when there is none or when the last one has ended, and
# keeps it as a promise: each call waits for the promise of the call before it, and then looks whether to renew. When a token request
# fails, the promise that is kept is the rejected one. Each later call waits for it first, and fails with the same error before it looks
# at anything. So after one 503, or one connection that is cut, the client never asks for a token again. You would expect the next call to try.
#
# It bites services that run longer than a token lives. Each call fails with the old 503 until the process is started anew, and the token
# endpoint's log shows one request. A health check that only asks whether the endpoint is up finds nothing wrong.
# What helps: an `oAuthTokenProvider` that does not reject. It returns the token that it got, which has ended; the call still fails, and the
# next one tries again.
#
# Here a client has a token that has ended. The first renewal is answered 503, each later one with a token. The SDK's addresses are fixed, so
# an adapter of its HTTP client sends the requests to a server on this machine.
#
# Output seen:
#   as documented: failed, failed, failed, failed; token requests: 1
#   a provider that does not reject: failed, answered, answered, answered; token requests: 2
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @paypal/paypal-server-sdk@2.5.0 @apimatic/oauth-adapters@0.4.18 axios@1.21.1

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { Client, Environment, OrdersController } from "@paypal/paypal-server-sdk"
import axios from "axios"

let tokenRequests = 0
const server = createServer(async (request, response) => {
  for await (const _ of request);
  response.setHeader("content-type", "application/json")
  if (request.url !== "/v1/oauth2/token") return response.end(JSON.stringify({ id: "order" }))
  tokenRequests += 1
  if (tokenRequests === 1) return response.writeHead(503).end("{}")
  response.end(JSON.stringify({ access_token: `access-${tokenRequests}`, token_type: "Bearer", expires_in: 3600 }))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const here = `http://127.0.0.1:${server.address().port}`
const adapter = (config) => axios.getAdapter("http")({ ...config, url: config.url.replace(/^https:\/\/[^/]+/, here) })

const seen = async (title, options) => {
  tokenRequests = 0
  const ended = { accessToken: "access-0", tokenType: "Bearer", expiry: BigInt(Math.floor(Date.now() / 1000) - 1) }
  const client = new Client({
    environment: Environment.Sandbox,
    clientCredentialsAuthCredentials: { oAuthClientId: "id", oAuthClientSecret: "secret", oAuthToken: ended, ...options },
    unstable_httpClientOptions: { adapter },
  })
  const orders = new OrdersController(client)
  const answers = []
  for (let call = 0; call < 4; call += 1) {
    answers.push(
      await orders.getOrder({ id: "order" }).then(
        () => "answered",
        () => "failed",
      ),
    )
  }
  const line = `${title}: ${answers.join(", ")}; token requests: ${tokenRequests}`
  console.log(line)
  return line
}

const documented = await seen("as documented", {})
const patient = await seen("a provider that does not reject", {
  oAuthTokenProvider: (last, manager) => manager.updateToken(last).catch(() => last),
})
server.close()
server.closeAllConnections()
const asDescribed =
  documented.endsWith("failed, failed, failed, failed; token requests: 1") &&
  patient.endsWith("failed, answered, answered, answered; token requests: 2")
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
