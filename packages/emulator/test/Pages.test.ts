import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { curlIsThere, run } from "./Curl.ts"
import { ipex, netsapiens, served } from "./Served.ts"

const fixture = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8")
const sample = (path: string): Record<string, unknown> => JSON.parse(fixture(`${path}.json`)).sample

/** Runs a page's curl in a shell, with the origin and the sample's tokens replaced. */
const curl = (path: string, origin: string, live: Record<string, string> = {}) =>
  run(
    Object.entries(live).reduce(
      (text, [token, replacement]) => {
        assert.include(text, token, `${path} shows this sample token`)
        return text.replaceAll(token, replacement)
      },
      fixture(`${path}.curl`).replace("{origin}", origin),
    ),
  )

/** The same keys, and under each the same type of JSON value. */
const assertLike = (fields: Record<string, unknown>, path: string) => {
  const shape = (object: Record<string, unknown>) =>
    Object.entries(object)
      .map(([key, value]) => `${key}: ${value === null ? "null" : typeof value}`)
      .sort()
  assert.deepStrictEqual(shape(fields), shape(sample(path)), path)
}

const name = curlIsThere ? "The pages' own requests" : "The pages' own requests (skipped: curl is missing)"

describe("The machine that runs these tests", () => {
  it("has curl where the tests must be whole", () => {
    assert.isTrue(curlIsThere || process.env.CI !== "true")
  })
})

describe.skipIf(!curlIsThere)(name, () => {
  for (const vendor of ["skyswitch", "landstar"]) {
    it.live(`${vendor}: sign in, renew, inspect`, () =>
      Effect.gen(function* () {
        const { origin } = yield* served()
        const signedIn = yield* curl(`${vendor}/password`, origin)
        assert.strictEqual(signedIn.status, 200)
        assertLike(signedIn.fields, `${vendor}/password-reply`)
        assert.strictEqual(signedIn.fields.expires_in, 3600)

        const renewed = yield* curl(`${vendor}/refresh`, origin, {
          c7bf58a0247e02efc6ee4340f01ed629: signedIn.fields.refresh_token,
        })
        assert.strictEqual(renewed.status, 200)
        assertLike(renewed.fields, `${vendor}/refresh-reply`)
        assert.strictEqual(renewed.fields.refresh_token, signedIn.fields.refresh_token, "as the page prints it")
        assert.notStrictEqual(renewed.fields.access_token, signedIn.fields.access_token)

        const inspected = yield* curl(`${vendor}/read`, origin, {
          "3b9d3229d70b442e99e0dfa050473d63": renewed.fields.access_token,
        })
        assert.strictEqual(inspected.status, 200)
        assertLike(inspected.fields, `${vendor}/read-reply`)
        assert.strictEqual(inspected.fields.uid, "111@abc-company.12345.service")
        assert.strictEqual(inspected.fields.territory, "12345")
        assert.match(inspected.fields.expires, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
      }),
    )
  }

  it.live("skyswitch: second factor", () =>
    Effect.gen(function* () {
      const { origin, ask } = yield* served()
      // The page shows the challenge as the answer to its password request, for a subscriber that has a second factor.
      const challenged = yield* ask(netsapiens.token, { form: netsapiens.withFactor })
      assert.strictEqual(challenged.status, 200)
      assertLike(challenged.fields, "skyswitch/mfa-challenge")
      assert.strictEqual(challenged.fields.mfa, "mfa_required")

      const passed = yield* curl("skyswitch/mfa", origin, {
        "51fdab21ca330f6b0c88b2a98ex8932s": challenged.fields.access_token,
      })
      assert.strictEqual(passed.status, 200)
      assertLike(passed.fields, "skyswitch/mfa-reply")
    }),
  )

  it.live("skyswitch: masquerade", () =>
    Effect.gen(function* () {
      const { origin } = yield* served()
      const reseller = yield* curl("skyswitch/reseller", origin)
      assert.strictEqual(reseller.status, 200)
      assertLike(reseller.fields, "skyswitch/reseller-reply")
      assert.strictEqual(reseller.fields.username, sample("skyswitch/reseller-reply").username)

      const masked = yield* curl("skyswitch/masquerade", origin, {
        "1e465ded5f3b4536aa71313b239a8162": reseller.fields.access_token,
      })
      assert.strictEqual(masked.status, 200)
      assertLike(masked.fields, "skyswitch/masquerade-reply")
      assert.strictEqual(masked.fields.uid, "1001@acmecorp.12345.service")
      assert.strictEqual(masked.fields.scope, "Basic User")
    }),
  )

  it.live("netsapiens-v2: sign in, renew, second factor", () =>
    Effect.gen(function* () {
      const { origin, ask } = yield* served()
      const signedIn = yield* curl("netsapiens-v2/password", origin)
      assert.strictEqual(signedIn.status, 200)
      assertLike(signedIn.fields, "netsapiens-v2/tokens-reply")
      const renewed = yield* curl("netsapiens-v2/refresh", origin, {
        "{{refresh_token}}": signedIn.fields.refresh_token,
      })
      assert.strictEqual(renewed.status, 200)
      assertLike(renewed.fields, "netsapiens-v2/tokens-reply")
      const challenged = yield* ask("/ns-api/v2/tokens", { json: netsapiens.withFactor })
      assertLike(challenged.fields, "skyswitch/mfa-challenge")
      const passed = yield* curl("netsapiens-v2/mfa", origin, {
        "2711618e692064e183e9596a26e8eb10": challenged.fields.access_token,
      })
      assert.strictEqual(passed.status, 200)
      assertLike(passed.fields, "netsapiens-v2/tokens-reply")
      const refused = yield* curl("netsapiens-v2/mfa", origin)
      assert.strictEqual(refused.status, 400)
      assertLike(refused.fields, "netsapiens-v2/error-reply")
    }),
  )

  it.live("netsapiens-v2: a JWT, its renewal, its claims, its end, and the version", () =>
    Effect.gen(function* () {
      const { origin, ask } = yield* served()
      const first = yield* curl("netsapiens-v2/jwt", origin)
      assert.strictEqual(first.status, 200)
      assertLike(first.fields, "netsapiens-v2/jwt-reply")
      const second = yield* curl("netsapiens-v2/jwt-refresh", origin, { "{{refresh}}": first.fields.refresh })
      assert.strictEqual(second.status, 200)
      assertLike(second.fields, "netsapiens-v2/jwt-reply")
      const read = yield* curl("netsapiens-v2/jwt-read", origin, { "{{token}}": second.fields.token })
      assert.strictEqual(read.status, 200)
      assertLike(read.fields, "netsapiens-v2/jwt-claims")
      assert.strictEqual(read.fields.exp - read.fields.iat, 86_400, "as in the sample")
      assert.strictEqual(read.fields.time_out, 86_400_000)
      assert.strictEqual(read.fields.sub, "1000@acmecorp.12345.service")
      const revoked = yield* curl("netsapiens-v2/jwt-revoke", origin, { "{{token}}": second.fields.token })
      assert.strictEqual(revoked.status, 202)
      assert.strictEqual(
        (yield* curl("netsapiens-v2/jwt-read", origin, { "{{token}}": second.fields.token })).status,
        401,
      )
      const challenged = yield* ask("/ns-api/v2/jwt", { json: netsapiens.withFactor })
      const passed = yield* curl("netsapiens-v2/jwt-mfa", origin, { "{{access_token}}": challenged.fields.token })
      assert.strictEqual(passed.status, 200)
      assertLike(passed.fields, "netsapiens-v2/jwt-reply")
      assertLike((yield* curl("netsapiens-v2/version", origin)).fields, "netsapiens-v2/version-reply")
    }),
  )

  it.live("ipex: sign in, renew, impersonate", () =>
    Effect.gen(function* () {
      const { origin } = yield* served()
      const signedIn = yield* curl("ipex/password", origin)
      assert.strictEqual(signedIn.status, 200)
      assertLike(signedIn.fields, "ipex/password-reply")
      assert.strictEqual(signedIn.fields.expires_in, 50 * 60)

      const renewed = yield* curl("ipex/refresh", origin, { "eyJhb...": signedIn.fields.refresh_token })
      assert.strictEqual(renewed.status, 200)
      assertLike(renewed.fields, "ipex/refresh-reply")

      const other = yield* curl("ipex/impersonation", origin, { "eyJhb...": renewed.fields.access_token })
      assert.strictEqual(other.status, 200)
      assertLike(other.fields, "ipex/impersonation-reply")
    }),
  )

  it.live("sangoma-cx: a token for two scopes", () =>
    Effect.gen(function* () {
      const { origin } = yield* served()
      const given = yield* curl("sangoma-cx/token", origin)
      assert.strictEqual(given.status, 200)
      assertLike(given.fields, "sangoma-cx/token-reply")
      const { access_token, ...printed } = sample("sangoma-cx/token-reply")
      assert.deepInclude(given.fields, printed)
    }),
  )
})

describe("The tokens of IPEX", () => {
  it.live("can be read as JWTs", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { fields } = yield* ask("/token", { form: ipex.password })
      const claims = JSON.parse(Buffer.from(fields.access_token.split(".")[1], "base64url").toString())
      assert.strictEqual(claims.email, "api-user@example.test")
      assert.strictEqual(claims.exp - claims.iat, 3000)
    }),
  )
})
