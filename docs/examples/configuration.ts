// Options from the app's configuration. Effect's Config reads them, the provider checks them, and secrets arrive redacted.
//
//   npm run emulator -- --port 4000                in one terminal
//   npm run node docs/examples/configuration.ts    in another
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

const SkySwitchLive = SkySwitch.layerConfig({
  address: Config.String("PBX_ADDRESS"),
  client: { id: Config.String("PBX_CLIENT_ID"), secret: Config.Redacted("PBX_CLIENT_SECRET") },
  credentials: { username: Config.String("PBX_USERNAME"), password: Config.Redacted("PBX_PASSWORD") },
})

const program = Effect.gen(function* () {
  const pbx = yield* SkySwitch
  const { identity, scope } = yield* pbx.bearer
  yield* Console.log(`signed in to ${identity.domain} as ${scope}`)
})

// An app leaves this out and reads its environment. Here the values are in the file, so that it runs as it is.
const environment = {
  PBX_ADDRESS: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  PBX_CLIENT_ID: "your-client-id",
  PBX_CLIENT_SECRET: "your-client-secret",
  PBX_USERNAME: "111@abc-company",
  PBX_PASSWORD: "1234",
}

const run = (env: Record<string, string>) =>
  program.pipe(
    Effect.provide(SkySwitchLive.pipe(Layer.provide(FetchHttpClient.layer))),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env))),
  )

await Effect.runPromise(run(environment))

// A wrong option is refused before anything is sent. The error names the field and what to write instead.
const wrong = await Effect.runPromise(Effect.flip(run({ ...environment, PBX_ADDRESS: "http://portal.example.com" })))
console.log(wrong.message)
