// Sangoma CX: the client is the account. A token lives 281 days and is replaced only after it has expired.
//
//   npm run emulator -- --port 4000             in one terminal
//   npm run node docs/examples/sangoma-cx.ts    in another
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SangomaCx } from "@pbx-auth/session/SangomaCx"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

const program = Effect.gen(function* () {
  const cx = yield* SangomaCx

  const { expiresAt, scope } = yield* cx.bearer
  const days = ((expiresAt ?? Number.POSITIVE_INFINITY) - Date.now()) / 86_400_000
  yield* Console.log(`scopes ${scope}, good for ${Math.round(days)} days`)

  // The API has another origin than the token endpoint (https://cpaas.sangoma.com), so name it. Here it is the emulator.
  const api = yield* BearerHttpClient.make(cx, { origins: [address] })
  const calls = yield* api.get(`${address}/cx/agent-calls`)
  yield* Console.log(`GET /cx/agent-calls: ${calls.status}`)

  // A token opens only what its scopes cover. You get a 403 as it is, because a new sign-in would not help.
  const interactions = yield* api.get(`${address}/cx/digital-interactions`)
  yield* Console.log(`GET /cx/digital-interactions: ${interactions.status}`)
})

const SangomaCxLive = SangomaCx.layer({
  address,
  client: { id: "sangoma-client-id", secret: "sangoma-client-secret" },
  // The page asks for at least one scope. Give each application only what it needs.
  scopes: ["cx.agent-calls", "cx.queue-calls"],
})

await Effect.runPromise(program.pipe(Effect.provide(SangomaCxLive), Effect.provide(FetchHttpClient.layer)))
