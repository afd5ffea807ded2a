import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import * as Address from "../src/wire/Address.ts"

const resolve = (input: Address.Input | undefined, prefix?: string) =>
  Result.match(Address.resolve("skyswitch", SkySwitch.provider.addresses, input, prefix), {
    onSuccess: ({ origin, prefix }) => origin + prefix,
    onFailure: ({ message, reason }) =>
      reason._tag === "Misconfigured" && message.includes(reason.fix) ? reason.field : reason._tag,
  })

describe("Address", () => {
  it("takes every form of the pages", () => {
    for (const [input, expected] of [
      [undefined, "https://pbx.skyswitch.com/ns-api"],
      ["pbx.skyswitch.com", "https://pbx.skyswitch.com/ns-api"],
      ["https://portal.acmecorp.com", "https://portal.acmecorp.com/ns-api"],
      ["https://portal.acmecorp.com/", "https://portal.acmecorp.com/ns-api"],
      ["https://portal.acmecorp.com/ns-api", "https://portal.acmecorp.com/ns-api"],
      ["https://portal.acmecorp.com/ns-api/", "https://portal.acmecorp.com/ns-api"],
      ["https://portal.acmecorp.com//", "https://portal.acmecorp.com/ns-api"],
      ["https://portal.acmecorp.com/ns-api//", "https://portal.acmecorp.com/ns-api"],
      ["https://portal.acmecorp.com/ns-api///", "https://portal.acmecorp.com/ns-api"],
      ["HTTPS://Portal.AcmeCorp.com:8443", "https://portal.acmecorp.com:8443/ns-api"],
      [Address.reseller("12345"), "https://12345-hpbx.dashmanager.com/ns-api"],
      [Address.reseller("Acme-1"), "https://acme-1-hpbx.dashmanager.com/ns-api"],
      ["http://127.0.0.1:8080", "http://127.0.0.1:8080/ns-api"],
      ["http://127.9.8.7", "http://127.9.8.7/ns-api"],
      ["http://[::1]:8080", "http://[::1]:8080/ns-api"],
      ["http://localhost:8080", "http://localhost:8080/ns-api"],
    ] as const) {
      assert.strictEqual(resolve(input), expected)
    }
  })

  it("takes the root form by its prefix", () => {
    assert.strictEqual(resolve("https://pbx.example.test", "/"), "https://pbx.example.test")
    assert.strictEqual(resolve("https://pbx.example.test", ""), "https://pbx.example.test")
    assert.strictEqual(resolve("https://pbx.example.test/api", "/api/"), "https://pbx.example.test/api")
    assert.strictEqual(resolve("https://pbx.example.test/api//", "/api"), "https://pbx.example.test/api")
    for (const closing of ["", "/", "//", "///"]) {
      assert.strictEqual(resolve("pbx.example.test", `/ns-api${closing}`), "https://pbx.example.test/ns-api")
    }
    assert.strictEqual(resolve("pbx.example.test", `/${"a".repeat(1_000_000)}`), "prefix")
    assert.strictEqual(resolve("pbx.example.test", `${"/".repeat(1_000_000)}a`), "prefix")
    assert.strictEqual(resolve("https://pbx.example.test/ns-api", "/"), "address")
    for (const prefix of ["ns-api", "/../x", "/a b", "//host", "/a?b", "/a#b", "https://x"]) {
      assert.strictEqual(resolve("pbx.example.test", prefix), "prefix", prefix)
    }
  })

  it("refuses everything else by its field, with what to write instead", () => {
    for (const input of [
      "https://a.test/ns-api/%2e%2e",
      "https://a.test/x/../ns-api",
      "https://a.test/./ns-api",
      "https://a.test/%2E/ns-api",
      `https://${"a".repeat(1_000_000)}.test`,
      "",
      " pbx.skyswitch.com",
      "pbx.sky switch.com",
      "pbx.skyswitch.com/ns-api",
      "http://portal.acmecorp.com",
      "http://127.0.0.1.acmecorp.com",
      "http://localhost.acmecorp.com",
      "http://128.0.0.1",
      "http://0.0.0.0",
      "http://[::2]",
      "ftp://portal.acmecorp.com",
      "file:///etc/passwd",
      "javascript:alert(1)",
      "https://user:password@portal.acmecorp.com",
      "https://@portal.acmecorp.com",
      "user@portal.acmecorp.com",
      "https://portal.acmecorp.com?client_id=1",
      "https://portal.acmecorp.com/ns-api?",
      "https://portal.acmecorp.com#top",
      "https://portal.acmecorp.com/ns-api/v2",
      "https://portal.acmecorp.com/ns-api/oauth2/token/",
      "https://portal.acmecorp.com/other",
      "https://portal.acmecorp.com\\evil",
      "https://portal.acmecorp.com\n",
      "https://",
      "https://[::1",
      "https://exa<mple.com",
    ]) {
      assert.strictEqual(resolve(input), "address", input)
    }
  })

  it("refuses this machine without a scheme, with what to write instead", () => {
    for (const host of [
      "127.0.0.1:4000",
      "127.0.0.1",
      "localhost:4000",
      "localhost",
      "[::1]:4000",
      "127.1:80",
      "LOCALHOST",
    ]) {
      const refused = Address.resolve("skyswitch", SkySwitch.provider.addresses, host)
      assert.isTrue(Result.isFailure(refused), host)
      const fix = Result.isFailure(refused) && refused.failure.message
      const instead = /http:\/\/\S+(?=,)/.exec(String(fix))?.[0] ?? ""
      assert.match(resolve(instead), /^http:.*\/ns-api$/, "what it says can be written")
    }
    assert.strictEqual(resolve("https://127.0.0.1:4000"), "https://127.0.0.1:4000/ns-api")
    assert.strictEqual(resolve("localhost.acmecorp.com"), "https://localhost.acmecorp.com/ns-api")
  })

  it("takes a reseller id as one DNS label and nothing else", () => {
    for (const id of ["", "-1", "1-", "1.2", "1/2", "a b", "ä", "1@2", "x".repeat(59), "x#", "12345\n"]) {
      assert.strictEqual(resolve(Address.reseller(id)), "address", id)
    }
    assert.strictEqual(resolve(Address.reseller(1 as never)), "address")
    assert.match(resolve(Address.reseller("x".repeat(58))), /^https:/)
  })

  it("knows resellers and prefixes only where the provider has them", () => {
    const { addresses } = Landstar.provider
    assert.isTrue(Result.isFailure(Address.resolve("landstar", addresses, Address.reseller("12345"))))
    assert.isTrue(Result.isFailure(Address.resolve("sangoma-cx", SangomaCx.provider.addresses, undefined, "/x")))
    assert.isTrue(Result.isFailure(Address.resolve("sangoma-cx", SangomaCx.provider.addresses, "https://x.test/oauth")))
  })
})
