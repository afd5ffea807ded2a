// A test of an app against the emulator, in the test's own process: an outage, and an hour that passes at once.
//
//   npm run node docs/examples/testing-with-the-emulator.ts

// #region open
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"

// No socket and no server: the session's requests go to the emulator, and both have one clock.
await using vendor = openEmulator({ clock: "steered" })
await using pbx = await openSkySwitch(
  {
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: "111@abc-company", password: "1234" },
  },
  { fetch: vendor.fetch, clock: vendor.clock },
)
// #endregion

// #region outage
await vendor.arm({ fault: { _tag: "server_error", status: 503 } })
const failed = await pbx.accessToken().catch((error) => (isAuthError(error) ? error.reason._tag : error))
console.log(`during an outage: ${failed}`)
// #endregion

// #region hour
// The session tries again by itself. A minute is enough.
await vendor.jump(60_000)
const first = await pbx.accessToken()

// It renews before the hour is over, once.
await vendor.jump(3_600_000)
console.log(`an hour later it is another token: ${first !== (await pbx.accessToken())}`)
// #endregion

// #region journal
const asked = await vendor.journal()
console.log(asked.map(({ grant, status }) => `${grant} ${status}`).join(", "))
// #endregion
