#!/bin/sh
# jssip 3.13.8 and sip.js 0.21.2, seen with Node 24.21 and 20.20.
#
# A registrar that offers several digest algorithms sends one `WWW-Authenticate` header for each. RFC 8760 section 2.4 tells a client to take
# the topmost challenge that it supports, and to ignore the others. Both libraries know MD5 alone. Their parser keeps one header of that name,
# and each header replaces the one before it. So they see the last challenge, whatever stands above it. With SHA-256 first and MD5 last
# they register; with MD5 first they give up at the 401, and send no second request. The log says "challenge with Digest algorithm different
# than 'MD5'" although MD5 was offered. `Proxy-Authenticate` is read the same way.
#
# It bites browser phones at a PBX that offers SHA-256 beside MD5, as Asterisk 22.2 and OpenSIPS 3.2 can. SIPp and older pjsip read the first
# header alone (SIPp/sipp issue 488, pjsip/pjproject issue 2712). So an order that is good for other phones shuts the browsers out, and
# the other way round.
# What helps: MD5 alone for the endpoints of browsers, or MD5 last for all.
#
# Here a registrar over WebSocket takes any answer to its challenge. Each library registers once with each order.
#
# Output seen:
#   MD5: jssip registered, sip.js registered
#   SHA-256, MD5: jssip registered, sip.js registered
#   MD5, SHA-256: jssip gave up at 401 after 1 request, sip.js gave up at 401 after 1 request
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund jssip@3.13.8 sip.js@0.21.2 ws@8.23.0

cat >program.mjs <<'PROGRAM'
import JsSIP from "jssip"
import { Registerer, UserAgent } from "sip.js"
import { WebSocket, WebSocketServer } from "ws"

// Node 20 has no WebSocket of its own.
globalThis.WebSocket ??= WebSocket

let offered = []
let requests = 0
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "sip" })
server.on("connection", (socket) =>
  socket.on("message", (data) => {
    const header = (name) => new RegExp(`^${name}: (.*)$`, "im").exec(data)?.[1]
    if (!String(data).startsWith("REGISTER")) return
    requests += 1
    const answers = header("Authorization") !== undefined
    const challenges = offered.map(
      (algorithm) => `WWW-Authenticate: Digest realm="pbx", nonce="nonce", qop="auth", algorithm=${algorithm}`,
    )
    const lines = [
      answers ? "SIP/2.0 200 OK" : "SIP/2.0 401 Unauthorized",
      ...["Via", "From", "Call-ID", "CSeq"].map((name) => `${name}: ${header(name)}`),
      `To: ${header("To")};tag=registrar`,
      ...(answers ? [`Contact: ${header("Contact")};expires=600`] : challenges),
      "Content-Length: 0",
    ]
    socket.send(`${lines.join("\r\n")}\r\n\r\n`)
  }),
)
await new Promise((resolve) => server.once("listening", resolve))
const address = `ws://127.0.0.1:${server.address().port}`
const gaveUp = (status) => `gave up at ${status} after ${requests} request${requests === 1 ? "" : "s"}`

const jssip = () =>
  new Promise((resolve) => {
    const sockets = [new JsSIP.WebSocketInterface(address)]
    const agent = new JsSIP.UA({ sockets, uri: "sip:100@pbx.example", password: "word" })
    agent.on("registered", () => resolve("registered"))
    agent.on("registrationFailed", ({ response }) => resolve(gaveUp(response?.status_code)))
    agent.start()
  })

const sipjs = async () => {
  const agent = new UserAgent({
    uri: UserAgent.makeURI("sip:100@pbx.example"),
    transportOptions: { server: address },
    authorizationUsername: "100",
    authorizationPassword: "word",
    logBuiltinEnabled: false,
  })
  await agent.start()
  return new Promise((resolve) => {
    const onReject = ({ message }) => resolve(gaveUp(message.statusCode))
    new Registerer(agent).register({ requestDelegate: { onAccept: () => resolve("registered"), onReject } })
  })
}

const seen = async (...algorithms) => {
  offered = algorithms
  requests = 0
  const one = await jssip()
  requests = 0
  const line = `jssip ${one}, sip.js ${await sipjs()}`
  console.log(`${algorithms.join(", ")}: ${line}`)
  return line
}

const both = "jssip registered, sip.js registered"
const alone = await seen("MD5")
const last = await seen("SHA-256", "MD5")
const first = await seen("MD5", "SHA-256")
const neither = "jssip gave up at 401 after 1 request, sip.js gave up at 401 after 1 request"
process.exit(alone === both && last === both && first === neither ? 0 : 1)
PROGRAM
node program.mjs
