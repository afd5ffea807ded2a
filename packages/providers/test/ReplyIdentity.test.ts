/** Whose token it is, and where its API is, as a vendor's claims and fields say it. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { defineProvider } from "../src/definition/Definition.ts"
import type { Provider, ReplyShape } from "../src/description/Provider.ts"
import type { Tokens } from "../src/token/Token.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import * as Zoom from "../src/vendors/Zoom.ts"
import { asked, decode, open } from "./Replied.ts"

const vendor = (reply: ReplyShape): Provider<never> =>
  defineProvider({
    id: "acme-voice",
    name: "Acme Voice",
    page: "https://acme.example/tokens",
    addresses: { standard: "https://acme.example" },
    clientAuthentication: "none",
    clientSecret: "none",
    signsInWith: "client",
    defaultLifetime: 3_600_000,
    renewsWith: "sign_in",
    reply,
    grants: {},
  })

const part = (of: unknown) => Buffer.from(JSON.stringify(of)).toString("base64url")
/** A JWT whose signature is made up: nobody checks it. */
const jwt = (claims: object) => `${part({ alg: "RS256" })}.${part(claims)}.${part("made-up")}`

const identity = (shape: ReplyShape, body: object, secrets: ReadonlyArray<string> = []) =>
  (open(decode({ expires_in: 60, ...body }, asked(vendor(shape), "ClientCredentials", secrets))) as Tokens).identity

describe("an identity", () => {
  const shape: ReplyShape = {
    identity: {
      uid: { claim: "sub" },
      email: { claim: "profile.mail", of: "id_token" },
      user: { claim: "ext" },
      domain: "account.domain",
    },
  }

  it("is read from the claims of the access token and of an ID token, and from the reply", () => {
    const access_token = jwt({ sub: "maria@acme", ext: 111 })
    const id_token = jwt({ sub: "another", profile: { mail: "m@acme.example" } })
    assert.deepStrictEqual(identity(shape, { access_token, id_token, account: { domain: "acme" } }), {
      uid: "maria@acme",
      email: "m@acme.example",
      user: "111",
      domain: "acme",
    })
  })

  it("is read from a claim whose name is a URI (RFC 7519 §4.2)", () => {
    const claims = { "https://acme.example/site": "north", "https://acme": { "example/site": "south" } }
    const named: ReplyShape = { identity: { site: { claim: "https://acme.example/site" } } }
    assert.deepStrictEqual(identity(named, { access_token: jwt(claims) }), { site: "north" })
    const inherited: ReplyShape = { identity: { site: { claim: "constructor" }, user: "toString.name" } }
    assert.deepStrictEqual(identity(inherited, { access_token: jwt({}) }), {})
  })

  it("leaves out what is not there, and never fails a token because of it", () => {
    for (const access_token of ["opaque", "a.b.c", `${part({})}.${part("text")}.x`, jwt({}), jwt({ sub: ["maria"] })]) {
      assert.deepStrictEqual(identity(shape, { access_token }), {}, access_token)
    }
    assert.deepStrictEqual(identity(shape, { access_token: "opaque", id_token: 7 }), {})
  })

  it("has no secret, no long text, and no other token", () => {
    const long = "x".repeat(257)
    const echo = { sub: "of canary-password", ext: long, profile: { mail: jwt({ sub: "inner" }) } }
    const body = { access_token: jwt(echo), id_token: jwt(echo) }
    assert.deepStrictEqual(identity(shape, body, ["canary-password"]), {})
    const { details } = open(decode({ ...body, expires_in: 60 }, asked(vendor(shape)))) as Tokens
    assert.deepStrictEqual(details, {})
  })
})

describe("the origin of an API", () => {
  const below = ["acme.example"]
  const told = (api: unknown, shape: ReplyShape = { origin: { field: "api", below } }) =>
    identity(shape, { access_token: "token", api }).apiOrigin

  it("is kept if it is of the vendor's domains, and by https", () => {
    assert.strictEqual(told("https://acme.example"), "https://acme.example")
    assert.strictEqual(told("https://eu.api.acme.example:8443/"), "https://eu.api.acme.example:8443")
    assert.strictEqual(told("HTTPS://EU.ACME.EXAMPLE"), "https://eu.acme.example")
    const capital = { origin: { field: "api", below: ["Acme.Example"] } }
    assert.strictEqual(told("https://eu.acme.example", capital), "https://eu.acme.example")
    const inClaims = { origin: { field: { claim: "aud" }, below } }
    const access_token = jwt({ aud: "https://eu.acme.example" })
    assert.strictEqual(identity(inClaims, { access_token }).apiOrigin, "https://eu.acme.example")
  })

  for (const api of [
    "https://evil.example",
    "https://evilacme.example",
    "https://acme.example.evil.example",
    "https://acme.example@evil.example",
    "https://user:pass@acme.example",
    "http://acme.example",
    "http://127.0.0.1",
    "https://acme.example/v2",
    "https://acme.example/?next=https://evil.example",
    "eu.acme.example",
    "javascript:alert(1)",
    "",
    7,
    null,
    { href: "https://acme.example" },
  ]) {
    it(`is left out if it is ${JSON.stringify(api)}`, () => {
      assert.isUndefined(told(api))
    })
  }

  it("is nothing that the reply says by another name, or unasked", () => {
    const told = { access_token: "token", apiOrigin: "https://evil.example", "Symbol()": "https://evil.example" }
    assert.isUndefined(identity({}, told).apiOrigin)
    // A value without a shape of its own, whose replies are read as they come.
    const plain = decode({ expires_in: 60, ...told }, asked(SkySwitch.provider, "Password", []))
    assert.isUndefined((open(plain) as Tokens).identity.apiOrigin)
    const both = identity({ origin: { field: "api", below } }, { access_token: "token", "@": "https://evil.example" })
    assert.isUndefined(both.apiOrigin)
  })

  it("is Zoom's api_url", () => {
    const body = { access_token: "token", expires_in: 3_600, api_url: "https://api-eu.zoom.us" }
    const reply = open(decode(body, asked(Zoom.provider, "ClientCredentials"))) as Tokens
    assert.strictEqual(reply.identity.apiOrigin, "https://api-eu.zoom.us")
    assert.notInclude(JSON.stringify(reply.details), "zoom.us")
    assert.isFalse(Redacted.isRedacted(reply.identity.apiOrigin))
  })
})
