// A second factor with promises: first-token.ts, with what a person types in place of the credentials.
//
//   npm run emulator -- --port 4000                              in one terminal
//   npm run node docs/examples/second-factor-with-promises.ts    in another
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

const pbx = await openSkySwitch({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
})

try {
  // #region passcode
  const asked = await pbx.signIn({ username: "222@abc-company", password: "5678" })
  console.log(`${asked.state}: ${asked.label}`)

  // A wrong passcode leaves the challenge open. `remedy` says what to do next.
  const view = await pbx.submitPasscode("000000").catch((error) => {
    if (!isAuthError(error) || error.reason._tag !== "BadPasscode") throw error
    console.log(`${error.reason._tag}, remedy ${error.remedy}: ask once more`)
    return pbx.submitPasscode("246802")
  })
  console.log(`${view.state}: ${view.label}`)
  // #endregion

  const token = await pbx.accessToken()
  console.log(`A token with ${token.length} characters.`)

  await pbx.signOut() // forgets the token here, and asks the provider to revoke it
} finally {
  await pbx.close() // stops the session's timer, so that the process can end
}
