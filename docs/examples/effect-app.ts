// An Effect app: a session as a service, a token, and what the provider says about the token.
//
//   npm run emulator -- --port 4000             in one terminal
//   npm run node docs/examples/effect-app.ts    in another
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

// #region service
const program = Effect.gen(function* () {
  const pbx = yield* SkySwitch
  const token = yield* pbx.accessToken // signs in once; later calls return the same token while it lives
  const known = yield* pbx.inspect // what the provider says about the token
  // A token prints as <redacted>, also in logs. `Redacted.value` unwraps it for a request.
  yield* Console.log(`${known.uid} is ${known.scope} in ${known.domain}, with ${token}`)
  yield* Console.log(`Its text has ${Redacted.value(token).length} characters.`)
  yield* pbx.signOut // forgets the tokens here, and asks the provider to revoke them
})

// The options are checked before anything is sent. The default of `address` is https://pbx.skyswitch.com.
const SkySwitchLive = SkySwitch.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})
// #endregion

await Effect.runPromise(Effect.provide(program, Layer.provide(SkySwitchLive, FetchHttpClient.layer)))
