/** An app as a process of its own, whose one caller waits for the end of an outage: nothing else keeps the process alive. */
import { Landstar } from "@pbx-auth/session/Landstar"
import * as Session from "@pbx-auth/session/Session"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

const live = Landstar.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

const token = Effect.flatMap(Landstar, (pbx) => Session.withPatience(pbx, "1 minute").accessToken)

process.stdout.write(
  `with ${await Effect.runPromise(Effect.provide(token, Layer.provide(live, FetchHttpClient.layer)))}\n`,
)
