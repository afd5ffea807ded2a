#!/bin/sh
# @octokit/auth-oauth-device 8.0.5, seen with Node 24.21 and 20.20.
#
# While a person types the code of a device sign-in, the program asks for the token every `interval` seconds. When it is told `slow_down`, the
# interval "MUST be increased by 5 seconds for this and all subsequent requests" (RFC 8628 section 3.5). GitHub adds 5 seconds on its side
# each time, and its reply has the new `interval` ("Authorizing OAuth apps"). This client waits 7 seconds longer once, and then goes back
# to the first interval; the one in the reply is not read. So after one `slow_down` it is too early again, GitHub adds 5 more, and soon
# its longest wait, 12 seconds, is too short for good. The person has approved, and the program is never told. One poll that comes a
# little early, because the one before it was late on its way, is enough. Issue 334 of octokit/auth-oauth-device.js saw the sign-in freeze,
# and was closed by changing 5 seconds into 7.
#
# It bites command-line tools that sign in at GitHub or at a GitHub Enterprise Server. The network decides whether a poll is early, so it
# shows now and then.
# What helps: `verification.interval += 5` in `onVerification`, before the first poll.
#
# Here the server does what GitHub's page says: it looks at the pace first. The person approves after 30 seconds; the code lives for 15 minutes. The
# client's waits are carried out at once on a clock of the program, and the second poll comes 0.1 seconds early. No live account was tried.
#
# Output seen:
#   no poll is early: a token after 30 s; slow_down: 0 of 7 polls
#   one poll is early: expired_token after 910 s; slow_down: 75 of 78 polls; GitHub's interval is 380 s
#   one poll is early, interval raised by 5: a token after 30 s; slow_down: 0 of 4 polls
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @octokit/auth-oauth-device@8.0.5 @octokit/request@10.0.16

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { createOAuthDeviceAuth } from "@octokit/auth-oauth-device"
import { request } from "@octokit/request"

// A wait of the client moves this clock, and ends at once. Its waits are five seconds and more; those of `fetch` are shorter.
let seconds = 0
const wait = globalThis.setTimeout
globalThis.setTimeout = (next, ms, ...rest) => {
  if (ms < 5000) return wait(next, ms, ...rest)
  seconds += ms / 1000
  return wait(next, 0, ...rest)
}

let github
const server = createServer(async (incoming, response) => {
  for await (const _ of incoming);
  const answer = (body) => response.setHeader("content-type", "application/json").end(JSON.stringify(body))
  if (incoming.url === "/login/device/code") {
    const codes = { device_code: "device", user_code: "ABCD-1234", verification_uri: "https://github.com/login/device" }
    return answer({ ...codes, expires_in: 900, interval: 5 })
  }
  github.polls += 1
  // The poll before the early one was late on its way, so the two are 0.1 seconds less apart.
  const now = seconds - (github.early && github.polls === 2 ? 0.1 : 0)
  const pause = now - github.last
  github.last = now
  if (now > 900) return answer({ error: "expired_token" })
  if (pause < github.interval) {
    github.interval += 5
    github.slowDowns += 1
    return answer({ error: "slow_down", interval: github.interval })
  }
  if (now < 30) return answer({ error: "authorization_pending" })
  answer({ access_token: "access", token_type: "bearer", scope: "" })
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const here = request.defaults({ baseUrl: `http://127.0.0.1:${server.address().port}` })

const seen = async (title, early, longer) => {
  seconds = 0
  github = { early, interval: 5, last: Number.NEGATIVE_INFINITY, polls: 0, slowDowns: 0 }
  const auth = createOAuthDeviceAuth({
    clientType: "oauth-app",
    clientId: "id",
    request: here,
    onVerification: (verification) => {
      verification.interval += longer
    },
  })
  const end = await auth({ type: "oauth" }).then(
    () => "a token",
    ({ response }) => response.data.error,
  )
  const interval = github.slowDowns > 0 ? `; GitHub's interval is ${github.interval} s` : ""
  const line = `${title}: ${end} after ${seconds} s; slow_down: ${github.slowDowns} of ${github.polls} polls${interval}`
  console.log(line)
  return line
}

const none = await seen("no poll is early", false, 0)
const one = await seen("one poll is early", true, 0)
const raised = await seen("one poll is early, interval raised by 5", true, 5)
server.close()
server.closeAllConnections()
const asDescribed = none.includes("a token") && one.includes("expired_token") && raised.includes("a token")
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
