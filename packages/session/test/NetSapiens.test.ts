/** Any other operator of NetSapiens: as a service, and in the promise face. */
import { assert, describe, it } from "@effect/vitest"
import * as NetSapiens from "@pbx-auth/session/NetSapiens"
import { openNetSapiens } from "@pbx-auth/session/Promises"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { client, harness, passcode, people, reasonOf, subjectOf } from "./Harness.ts"

class ExampleVoice extends NetSapiens.Service<ExampleVoice>()("test/ExampleVoice", {
  name: "Example Voice",
  capabilities: ["passcode", "act_as"],
}) {}

class AtTheRoot extends NetSapiens.Service<AtTheRoot>()("test/AtTheRoot", {
  address: "http://127.0.0.1:1",
  prefix: "/",
  capabilities: ["inspect"],
}) {}

describe("the service of an operator", () => {
  it.live("answers a second factor and acts for somebody, and has nothing that the operator does not offer", () =>
    Effect.gen(function* () {
      const { http, origin } = yield* harness({ wire: "http" })
      yield* Effect.gen(function* () {
        const pbx = yield* ExampleVoice
        assert.notProperty(pbx, "inspect")
        assert.strictEqual((yield* pbx.signIn(people.withFactor)).state, "mfa_required")
        yield* pbx.submitPasscode(passcode)
        yield* pbx.signOut
        yield* pbx.signIn(people.reseller)
        const child = yield* pbx.actAs(subjectOf.netsapiens)
        assert.strictEqual((yield* child.bearer).identity.uid, subjectOf.netsapiens)
        assert.notProperty(child, "inspect")
      }).pipe(Effect.scoped, Effect.provide(Layer.provide(ExampleVoice.layer({ address: origin, client }), http)))
    }),
  )

  it.live("its prefix and address are the operator's, unless an account has others", () =>
    Effect.gen(function* () {
      const { http, journal } = yield* harness()
      const inspected = Effect.gen(function* () {
        return (yield* (yield* AtTheRoot).inspect).uid
      })
      const credentials = people.officeManager
      const uid = yield* Effect.provide(inspected, Layer.provide(AtTheRoot.layer({ client, credentials }), http))
      assert.strictEqual(uid, "111@abc-company.12345.service")
      yield* Effect.provide(
        inspected,
        Layer.provide(AtTheRoot.layer({ address: "http://127.0.0.1:2", prefix: "/ns-api", client, credentials }), http),
      )
      assert.deepStrictEqual(
        (yield* journal).map(({ path }) => path),
        ["/oauth2/token/", "/oauth2/read", "/ns-api/oauth2/token/", "/ns-api/oauth2/read"],
      )
    }),
  )

  it.live("options may come from the app's configuration; a wrong one is named", () =>
    Effect.gen(function* () {
      const { http, origin } = yield* harness()
      const configured = AtTheRoot.layerConfig({
        address: origin,
        client: { id: Config.String("ID"), secret: Config.Redacted("SECRET") },
        credentials: people.officeManager,
      })
      const read = Effect.flatMap(AtTheRoot, (pbx) => pbx.accessToken).pipe(
        Effect.provide(Layer.provide(configured, http)),
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromUnknown({ ID: client.id, SECRET: client.secret }),
        ),
      )
      yield* read
      const wrong = Effect.provide(
        Effect.flatMap(ExampleVoice, (pbx) => pbx.accessToken),
        Layer.provide(ExampleVoice.layer({ address: "ftp://x", client }), http),
      )
      assert.strictEqual(yield* reasonOf(wrong), "Misconfigured")
    }),
  )
})

describe("the promise face of an operator", () => {
  it.live("has the methods of its capabilities", () =>
    Effect.gen(function* () {
      const { origin } = yield* harness({ wire: "http" })
      yield* Effect.promise(async () => {
        await using pbx = await openNetSapiens({
          name: "Example Voice",
          address: origin,
          capabilities: ["act_as", "inspect"],
          client,
          credentials: { username: "1000@acmecorp", password: "mypassword" },
        })
        assert.notProperty(pbx, "submitPasscode")
        await using child = await pbx.actAs(subjectOf.netsapiens)
        assert.strictEqual((await child.inspect()).uid, subjectOf.netsapiens)
        assert.strictEqual((await pbx.inspect()).scope, "Reseller")
      })
    }),
  )
})
