#!/bin/sh
# @azure/communication-common 2.5.0, seen with Node 24.21 and 20.20.
#
# `AzureCommunicationTokenCredential`, which signs a user in to Azure's calls and chats, joins those who ask for a token while one is on its
# way: `tokenRefresher` runs once. It gets the `abortSignal` of the caller who came first. When that caller gives up, the renewal ends for
# all, and the others fail with an `AbortError` that none of them caused. The other way round, the signal of a caller who came
# later does nothing: the call goes on waiting after its own abort.
#
# Who it bites: a page whose first view is closed, or whose first request has a short timeout, while other parts of the page wait for the token.
# What helps: a `tokenRefresher` that ignores its signal and has a timeout of its own. Then the first caller does not stop at its abort either.
#
# Here three callers want a token, and a renewal takes 200 ms. The first, then the second, gives up after 50 ms.
#
# Output seen:
#   the first gives up: AbortError, AbortError, AbortError
#   the second gives up: token, token, token
#   the first gives up, and the refresher ignores the signal: token, token, token
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @azure/communication-common@2.5.0

cat >program.mjs <<'PROGRAM'
import { setTimeout as pause } from "node:timers/promises"
import { AzureCommunicationTokenCredential } from "@azure/communication-common"

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")
const anHour = () => `${part({ alg: "RS256" })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600 })}.signature`

const threeCallers = async (impatient, obeys) => {
  const credential = new AzureCommunicationTokenCredential({
    tokenRefresher: async (signal) => {
      await pause(200, undefined, obeys ? { signal } : {})
      return anHour()
    },
  })
  const controllers = [0, 1, 2].map(() => new AbortController())
  const calls = controllers.map(({ signal }) => credential.getToken({ abortSignal: signal }))
  setTimeout(() => controllers[impatient].abort(), 50)
  const results = await Promise.allSettled(calls)
  credential.dispose()
  return results.map(({ reason, status }) => (status === "fulfilled" ? "token" : reason.name)).join(", ")
}

const first = await threeCallers(0, true)
const second = await threeCallers(1, true)
const ignored = await threeCallers(0, false)
console.log(`the first gives up: ${first}`)
console.log(`the second gives up: ${second}`)
console.log(`the first gives up, and the refresher ignores the signal: ${ignored}`)
const all = "token, token, token"
process.exit(first === "AbortError, AbortError, AbortError" && second === all && ignored === all ? 0 : 1)
PROGRAM
node program.mjs
