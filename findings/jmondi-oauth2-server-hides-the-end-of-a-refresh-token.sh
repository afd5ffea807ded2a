#!/bin/sh
# @jmondi/oauth2-server 4.3.7 and @modelcontextprotocol/sdk 1.32.2, seen with Node 24.21 and 20.20.
#
# A refresh token that is "invalid, expired, revoked" is answered `invalid_grant` (RFC 6749 section 5.2). By this word a client tells the end of a
# sign-in, after which a person has to sign in again, from a mistake in its own request, `invalid_request`. This server says `invalid_request`
# for all of them: for a refresh token that has ended, that was used or revoked, and that it cannot read. So a client
# that keeps to the standard does not sign in again. It reports a fault of its own, keeps the refresh token, and presents it at each
# call. Two servers had the same and changed it (thephpleague/oauth2-server issue 993, better-auth pull request 8103).
#
# It bites the clients of a service that is built on it, when the refresh token has ended, so weeks after deployment.
# What helps: at the server, change `errorType` before the reply is written, as below. At a client, take this server's `invalid_request` for the end
# when its description says "Token has expired" or "Token has been revoked".
#
# Here the MCP SDK's `auth` renews three times with a refresh token that has ended. At `invalid_grant` it drops the tokens, and sends the person to
# the browser.
#
# Output seen:
#   as it is: 400 invalid_request (Token has expired); InvalidRequestError, InvalidRequestError, InvalidRequestError; the store has a refresh token
#   with invalid_grant: 400 invalid_grant (Token has expired); REDIRECT, REDIRECT, REDIRECT; the store has no tokens
#   used before: 400 invalid_request (Token has been revoked)
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @jmondi/oauth2-server@4.3.7 @modelcontextprotocol/sdk@1.32.2

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:http"
import { AuthorizationServer, DateInterval, OAuthRequest } from "@jmondi/oauth2-server"
import { auth } from "@modelcontextprotocol/sdk/client/auth.js"

// The repositories of the server, in memory. `life` is that of a refresh token, in ms.
let life = 3_600_000
const records = []
const client = { id: "id", name: "client", redirectUris: [], allowedGrants: ["password", "refresh_token"], scopes: [] }
const tokenRepository = {
  issueToken: async (client, scopes, user) => {
    const record = { accessToken: `access-${records.length}`, accessTokenExpiresAt: new Date(), client, scopes, user }
    records.push(record)
    return record
  },
  issueRefreshToken: async (record) =>
    Object.assign(record, { refreshToken: `refresh-${record.accessToken}`, refreshTokenExpiresAt: new Date(Date.now() + life) }),
  persist: async () => {},
  revoke: async (record) => Object.assign(record, { revoked: true }),
  isRefreshTokenRevoked: async ({ revoked }) => revoked === true,
  getByRefreshToken: async (id) => records.find(({ refreshToken }) => refreshToken === id),
}
const authorization = new AuthorizationServer(
  { getByIdentifier: async () => client, isClientValid: async () => true },
  tokenRepository,
  { getAllByIdentifiers: async () => [], finalize: async (scopes) => scopes },
  "a key of thirty-two characters, or more",
)
authorization.enableGrantType({ grant: "password", userRepository: { getUserByCredentials: async () => ({ id: "person" }) } })
authorization.enableGrantType("refresh_token", new DateInterval("1h"))

let corrects = false
const ended = /^Token has (expired|been revoked)$/
const tokenRequest = async (fields) => {
  try {
    return await authorization.respondToAccessTokenRequest(new OAuthRequest({ body: fields }))
  } catch (error) {
    const { errorDescription, errorType, status } = error
    const code = corrects && ended.test(errorDescription) ? "invalid_grant" : errorType
    return { status, body: { error: code, error_description: errorDescription } }
  }
}

const server = createServer(async (request, response) => {
  let text = ""
  for await (const chunk of request) text += chunk
  const here = `http://${request.headers.host}`
  const metadata = {
    issuer: here,
    authorization_endpoint: `${here}/authorize`,
    token_endpoint: `${here}/token`,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
  }
  const { status, body } =
    request.url === "/token"
      ? await tokenRequest(Object.fromEntries(new URLSearchParams(text)))
      : request.url === "/.well-known/oauth-authorization-server"
        ? { status: 200, body: metadata }
        : { status: 404, body: {} }
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const here = `http://127.0.0.1:${server.address().port}`

const signIn = async () => (await tokenRequest({ grant_type: "password", client_id: "id", username: "name", password: "word" })).body
const renew = (refresh_token) => tokenRequest({ grant_type: "refresh_token", client_id: "id", refresh_token })
const told = ({ status, body }) => `${status} ${body.error} (${body.error_description})`

const seen = async (title) => {
  life = -2000
  let store = await signIn()
  const reply = told(await renew(store.refresh_token))
  const provider = {
    redirectUrl: "http://127.0.0.1/back",
    clientMetadata: { redirect_uris: ["http://127.0.0.1/back"] },
    clientInformation: () => ({ client_id: "id", issuer: `${here}/` }),
    tokens: () => store && { issuer: `${here}/`, ...store },
    saveTokens: (tokens) => {
      store = tokens
    },
    invalidateCredentials: () => {
      store = undefined
    },
    saveCodeVerifier: () => {},
    codeVerifier: () => "verifier",
    redirectToAuthorization: () => {},
  }
  const results = []
  for (let time = 0; time < 3; time += 1) {
    results.push(await auth(provider, { serverUrl: here }).catch((error) => error.constructor.name))
  }
  const line = `${title}: ${reply}; ${results.join(", ")}; the store has ${store ? "a refresh token" : "no tokens"}`
  console.log(line)
  return line
}

const asItIs = await seen("as it is")
corrects = true
const corrected = await seen("with invalid_grant")
corrects = false
life = 3_600_000
const { refresh_token } = await signIn()
const first = await renew(refresh_token)
const used = told(await renew(refresh_token))
console.log(`used before: ${used}`)
server.close()
server.closeAllConnections()
const asDescribed =
  asItIs.endsWith("InvalidRequestError, InvalidRequestError, InvalidRequestError; the store has a refresh token") &&
  corrected.endsWith("REDIRECT, REDIRECT, REDIRECT; the store has no tokens") &&
  first.status === 200 &&
  used === "400 invalid_request (Token has been revoked)"
process.exit(asDescribed ? 0 : 1)
PROGRAM
node program.mjs
