// Acting for somebody. NetSapiens calls it masquerading, IPEX calls it impersonation, and here it is `actAs`.
//
//   npm run emulator -- --port 4000             in one terminal
//   npm run node docs/examples/acting-for.ts    in another
import { Ipex } from "@pbx-auth/session/Ipex"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

const whoIs = (known: { readonly uid: string | undefined; readonly scope: string | null }) =>
  `${known.uid} (${known.scope})`

const program = Effect.gen(function* () {
  const reseller = yield* SkySwitch

  // #region beside
  // A child is a session of its own beside this one. It derives from this one's token and closes with its scope.
  yield* Effect.scoped(
    Effect.gen(function* () {
      const user = yield* reseller.actAs("1001@acmecorp.12345.service")
      yield* Console.log(`the child is ${whoIs(yield* user.inspect)}`)
      yield* Console.log(`beside it is ${whoIs(yield* reseller.inspect)}`)
    }),
  )
  // #endregion

  // #region in-place
  // In place: from now on this session hands out only the subject's tokens.
  const acting = yield* reseller.startActing("1001@acmecorp.12345.service")
  yield* Console.log(`${acting.state}: ${whoIs(yield* reseller.inspect)}`)
  const back = yield* reseller.stopActing
  yield* Console.log(`${back.state}: ${whoIs(yield* reseller.inspect)}`)
  // #endregion

  // Acting for a higher user is refused. The error says who can change that.
  const refused = yield* Effect.flip(reseller.startActing("222@abc-company.12345.service"))
  yield* Console.log(`${refused.reason._tag}, remedy ${refused.remedy}`)

  // IPEX names the subject by e-mail. Its page describes no inspection, so its sessions have no `inspect`.
  const ipex = yield* Ipex
  const someone = yield* Effect.scoped(Effect.flatMap(ipex.actAs("someone@example.test"), (child) => child.bearer))
  yield* Console.log(`IPEX: a token for someone@example.test: ${someone.token}`)
})

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

const SkySwitchLive = SkySwitch.layer({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "1000@acmecorp", password: "mypassword" },
})

// Every IPEX customer uses the client `api`, so only the credentials are needed.
const IpexLive = Ipex.layer({ address, credentials: { username: "api-user@example.test", password: "ipex-password" } })

const Live = Layer.mergeAll(SkySwitchLive, IpexLive).pipe(Layer.provide(FetchHttpClient.layer))

await Effect.runPromise(Effect.provide(program, Live))
