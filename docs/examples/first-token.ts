// Your first token: sign in at the emulator, get a token, make one API call with it. docs/first-token.md is its tutorial.
//
//   npm run emulator -- --port 4000              in one terminal
//   npm run node docs/examples/first-token.ts    in another
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

const pbx = await openSkySwitch({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

try {
  const token = await pbx.accessToken() // signs in once; later calls return the same token while it lives
  console.log(`A token with ${token.length} characters.`)

  const response = await fetch(`${address}/ns-api/?object=subscriber&action=read`, {
    headers: { authorization: `Bearer ${token}` },
    redirect: "error",
  })
  console.log(response.status, await response.text())

  await pbx.signOut() // forgets the token here, and asks the provider to revoke it
} finally {
  await pbx.close() // stops the session's timer, so that the process can end
}
