/** Bad configuration is refused when a session is made: with the field, and with what to write instead. */
import { assert, describe, it } from "@effect/vitest"
import * as Address from "@pbx-auth/providers/Address"
import { AuthError } from "@pbx-auth/providers/AuthError"
import { Ipex } from "@pbx-auth/session/Ipex"
import { Landstar } from "@pbx-auth/session/Landstar"
import { openIpex, openLandstar, openSangomaCx, openSkySwitch } from "@pbx-auth/session/Promises"
import { SangomaCx } from "@pbx-auth/session/SangomaCx"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

const client = { id: "id", secret: "secret" }
const address = "https://pbx.example.test"
const credentials = { username: "1@x", password: "p" }
const scopes = ["cx.agent-calls"]

let asked = 0
const http = Layer.provide(
  FetchHttpClient.layer,
  Layer.succeed(FetchHttpClient.Fetch, async () => {
    asked++
    return new Response("{}")
  }),
)

/** The three ways in, of every provider. */
const ways: Readonly<
  Record<
    "skyswitch" | "landstar" | "ipex" | "sangoma",
    {
      readonly layer: (options: never) => Layer.Layer<never, unknown, never>
      readonly layerConfig: (options: never) => Layer.Layer<never, unknown, never>
      readonly open: (options: never) => Promise<{ readonly close: () => Promise<void> }>
    }
  >
> = {
  skyswitch: {
    layer: (options) => Layer.provide(SkySwitch.layer(options), http) as never,
    layerConfig: (options) => Layer.provide(SkySwitch.layerConfig(options), http) as never,
    open: (options) => openSkySwitch(options),
  },
  landstar: {
    layer: (options) => Layer.provide(Landstar.layer(options), http) as never,
    layerConfig: (options) => Layer.provide(Landstar.layerConfig(options), http) as never,
    open: (options) => openLandstar(options),
  },
  ipex: {
    layer: (options) => Layer.provide(Ipex.layer(options), http) as never,
    layerConfig: (options) => Layer.provide(Ipex.layerConfig(options), http) as never,
    open: (options) => openIpex(options),
  },
  sangoma: {
    layer: (options) => Layer.provide(SangomaCx.layer(options), http) as never,
    layerConfig: (options) => Layer.provide(SangomaCx.layerConfig(options), http) as never,
    open: (options) => openSangomaCx(options),
  },
}

type Provider = keyof typeof ways

const cases: ReadonlyArray<readonly [name: string, provider: Provider, options: object, field: string, fix: RegExp]> = [
  ["http:// beyond this machine", "skyswitch", { client, address: "http://pbx.example.test" }, "address", /https:\/\//],
  [
    "http:// to a name that only looks like it",
    "skyswitch",
    { client, address: "http://127.0.0.1.example.test" },
    "address",
    /https/,
  ],
  [
    "an address with credentials",
    "skyswitch",
    { client, address: "https://u:p@pbx.example.test" },
    "address",
    /user and password/,
  ],
  ["an address with a query", "skyswitch", { client, address: `${address}/ns-api/?x=1` }, "address", /query/],
  [
    "an address with a wrong path",
    "skyswitch",
    { client, address: `${address}/ns-api/v2` },
    "address",
    /under \/ns-api/,
  ],
  ["an address that is none", "skyswitch", { client, address: "" }, "address", /host/],
  ["an address of another kind", "skyswitch", { client, address: 42 }, "address", /host/],
  [
    "a reseller id that is no DNS label",
    "skyswitch",
    { client, address: Address.reseller("12 345") },
    "address",
    /DNS label/,
  ],
  [
    "a reseller id with a dot",
    "skyswitch",
    { client, address: Address.reseller("evil.example.test/") },
    "address",
    /DNS label/,
  ],
  ["a wrong prefix", "skyswitch", { client, address, prefix: "../x" }, "prefix", /path/],
  ["no client", "skyswitch", { address }, "client", /id, secret/],
  ["an empty secret", "skyswitch", { address, client: { id: "id", secret: "" } }, "client.secret", /never empty/],
  ["an empty client id", "skyswitch", { address, client: { id: "", secret: "x" } }, "client.id", /client id/],
  [
    "an empty password",
    "skyswitch",
    { address, client, credentials: { username: "1@x", password: "" } },
    "credentials.password",
    /never empty/,
  ],
  [
    "no username",
    "skyswitch",
    { address, client, credentials: { password: "x" } },
    "credentials.username",
    /never empty/,
  ],
  ["an unknown option", "skyswitch", { address, client, scopes }, "scopes", /no such option/],
  ["a misspelt option", "skyswitch", { address, clients: client, client }, "clients", /no such option/],
  ["a wrong renewal method", "skyswitch", { address, client, refreshMethod: "PUT" }, "refreshMethod", /POST/],
  ["a wrong deadline", "skyswitch", { address, client, deadline: 0 }, "deadline", /milliseconds/],
  ["no options at all", "skyswitch", undefined as never, "options", /options of SkySwitch/],
  [
    "Landstar: an option of SkySwitch's",
    "landstar",
    { address, client, passcodeRepeatsCredentials: true },
    "passcodeRepeatsCredentials",
    /no such option/,
  ],
  ["Landstar: a reseller's node", "landstar", { address: Address.reseller("12345"), client }, "address", /reseller/],
  ["IPEX: a client secret", "ipex", { address, client }, "client.secret", /no such option/],
  ["IPEX: http:// beyond this machine", "ipex", { address: "http://auth.voipex.test" }, "address", /https/],
  ["IPEX: a path", "ipex", { address: `${address}/token` }, "address", /at the root/],
  ["Sangoma CX: an empty list of scopes", "sangoma", { address, client, scopes: [] }, "scopes", /at least one/],
  ["Sangoma CX: no scopes", "sangoma", { address, client }, "scopes", /at least one/],
  ["Sangoma CX: scopes in one text", "sangoma", { address, client, scopes: "a b" }, "scopes", /list/],
  ["Sangoma CX: two scopes in one", "sangoma", { address, client, scopes: ["a b"] }, "scopes", /list/],
  [
    "Sangoma CX: credentials of a person",
    "sangoma",
    { address, client, scopes, credentials },
    "credentials",
    /no such option/,
  ],
  [
    "Sangoma CX: a colon in the id",
    "sangoma",
    { address, client: { id: "a:b", secret: "x" }, scopes },
    "client.id",
    /colon/,
  ],
]

const isRefused = (error: unknown, field: string, fix: RegExp) => {
  assert.instanceOf(error, AuthError)
  const { reason, remedy } = error
  assert.strictEqual(reason._tag, "Misconfigured")
  assert.strictEqual(remedy, "configure")
  if (reason._tag !== "Misconfigured") return
  assert.strictEqual(reason.field, field)
  assert.match(reason.fix, fix)
  assert.include(error.message, field)
}

const failure = (layer: Layer.Layer<never, unknown>) => Effect.flip(Effect.scoped(Layer.build(layer)))

describe("refused at construction", () => {
  for (const [name, provider, options, field, fix] of cases) {
    it.live(name, () =>
      Effect.gen(function* () {
        const { layer, layerConfig, open } = ways[provider]
        asked = 0
        isRefused(yield* failure(layer(options as never)), field, fix)
        if (options !== undefined) isRefused(yield* failure(layerConfig(options as never)), field, fix)
        isRefused(
          yield* Effect.flip(Effect.tryPromise({ try: () => open(options as never), catch: (error) => error })),
          field,
          fix,
        )
        assert.strictEqual(asked, 0)
      }),
    )
  }
})

describe("accepted", () => {
  it.live("what is right, by all three ways", () =>
    Effect.gen(function* () {
      for (const [provider, options] of [
        ["skyswitch", { client }],
        ["skyswitch", { client, address: Address.reseller("12345"), credentials }],
        ["skyswitch", { client, address: "http://127.0.0.1:4000/ns-api/", prefix: "/ns-api" }],
        ["landstar", { client, address: "portal.example.test" }],
        ["ipex", {}],
        ["ipex", { client: { id: "api" }, scopes: ["openid"] }],
        ["sangoma", { client, scopes, basicEncoding: "form" }],
      ] as const) {
        const { layer, layerConfig, open } = ways[provider]
        yield* Effect.scoped(Layer.build(layer(options as never)))
        yield* Effect.scoped(Layer.build(layerConfig(options as never)))
        yield* Effect.promise(async () => (await open(options as never)).close())
      }
    }),
  )

  it.live("options from the environment, each read by its name", () =>
    Effect.gen(function* () {
      const layer = SangomaCx.layerConfig({
        address: Config.String("ADDRESS"),
        client: Config.all({ id: Config.String("ID"), secret: Config.Redacted("SECRET") }),
        scopes: Config.Array(Schema.String, "SCOPES"),
        // A part that is no secret may be written down.
        deadline: 5_000,
      }).pipe(Layer.provide(http))
      const from = (env: Record<string, unknown>) =>
        Effect.exit(
          Effect.scoped(Layer.build(Layer.provide(layer, ConfigProvider.layer(ConfigProvider.fromUnknown(env))))),
        )
      const right = { ADDRESS: address, ID: "id", SECRET: "secret", SCOPES: ["a", "b"] }
      assert.strictEqual((yield* from(right))._tag, "Success")
      assert.strictEqual((yield* from({ ...right, SECRET: undefined }))._tag, "Failure")
      assert.strictEqual((yield* from({ ...right, ADDRESS: "http://x.test" }))._tag, "Failure")
      assert.strictEqual((yield* from({ ...right, SCOPES: [] }))._tag, "Failure")
    }),
  )
})
