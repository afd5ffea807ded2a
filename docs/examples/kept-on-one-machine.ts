// Tokens that the next run finds, in files of this user: one line in the app. Run it twice.
//
//   npm run emulator -- --port 4000                      in one terminal
//   npm run node docs/examples/kept-on-one-machine.ts    in another
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

// An app leaves the directory out: then it is the user's own for such things. The example leaves nothing behind.
const directory = mkdtempSync(join(tmpdir(), "pbx-auth-example-"))

// #region session
const SkySwitchLive = SkySwitch.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}).pipe(Layer.provide(NodeTokenStore.layerFile(directory, { key: "file" })), Layer.provide(FetchHttpClient.layer))
// #endregion

/** One run of the app. Nothing is in memory of the run before. */
const run = () =>
  SkySwitch.use((pbx) => Effect.map(pbx.accessToken, Redacted.value)).pipe(
    Effect.provide(Layer.fresh(SkySwitchLive)),
    Effect.runPromise,
  )

const first = await run()
console.log(`the first run signs in, and has a token with ${first.length} characters`)
console.log(`the second run has the same token: ${first === (await run())}`)
rmSync(directory, { recursive: true })
