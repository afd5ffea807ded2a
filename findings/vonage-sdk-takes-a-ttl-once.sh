#!/bin/sh
# @vonage/jwt 1.17.1 in @vonage/server-sdk 3.30.1, seen with Node 24.21 and 20.20.
#
# Vonage's APIs take a JWT that the SDK signs anew for each call; its `ttl`, in seconds, says how long it lives. `tokenGenerate` reads `ttl` from the
# options that it is given, and then deletes it from them, so that it does not become a claim. The options are the caller's own object. So
# `ttl` holds for the first token that is made with them. Each later token lives for 15 minutes, which is the default. `jwtOptions` of
# `Auth` is one object for all calls of a client, and it is used up in the same way. You would expect options to be read.
#
# It bites servers that make tokens for browsers and phones, with the options in a constant: the first token lives for a day, and all others
# for 15 minutes. It bites those who ask for a short life, too: 60 seconds become 15 minutes. A test that makes one token shows nothing.
# What helps: a new object for each token, `tokenGenerate(id, key, { ...options })`. For `Auth`, `exp` cannot stand in, since it is a fixed moment; let
# `jwtOptions` be a getter: `Object.defineProperty(auth, "jwtOptions", { get: () => ({ ttl: 60 }) })`.
#
# Here three tokens are made with one object, and a client makes three calls to a server on this machine, which reads `exp` and `iat`.
#
# Output seen:
#   tokenGenerate with { ttl: 86400 }: 86400 s, 900 s, 900 s; the options are then {}
#   tokenGenerate with a new object each: 86400 s, 86400 s, 86400 s
#   calls with jwtOptions { ttl: 60 }: 60 s, 900 s, 900 s
#   calls with a getter for jwtOptions: 60 s, 60 s, 60 s
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @vonage/server-sdk@3.30.1 @vonage/auth@1.18.1 @vonage/jwt@1.17.1

cat >program.mjs <<'PROGRAM'
import { generateKeyPairSync } from "node:crypto"
import { createServer } from "node:http"
import { Auth } from "@vonage/auth"
import { tokenGenerate } from "@vonage/jwt"
import { Vonage } from "@vonage/server-sdk"

const applicationId = "00000000-0000-4000-8000-000000000000"
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
const privateKey = key.export({ type: "pkcs8", format: "pem" })

const lifeOf = (token) => {
  const { exp, iat } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"))
  return `${exp - iat} s`
}
const told = (title, lives) => {
  console.log(`${title}: ${lives}`)
  return lives
}

const options = { ttl: 86_400 }
const times = [0, 1, 2]
const shared = times.map(() => lifeOf(tokenGenerate(applicationId, privateKey, options))).join(", ")
const one = told("tokenGenerate with { ttl: 86400 }", `${shared}; the options are then ${JSON.stringify(options)}`)
const each = times.map(() => lifeOf(tokenGenerate(applicationId, privateKey, { ttl: 86_400 })))
const anew = told("tokenGenerate with a new object each", each.join(", "))

const lives = []
const server = createServer((request, response) => {
  lives.push(lifeOf(request.headers.authorization))
  response.setHeader("content-type", "application/json").end(JSON.stringify({ uuid: "call" }))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const calls = async (title, auth) => {
  lives.length = 0
  const vonage = new Vonage(auth, { apiHost: `http://127.0.0.1:${server.address().port}` })
  for (const _ of times) await vonage.voice.getCall("call")
  return told(title, lives.join(", "))
}
const auth = () => new Auth({ applicationId, privateKey, jwtOptions: { ttl: 60 } })
const documented = await calls("calls with jwtOptions { ttl: 60 }", auth())
const getter = Object.defineProperty(auth(), "jwtOptions", { get: () => ({ ttl: 60 }) })
const got = await calls("calls with a getter for jwtOptions", getter)
server.close()
server.closeAllConnections()
const asDescribed =
  one === "86400 s, 900 s, 900 s; the options are then {}" &&
  anew === "86400 s, 86400 s, 86400 s" &&
  documented === "60 s, 900 s, 900 s" &&
  got === "60 s, 60 s, 60 s"
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
