/** Plain http to a PBX in a private network, over sockets: what is asked there, who may ask, and what goes nowhere else. */
import { assert, describe, it } from "@effect/vitest"
import type { Witness } from "@pbx-auth/emulator/Witness"
import { witness as threeCxWitness } from "@pbx-auth/emulator/witnesses/ThreeCx"
import { witness as yeastarWitness } from "@pbx-auth/emulator/witnesses/Yeastar"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { deviceGrants } from "@pbx-auth/providers/DeviceAuthorization"
import { dialect as ipex } from "@pbx-auth/providers/Ipex"
import { provider as threeCx } from "@pbx-auth/providers/ThreeCx"
import type { Fields } from "@pbx-auth/providers/TokenRequest"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import { open } from "@pbx-auth/session/PromiseProvider"
import { ProviderService } from "@pbx-auth/session/ProviderService"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { clear, harness, type Options } from "./Harness.ts"
import { serving } from "./LoopbackServer.ts"
import { named, privateNetwork } from "./PrivateNetwork.ts"
import { errorOf } from "./PromiseStage.ts"
import { stage } from "./VendorStage.ts"

const host = "pbx.home.arpa"
const plainHttp = true

/** A vendor's PBX, which only the private network knows, by its name there. */
const site = Effect.fnUntraced(function* <W extends object>(
  witness: Witness<W>,
  transport: Options["transport"] = "fetch",
) {
  const network = privateNetwork()
  const witnesses = [{ ...witness, hosts: [host] }]
  const made = yield* stage(witness, {}, { transport, witnesses, between: () => network.fetch })
  return { ...made, ...network, address: named(made.address, host) }
})

const misconfigured = (field: string) => ({ _tag: "Misconfigured" as const, field })

describe("plain http to a PBX in a private network", () => {
  const client = { id: "yeastar-client-id", secret: "yeastar-client-secret" }

  for (const transport of ["fetch", "HttpClient"] as const) {
    it.live(`serves a session from its sign-in to its sign-out, with Effect over ${transport}`, () =>
      Effect.gen(function* () {
        const { address, asked, clock, http, origins, presented, session } = yield* site(yeastarWitness, transport)
        const pbx = yield* session(yeastar.configure({ address, client, plainHttp }))
        const first = yield* pbx.bearer
        yield* clock.adjust("31 minutes")
        assert.notStrictEqual(clear((yield* pbx.bearer).token), clear(first.token))
        const api = yield* Effect.provide(BearerHttpClient.make(pbx), http)
        const reply = yield* api.get(`${address}/openapi/v1.0/who`)
        assert.deepInclude((yield* reply.json) as object, { client: client.id })
        yield* pbx.signOut
        assert.deepStrictEqual(presented(), ["client_credentials", "refresh_token"])
        assert.match(asked.at(-1)?.path ?? "", /^\/openapi\/v1\.0\/del_token\?/)
        assert.deepStrictEqual(origins(), [address])
      }),
    )
  }
})

describe("an account in a private network", () => {
  const client = { id: "apiclient", secret: "3cx-api-key-north" }

  class Pbx extends ProviderService<Pbx>()("test/PlainHttp/Pbx", threeCx) {}

  it.live("is refused to a user who does not ask for plain http, and nothing is sent", () =>
    Effect.gen(function* () {
      const { address, asked, fetch, http } = yield* site(threeCxWitness)
      const token = (options: Parameters<typeof Pbx.layer>[0]) =>
        Effect.flatMap(Pbx, ({ bearer }) => bearer).pipe(Effect.provide(Pbx.layer(options)), Effect.provide(http))
      for (const without of [{}, { plainHttp: false }]) {
        const { reason } = yield* Effect.flip(token({ address, client, ...without }))
        assert.deepInclude({ ...reason }, misconfigured("address"))
        assert.include(reason.message, "plainHttp")
        const error = yield* Effect.promise(() => errorOf(open(threeCx, { address, client, ...without }, { fetch })))
        assert.deepInclude({ ...error.reason }, misconfigured("address"))
      }
      assert.isEmpty(asked)
      yield* token({ address, client, plainHttp })
      assert.lengthOf(asked, 1)
    }),
  )

  it.live("is called with its bearer by promises, and a rejected token is replaced", () =>
    Effect.gen(function* () {
      const { address, fetch, killAccess, origins, told } = yield* site(threeCxWitness)
      yield* Effect.promise(async () => {
        await using pbx = await open(threeCx, { address, client, plainHttp }, { fetch })
        const api = bearerFetch(pbx, { fetch })
        assert.strictEqual((await api(`${address}/xapi/v1/Users`)).status, 200)
        killAccess()
        assert.strictEqual((await api(`${address}/xapi/v1/Users`)).status, 200)
      })
      const call = `api call as ${client.id}`
      assert.deepStrictEqual(told(), ["issued", call, "refused: bad token", "issued", call])
      assert.deepStrictEqual(origins(), [address])
    }),
  )

  it.live("lets its bearer go in clear to its own origin, and to no other one of that network", () =>
    Effect.gen(function* () {
      const { address, asked, fetch, http, session } = yield* site(threeCxWitness)
      const pbx = yield* session(threeCx.configure({ address, client, plainHttp }))
      const port = new URL(address).port
      const others = [
        `http://other.home.arpa:${port}`,
        `http://${host}`,
        `http://10.0.0.1:${port}`,
        `http://pbx:${port}`,
      ]
      const byEffect = (url: string, origins?: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const api = yield* BearerHttpClient.make(pbx, origins && { origins })
          return (yield* api.get(url)).status
        }).pipe(
          Effect.provide(http),
          Effect.catchTag("AuthError", ({ reason }) => Effect.succeed(reason)),
        )
      const byPromise = (url: string, origins?: ReadonlyArray<string>) =>
        Effect.promise(async () => {
          await using own = await open(threeCx, { address, client, plainHttp }, { fetch })
          return await bearerFetch(own, { fetch, ...(origins && { origins }) })(url).then(
            ({ status }) => status,
            (error) => error.reason,
          )
        })
      for (const calling of [byEffect, byPromise]) {
        for (const origin of others) {
          for (const origins of [undefined, [origin], [address, origin]]) {
            assert.deepInclude(
              { ...(yield* calling(`${origin}/xapi/v1/Users`, origins)) },
              misconfigured("origins"),
              origin,
            )
          }
        }
        for (const origins of [undefined, [address], ["https://api.example.com", `${address}/`]]) {
          assert.strictEqual(yield* calling(`${address}/xapi/v1/Users`, origins), 200)
        }
      }
      assert.isTrue(asked.every(({ origin }) => origin === address))
    }),
  )

  it.live("never shares a token with the account at https of the same host", () =>
    Effect.gen(function* () {
      const { address, origins, process, session, told } = yield* site(threeCxWitness)
      const secured = address.replace("http:", "https:")
      const plain = yield* session(threeCx.configure({ address, client, plainHttp }))
      yield* plain.bearer
      // There is nobody who speaks TLS, so it gets none; least of all that of the other.
      const other = yield* session(threeCx.configure({ address: secured, client, plainHttp }))
      yield* Effect.flip(other.bearer)
      const later = yield* session(threeCx.configure({ address: secured, client }), yield* process)
      yield* Effect.flip(later.bearer)
      assert.deepStrictEqual(told(), ["issued"])
      assert.deepStrictEqual(origins(), [address, secured])
    }),
  )

  it.live("finds its record in another process, if the option is set there too", () =>
    Effect.gen(function* () {
      const { address, process, session, told } = yield* site(threeCxWitness)
      const options = { address, client }
      const first = yield* session(threeCx.configure({ ...options, plainHttp }))
      const { token } = yield* first.bearer
      const again = yield* session(threeCx.configure({ ...options, plainHttp }), yield* process)
      assert.strictEqual(clear((yield* again.bearer).token), clear(token))
      assert.deepStrictEqual(told(), ["issued"])
      assert.isTrue(Result.isFailure(threeCx.configure(options)))
    }),
  )
})

const posted = (path: string) => (fields: Fields) => ({ method: "POST", path, encoding: "form", fields }) as const

const shared = {
  page: "https://vendor.example/tokens",
  addresses: { plainHttpOption: true },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "made-up-app",
  renewsWith: "refresh_token",
  rotation: "strict",
  defaultLifetime: 3_600_000,
} as const

/** A made-up vendor whose PBX does everything that a provider can do without a browser. */
const onPremises = defineProvider({
  ...shared,
  id: "on-premises",
  name: "On Premises",
  signsInWith: "password",
  capabilities: ["act_as", "inspect", "revoke"],
  acting: ipex.acting,
  grants: {
    Password: ({ password, username }) =>
      posted("/token")([
        ["username", username],
        ["password", password],
      ]),
    RefreshToken: ({ refreshToken }) => posted("/renew")([["refresh_token", refreshToken]]),
    ActAs: ({ bearer, subject }) => ({ ...posted("/act")([["email", subject]]), bearer }),
  },
  inspection: (bearer) => posted("/inspect")([["token", bearer]]),
  revocation: (bearer) => posted("/revoke")([["token", bearer]]),
})

/** A made-up vendor whose PBX gives codes for a browser. */
const atBrowser = defineProvider({
  ...shared,
  id: "on-premises-browser",
  name: "On Premises, at a browser",
  signsInWith: "browser",
  capabilities: ["browser"],
  grants: deviceGrants({ authorization: "/device_authorization", token: "/token" }),
})

/** A PBX of such a vendor, in the private network. */
const house = Effect.fnUntraced(function* () {
  const network = privateNetwork()
  let issued = 0
  const origin = yield* serving((at) => (request, response) => {
    const path = (request.url ?? "").slice(1)
    const number = ["token", "renew", "act"].includes(path) ? ++issued : 0
    const replies: { readonly [path: string]: object } = {
      inspect: { uid: "ann", scope: "all" },
      act: { access_token: `a-${number}`, token_type: "Bearer", expires_in: 3_600, user_email: "ben@example.test" },
      device_authorization: {
        device_code: "made-up-device-code",
        user_code: "MADE-UP",
        expires_in: 600,
        verification_uri: `${named(at, host)}/device`,
      },
    }
    const usual = { access_token: `a-${number}`, refresh_token: `r-${number}`, token_type: "Bearer", expires_in: 3_600 }
    request.resume()
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(replies[path] ?? usual))
  })
  const made = yield* harness({ transport: "fetch", between: () => network.fetch })
  return { ...made, ...network, address: named(origin, host) }
})

describe("every request of the library", () => {
  it.live("goes to the account's own origin, also those of a child", () =>
    Effect.gen(function* () {
      const { address, asked, http, open, origins } = yield* house()
      const credentials = { username: "ann@example.test", password: "made-up-password" }
      const pbx = yield* open(yield* Effect.fromResult(onPremises.configure({ address, credentials, plainHttp })))
      const first = yield* pbx.bearer
      yield* pbx.reject(first.generation)
      yield* pbx.bearer
      yield* pbx.inspect
      yield* Effect.scoped(
        Effect.gen(function* () {
          const child = yield* pbx.actAs("ben@example.test")
          const api = yield* Effect.provide(BearerHttpClient.make(child), http)
          assert.strictEqual((yield* api.get(`${address}/calls`)).status, 200)
        }),
      )
      yield* pbx.signOut
      assert.deepStrictEqual(origins(), [address])
      const paths = asked.map(({ path }) => path)
      for (const path of ["/token", "/renew", "/inspect", "/act", "/calls", "/revoke"]) assert.include(paths, path)
    }),
  )

  it.live("for a device code goes there, and the page there is shown", () =>
    Effect.gen(function* () {
      const { address, open, origins } = yield* house()
      const session = yield* open(yield* Effect.fromResult(atBrowser.configure({ address, user: "ann", plainHttp })))
      yield* Effect.forkScoped(session.signIn(deviceSignIn()))
      assert.strictEqual(clear((yield* session.prompt).url), `${address}/device`)
      assert.deepStrictEqual(origins(), [address])
    }),
  )
})
