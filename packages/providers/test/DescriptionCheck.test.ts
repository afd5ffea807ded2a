/** `configure` checks the value itself, and says which of its fields is wrong and what to write. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { configure } from "../src/configuration/Configuration.ts"
import { faultOf } from "../src/configuration/DescriptionCheck.ts"
import { beforeExpiry, defineProvider } from "../src/definition/Definition.ts"
import { byEmail } from "../src/description/Naming.ts"
import { type Account, grantRequest, type Provider } from "../src/description/Provider.ts"
import type { Misconfigured } from "../src/error/AuthError.ts"
import * as Grant from "../src/token/Grant.ts"
import { families } from "../src/vendors/Catalog.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as Yeastar from "../src/vendors/Yeastar.ts"
import { decode, asked as of, open } from "./Replied.ts"

const right = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "client",
  renewsWith: "sign_in",
  defaultLifetime: 3_600_000,
  grants: {},
} as const

/** A description as JavaScript may have it. */
const define = (wrong: object) => defineProvider({ ...right, ...wrong } as unknown as typeof right)

const refused = (result: Result.Result<unknown, { readonly reason: unknown }>): Misconfigured => {
  const reason = Result.isFailure(result) ? result.failure.reason : assert.fail("It was accepted.")
  assert.deepInclude({ ...(reason as object) }, { _tag: "Misconfigured", field: "provider" })
  return reason as Misconfigured
}

const option = { title: "Site", doc: "One of the sites.", identifies: true, optional: true }
const site = (more: object) => ({ options: { site: { ...option, ...more } } })
const row = (more: object) => ({
  refusals: [
    { status: 418, reason: "Throttled" },
    { reason: "Throttled", ...more },
  ],
})
const limit = { policy: "calls", per: "client", quota: 10, window: 1_000 }

/** What is wrong, by what the sentence about it begins with. */
const wrongs: Readonly<Record<string, ReadonlyArray<object>>> = {
  // A name that is misspelt.
  "There is no field refusal. The fields here are ": [{ refusal: [] }],
  "There is no field verdict.": [{ verdict: ["X"] }],
  "There is no field bearers.": [{ bearers: { in: "query", name: "t" } }],
  "There is no field clientIdBy.": [{ clientIdBy: "address" }],
  "There is no field addresses.perfix.": [{ addresses: { perfix: "/api" } }],
  "There is no field options.site.secrt.": [site({ secrt: true })],
  "There is no field options.site.patern.": [site({ patern: /x/ })],
  "There is no field reply.acessToken.": [{ reply: { acessToken: "token" } }],
  "There is no field reply.identity.apiOrigin.": [{ reply: { identity: { apiOrigin: "url" } } }],
  "There is no field refusals[1].feild.": [row({ feild: "x" })],
  "There is no field grants.RefreshTokn.": [{ grants: { RefreshTokn: () => ({}) } }],
  "There is no field renewal.window.": [{ renewal: { policy: "after_expiry", window: {} } }],
  "There is no field dialect.code.": [{ dialect: { ...SangomaCx.dialect, code: ["X"] } }],
  "There is no field (no plain name).": [{ "\u001b[31mred": true }],
  // A word of a closed list.
  'Expected as signsInWith one of "password", ': [{ signsInWith: "passwrd" }, { signsInWith: undefined }],
  'Expected as renewsWith one of "refresh_token", "sign_in".': [{ renewsWith: "refresh" }],
  'Expected as clientAuthentication one of "form", "basic", "none".': [{ clientAuthentication: "Basic" }],
  "Expected as clientSecret one of ": [{ clientSecret: "yes" }],
  "Expected as rotation one of ": [{ rotation: "single" }],
  "Expected as rotation.grace ": [{ rotation: { grace: -1 } }, { rotation: { grace: "10" } }],
  "Expected as scopes one of ": [{ scopes: "any" }],
  "Expected as scopes[1] a scope": [{ scopes: ["calls", "two words"] }],
  "Expected as capabilities[0] one of ": [{ capabilities: ["revok"] }, { capabilities: "revoke" }],
  "Expected as capabilities a list.": [{ capabilities: 7 }, { capabilities: {} }],
  "Expected as clientIdsBy one of ": [{ clientIdsBy: "host" }],
  "Expected as bearer.in one of ": [{ bearer: { in: "cookie" } }],
  "Expected as bearer.name a text": [{ bearer: { in: "query" } }],
  "Expected as refreshMethods[0] one of ": [{ refreshMethods: ["PUT"] }],
  "Expected as renewal.policy one of ": [{ renewal: { policy: "early" } }],
  "Expected as renewal an object.": [{ renewal: "never" }, { renewal: null }],
  "Expected as renewal.window.fraction a number from 0 to 1.": [{ renewal: { ...beforeExpiry, window: {} } }],
  "Expected as refusals[1].reason one of ": [row({ reason: "Forbidden" }), row({ reason: "constructor" })],
  "Expected as refusals[1].on one of ": [row({ on: "SignIn" })],
  "Expected as refusals[1].on[1] one of ": [row({ on: ["Password", "SignIn"] })],
  "Expected as refusals[1].status the number": [row({ status: "401" })],
  "Expected as refusals[1].retryAfter ": [row({ retryAfter: -1 }), row({ retryAfter: Number.POSITIVE_INFINITY })],
  "Expected as refusals[1].per one of ": [row({ per: "user" })],
  "Expected as refusals[1].header the name of a header.": [row({ header: "X Locked" }), row({ header: 1 })],
  "Expected as refusals[1].code up to 40 ": [row({ code: "no such user" })],
  'Expected as reply.lifetime[0].unit one of "s", "min", "ms".': [
    { reply: { lifetime: [{ field: "expires_in", unit: "h" }] } },
    { reply: { lifetime: [{ field: "expires_in" }] } },
    { reply: { lifetime: [{ field: "expires_in", unit: "constructor" }] } },
  ],
  'Expected as reply.refreshLifetime[0] "jwt", "page", or { field, unit }': [{ reply: { refreshLifetime: ["exp"] } }],
  "Expected as reply.lifetime[0].field a text": [{ reply: { lifetime: [{ unit: "s" }] } }],
  "Expected as reply.origin.below a list.": [{ reply: { origin: { field: "api", below: "acme.example" } } }],
  "Expected as codes[0] up to 40 ": [{ codes: ["has blank"] }],
  "Expected as rateLimits[0].window ": [{ rateLimits: [{ ...limit, window: -1 }] }],
  "Expected as rateLimits[0].quota ": [{ rateLimits: [{ ...limit, quota: 0 }] }],
  "Expected as rateLimits[0].per one of ": [{ rateLimits: [{ ...limit, per: "user" }] }],
  "Expected as liveTokens.cap a whole number": [{ liveTokens: { cap: 0 } }, { liveTokens: { cap: "8" } }],
  // A function, a pattern, a default.
  "Expected as grants.Password a function.": [{ grants: { Password: { path: "/token" } } }],
  "Expected as inspection a function.": [{ inspection: "/introspect" }],
  "Expected as formerAccounts[0] a function.": [{ formerAccounts: [{}] }],
  "Expected as acting.named a function.": [{ acting: { isOwn: byEmail.isOwn } }],
  "Expected as options.site.pattern a RegExp": [site({ pattern: "x+" })],
  "Expected as options.site.default a text of the form options.site.pattern.": [
    site({ pattern: /[a-z]+/, default: "UP" }),
  ],
  "Expected as options.site.default a text without": [site({ default: " x" }), site({ default: "" })],
  "Say of the option site whether it identifies": [site({ identifies: "yes" }), site({ identifies: undefined })],
  "Expected as options.site.title a text": [site({ title: undefined }), site({ title: "a\u0007b" })],
  "Expected as options an object.": [{ options: [option] }, { options: "site" }],
  "Expected as options.site an object.": [{ options: { site: undefined } }],
  "Give the option constructor another name": [{ options: { constructor: option } }],
  "Give the option keySource another name": [{ options: { keySource: option } }],
  "Give the option usernameFile another name": [{ options: { usernameFile: option } }],
  "Give the option clientSecretFile another name": [{ options: { clientSecretFile: option } }],
  "Give the option jwtFile another name": [{ options: { jwt: option, jwtFile: option } }],
  // What people see.
  "Expected as name a text without": [{ name: "Ac\u001b[31mme" }, { name: "" }, { name: 7 }],
  "Expected as page a text": [{ page: undefined }],
  "Expected as the id a letter": [{ id: "Acme" }, { id: undefined }],
  "Expected as defaultLifetime a number of milliseconds above 0.": [
    { defaultLifetime: 0 },
    { defaultLifetime: -1 },
    { defaultLifetime: Number.NaN },
    { defaultLifetime: "3600000" },
    { defaultLifetime: undefined },
  ],
  // Where requests go.
  "addresses.standard is wrong. Use https://.": [{ addresses: { standard: "http://acme.example" } }],
  "addresses.standard is wrong. ": [{ addresses: { standard: 7 } }, { addresses: { standard: "two words" } }],
  "Expected as addresses.plainHttpOption true or false.": [{ addresses: { plainHttpOption: "yes" } }],
  "Expected as addresses.prefix a path": [{ addresses: { prefix: "api" } }, { addresses: { prefix: "/../api" } }],
  "Expected as addresses.resellerSuffix ": [{ addresses: { resellerSuffix: "@evil.example" } }],
  "Expected as authorization.path a path": [
    { authorization: { path: "authorize" } },
    { authorization: { path: "//evil.example" } },
    { authorization: { path: "/../authorize" } },
  ],
  "A field of the value throws when it is read.": [
    {
      get scopes() {
        throw new Error("made-up")
      },
    },
  ],
}

describe("a value with a fault is refused by the place of the fault", () => {
  for (const [begins, values] of Object.entries(wrongs)) {
    it(JSON.stringify(begins), () => {
      for (const wrong of values) {
        // A getter that throws is in no description that is spread.
        const isGetter = Object.getOwnPropertyDescriptor(wrong, "scopes")?.get !== undefined
        const provider = isGetter
          ? Object.defineProperties({ ...define({}) }, Object.getOwnPropertyDescriptors(wrong))
          : define(wrong)
        const { fix } = refused(isGetter ? configure(provider as Provider, {}) : provider.configure({}))
        assert.isTrue(fix.startsWith(begins), fix)
        assert.notMatch(fix, /\p{Cc}/u)
        // The same each time: it is checked once.
        assert.strictEqual(refused(configure(provider as Provider, {})).fix, fix)
      }
    })
  }

  it("whatever a field is instead: it never throws, and never blames the user", () => {
    const whole = { ...right, ...site({}), ...row({}), bearer: { in: "query", name: "t" }, renewal: beforeExpiry }
    const names = [...Object.keys(whole), "reply", "rateLimits", "liveTokens", "formerAccounts", "dialect", "acting"]
    for (const name of names) {
      for (const wrong of [null, 7, true, Symbol("x"), [7], [null], { x: 1 }, () => ({})]) {
        if (name === "addresses" && wrong === null) continue
        const result = define({ ...whole, [name]: wrong }).configure({})
        if (Result.isFailure(result)) refused(result)
        else assert.include(["defaultLifetime", "refusals"], name)
      }
    }
  })
})

describe("a right value", () => {
  it("is each that this package has", () => {
    const all = families.flat().map(({ quirks: _, ...provider }) => provider)
    assert.isAbove(all.length, 11)
    for (const provider of all) assert.isUndefined(faultOf(provider), provider.id)
  })

  it("may say everything that the types allow", () => {
    const everything = defineProvider({
      ...right,
      options: {
        site: { ...option, pattern: /^[a-z]+$/g, example: "north", default: "main", optional: true },
        key: { ...option, secret: true },
      },
      addresses: { standard: { _tag: "Reseller", id: "1" }, prefix: "/api/v1", resellerSuffix: "-pbx.acme.example" },
      scopes: ["calls", "urn:acme:read"],
      rotation: { grace: 0 },
      renewal: { policy: "never" },
      clientIdsBy: "address",
      capabilities: new Set(["inspect", "revoke"] as const),
      accessLevels: ["Office Manager"],
      liveTokens: { cap: 8, keep: (runtime) => runtime },
      bearer: { in: "header", name: "x-token", scheme: "" },
      rateLimits: [{ policy: "calls", per: "client", quota: 1, window: 1, headers: { remaining: "a", reset: "b" } }],
      formerAccounts: [() => undefined],
      defaultLifetime: Number.POSITIVE_INFINITY,
      challenges: true,
      refreshMethods: ["POST", "GET"],
      verdicts: ["numbered", "ACME-1"],
      codes: ["ACME-1"],
      sentences: ["Go away"],
      acting: byEmail,
      authorization: { path: "/authorize", fields: [["prompt", "login"]], issuer: "https://acme.example" },
      inspection: () => ({ method: "GET", path: "/me", encoding: "query" }),
      reply: {
        accessToken: "data.token",
        bearerTypes: ["Acme"],
        lifetime: [{ field: "a.b", unit: "min" }, "jwt", "page"],
        refreshLifetime: [{ field: "c", unit: "ms" }],
        identity: { email: { claim: "email", of: "id_token" }, uid: "id" },
        origin: { field: { claim: "aud" }, below: ["acme.example"] },
      },
      refusals: [
        { on: ["Password", "revoke"], status: [401, 403], reason: "BadCredentials", code: "-1" },
        { field: "error", value: [/no/, 7, "x"], reason: "Unavailable", retryAfter: 0 },
        { reason: "NotAllowed", tokenRejected: true, option: "site", fix: "Write another." },
      ],
    })
    assert.isUndefined(faultOf(everything))
    assert.isUndefined(faultOf(defineProvider({ ...everything, id: "another" })))
    assert.isUndefined(faultOf(define({ refusals: () => undefined })))
    assert.isUndefined(faultOf(define({ clientId: undefined, options: undefined, grants: { Password: undefined } })))
  })
})

describe("a presentation, which no compiler compares with its type", () => {
  const presented = (more: object) => {
    const grants = { ClientCredentials: () => ({ method: "POST", path: "/token", encoding: "form", ...more }) }
    const { account } = Result.getOrThrow(define({ grants }).configure({}))
    return grantRequest(account as Account, Grant.clientCredentials([]))
  }

  it("is refused with a field that is not known: the secret would go out beside it", () => {
    assert.isTrue(Result.isSuccess(presented({ client: "absent", fields: [["a", Redacted.make("b")]] })))
    for (const [more, fix] of [
      [{ cleint: "absent" }, "There is no field request.cleint."],
      [{ feilds: [] }, "There is no field request.feilds."],
      [{ client: "absnt" }, "Expected as request.client one of "],
      [{ method: "PUT" }, "Expected as request.method one of "],
      [{ encoding: "JSON" }, "Expected as request.encoding one of "],
    ] as const) {
      assert.isTrue(refused(presented(more)).fix.startsWith(fix))
    }
  })
})

describe("a code that a row declares", () => {
  it("is repeated also if it is a negative number, as some of Yeastar's", () => {
    for (const errcode of [-2, -1, 2]) {
      const result = decode({ errcode, errmsg: "made-up" }, of(Yeastar.provider, "ClientCredentials"))
      const reason = Result.isFailure(result) ? result.failure.reason : assert.fail()
      assert.deepInclude({ ...reason }, { _tag: "Unavailable", code: `${errcode}` })
    }
  })
})

describe("a row for a field", () => {
  const provider = define({ refusals: [{ field: "error", reason: "BadCredentials" }] })
  const told = (error: unknown) =>
    open(decode({ access_token: "token", expires_in: 60, error }, of(provider, "ClientCredentials")))

  it("is about a field that says something, and not about an empty one beside a token", () => {
    for (const error of ["denied", 1, true, { code: 1 }]) assert.strictEqual(told(error), "BadCredentials")
    for (const error of ["", null, false]) assert.deepInclude(told(error), { accessToken: "token" })
  })
})
