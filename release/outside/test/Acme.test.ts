/** The provider against its witness: the suite of every provider, and the same story by Effect and by promises. */
import { assert, describe, it } from "@effect/vitest"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as ProviderTest from "@pbx-auth/session/testing/ProviderTest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import acme from "../src/Acme.ts"
import { Acme } from "../src/AcmeService.ts"
import { witness } from "../src/AcmeWitness.ts"
import { fixtures, optionsOf } from "./AcmeFixtures.ts"

const openVendor = () => openEmulator({ clock: "steered", witnesses: [witness] })
type Vendor = ReturnType<typeof openVendor>

ProviderTest.suite(acme, openVendor, fixtures, { assert, describe, it })

/** Whose token it is, as the vendor's own API says. */
const ownerOf = async (vendor: Vendor, token: string): Promise<unknown> => {
  const headers = { authorization: `Bearer ${token}` }
  return (await vendor.fetch("https://api.acme.example/v1/me", { headers })).json()
}

const outcomes = async (vendor: Vendor) => (await vendor.journal()).map(({ outcome }) => outcome)

describe("with Effect", () => {
  /** The service over an emulated vendor, at the vendor's time. */
  const within = <A, E>(vendor: Vendor, tenant: string, use: Effect.Effect<A, E, Acme>, password?: string) =>
    use.pipe(
      Effect.provide(
        Acme.layerRuntime(optionsOf(tenant, password)).pipe(
          Layer.provide(SessionRuntime.layer),
          Layer.provide(TokenEndpoint.layer),
          Layer.provide(FetchTransport.layer(vendor.fetch)),
        ),
      ),
      Effect.provideService(Clock.Clock, vendor.clock.asEffect),
    )
  const vendor = Effect.acquireRelease(Effect.sync(openVendor), ({ close }) => Effect.promise(close))

  it.live("a token, its renewal, and a revocation at sign-out", () =>
    Effect.gen(function* () {
      const at = yield* vendor
      const use = Effect.gen(function* () {
        const pbx = yield* Acme
        const first = yield* pbx.accessToken
        yield* Effect.promise(() => at.jump(900_000))
        const second = yield* pbx.accessToken
        assert.notStrictEqual(Redacted.value(second), Redacted.value(first))
        yield* pbx.signOut
      })
      yield* within(at, "north", use)
      assert.deepStrictEqual(yield* Effect.promise(() => outcomes(at)), ["issued", "renewed", "revoked"])
    }),
  )

  it.live("a wrong password is a typed error, with the vendor's code and without the password", () =>
    Effect.gen(function* () {
      const refused = Effect.flatMap(Acme, ({ accessToken }) => Effect.flip(accessToken))
      const { reason, remedy, message } = yield* within(yield* vendor, "north", refused, "made-up-mistake")
      assert.deepInclude({ ...reason }, { _tag: "BadCredentials", provider: "acme-voice", code: "ACME-1017" })
      assert.strictEqual(remedy, "sign_in")
      assert.notInclude(message + JSON.stringify(reason), "made-up-mistake")
    }),
  )
})

describe("with promises", () => {
  it("a token, and its renewal", async () => {
    await using vendor = openVendor()
    await using pbx = await open(acme, optionsOf("north"), { fetch: vendor.fetch, clock: vendor.clock })
    const first = await pbx.accessToken()
    assert.deepStrictEqual(await ownerOf(vendor, first), { tenant: "north", name: "maria" })
    await vendor.jump(900_000)
    const second = await pbx.accessToken()
    assert.notStrictEqual(second, first)
    assert.deepStrictEqual(await ownerOf(vendor, second), { tenant: "north", name: "maria" })
    assert.deepStrictEqual(
      (await outcomes(vendor)).filter((outcome) => !outcome.startsWith("api call")),
      ["issued", "renewed"],
    )
  })

  it("a wrong tenant is a typed error that names the option, and says what to write", async () => {
    await using vendor = openVendor()
    await using pbx = await open(acme, optionsOf("nowhere"), { fetch: vendor.fetch, clock: vendor.clock })
    const error: unknown = await pbx.accessToken().catch((refused: unknown) => refused)
    assert(isAuthError(error))
    assert.deepInclude({ ...error.reason }, { _tag: "Misconfigured", field: "tenant", code: "ACME-1020" })
    assert.include(error.message, "Copy the name from your portal's address.")
  })

  it("an option of the wrong form is refused before anything is sent", async () => {
    await using vendor = openVendor()
    const opened = open(acme, optionsOf("North & South"), { fetch: vendor.fetch, clock: vendor.clock })
    const error: unknown = await opened.catch((refused: unknown) => refused)
    assert(isAuthError(error))
    assert.deepInclude({ ...error.reason }, { _tag: "Misconfigured", field: "tenant" })
    assert.isEmpty(await vendor.journal())
  })

  it("two tenants of one registry never meet, though they share client, name and password", async () => {
    await using vendor = openVendor()
    await using sessions = await openSessions({}, { fetch: vendor.fetch, clock: vendor.clock })
    const tokens = new Set<string>()
    for (const wait of [0, 900_000]) {
      await vendor.jump(wait)
      for (const tenant of ["north", "south"]) {
        const session = await sessions.session(acme.configure(optionsOf(tenant)))
        const token = await session.accessToken()
        assert.deepStrictEqual(await ownerOf(vendor, token), { tenant, name: "maria" })
        tokens.add(token)
      }
    }
    assert.strictEqual(tokens.size, 4)
  })
})
