import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { actingOf, decodeNotation, decodeRules, faultNames, fieldsOf, type Rule } from "../src/fault/Fault.ts"

const reply = { _tag: "reply" }

describe("Rules from JSON", () => {
  it.effect("are one or many", () =>
    Effect.gen(function* () {
      const rule: Rule = {
        fault: { _tag: "redirect", status: 308, to: "https://elsewhere.example.test/token" },
        match: { provider: "ipex", path: "/token", grant: "password" },
        times: "always",
        skip: 2,
      }
      assert.deepStrictEqual(yield* decodeRules(rule), [rule])
      assert.deepStrictEqual(yield* decodeRules([rule, rule]), [rule, rule])
      assert.deepStrictEqual(yield* decodeRules([]), [])
    }),
  )

  const wrong: ReadonlyArray<readonly [json: unknown, ...words: ReadonlyArray<string>]> = [
    [null, "rule:"],
    ["drop_reply", "rule:"],
    [{}, "rule.fault: Missing field"],
    [{ fault: "drop_reply" }, "rule.fault: Expected"],
    [{ fault: { _tag: "drop_replies" } }, "rule.fault: Expected", "drop_reply, reset_in_body"],
    [{ fault: { _tag: "firewall", status: 403 } }, "rule.fault.status: Unknown field"],
    [{ fault: { _tag: "server_error", status: 501 } }, "rule.fault.status:"],
    [{ fault: { _tag: "redirect" } }, "rule.fault.to: Missing field"],
    [{ fault: { _tag: "redirect", to: "/token" } }, "rule.fault.to: Expected an address"],
    [{ fault: { _tag: "redirect", to: "ftp://a.test" } }, "rule.fault.to:"],
    [{ fault: { _tag: "hang", acts: "yes" } }, "rule.fault.acts:"],
    [{ fault: { _tag: "trickle", bytes: 0 } }, "rule.fault.bytes: Expected a whole number, 1 or more"],
    [{ fault: { _tag: "delay", millis: -1 } }, "rule.fault.millis: Expected milliseconds"],
    [{ fault: { _tag: "wrong_clock", seconds: 1e12 } }, "rule.fault.seconds:"],
    [{ fault: { _tag: "rate_limit", policies: [] } }, "rule.fault.policies"],
    [
      { fault: { _tag: "rate_limit", policies: [{ name: 'a"' }] } },
      "rule.fault.policies[0].name",
      "[0].quota: Missing",
    ],
    [{ fault: { ...reply, status: 101 } }, "rule.fault.status: Expected a status from 200 to 599"],
    [{ fault: { ...reply, status: 204, body: "x" } }, "rule.fault.status: Expected a status that has a body"],
    [{ fault: { ...reply, headers: { "a b": "c" } } }, "rule.fault.headers: Expected HTTP header fields"],
    [{ fault: { ...reply, headers: { a: "b\nc" } } }, "rule.fault.headers:"],
    [{ fault: { ...reply, base64: "?" } }, "rule.fault.base64: Expected base64"],
    [{ fault: { ...reply, base64: "", body: "" } }, "rule.fault.base64: Expected body or base64"],
    [{ fault: { _tag: "wrong_type", type: "a\nb" } }, "rule.fault.type:"],
    [{ fault: { _tag: "firewall" }, match: { provider: "netsapien" } }, "rule.match.provider:"],
    [{ fault: { _tag: "firewall" }, match: { path: "token" } }, "rule.match.path: Expected a path"],
    [{ fault: { _tag: "firewall" }, match: { grant: "code" } }, "rule.match.grant:"],
    [{ fault: { _tag: "firewall" }, match: { host: "a" } }, "rule.match.host: Unknown field"],
    [{ fault: { _tag: "firewall" }, times: 0 }, `rule.times: Expected a whole number, 1 or more`],
    [{ fault: { _tag: "firewall" }, times: "often" }, `rule.times: Expected a whole number above 0, or "always"`],
    [{ fault: { _tag: "firewall" }, skip: -1 }, "rule.skip:"],
    [{ fault: { _tag: "firewall" }, time: 1 }, "rule.time: Unknown field"],
    [{ fault: { _tag: "reset_on_accept" }, times: "always" }, "rule.times: Expected a number"],
    [{ fault: { _tag: "reset_on_accept" }, match: { path: "/token" } }, "rule.match: Expected nothing"],
    [{ fault: { _tag: "reset_before_read" }, match: { grant: "mfa" } }, "rule.match.grant: Expected nothing"],
    [[{ fault: { _tag: "hang" } }, { fault: { _tag: "hang" }, skip: 0.5 }], "rules[1].skip:"],
  ]
  for (const [json, ...words] of wrong) {
    it.effect(`are refused by path: ${JSON.stringify(json)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(decodeRules(json))
        assert.strictEqual(error._tag, "FaultError")
        for (const word of words) assert.include(error.message, word)
        assert.notInclude(error.message, "\n")
      }),
    )
  }
})

describe("Rules from a command line", () => {
  const cases: ReadonlyArray<readonly [notation: string, rule: unknown]> = [
    ["drop_reply", { fault: { _tag: "drop_reply" } }],
    ["drop_reply:", { fault: { _tag: "drop_reply" } }],
    ["hang:acts", { fault: { _tag: "hang", acts: true } }],
    [
      "server_error:status=502,body=json,times=always,skip=1,provider=ipex,path=/token,grant=refresh_token",
      {
        fault: { _tag: "server_error", status: 502, body: "json" },
        match: { provider: "ipex", path: "/token", grant: "refresh_token" },
        times: "always",
        skip: 1,
      },
    ],
    ["redirect:to=http://127.0.0.1:1/a?b=c", { fault: { _tag: "redirect", to: "http://127.0.0.1:1/a?b=c" } }],
    ["expires_in:value=1e12", { fault: { _tag: "expires_in", value: 1e12 } }],
    ['expires_in:value="3600"', { fault: { _tag: "expires_in", value: "3600" } }],
    ["expires_in", { fault: { _tag: "expires_in" } }],
    ['expires_in:{"value": [1, 2], "times": 3}', { fault: { _tag: "expires_in", value: [1, 2] }, times: 3 }],
  ]
  for (const [notation, rule] of cases) {
    it.effect(`are read: ${notation}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* decodeNotation(notation)) as unknown, rule)
      }),
    )
  }

  const wrong: ReadonlyArray<readonly [notation: string, words: string]> = [
    ["", "rule.fault: Expected"],
    ["hangs", "rule.fault: Expected"],
    ["hang:act=true", "rule.fault.act: Unknown field"],
    ["hang:times=x", "rule.times:"],
    ["reply:body=5", "rule.fault.body:"],
    ["firewall:grant=code", "rule.match.grant:"],
    ["expires_in:{value", "is not JSON"],
    ["hang:_tag=firewall,acts=5", "rule.fault.acts:"],
  ]
  for (const [notation, words] of wrong) {
    it.effect(`are refused: ${notation}`, () =>
      Effect.gen(function* () {
        assert.include((yield* Effect.flip(decodeNotation(notation))).message, words)
      }),
    )
  }
})

describe("The README", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const rows = [...readme.matchAll(/^\| `(\w+)`\s*\|([^|]*)\| (yes|no|told)\s*\|/gm)].map(
    ([, name, fields, acted]) => ({
      name,
      fields: [...(fields ?? "").matchAll(/`(\w+)`/g)].map(([, field]) => field),
      acted,
    }),
  )

  it("documents every fault, its fields, and whether the server acts", () => {
    assert.deepStrictEqual(
      rows as unknown,
      faultNames.map((name) => ({ name, fields: fieldsOf(name), acted: actingOf(name) })),
    )
  })

  it.effect("shows rules that can be read", () =>
    Effect.gen(function* () {
      const json = [...readme.matchAll(/__emulator\/faults -d '([^']*)'/g)].map(([, text = ""]) => JSON.parse(text))
      const notations = [...readme.matchAll(/--fault (\S+)/g)].map(([, notation = ""]) => notation)
      assert.lengthOf(json, 1)
      assert.lengthOf(notations, 2)
      yield* Effect.forEach(json, decodeRules)
      yield* Effect.forEach(notations, decodeNotation)
    }),
  )
})
