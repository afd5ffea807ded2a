/** Apps without Effect keep their tokens in the same stores. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { AuthError } from "@pbx-auth/providers/AuthError"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"
import * as Effect from "effect/Effect"
import { after, before } from "../../session/test/SitedVendor.ts"
import { place } from "../../store/test/FileStage.ts"

const account = (address: string) => ({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

const refusal = async (promise: Promise<unknown>): Promise<AuthError> => {
  const error = await promise.then(
    () => assert.fail("it resolved"),
    (thrown: unknown) => thrown,
  )
  assert.instanceOf(error, AuthError)
  return error
}

describe("a provider whose value names its records in another way", () => {
  it.live("finds in the store what was kept under the old name, once, and asks nobody again", () =>
    Effect.gen(function* () {
      const directory = join(yield* place, "tokens")
      const emulator = yield* Emulator.make({})
      const { origin: address } = yield* serve({ port: 0, emulator })
      const own = { ...account(address), credentials: { username: "222@abc-company", password: "5678" } }
      const kept = () => openTokenStore(NodeTokenStore.layerFile(directory, { key: "file" }))
      yield* Effect.promise(async () => {
        const tokens: Array<string> = []
        {
          await using store = await kept()
          await using pbx = await open(before, own, { store })
          await pbx.signIn()
          await pbx.submitPasscode("246802")
          tokens.push(await pbx.accessToken())
        }
        for (let run = 0; run < 2; run++) {
          await using store = await kept()
          await using pbx = await open(after, { ...own, site: "main" }, { store })
          tokens.push(await pbx.accessToken())
        }
        assert.strictEqual(new Set(tokens).size, 1)
        await using store = await kept()
        await using other = await open(after, { ...own, site: "second" }, { store })
        assert.strictEqual((await refusal(other.accessToken())).reason._tag, "PasscodeRequired")
      })
    }).pipe(Effect.scoped),
  )
})

describe("a store of an app without Effect", () => {
  it.live("has the token for the next run, for a session and for a registry alike, until the user signs out", () =>
    Effect.gen(function* () {
      const directory = join(yield* place, "tokens")
      const emulator = yield* Emulator.make({})
      const { origin: address } = yield* serve({ port: 0, emulator })
      const signIns = async () =>
        (await Effect.runPromise(emulator.journal)).filter(({ path }) => path.includes("oauth2/token")).length
      const open = () => openTokenStore(NodeTokenStore.layerFile(directory, { key: "file" }))

      yield* Effect.promise(async () => {
        const tokens: Array<string> = []
        for (let run = 0; run < 2; run++) {
          await using store = await open()
          await using pbx = await openSkySwitch(account(address), { store })
          tokens.push(await pbx.accessToken())
        }
        {
          await using store = await open()
          await using sessions = await openSessions({}, { store })
          tokens.push(await (await sessions.session(SkySwitch.configure(account(address)))).accessToken())
        }
        assert.strictEqual(new Set(tokens).size, 1)
        assert.strictEqual(await signIns(), 1)

        await using store = await open()
        await using pbx = await openSkySwitch(account(address), { store })
        await pbx.signOut()
        await using other = await openSkySwitch(account(address), { store })
        assert.notStrictEqual(await other.accessToken(), tokens[0])
      })
    }).pipe(Effect.scoped),
  )

  it("that is none is refused by its name, and so is a place that cannot be used", async () => {
    const { reason } = await refusal(openSkySwitch(account("http://127.0.0.1:4000"), { store: {} as never }))
    assert.include(reason, { _tag: "Misconfigured", field: "store" })
    const failure = await refusal(openTokenStore(NodeTokenStore.layerFile("tokens", { key: "file" })))
    assert.strictEqual(failure.reason._tag, "StoreFailed")
    assert.match(failure.message, /whole path|absolute/i)
  })
})
