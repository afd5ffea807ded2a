#!/bin/sh
# axios-auth-refresh 5.0.2 with axios 1.21.1, seen with Node 24.21 and 20.20.
#
# Calls that are under way when a token ends are answered 401 one after the other. The first 401 starts the renewal. A 401 that comes
# while the renewal runs, or after it, is expected to wait for it and to be sent again with the new token, as `deduplicateRefresh`
# (its default, true) and the README's "stalls" say. Most of those calls are rejected with their 401 instead, although the new token
# is there: while the renewal runs, the instance stands in a list of instances to skip, so a reply is passed on as it came. Only calls that
# have not begun wait. A 401 after the renewal starts another one.
#
# Who it bites: a screen or a job that makes many calls at once; it shows once for each life of a token.
# What helps: `deduplicateRefresh: false` and a shared promise of your own, or a bearer that is renewed before its end.
#
# Here 50 calls go out with a token that has ended; the server answers each after 5 to 55 ms, and the renewal takes 20 ms.
#
# Output seen (the numbers differ by a few):
#   renewals: 3
#   of 50 calls: answered 3, rejected with 401 47
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund axios@1.21.1 axios-auth-refresh@5.0.2

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import axios from "axios"
import { createAuthRefresh } from "axios-auth-refresh"

let answered = 0
const server = createServer(async (request, response) => {
  await pause(5 + (answered++ % 50))
  response.writeHead(request.headers.authorization === "Bearer second" ? 200 : 401)
  response.end()
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

let token = "first"
let renewals = 0
const api = axios.create({ baseURL: `http://127.0.0.1:${server.address().port}` })
api.interceptors.request.use((request) => {
  request.headers.set("Authorization", `Bearer ${token}`)
  return request
})
createAuthRefresh(api, async () => {
  renewals++
  await pause(20)
  token = "second"
})

const results = await Promise.allSettled(Array.from({ length: 50 }, () => api.get("/")))
server.close()
const rejected = results.filter(({ reason, status }) => status === "rejected" && reason.response?.status === 401).length
const good = results.filter(({ status, value }) => status === "fulfilled" && value.status === 200).length
console.log(`renewals: ${renewals}`)
console.log(`of 50 calls: answered ${good}, rejected with 401 ${rejected}`)
process.exit(rejected >= 10 ? 0 : 1)
PROGRAM
node program.mjs
