// The emulator in a program of yours: on a port of this machine, and without a socket. It fails on demand, and tells what it was asked.
//
//   npm run node docs/examples/emulator.ts
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

const program = Effect.scoped(
  Effect.gen(function* () {
    // #region serve
    // Its time is the Clock of its context.
    const emulator = yield* Emulator.make()
    // On a free port of 127.0.0.1.
    const { origin } = yield* serve({ port: 0, emulator })
    // #endregion
    const overHttp = yield* Effect.promise(() => fetch(`${origin}/`))
    yield* Console.log(`over HTTP: ${overHttp.status}`)

    // #region fault
    const { disarm, hits } = yield* emulator.faults.arm({
      fault: { _tag: "server_error", status: 503 },
      match: { grant: "password" },
    })
    // #endregion

    // #region fetch
    // Without a socket, and without Node. The host of the address does not matter.
    const SkySwitchLive = SkySwitch.layer({
      client: { id: "your-client-id", secret: "your-client-secret" },
      credentials: { username: "111@abc-company", password: "1234" },
    }).pipe(Layer.provide(FetchHttpClient.layer), Layer.provide(Layer.succeed(FetchHttpClient.Fetch, emulator.fetch)))
    // #endregion
    const failed = yield* SkySwitch.use((pbx) => Effect.flip(pbx.accessToken)).pipe(Effect.provide(SkySwitchLive))
    yield* Console.log(`while it is away: ${failed.reason._tag}, after ${yield* hits} request`)
    yield* disarm

    // #region journal
    for (const { grant, outcome, status } of yield* emulator.journal) {
      yield* Console.log(`${grant}: ${status} ${outcome}`)
    }
    // #endregion
  }),
)

await Effect.runPromise(program)
