/** Version 2 of NetSapiens' API against the emulator, over HTTP: JWTs by password, and for a user by an API key. */
import { assert, describe, it } from "@effect/vitest"
import { delegated, provider as version2 } from "@pbx-auth/providers/NetSapiensV2"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { clear, client, harness, passcode, people, reaches, wrongPasscode } from "./Harness.ts"

const apiKey = `nsr_${"0".repeat(48)}checksum`
const domain = "acmecorp.12345.service"
const overHttp = { wire: "http", transport: "fetch" } as const

const signingIn = (address: string, credentials: { readonly username: string; readonly password: never }) =>
  Result.getOrThrow(version2.configure({ address, client, credentials }))

describe("a JWT by user name and password", () => {
  it.live("says its own end, and is renewed by a refresh JWT that is good once", () =>
    Effect.gen(function* () {
      const { clock, emulator, grants, open, origin } = yield* harness({
        ...overHttp,
        world: { netsapiens: { jwtLifetime: 7_200 } },
      })
      const pbx = yield* open(signingIn(origin, people.reseller as never))
      const first = yield* pbx.bearer
      assert.lengthOf(clear(first.token).split("."), 3)
      yield* clock.adjust("121 minutes")
      const second = yield* pbx.bearer
      assert.notStrictEqual(clear(second.token), clear(first.token))
      yield* clock.adjust("121 minutes")
      yield* pbx.bearer
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token", "refresh_token"])

      yield* emulator.killRefreshTokens
      yield* clock.adjust("121 minutes")
      yield* pbx.bearer
      assert.deepStrictEqual((yield* grants).slice(3), ["refresh_token", "password"])
    }),
  )

  it.live("is asked for with a passcode where there is a second factor", () =>
    Effect.gen(function* () {
      const { open, origin } = yield* harness(overHttp)
      const pbx = yield* open(Result.getOrThrow(version2.configure({ address: origin, client })))
      yield* pbx.signIn(people.withFactor)
      yield* reaches(pbx, "mfa_required.awaiting_passcode")
      const { reason } = yield* Effect.flip(pbx.submitPasscode(wrongPasscode))
      assert.strictEqual(reason._tag, "BadPasscode")
      yield* pbx.submitPasscode(passcode)
      const { uid } = yield* pbx.inspect
      assert.strictEqual(uid ?? "none", "none", "the claims name the user as `sub`")
      assert.strictEqual((yield* pbx.inspect).domain, "abc-company.12345.service")
    }),
  )

  it.live("tells a wrong password and a wrong client", () =>
    Effect.gen(function* () {
      const { open, origin } = yield* harness(overHttp)
      const wrong = yield* open(signingIn(origin, { ...people.ipex, username: people.reseller.username } as never))
      assert.strictEqual((yield* Effect.flip(wrong.bearer)).reason._tag, "BadCredentials")
      const options = { address: origin, client: { ...client, secret: "another" }, credentials: people.reseller }
      const refused = yield* open(Result.getOrThrow(version2.configure(options)))
      assert.strictEqual((yield* Effect.flip(refused.bearer)).reason._tag, "ClientRefused")
    }),
  )
})

describe("a JWT for a user, by an API key", () => {
  const of = (address: string, user: string, key = apiKey) =>
    Result.getOrThrow(delegated.configure({ address, apiKey: key, user, domain }))

  it.live("is renewed by its refresh JWT, and by the key when that is refused", () =>
    Effect.gen(function* () {
      const { clock, emulator, grants, open, origin } = yield* harness({
        ...overHttp,
        world: { netsapiens: { jwtLifetime: 7_200 } },
      })
      const pbx = yield* open(of(origin, "1001"))
      const { token } = yield* pbx.bearer
      const claims = JSON.parse(atob(clear(token).split(".")[1] ?? ""))
      assert.strictEqual(claims.sub, `1001@${domain}`)
      yield* clock.adjust("121 minutes")
      yield* pbx.bearer
      yield* emulator.killRefreshTokens
      yield* clock.adjust("121 minutes")
      yield* pbx.bearer
      assert.deepStrictEqual(yield* grants, [
        "client_credentials",
        "refresh_token",
        "refresh_token",
        "client_credentials",
      ])
    }),
  )

  it.live("tells a key that is refused, a user that is not there, and one that the key does not reach", () =>
    Effect.gen(function* () {
      const { open, origin } = yield* harness(overHttp)
      const refusal = (configured: ReturnType<typeof of>) =>
        Effect.flatMap(open(configured), (pbx) => Effect.map(Effect.flip(pbx.bearer), ({ reason }) => ({ ...reason })))
      const unknown = yield* refusal(of(origin, "1001", `nsr_${"1".repeat(48)}checksum`))
      assert.deepInclude(unknown, { _tag: "Misconfigured", field: "apiKey" })
      assert.deepInclude(yield* refusal(of(origin, "9999")), { _tag: "Misconfigured", field: "user" })
      const far = delegated.configure({ address: origin, apiKey, user: "111", domain: "abc-company.12345.service" })
      const { _tag } = yield* refusal(Result.getOrThrow(far))
      assert.strictEqual(_tag, "NotAllowed")
    }),
  )

  it.live("keeps two users of one key apart", () =>
    Effect.gen(function* () {
      const { open, origin } = yield* harness(overHttp)
      const subject = (user: string) =>
        Effect.map(
          Effect.flatMap(open(of(origin, user)), (pbx) => pbx.bearer),
          ({ token }) => JSON.parse(atob(clear(token).split(".")[1] ?? "")).sub,
        )
      assert.deepStrictEqual(yield* Effect.all([subject("1000"), subject("1001")]), [
        `1000@${domain}`,
        `1001@${domain}`,
      ])
    }),
  )

  it("wants a key of the platform's form, and repeats none of it", () => {
    const configured = delegated.configure({ address: "pbx.example", apiKey: "made-up-secret", user: "1", domain })
    const { message, reason } = Result.getOrThrow(Result.flip(configured))
    assert.deepInclude({ ...reason }, { _tag: "Misconfigured", field: "apiKey" })
    assert.notInclude(message, "made-up-secret")
  })
})
