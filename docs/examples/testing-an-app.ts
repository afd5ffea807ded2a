// A unit test of an app that needs a session: no server, no account. The tokens are made up.
//
//   npm run node docs/examples/testing-an-app.ts
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as SessionTest from "@pbx-auth/session/testing/SessionTest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

// What your app does: it calls an API, and says so when the API rejects the token.
const callTwice = (api: (token: string) => boolean) =>
  Effect.gen(function* () {
    const pbx = yield* SkySwitch
    for (let tries = 1; tries <= 2; tries++) {
      const { generation, token } = yield* pbx.bearer
      if (api(Redacted.value(token))) return `${tries} tries, the last with ${Redacted.value(token)}`
      yield* pbx.reject(generation)
    }
    return "rejected twice"
  })

// Effect's own mock takes the members that your app calls. Another one dies as unimplemented when it is called.
// #region mock
const Mock = Layer.mock(SkySwitch, { accessToken: Effect.succeed(Redacted.make("made-up")) })
// #endregion
const reading = Effect.gen(function* () {
  const pbx = yield* SkySwitch
  yield* Console.log(`the token is ${Redacted.value(yield* pbx.accessToken)}`)
})
await Effect.runPromise(Effect.provide(reading, Mock))

// #region rejected
// `SessionTest.layer` is a mock whose bearers work together: after a rejection the next one follows.
const Test = SessionTest.layer(SkySwitch, { accessToken: ["first", "second"] })
// #endregion
const outcome = await Effect.runPromise(
  Effect.provide(
    callTwice((token) => token === "second"),
    Test,
  ),
)
await Effect.runPromise(Console.log(outcome))
