#!/bin/sh
# react-oauth2-code-pkce 1.24.0 with react 19.3.1, seen with Node 24.21 and 20.20, in jsdom 29.1.1.
#
# Most token replies do not say how long the refresh token lives (RFC 6749 has no field for it). This package then takes it for dead ten minutes
# after the access token, and does not try it. It renews every token at its end, so this shows only when the page did not run
# at that time: the lid was closed, the tab was asleep, the browser was shut. A user who comes back 11 minutes after the end signs in again.
# The sum is made as texts where `expires_in` is a text, as some providers send it: "3600" and 600 are 3600600 seconds, 41 days.
#
# Who it bites: users of a page who take a lunch break. NetSapiens' reply, with SkySwitch as with others, names no life of the refresh token.
# What helps: `refreshTokenExpiresIn`, in seconds, with what your provider grants.
#
# Here a page signs in, and is loaded again 11 minutes after the end of its access token; the refresh token is good. The clock is moved.
#
# Output seen:
#   expires_in 3600: the refresh token is kept for 4200 s; 11 minutes after the end: signed out, 0 renewals
#   expires_in "3600": the refresh token is kept for 3600600 s; 11 minutes after the end: signed in, 1 renewal
#   expires_in 3600, refreshTokenExpiresIn a week: the refresh token is kept for 604800 s; 11 minutes after the end: signed in, 1 renewal
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund react-oauth2-code-pkce@1.24.0 react@19.3.1 react-dom@19.3.1 jsdom@29.1.1

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import { JSDOM } from "jsdom"
import { createElement } from "react"

let grants = []
let expiresIn
const server = createServer(async (request, response) => {
  let body = ""
  for await (const chunk of request) body += chunk
  grants.push(new URLSearchParams(body).get("grant_type"))
  const tokens = { access_token: `access-${grants.length}`, refresh_token: `refresh-${grants.length}` }
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify({ ...tokens, token_type: "Bearer", expires_in: expiresIn }))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const page = new JSDOM("<main></main>", { url: "https://app.example.test/?code=code-1" })
const { document, localStorage, navigator } = page.window
for (const [name, value] of Object.entries({ window: page.window, document, localStorage, navigator })) {
  Object.defineProperty(globalThis, name, { value, configurable: true })
}
const { createRoot } = await import("react-dom/client")
const { AuthProvider } = await import("react-oauth2-code-pkce")

const clock = Date.now
const load = async (options, isDone) => {
  let isSignedOut = false
  const authConfig = {
    clientId: "id",
    authorizationEndpoint: "https://id.example.test/authorize",
    tokenEndpoint: `http://127.0.0.1:${server.address().port}/token`,
    redirectUri: "https://app.example.test/",
    autoLogin: false,
    decodeToken: false,
    clearURL: false,
    onRefreshTokenExpire: () => {
      isSignedOut = true
    },
    ...options,
  }
  const root = createRoot(document.querySelector("main"))
  root.render(createElement(AuthProvider, { authConfig }, null))
  for (let turn = 0; turn < 200 && !isSignedOut && !isDone(); turn++) await pause(50)
  root.unmount()
  return isSignedOut ? "signed out" : "signed in"
}

const comesBack = async (life, options) => {
  grants = []
  expiresIn = life
  // What the package leaves in the browser before it sends the user to the sign-in page.
  localStorage.clear()
  localStorage.setItem("ROCP_loginInProgress", "true")
  localStorage.setItem("ROCP_PKCE_code_verifier", "verifier")
  await load(options, () => localStorage.getItem("ROCP_loginInProgress") === "false")
  const kept = Number(localStorage.getItem("ROCP_refreshTokenExpire")) - Number(localStorage.getItem("ROCP_tokenExpire")) + 3600
  Date.now = () => clock() + (3600 + 11 * 60) * 1000
  const state = await load(options, () => grants.length > 1)
  Date.now = clock
  return { kept, state, renewals: grants.filter((grant) => grant === "refresh_token").length }
}
const shown = (name, { kept, renewals, state }) =>
  console.log(
    `${name}: the refresh token is kept for ${kept} s; 11 minutes after the end: ` +
      `${state}, ${renewals} renewal${renewals === 1 ? "" : "s"}`,
  )

const number = await comesBack(3600)
const text = await comesBack("3600")
const told = await comesBack(3600, { refreshTokenExpiresIn: 604_800 })
server.close()
server.closeAllConnections()
shown("expires_in 3600", number)
shown('expires_in "3600"', text)
shown("expires_in 3600, refreshTokenExpiresIn a week", told)
const isSo = number.kept === 4200 && number.state === "signed out" && number.renewals === 0
process.exit(isSo && text.kept === 3_600_600 && text.renewals === 1 && told.renewals === 1 ? 0 : 1)
PROGRAM
node program.mjs
