/** A reply between notices: found when it is the only one, and in as many steps as the text is long. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { vi } from "vitest"
import { embeddedObject } from "../src/json/EmbeddedJson.ts"
import { bodyOf } from "../src/reply/Body.ts"
import * as Reply from "../src/reply/Reply.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"

const pair = { access_token: "a-2", refresh_token: "r-2", expires_in: 3600, token_type: "Bearer" }
const json = JSON.stringify(pair)

/** What PHP prints with `display_errors` on. */
const notice = (text: string) =>
  `<br />\n<b>Deprecated</b>:  ${text} in <b>/var/www/ns-api/OAuth2.php</b> on line <b>88</b><br />\n`

const notices = [
  notice("Creation of dynamic property Token::$scope is deprecated"),
  "Notice: Undefined index: mfa in /var/www/token.php on line 12\n",
  "[28-Nov-2026 10:00:00 UTC] PHP Warning:  Undefined array key 1\n",
  notice('syntax error, unexpected token "{", expecting "}"'),
  notice("array{foo} and {$bar} and {"),
  notice('it is "odd'),
  notice('unexpected {"'),
  notice('Array to string conversion {"key" of'),
  notice('of {} and {"flags":[1,2]}'),
  "{{",
  "}}",
  "\u0000\u001b[31mwarning\u001b[0m ",
]

describe("the one object is found", () => {
  it("before, after and between notices", () => {
    for (const one of notices) {
      assert.deepStrictEqual(embeddedObject(one + json), pair, one)
      assert.deepStrictEqual(embeddedObject(json + one), pair, one)
      for (const other of notices) assert.deepStrictEqual(embeddedObject(one + json + other), pair, one + other)
    }
  })

  it("with braces, quotes and escapes in its strings, and printed with white space", () => {
    const odd = {
      access_token: 'a}{"b',
      error_description: '\\"}',
      nested: [{ "{": "}" }, [], {}, -1.5e-7, null, true],
    }
    for (const text of [JSON.stringify(odd), JSON.stringify(odd, null, 4)]) {
      for (const one of notices) assert.deepStrictEqual(embeddedObject(one + text + one), odd, one)
    }
  })

  it("as a body, in a grant's reply and in a refusal, by its text alone", () => {
    for (const one of notices) {
      const asked = {
        provider: SkySwitch.provider,
        purpose: "RefreshToken",
        bearerInHeader: false,
        secrets: [],
        now: 0,
      } as const
      const reply = (status: number, text: string) => Reply.tokenReply({ status, headers: {}, text, at: 0 }, asked)
      const tokens = Result.getOrThrow(reply(200, one + json))
      assert.strictEqual(
        tokens._tag === "Issued" && Redacted.value(tokens.tokens.refreshToken ?? Redacted.make("")),
        "r-2",
      )
      const refused = Result.getOrThrow(Result.flip(reply(400, `${one}{"error":"invalid_grant"}`)))
      assert.deepInclude(refused.reason, { _tag: "RenewalRefused", code: "invalid_grant" })
    }
  })
})

describe("nothing is found", () => {
  it("when the reply is cut, and in no part of it", () => {
    const whole = JSON.stringify({ ...pair, account: { access_token: "of-somebody-else" }, z: 1 })
    for (let length = 0; length < whole.length; length++) {
      for (const one of ["", notice("x")]) assert.isUndefined(embeddedObject(one + whole.slice(0, length)))
    }
  })

  it("when nobody can tell which one is meant", () => {
    assert.isUndefined(embeddedObject(json + json))
    assert.isUndefined(embeddedObject(`dump: {"access_token":"of-somebody-else"} {"error":"invalid_grant"}`))
    assert.isUndefined(embeddedObject(`{"a":1} {"b":2}`))
    assert.isUndefined(embeddedObject(`dump: {"a":1, ${json}`))
  })

  it("in a page, which may hold objects of its own", () => {
    for (const page of ["<html>", "<!DOCTYPE html>", "<script>"]) {
      assert.strictEqual(bodyOf(`${page}${json}`)._tag, "Html")
    }
  })

  it("in JSON that is no object", () => {
    for (const text of [`[${json}]`, JSON.stringify(json), "1", "null"]) {
      assert.strictEqual(bodyOf(text)._tag, "Text")
    }
  })

  it("for a renewal that is unknown, not an outage", () => {
    const asked = {
      provider: SkySwitch.provider,
      purpose: "RefreshToken",
      bearerInHeader: false,
      secrets: [],
      now: 0,
    } as const
    for (const text of [notice("x"), notice("x") + json.slice(0, 40), "<html>Maintenance</html>"]) {
      const { reason } = Result.getOrThrow(
        Result.flip(Reply.tokenReply({ status: 200, headers: {}, text, at: 0 }, asked)),
      )
      assert.deepInclude(reason, { _tag: "OutcomeUnknown", grant: "RefreshToken", status: 200 })
    }
  })
})

describe("whatever it is", () => {
  const object = Schema.Record(Schema.String, Schema.Json)

  it.prop("between texts without a brace", [Schema.String, object, Schema.String], ([before, found, after]) => {
    const text = (one: string) => one.replaceAll(/[{}]/g, "")
    assert.deepStrictEqual(
      embeddedObject(text(before) + JSON.stringify(found) + text(after)),
      JSON.parse(JSON.stringify(found)),
    )
  })

  it.prop("no text makes it throw", [Schema.String], ([text]) => {
    embeddedObject(`{${text}{"${text}":${text}}`)
  })
})

it("takes as many steps as the text is long", () => {
  const stepsOf = (text: string) => {
    const exec = vi.spyOn(RegExp.prototype, "exec")
    try {
      embeddedObject(text)
      return exec.mock.calls.length
    } finally {
      exec.mockRestore()
    }
  }
  for (const part of [
    '{"',
    '{"a":',
    '{"a{"',
    '{"{":"',
    '{   "',
    '{"\\"',
    '{"a":[',
    "{",
    '"{" ',
    '{"a":"{',
    '{"a" {"b" ',
  ]) {
    const [short, long] = [100, 200].map((times) => stepsOf(part.repeat(times))) as [number, number]
    assert.isAtMost(long, 2.1 * short + 10, part)
  }
})
