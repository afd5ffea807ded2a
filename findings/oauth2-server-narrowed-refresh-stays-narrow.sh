#!/bin/sh
# @node-oauth/oauth2-server 5.3.0, seen with Node 20.20 and 24.21.
#
# A client may ask for less scope at a renewal. That holds for the new access token alone: the new refresh token has the scope
# of the old one, and a later renewal may ask for everything that was granted (RFC 6749 section 6). This server gives the new refresh
# token the smaller scope. A later request for the whole scope is `invalid_scope`. That refusal also costs the session: the server revokes
# the refresh token before it looks at the scope, so the same refresh token is `invalid_grant` from then on.
#
# Who it bites: a client that asks for a token of one scope for each API. The second API signs its user out.
# What helps: the client leaves `scope` out at each renewal.
#
# Output seen:
#   password, scope "calls contacts": scope "calls contacts"
#   renewal, scope "calls": scope "calls"
#   renewal without scope: scope "calls"
#   renewal, scope "calls contacts": error invalid_scope
#   the same refresh token without scope: error invalid_grant
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @node-oauth/oauth2-server@5.3.0

cat >program.mjs <<'PROGRAM'
import OAuth2Server from "@node-oauth/oauth2-server"

// A model that keeps what it is given.
const tokens = new Map()
const server = new OAuth2Server({
  model: {
    getClient: async () => ({ id: "id", grants: ["password", "refresh_token"] }),
    getUser: async () => ({ name: "user" }),
    validateScope: async (_user, _client, scope) => scope,
    saveToken: async (token, client, user) => {
      const saved = { ...token, client, user }
      tokens.set(token.refreshToken, saved)
      return saved
    },
    getRefreshToken: async (refreshToken) => tokens.get(refreshToken),
    revokeToken: async ({ refreshToken }) => tokens.delete(refreshToken),
  },
})

const lines = []
const asked = async (title, fields) => {
  const body = { client_id: "id", client_secret: "secret", ...fields }
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    "content-length": String(new URLSearchParams(body).toString().length),
  }
  const response = new OAuth2Server.Response()
  await server.token(new OAuth2Server.Request({ method: "POST", query: {}, headers, body }), response).catch(() => {})
  const reply = response.body
  lines.push(`${title}: ${reply.error ? `error ${reply.error}` : `scope "${reply.scope}"`}`)
  return reply
}
const renewal = (title, { refresh_token }, fields) =>
  asked(title, { grant_type: "refresh_token", refresh_token, ...fields })

const scope = "calls contacts"
const password = { grant_type: "password", username: "user", password: "word", scope }
const first = await asked(`password, scope "${scope}"`, password)
const second = await renewal('renewal, scope "calls"', first, { scope: "calls" })
const third = await renewal("renewal without scope", second)
await renewal(`renewal, scope "${scope}"`, third, { scope })
await renewal("the same refresh token without scope", third)

console.log(lines.join("\n"))
const results = lines.map((line) => line.slice(line.lastIndexOf(": ") + 2))
const expected = [
  'scope "calls contacts"',
  'scope "calls"',
  'scope "calls"',
  "error invalid_scope",
  "error invalid_grant",
]
process.exit(results.join() === expected.join() ? 0 : 1)
PROGRAM
node program.mjs
