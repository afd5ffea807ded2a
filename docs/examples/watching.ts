// Operations without Effect: events, health and metrics of all sessions of an app.
//
//   npm run emulator -- --port 4000           in one terminal
//   npm run node docs/examples/watching.ts    in another
import { configure } from "@pbx-auth/providers/SkySwitch"
import { makeOperations } from "@pbx-auth/session/PromiseOperations"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { openIpex } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"
const client = { id: "your-client-id", secret: "your-client-secret" }

// #region operations
// One for the whole app. The listener prints a line for each event. Without `name` an event has only a random id.
const { health, metrics, watch } = makeOperations(({ at, ...event }) => console.log(JSON.stringify(event)), {
  name: ({ account }) => `our ${account.provider.name}`,
})

// It sees whatever you open with `watch`.
await using sessions = await openSessions({}, { watch })
await using ipex = await openIpex(
  { address, credentials: { username: "api-user@example.test", password: "a-guess" } },
  { watch },
)
// #endregion

const reseller = await sessions.session(
  configure({ address, client, credentials: { username: "1000@acmecorp", password: "mypassword" } }),
)
const { generation } = await reseller.bearer()
reseller.reject(generation) // an API answered 401
await reseller.bearer()
await ipex.accessToken().catch(() => {}) // the password is wrong, as the event says

// #region health
// For a readiness endpoint: 200, or 503 when it is `failing`. For a scrape: `metrics()`, as text/plain; version=0.0.4.
const { providers, runtimes, status } = health()
console.log(`${status}: ${providers.map((one) => `${one.provider} ${one.status}`).join(", ")}; ${runtimes} watched`)
// #endregion
for (const line of metrics().split("\n")) {
  if (/^pbx_auth_(renewals|sign_ins|refusals|rejections)/.test(line)) console.log(line)
}
