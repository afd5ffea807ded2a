/** A provider of `defineProvider`: its service, its promise session, and its tenants in one registry. */
import { assert, describe, it } from "@effect/vitest"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { ProviderService } from "@pbx-auth/session/ProviderService"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import { clear } from "./Harness.ts"

const described = {
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "client",
  renewsWith: "sign_in",
  defaultLifetime: 3_600_000,
} as const

const acme = defineProvider({
  ...described,
  id: "acme-voice",
  options: {
    tenant: { title: "Tenant", doc: "It is the name before .acme.example.", identifies: true },
    region: { title: "Region", doc: "Where the tenant is.", identifies: true, default: "eu" },
    apiKey: { title: "API key", doc: "It is on the app's page.", identifies: true, secret: true },
  },
  addresses: { standard: "https://defined.acme.example" },
  grants: {
    ClientCredentials: (_, { options }) => ({
      method: "POST",
      path: "/token",
      encoding: "form",
      fields: [
        ["tenant", options.tenant],
        ["region", options.region],
        ["api_key", options.apiKey],
      ],
    }),
  },
})

class Acme extends ProviderService<Acme>()("test/Acme", acme) {}

/** The vendor: a token says for whom it is. */
const vendor = () => {
  let asked = 0
  const fetch: typeof globalThis.fetch = (_, init) => {
    asked++
    const form = new URLSearchParams(String(init?.body))
    const name = ["tenant", "region", "api_key"].map((field) => form.get(field)).join("/")
    return Promise.resolve(Response.json({ access_token: `token-of-${name}`, expires_in: 3_600 }))
  }
  return { asked: () => asked, fetch }
}

const apiKey = "made-up"

describe("a provider of one's own", () => {
  it("is opened by one line, and refuses a wrong option by its name", async () => {
    const { fetch } = vendor()
    await using pbx = await open(acme, { tenant: "north", apiKey }, { fetch })
    assert.strictEqual(await pbx.accessToken(), "token-of-north/eu/made-up")
    const error: unknown = await open(acme, { tenant: " ", apiKey }, { fetch }).catch((thrown: unknown) => thrown)
    assert.isTrue(isAuthError(error) && error.reason._tag === "Misconfigured" && error.reason.field === "tenant")
  })

  it.live("is an Effect service by one line, and reads the app's configuration", () =>
    Effect.gen(function* () {
      const { fetch } = vendor()
      const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
      const token = Effect.map(
        Effect.flatMap(Acme, (session) => session.bearer),
        (bearer) => clear(bearer.token),
      )
      const plain = Layer.provide(Acme.layer({ tenant: "north", apiKey }), http)
      assert.strictEqual(yield* Effect.provide(token, plain), "token-of-north/eu/made-up")
      const read = Acme.layerConfig({ tenant: Config.String("TENANT"), apiKey: Config.Redacted("KEY") })
      const env = ConfigProvider.layer(ConfigProvider.fromUnknown({ TENANT: "south", KEY: "other" }))
      const configured = Layer.provide(read, Layer.merge(http, env))
      assert.strictEqual(yield* Effect.provide(token, configured), "token-of-south/eu/other")
    }),
  )

  it("keeps accounts apart in one registry by each option that identifies, secret or not", async () => {
    const { asked, fetch } = vendor()
    await using sessions = await openSessions({}, { fetch })
    const of = async (options: Parameters<typeof acme.configure>[0]) =>
      (await sessions.session(acme.configure(options))).accessToken()
    const tokens = [
      await of({ tenant: "north", apiKey }),
      await of({ tenant: "south", apiKey }),
      await of({ tenant: "north", apiKey: "another" }),
      await of({ tenant: "north", apiKey, region: "us" }),
    ]
    assert.deepStrictEqual(tokens, [
      "token-of-north/eu/made-up",
      "token-of-south/eu/made-up",
      "token-of-north/eu/another",
      "token-of-north/us/made-up",
    ])
    // A default that is written out is the same account.
    assert.strictEqual(await of({ tenant: "north", apiKey, region: "eu" }), tokens[0])
    assert.strictEqual(asked(), 4)
  })

  it("is held back for one account's unreadable answer, and not for another's that differs in a secret option", async () => {
    const { asked, fetch } = vendor()
    const page: typeof globalThis.fetch = async (input, init) =>
      String(init?.body).includes("api_key=blocked")
        ? new Response("<html>blocked</html>", { headers: { "content-type": "text/html" } })
        : fetch(input, init)
    await using sessions = await openSessions({}, { fetch: page })
    const of = (apiKey: string) => sessions.session(acme.configure({ tenant: "held", apiKey }))
    const blocked = await of("blocked")
    for (let tries = 0; tries < 5; tries++) {
      const error: unknown = await blocked.signIn().catch((thrown: unknown) => thrown)
      assert.isTrue(isAuthError(error) && error.reason._tag === "Unreadable")
    }
    assert.strictEqual(await (await of("corrected")).accessToken(), "token-of-held/eu/corrected")
    assert.strictEqual(asked(), 1)
  })

  it("lets one corrected secret option through that does not identify, as it does with a password", async () => {
    let isSent = 0
    const fetch: typeof globalThis.fetch = async (_, init) => {
      isSent++
      return String(init?.body).includes("pin=wrong")
        ? new Response("<html>blocked</html>", { headers: { "content-type": "text/html" } })
        : Response.json({ access_token: "token", expires_in: 3_600 })
    }
    const pinned = defineProvider({
      ...described,
      id: "acme-pin",
      addresses: { standard: "https://pinned.acme.example" },
      options: { pin: { title: "PIN", doc: "It is on the card.", identifies: false, secret: true } },
      grants: {
        ClientCredentials: (_, { options }) => ({
          method: "POST",
          path: "/token",
          encoding: "form",
          fields: [["pin", options.pin]],
        }),
      },
    })
    await using wrong = await open(pinned, { pin: "wrong" }, { fetch })
    await wrong.signIn().catch(() => {})
    await wrong.signIn().catch(() => {})
    assert.strictEqual(isSent, 1)
    await using right = await open(pinned, { pin: "right" }, { fetch })
    await right.signIn()
    assert.strictEqual(isSent, 2)
  })
})
