// The same without Effect: promises in, strings out.
//
//   npm run emulator -- --port 4000                in one terminal
//   npm run node docs/examples/plain-promise.ts    in another
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// #region session
// A session keeps one timer, to renew in time. `await using` closes it at the end of the file.
await using pbx = await openSkySwitch({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

// A thousand callers at once, one sign-in.
const tokens = await Promise.all(Array.from({ length: 1_000 }, () => pbx.accessToken()))
console.log(`${tokens.length} callers, ${new Set(tokens).size} token`)
// #endregion

// #region signals
// `await using` does not see a signal. Without these lines a signal ends the process at once, in the middle of any work.
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => void pbx.close().finally(() => process.exit()))
}
// #endregion

// A screen follows the session. It gets a view of every new state, which never holds a secret.
pbx.subscribe((view) => console.log(`${view.path}: ${view.label}`))

// The token is an ordinary string. Use it with any HTTP client.
const response = await fetch(`${address}/ns-api/?object=subscriber&action=read`, {
  headers: { authorization: `Bearer ${await pbx.accessToken()}` },
})
console.log(`${response.status} ${await response.text()}`)

await pbx.signOut()
