/** What a value from JavaScript may say wrongly: `configure` says so, before anything is sent. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Catalog from "../src/Catalog.ts"
import { defineProvider } from "../src/Definition.ts"
import type { Misconfigured } from "../src/Reason.ts"
import * as Yeastar from "../src/Yeastar.ts"
import { decode, asked as of, open } from "./Replied.ts"

const right = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  addresses: { standard: "https://acme.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "client",
  defaultLifetime: 3_600_000,
  renewsWith: "sign_in",
  grants: {},
} as const

const option = { title: "Site", doc: "One of the sites.", identifies: true, optional: true }

const define = (wrong: object) => defineProvider({ ...right, ...wrong } as unknown as typeof right)

const refusal = (wrong: object): Misconfigured => {
  const result = define(wrong).configure({})
  const reason = Result.isFailure(result) ? result.failure.reason : assert.fail("it was accepted")
  return reason._tag === "Misconfigured" ? reason : assert.fail(reason._tag)
}

describe("a value from JavaScript is refused by its field", () => {
  const life = (lifetime: unknown) => ({ reply: { lifetime: [lifetime] } })
  const row = (more: object) => ({
    refusals: [
      { status: 418, reason: "Throttled" },
      { reason: "Throttled", ...more },
    ],
  })
  const wrongs: ReadonlyArray<readonly [what: string, wrong: object, fix: RegExp]> = [
    ["a life of nothing", { defaultLifetime: undefined }, /defaultLifetime/],
    ["a life of 0", { defaultLifetime: 0 }, /defaultLifetime/],
    ["a negative life", { defaultLifetime: -1 }, /defaultLifetime/],
    ["a life that is no number", { defaultLifetime: Number.NaN }, /defaultLifetime/],
    ["a life as a text", { defaultLifetime: "3600000" }, /defaultLifetime/],
    ["a unit that is none", life({ field: "expires_in", unit: "h" }), /"s", "min" or "ms"/],
    ["a unit that every object has", life({ field: "expires_in", unit: "constructor" }), /"s", "min" or "ms"/],
    ["a life without a unit", life({ field: "expires_in" }), /"s", "min" or "ms"/],
    ["a life without a field", life({ unit: "s" }), /"jwt", "page"/],
    ["a life by another word", life("exp"), /"jwt", "page"/],
    ["a wrong refresh life", { reply: { refreshLifetime: [{ field: "x", unit: "days" }] } }, /"jwt", "page"/],
    ["a reason that is none", row({ reason: "Forbidden" }), /Row 2 .* BadCredentials, /],
    ["a reason that every object has", row({ reason: "constructor" }), /Row 2 /],
    ["a status as a text", row({ status: "401" }), /Row 2 .* status is a number/],
    ["a negative pause", row({ retryAfter: -1 }), /Row 2 .* retryAfter is milliseconds/],
    ["a pause without an end", row({ retryAfter: Number.POSITIVE_INFINITY }), /Row 2 /],
    ["a pause that holds nobody known", row({ per: "user" }), /Row 2 .* per is "subscriber" or "client"/],
    ["a header with blanks", row({ header: "X Locked" }), /Row 2 .* a header is the name of one/],
    ["a header that is no text", row({ header: 1 }), /Row 2 /],
    ["a sentence as a code", row({ code: "no such user" }), /Row 2 .* 40 letters/],
    ["an option that every object has", { options: { constructor: option } }, /option constructor another name/],
    ["an option that is a variable of the keys", { options: { keySource: option } }, /option keySource another name/],
    [
      "an option that is the file of a standard one",
      { options: { usernameFile: option } },
      /option usernameFile another/,
    ],
    [
      "an option that is the file of another",
      { options: { pin: option, pinFile: option } },
      /option pinFile another name/,
    ],
    ["an option that is nothing", { options: { site: undefined } }, /option site whether it identifies/],
  ]
  for (const [what, wrong, fix] of wrongs) {
    it(`for ${what}`, () => {
      const { field, fix: said } = refusal(wrong)
      assert.strictEqual(field, "provider")
      assert.match(said, fix)
    })
  }
})

describe("a right value", () => {
  it("is accepted with every life and row that the types allow", () => {
    const all = define({
      reply: {
        lifetime: [{ field: "a.b", unit: "min" }, "jwt", "page"],
        refreshLifetime: [{ field: "c", unit: "ms" }],
      },
      refusals: [
        { on: "Password", status: [401, 403], reason: "BadCredentials", code: "ACME-1" },
        { field: "error", value: /no/, reason: "Unavailable", retryAfter: 0 },
      ],
      defaultLifetime: Number.POSITIVE_INFINITY,
    })
    assert.isTrue(Result.isSuccess(all.configure({})))
  })

  it("is each of the catalog", () => {
    for (const provider of Object.values(Catalog.providers)) {
      const configure = (provider as { configure?: (options: object) => Result.Result<unknown, { message: string }> })
        .configure
      const result = configure?.({})
      if (result !== undefined && Result.isFailure(result)) assert.notInclude(result.failure.message, '"provider"')
    }
  })
})

describe("a code that a row declares", () => {
  it("is repeated also if it is a negative number, as some of Yeastar's", () => {
    const { provider } = Yeastar
    for (const errcode of [-2, -1, 2]) {
      const refused = decode({ errcode, errmsg: "made-up" }, of(provider, "ClientCredentials"))
      const reason = Result.isFailure(refused) ? refused.failure.reason : assert.fail()
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
