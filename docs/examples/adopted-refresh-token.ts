// A refresh token from elsewhere: a person signs in once, with a passcode. Then a program goes on alone.
//
//   npm run emulator -- --port 4000                        in one terminal
//   npm run node docs/examples/adopted-refresh-token.ts    in another
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"
const client = { id: "your-client-id", secret: "your-client-secret" }

// Elsewhere: a page of yours, another program, or somebody with curl. It calls the provider and keeps one value.
const ask = async (fields: Record<string, string>): Promise<Record<string, string>> => {
  const body = new URLSearchParams({ client_id: client.id, client_secret: client.secret, ...fields })
  const response = await fetch(`${address}/ns-api/oauth2/token/`, { method: "POST", body, redirect: "error" })
  return (await response.json()) as Record<string, string>
}
const { access_token = "" } = await ask({ grant_type: "password", username: "222@abc-company", password: "5678" })
const factor = { ns_id_type: "subscriber", mfa_type: "authenticator", mfa_vendor: "google" }
const { refresh_token = "" } = await ask({ grant_type: "mfa", ...factor, access_token, passcode: "246802" })

// #region adopt
// Here there is no username, no password and no passcode. The session begins with a renewal.
await using pbx = await openSkySwitch({ address, client, refreshToken: refresh_token })
// #endregion
console.log(`${pbx.view().path}, ${(await pbx.inspect()).uid}, ${pbx.view().path}`)

const { generation } = await pbx.bearer()
pbx.reject(generation) // as after a 401
await pbx.accessToken()
console.log(`token ${generation}, then token ${(await pbx.bearer()).generation}`)

// A sign-out ends it for good, because there are no credentials to sign in with.
await pbx.signOut()
console.log(`${pbx.view().path}: ${pbx.view().label}`)
