// A session in a test, whose time you move by hand: an hour passes at once.
//
//   npm run emulator -- --port 4000                in one terminal
//   npm run node docs/examples/steered-clock.ts    in another
import { promiseClock } from "@pbx-auth/session/PromiseClock"
import { openSkySwitch } from "@pbx-auth/session/Promises"

// #region clock
/** A clock that stands still until it jumps. */
const steered = (now = Date.UTC(2030, 0, 1)) => {
  const sleepers = new Set<() => void>()
  const clock = promiseClock({
    now: () => now,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        sleepers.add(resolve)
        signal.addEventListener("abort", () => sleepers.delete(resolve))
      }),
  })
  const jump = (ms: number) => {
    now += ms
    // All of them wake. Those who are too early read the clock, and sleep again.
    for (const wake of sleepers) wake()
    sleepers.clear()
  }
  return { clock, jump }
}
// #endregion

const account = {
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}

// #region jump
const { clock, jump } = steered()
await using pbx = await openSkySwitch(account, { clock })
const first = await pbx.accessToken()

jump(30 * 60_000)
console.log(`half an hour later: ${first === (await pbx.accessToken()) ? "the same token" : "another token"}`)

jump(30 * 60_000)
console.log(`an hour later: ${first === (await pbx.accessToken()) ? "the same token" : "another token"}`)
// #endregion
