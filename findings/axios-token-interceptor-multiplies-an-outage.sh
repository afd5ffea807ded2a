#!/bin/sh
# axios-token-interceptor 0.2.0 with axios 1.21.1, seen with Node 24.21 and 20.20.
#
# `tokenCache` lets one caller at a time ask for a token. The others stand in line, and find the token when it is there. When the request
# fails, only the caller who made it is told. The next in line asks anew, then the next. So while the token endpoint is away, each call waits
# for the failures of all before it: with a timeout of 10 seconds, the last of 20 calls fails after 200 seconds, and calls that come
# meanwhile queue behind it. When the endpoint throttles, the line goes on asking, whatever `Retry-After` says.
#
# Who it bites: a page or a job that makes many calls at once. One failure would have been enough for all.
# What helps: wrap `getToken` so that a failure is kept for a moment: its promise, for a second or for `Retry-After`.
#
# Here 20 calls begin together; the token endpoint answers 503 after 100 ms.
#
# Output seen (the times differ by a few percent):
#   as documented: 20 token requests, first failure after 0.2 s, last after 2.3 s
#   failure kept for a second: 1 token request, first failure after 0.1 s, last after 0.1 s
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund axios@1.21.1 axios-token-interceptor@0.2.0

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import axios from "axios"
import tokenProvider from "axios-token-interceptor"

let requests = 0
const server = createServer(async (request, response) => {
  requests++
  await pause(100)
  response.writeHead(503).end()
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const base = `http://127.0.0.1:${server.address().port}`

const twentyCalls = async (getToken) => {
  requests = 0
  const api = axios.create({ baseURL: base })
  const kept = tokenProvider.tokenCache(getToken, { getMaxAge: ({ expires_in }) => expires_in * 1000 })
  api.interceptors.request.use(tokenProvider({ getToken: kept, headerFormatter: (token) => `Bearer ${token.access_token}` }))
  const begun = Date.now()
  const call = () => api.get("/calls").catch(() => (Date.now() - begun) / 1000)
  const failures = await Promise.all(Array.from({ length: 20 }, call))
  return { requests, first: Math.min(...failures), last: Math.max(...failures) }
}
const shown = (name, { first, last, requests }) =>
  console.log(
    `${name}: ${requests} token request${requests === 1 ? "" : "s"}, ` +
      `first failure after ${first.toFixed(1)} s, last after ${last.toFixed(1)} s`,
  )

const ask = () => axios.post(`${base}/token`, "grant_type=client_credentials").then(({ data }) => data)
let pending
const askOnce = () => {
  if (!pending) {
    pending = ask()
    setTimeout(() => (pending = undefined), 1000)
  }
  return pending
}
const documented = await twentyCalls(ask)
const once = await twentyCalls(askOnce)
server.close()
server.closeAllConnections()
shown("as documented", documented)
shown("failure kept for a second", once)
process.exit(documented.requests === 20 && documented.last >= 2 && once.requests === 1 ? 0 : 1)
PROGRAM
node program.mjs
