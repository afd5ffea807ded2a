/** More ways in: a refresh token that was obtained elsewhere, and a static API key. */
import { assert, describe, it } from "@effect/vitest"
import type { GrantName } from "@pbx-auth/emulator/Journal"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as ApiKey from "@pbx-auth/session/ApiKey"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { clear, client, eventually, harness, passcode, people, reaches, reasonOf, settle } from "./Harness.ts"

const strict = { netsapiens: { rotation: "strict" } }

describe("a refresh token that was obtained elsewhere", () => {
  /** The token of a person's sign-in at the emulator, past the library. */
  const obtained = Effect.fnUntraced(function* (fetch: typeof globalThis.fetch, origin: string) {
    const ask = (fields: Record<string, string>) =>
      Effect.promise(async () => {
        const form = { client_id: client.id, client_secret: client.secret, ...fields }
        const reply = await fetch(`${origin}/ns-api/oauth2/token/`, { method: "POST", body: new URLSearchParams(form) })
        return (await reply.json()) as Record<string, string>
      })
    const { access_token = "" } = yield* ask({
      grant_type: "password",
      username: people.withFactor.username,
      password: clear(people.withFactor.password),
    })
    const { refresh_token = "" } = yield* ask({
      grant_type: "mfa",
      ns_id_type: "subscriber",
      mfa_type: "authenticator",
      mfa_vendor: "google",
      access_token,
      passcode: clear(passcode),
    })
    return refresh_token
  })

  it.live("begins a session that is renewed unattended, for good", () =>
    Effect.gen(function* () {
      const { accounts, clock, emulator, grants, open, origin } = yield* harness({ world: strict })
      const refreshToken = yield* obtained(emulator.fetch, origin)
      const pbx = yield* open(accounts.skyswitch({ refreshToken }))
      assert.strictEqual((yield* pbx.bearer).identity.domain, "abc-company.12345.service")
      assert.strictEqual((yield* pbx.view).state, "refreshed")
      for (let hour = 0; hour < 3; hour++) {
        yield* clock.adjust("1 hour")
        yield* pbx.accessToken
      }
      const expected: ReadonlyArray<GrantName> = ["password", "mfa", ...Array<GrantName>(4).fill("refresh_token")]
      assert.deepStrictEqual(yield* grants, expected)
    }),
  )

  it.live("after a restart what followed it is taken up from the store, and the spent one is not shown again", () =>
    Effect.gen(function* () {
      const { accounts, emulator, grants, open, origin, process } = yield* harness({ world: strict })
      const refreshToken = yield* obtained(emulator.fetch, origin)
      const first = yield* Effect.scoped(
        Effect.flatMap(open(accounts.skyswitch({ refreshToken })), (pbx) => pbx.accessToken),
      )
      const pbx = yield* open(accounts.skyswitch({ refreshToken: Redacted.make(refreshToken) }), yield* process)
      assert.strictEqual(clear(yield* pbx.accessToken), clear(first))
      yield* pbx.reject((yield* pbx.bearer).generation)
      yield* pbx.accessToken
      assert.deepStrictEqual(yield* grants, ["password", "mfa", "refresh_token", "refresh_token"])
    }),
  )

  it.live("of two people, two sessions: with one client, in one store", () =>
    Effect.gen(function* () {
      const { accounts, emulator, open, origin } = yield* harness()
      const one = yield* obtained(emulator.fetch, origin)
      const pbx = yield* open(accounts.skyswitch({ refreshToken: one }))
      yield* pbx.accessToken
      const other = yield* open(accounts.skyswitch({ refreshToken: "another's, which is not known" }))
      assert.strictEqual(yield* reasonOf(other.accessToken), "RenewalRefused")
      yield* reaches(other, "unauthenticated.idle")
    }),
  )

  it.live("whose reply is lost is shown once more, for there is nothing left to lose", () =>
    Effect.gen(function* () {
      const { accounts, count, emulator, open, origin } = yield* harness({ world: strict, wire: "http" })
      const refreshToken = yield* obtained(emulator.fetch, origin)
      yield* emulator.faults.arm({ fault: { _tag: "drop_reply" }, match: { grant: "refresh_token" } })
      const pbx = yield* open(accounts.skyswitch({ refreshToken }))
      yield* eventually(
        "the end of it",
        Effect.map(pbx.view, ({ path }) => path === "unauthenticated.idle"),
      )
      assert.strictEqual(yield* reasonOf(pbx.accessToken), "RenewalRefused")
      yield* settle
      assert.strictEqual(yield* count(({ grant }) => grant === "refresh_token"), 2)
    }),
  )

  it.live("in promises, too; never beside credentials, never empty", () =>
    Effect.gen(function* () {
      const { origin } = yield* harness({ wire: "http" })
      const refreshToken = yield* obtained(globalThis.fetch, origin)
      yield* Effect.promise(async () => {
        await using pbx = await openSkySwitch({ address: origin, client, refreshToken })
        assert.match(await pbx.accessToken(), /^[0-9a-f]{32}$/)
      })
      const refused = (more: Partial<SkySwitch.Options>) => {
        const { reason } = Result.getOrThrow(Result.flip(SkySwitch.configure({ client, ...more })))
        assert.strictEqual(reason._tag, "Misconfigured")
        return reason.message
      }
      assert.match(refused({ refreshToken: "" }), /"refreshToken"\..* never empty/)
      assert.match(refused({ refreshToken: "x", credentials: people.reseller }), /"refreshToken"\..* not both/)
    }),
  )
})

describe("a static API key", () => {
  const key = (kind: string) => `${kind}_${"a1B2c3D4".repeat(7)}`

  it.live("is a session from the start, and is never renewed", () =>
    Effect.gen(function* () {
      const { clock, count, timed } = yield* harness()
      const pbx = yield* timed(ApiKey.make({ address: "portal.example.com", apiKey: key("nsr") }))
      const bearer = yield* pbx.bearer
      assert.strictEqual(clear(bearer.token), key("nsr"))
      assert.isNull(bearer.expiresAt)
      assert.strictEqual(bearer.scope, "Reseller")
      assert.strictEqual((yield* pbx.view).path, "authenticated")
      assert.isNull((yield* pbx.view).expiresAt)
      yield* clock.adjust("4000 days")
      assert.strictEqual(clear(yield* pbx.accessToken), key("nsr"))
      assert.strictEqual(yield* count(() => true), 0)
      assert.strictEqual(pbx.origin, "https://portal.example.com")
      assert.notInclude(JSON.stringify(yield* pbx.view), "a1B2")
    }),
  )

  it.live("that an API refuses ends it: configure another one", () =>
    Effect.gen(function* () {
      const { http, origin } = yield* harness({ wire: "http" })
      const pbx = yield* ApiKey.make({ address: origin, apiKey: Redacted.make(key("nsu")) })
      const api = yield* Effect.provide(BearerHttpClient.make(pbx), http)
      const error = yield* Effect.flip(api.get(`${origin}/ns-api/`))
      assert.isTrue(error._tag === "AuthError" && error.remedy === "configure" && error.reason._tag === "Misconfigured")
      yield* reaches(pbx, "unauthenticated.idle")
      assert.strictEqual(yield* reasonOf(pbx.accessToken), "Misconfigured")
    }),
  )

  it.live("has the form that the vendor describes", () =>
    Effect.gen(function* () {
      for (const kind of ["nss", "nsr", "nsd", "nsu"]) assert.isTrue(ApiKey.isApiKey(key(kind)))
      const wrong = [
        "",
        key("nsx"),
        key("nss").slice(1),
        `${key("nss")}0`,
        ` ${key("nss")}`,
        key("nss").replace("a", "-"),
      ]
      for (const apiKey of wrong) {
        assert.isFalse(ApiKey.isApiKey(apiKey))
        const refused = yield* Effect.scoped(Effect.flip(ApiKey.make({ address: "portal.example.com", apiKey })))
        assert.strictEqual(refused.reason._tag, "Misconfigured")
        if (apiKey.length > 8) assert.notInclude(refused.message, apiKey.slice(4))
      }
      const nowhere = ApiKey.make({ address: "http://portal.example.com", apiKey: key("nss") })
      assert.strictEqual(yield* reasonOf(Effect.scoped(nowhere)), "Misconfigured")
    }),
  )
})
