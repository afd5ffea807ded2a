// A static API key of NetSapiens as a session: usable from the start, never renewed. Code that takes a session takes it.
//
//   npm run emulator -- --port 4000          in one terminal
//   npm run node docs/examples/api-key.ts    in another
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as ApiKey from "@pbx-auth/session/ApiKey"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { openApiKey } from "@pbx-auth/session/PromiseApiKey"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"

const options: ApiKey.Options = {
  // The key goes to this origin and nowhere else.
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  // Made up, in the form that the vendor describes. Read a real one from the environment or your secret store.
  apiKey: `nsr_${"0123456789".repeat(5)}MadeUp`,
}

// #region promises
// With promises.
const pbx = await openApiKey(options)
const { expiresAt, scope } = await pbx.bearer()
// #endregion
console.log(`${pbx.view().path}: ${scope}, expires: ${expiresAt}`)
await pbx.close()

// With Effect. The emulator never issued this key, so its API answers 401, as for a key that was withdrawn.
const program = Effect.gen(function* () {
  // #region effect
  const session = yield* ApiKey.make(options)
  const api = yield* BearerHttpClient.make(session)
  // #endregion
  yield* api.get(`${session.origin}/ns-api/?object=device&action=count`)
}).pipe(
  Effect.catchTag("AuthError", (error: AuthError) =>
    Console.log(`${error.reason._tag} -> ${error.remedy}\n  ${error.message}`),
  ),
)

await Effect.runPromise(Effect.provide(Effect.scoped(program), FetchHttpClient.layer))

// A text that is not a key is refused before anything opens. The error does not repeat it.
const refused = await openApiKey({ ...options, apiKey: "nsr_too-short" }).catch((error: AuthError) => error.message)
console.log(refused)
