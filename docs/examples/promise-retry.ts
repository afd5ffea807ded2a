// A retry of your own, with promises: the schedule says how long to wait, and when to stop.
//
//   npm run emulator -- --port 4000                in one terminal
//   npm run node docs/examples/promise-retry.ts    in another
import { setTimeout as sleep } from "node:timers/promises"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import * as Retry from "@pbx-auth/providers/Retry"
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// #region retry
const retry = async <A>(what: () => Promise<A>): Promise<A> => {
  const pauseAfter = Retry.pauses()
  for (;;) {
    try {
      return await what()
    } catch (error) {
      // `undefined` for a mistake in your own code, for a reason that does not pass, and after an hour of failures that the
      // provider answers. Without a connection it goes on; add a limit of your own if your program must end.
      const pause = isAuthError(error) ? pauseAfter(error) : undefined
      if (pause === undefined) throw error
      console.log("once more in a moment")
      await sleep(pause)
    }
  }
}
// #endregion

await using pbx = await openSkySwitch({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "1000@acmecorp", password: "mypassword" },
})
await pbx.accessToken()

// The emulator fails on demand: it answers one request with a 503. Each try asks again to act for the subject.
const outage = { fault: { _tag: "server_error", status: 503 } }
await fetch(`${address}/__emulator/faults`, { method: "POST", body: JSON.stringify(outage) })

const child = await retry(() => pbx.actAs("1001@acmecorp.12345.service"))
console.log(`acts for ${child.subject}`)
