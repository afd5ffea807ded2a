// A second factor: SkySwitch answers the right password with HTTP 200, a token, and a demand for a passcode.
// That token is never handed out. The session stays in `mfa_required` until a person answers.
//
//   npm run emulator -- --port 4000                in one terminal
//   npm run node docs/examples/second-factor.ts    in another
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const program = Effect.gen(function* () {
  const pbx = yield* SkySwitch

  // #region passcode
  const asked = yield* pbx.signIn({ username: "222@abc-company", password: Redacted.make("5678") })
  yield* Console.log(`${asked.state}: ${asked.label}`)

  // A caller that asks for a token meanwhile gets an error that says why there is none.
  const early = yield* Effect.flip(pbx.accessToken)
  yield* Console.log(`${early.reason._tag}: ${early.message}`)

  // A wrong passcode leaves the challenge open. `remedy` says what to do next.
  const view = yield* pbx.submitPasscode(Redacted.make("000000")).pipe(
    Effect.catchReason("AuthError", "BadPasscode", (reason) =>
      Effect.gen(function* () {
        yield* Console.log(`${reason._tag}, remedy ${reason.remedy}: ask once more`)
        return yield* pbx.submitPasscode(Redacted.make("246802"))
      }),
    ),
  )
  yield* Console.log(`${view.state}: ${view.label}`)
  // #endregion

  const { scope } = yield* pbx.bearer
  yield* Console.log(`the token's access level: ${scope}`)
})

// No credentials here: they come with `signIn`, from a person.
const SkySwitchLive = SkySwitch.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
})

await Effect.runPromise(Effect.provide(program, Layer.provide(SkySwitchLive, FetchHttpClient.layer)))
