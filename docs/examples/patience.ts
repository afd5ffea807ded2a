// A short outage, and callers that wait it out.
//
//   npm run emulator -- --port 4000           in one terminal
//   npm run node docs/examples/patience.ts    in another
import { Landstar } from "@pbx-auth/session/Landstar"
import * as Session from "@pbx-auth/session/Session"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

const program = Effect.gen(function* () {
  const pbx = yield* Landstar

  // Without patience a caller gets the reason of the failed try, and the time of the next try.
  const error = yield* Effect.flip(pbx.accessToken)
  yield* Console.log(`${error.reason._tag}, the next try is set: ${error.retryAt !== undefined}`)

  // #region wait
  // With patience it waits for the session's next tries. A thousand waiting callers cost no further request.
  const token = yield* Session.withPatience(pbx, "1 minute").accessToken
  // #endregion
  yield* Console.log(`waited it out, with ${token}`)
})

const LandstarLive = Landstar.layer({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

// The emulator fails on demand: it answers one request with a 503.
const outage = { fault: { _tag: "server_error", status: 503 } }
await fetch(`${address}/__emulator/faults`, { method: "POST", body: JSON.stringify(outage) })

await Effect.runPromise(Effect.provide(program, Layer.provide(LandstarLive, FetchHttpClient.layer)))
