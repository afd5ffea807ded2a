// A test of your app with the real library and an emulated vendor: no server, no account, no waiting. An hour passes at once.
//
//   npm run node docs/examples/jumping-an-hour.ts
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { openSkySwitch } from "@pbx-auth/session/Promises"

const account = {
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}

// #region open
// Time stands still until you move it. A part of the world is as you want it.
const vendor = openEmulator({ clock: "steered", world: { netsapiens: { rotation: "strict" } } })
const pbx = await openSkySwitch(account, { fetch: vendor.fetch, clock: vendor.clock })
// #endregion

// #region jump
await pbx.accessToken()
await vendor.jump(3_600_000) // an hour, in ms: the session renews on the way, as in real time
console.log((await vendor.journal()).map(({ outcome }) => outcome).join(", "))
// #endregion

// #region fault
await vendor.arm({ fault: { _tag: "drop_reply" }, match: { grant: "refresh_token" } })
await vendor.jump(3_600_000)
for (const { fault, outcome, wire } of (await vendor.journal()).slice(2)) {
  console.log(`${wire?.request.fields.grant_type}: ${outcome}, ${wire?.end}${fault ? ` by ${fault}` : ""}`)
}
// #endregion

await pbx.close()
await vendor.close()
