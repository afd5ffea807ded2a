// testing-with-the-emulator.ts with Effect: a layer has the emulator, and `TestClock` moves its time and the session's.
//
//   npm run node docs/examples/testing-with-effect.ts

// #region open
import * as TestEmulator from "@pbx-auth/emulator/TestEmulator"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"

const Test = SkySwitch.layer({
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}).pipe(Layer.provideMerge(TestEmulator.layer()))
// #endregion

const program = Effect.gen(function* () {
  // #region outage
  const pbx = yield* SkySwitch
  const vendor = yield* TestEmulator.TestEmulator

  yield* vendor.faults.arm({ fault: { _tag: "server_error", status: 503 } })
  const failed = yield* Effect.flip(pbx.accessToken)
  yield* Console.log(`during an outage: ${failed.reason._tag}`)
  // #endregion

  // #region hour
  // The session tries again by itself. A minute is enough.
  yield* TestClock.adjust("1 minute")
  const first = Redacted.value(yield* pbx.accessToken)

  // It renews before the hour is over, once.
  yield* TestClock.adjust("1 hour")
  yield* Console.log(`an hour later it is another token: ${first !== Redacted.value(yield* pbx.accessToken)}`)
  // #endregion

  // #region journal
  const asked = yield* vendor.journal
  yield* Console.log(asked.map(({ grant, status }) => `${grant} ${status}`).join(", "))
  // #endregion
})

await Effect.runPromise(Effect.provide(program, Test))
