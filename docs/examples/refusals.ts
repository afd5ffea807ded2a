// When a provider refuses: one error, with a reason that says why and a remedy that says what to do next.
//
//   npm run emulator -- --port 4000           in one terminal
//   npm run node docs/examples/refusals.ts    in another
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { Landstar, type Options } from "@pbx-auth/session/Landstar"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

const right: Options = {
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}

const token = Effect.flatMap(Landstar, (landstar) => landstar.accessToken)

const signInWith = (options: Options) =>
  Effect.provide(token, Layer.provide(Landstar.layer(options), FetchHttpClient.layer), { local: true })

const report = (error: AuthError) => Console.log(`${error.reason._tag} -> ${error.remedy}\n  ${error.message}`)

const program = Effect.gen(function* () {
  const wrongPassword = { ...right, credentials: { username: "111@abc-company", password: "4321" } }
  yield* report(yield* Effect.flip(signInWith(wrongPassword)))

  const wrongClient = { ...right, client: { id: "your-client-id", secret: "a-guess" } }
  yield* report(yield* Effect.flip(signInWith(wrongClient)))

  // Landstar's page describes no second factor, but its platform has one. It does not count as success.
  const withSecondFactor = { ...right, credentials: { username: "222@abc-company", password: "5678" } }
  yield* report(yield* Effect.flip(signInWith(withSecondFactor)))

  // Nothing listens there. Nothing changed at the provider, so it is right to ask again later.
  yield* report(yield* Effect.flip(signInWith({ ...right, address: "http://127.0.0.1:3999" })))

  // #region catch
  // Catch a reason by its name, like any tagged error.
  yield* signInWith(wrongPassword).pipe(
    Effect.catchReason("AuthError", "BadCredentials", () => Console.log("asking the person once more")),
  )
  // #endregion
})

await Effect.runPromise(program)
