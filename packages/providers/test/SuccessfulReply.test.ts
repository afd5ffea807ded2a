/** Replies with the status 200, and what they may say all the same. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { bodyOf } from "../src/reply/Body.ts"
import * as Reply from "../src/reply/Reply.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { leaked } from "./Leak.ts"
import { asked, decode, now, open, reply, skyswitch } from "./Replied.ts"

describe("a 200", () => {
  it("with an error in it is that error, token or no token", () => {
    for (const [body, reason] of [
      [{ error: "invalid_grant" }, "BadCredentials"],
      [{ error: "invalid_grant", access_token: "token" }, "BadCredentials"],
      [{ error: "invalid_client" }, "ClientRefused"],
      [{ error: { code: 1 } }, "BadCredentials"],
      [{ code: 403, message: "Invalid User Login" }, "BadCredentials"],
      [{ code: "401", msg: "Invalid User Login", access_token: "token" }, "BadCredentials"],
      [{ code: "OA101" }, "ClientRefused"],
      [{ code: 400, message: "OA101: no such client" }, "ClientRefused"],
      [{ code: 429 }, "Throttled"],
      [{ code: 500 }, "Unavailable"],
      [{ code: 503, access_token: "token" }, "Unavailable"],
      [{ errcode: 10_003 }, "BadCredentials"],
      [{ error: "temporarily_unavailable" }, "Unavailable"],
      [{ error: "invalid_scope" }, "Misconfigured"],
    ] as const) {
      assert.strictEqual(open(decode(body)), reason, JSON.stringify(body))
    }
  })

  it("with an error field that means none is a success", () => {
    for (const fine of [
      { error: null },
      { error: "" },
      { error: false },
      { errcode: 0 },
      { error: [] },
      { error: {} },
      { error: "success" },
      { error: "0000", errcode: "0" },
      { code: 200 },
      { code: "ok" },
      { error: "null" },
      { error: "False" },
      { error: "200" },
      { error: 200 },
      { error: " 0.0 " },
      { error: "no error" },
      { error: [null] },
      { error: [""] },
      { error: { code: 0 } },
      { error: { code: "0", message: "OK", details: [] } },
      { errcode: [{ code: 0, message: "" }] },
    ]) {
      assert.deepInclude(
        open(decode({ access_token: "token", ...fine })),
        { accessToken: "token" },
        JSON.stringify(fine),
      )
    }
  })

  it("with an error field that says anything at all is a refusal, even with a token", () => {
    for (const error of [
      "second step needed",
      "nullified",
      "201",
      `${"0".repeat(600)} denied`,
      1,
      [1],
      [true],
      ["", "denied"],
      { code: 0, message: "Wrong password" },
      { code: 1, message: "" },
      // The name alone may be the error.
      { invalid_grant: "" },
      { password: [""] },
      { locked: true },
      [[[[]]]],
    ]) {
      assert.strictEqual(open(decode({ access_token: "token", error })), "BadCredentials", JSON.stringify(error))
    }
    const deep = `{"access_token":"token","error":${"[".repeat(5_000)}${"]".repeat(5_000)}}`
    assert.strictEqual(open(decode(deep)), "BadCredentials")
  })

  it("of another form is unreadable", () => {
    for (const [body, reason] of [
      ["", "Unreadable"],
      ["   \n", "Unreadable"],
      ["{}", "Unreadable"],
      ["[]", "Unreadable"],
      ["null", "Unreadable"],
      ['"token"', "Unreadable"],
      ["OK", "Unreadable"],
      ['{"access_token":"tok', "Unreadable"],
      ['{"access_token":"token"', "Unreadable"],
      ["[".repeat(1_000_000), "Unreadable"],
      ["<html><body>Sign in to the Wi-Fi</body></html>", "Unreadable"],
      ["<!DOCTYPE html><title>Wrong password</title>", "Unreadable"],
      [{ token_type: "Bearer" }, "Unreadable"],
      [{ access_token: "" }, "Unreadable"],
      [{ access_token: 5 }, "Unreadable"],
      [{ access_token: ["x"] }, "Unreadable"],
      [{ access_token: "bad \u{fffd}" }, "Unreadable"],
      [{ access_token: "in\r\njection" }, "Unreadable"],
      [{ access_token: "token", token_type: "mac" }, "Unreadable"],
      [{ access_token: "token", token_type: 1 }, "Unreadable"],
      [{ access_token: "token", refresh_token: "in\njection" }, "Unreadable"],
      [{ access_token: "token", refresh_token: 7 }, "Unreadable"],
    ] as const) {
      assert.strictEqual(open(decode(body)), reason, String(body).slice(0, 40))
    }
  })

  it("of status 202 is a token, a refusal of the provider's, or the answer of something in between", () => {
    const accepted = (body: unknown) => Reply.tokenReply(reply(body, 202), skyswitch)
    for (const body of [
      "",
      "<html>Checking your browser</html>",
      "challenge",
      { message: "ok" },
      { error: "blocked" },
    ]) {
      assert.strictEqual(open(accepted(body)), "Throttled", JSON.stringify(body))
    }
    assert.strictEqual(open(accepted({ error: "invalid_grant" })), "BadCredentials")
    assert.deepInclude(open(accepted({ access_token: "token" })), { accessToken: "token" })
  })

  it("needs nothing but an access token", () => {
    for (const token_type of ["bearer", "BEARER", "Bearer", "", null, undefined]) {
      assert.deepInclude(open(decode({ access_token: "token", token_type })), { tokenType: "Bearer" })
    }
    assert.deepInclude(open(decode({ access_token: "token", refresh_token: "", scope: null })), {
      refreshToken: undefined,
      scope: null,
      identity: {},
      details: {},
    })
    assert.deepInclude(open(decode({ access_token: "t", scope: ["a", "b"] })), { scope: "a b" })
    assert.deepInclude(open(decode({ access_token: "t", scope: [], user: 1000 })), {
      scope: null,
      identity: { user: "1000" },
    })
  })

  it("ignores the content type", () => {
    const result = Reply.tokenReply(reply({ access_token: "token" }, 200, { "content-type": "text/html" }), skyswitch)
    assert.deepInclude(open(result), { accessToken: "token" })
  })

  it("keeps unknown fields, but none that holds or echoes a secret", () => {
    const result = decode(
      {
        access_token: "access-canary-1",
        refresh_token: "refresh-canary-2",
        scope: "x access-canary-1",
        displayName: "refresh-canary-2",
        id_token: "other",
        api_key: "other",
        Password: "other",
        echo: "form: client_secret=secret-canary-3&username=111",
        nested: { deep: [{ access: "access-canary-1", fine: true, cookie: "x" }, "eyJhbGciOiJI.eyJzdWIi.c2ln"] },
        "access-canary-1": true,
        __proto__: { polluted: true },
        rate_limit: "0",
        list: [1, null, ["two"]],
      },
      asked(SkySwitch.provider, "Password", ["secret-canary-3"]),
    )
    assert.deepInclude(open(result), {
      scope: null,
      identity: {},
      details: { nested: { deep: [{ fine: true }] }, rate_limit: "0", list: [1, null, ["two"]] },
    })
    assert.isEmpty(leaked(result, ["access-canary-1", "refresh-canary-2", "secret-canary-3"]))
  })

  it("does not take a name for an echo of a short password", () => {
    const what = asked(SkySwitch.provider, "Password", ["1000"])
    assert.deepInclude(open(decode({ access_token: "token", user: "1000" }, what)), { identity: { user: "1000" } })
  })

  it("with an own __proto__ key pollutes nothing", () => {
    const result = decode('{"access_token":"t","__proto__":{"polluted":true},"a":{"__proto__":{"polluted":true}}}')
    assert.deepInclude(open(result), { details: { a: {} } })
    assert.notProperty({}, "polluted")
  })

  it("drops what is nested deeper than anybody nests", () => {
    const deep = `{"access_token":"t","deep":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`
    assert.deepInclude(open(decode(deep)), { accessToken: "t" })
  })
})

describe("a refusal in a 200", () => {
  it("is a demand for a second factor though no token stands beside it", () => {
    for (const provider of [SkySwitch.provider, Ipex.provider]) {
      for (const purpose of ["Password", "RefreshToken", "ActAs"] as const) {
        for (const status of [200, 202]) {
          for (const body of [{ error: "mfa_required" }, { mfa_required: true }]) {
            const result = Reply.tokenReply(reply(body, status), asked(provider, purpose))
            assert.strictEqual(open(result), "PasscodeRequired", `${provider.id} ${purpose} ${status}`)
          }
        }
      }
    }
  })

  it("obeys no Retry-After, and waits as long as without one", () => {
    const told = (body: unknown, status: number) => {
      const result = Reply.tokenReply(reply(body, status, { "retry-after": "31536000" }), skyswitch)
      return Result.isFailure(result) ? result.failure.reason : undefined
    }
    for (const [body, status, pause] of [
      [{ code: 429, message: "Too many requests" }, 200, 60_000],
      ["", 202, 600_000],
    ] as const) {
      const reason = told(body, status)
      assert.deepInclude(reason, { _tag: "Throttled", retryAt: now + 500 + pause })
      assert.notProperty(reason, "toldUntil")
    }
    assert.strictEqual(told({ code: 503, message: "Busy" }, 200)?._tag, "Unavailable")
  })

  it("counts a code in its message, whatever its number", () => {
    assert.strictEqual(open(decode({ code: 500, message: "invalid_grant" })), "BadCredentials")
    assert.strictEqual(open(decode({ code: 500, message: "Internal" })), "Unavailable")
  })
})

describe("a pair with markup after it", () => {
  it("is read, whatever objects the markup holds", () => {
    const pair = JSON.stringify({ access_token: "a1", refresh_token: "r1", expires_in: 3600 })
    for (const markup of [
      "<script>track()</script>",
      '<script>send({"code":1,"message":"x"})</script>',
      '<script>var o={"a":1,b}</script>',
      "\n<!DOCTYPE html><html><body>notice</body></html>",
      "<html>",
    ]) {
      for (const purpose of ["Password", "RefreshToken"] as const) {
        const result = Reply.tokenReply(reply(pair + markup), asked(SkySwitch.provider, purpose))
        assert.deepInclude(open(result), { accessToken: "a1", refreshToken: "r1" }, markup)
      }
    }
    for (const text of [`<script>x</script>${pair}`, "{{page}}<html></html>", `{"access_token":"a1"<html></html>`]) {
      assert.strictEqual(bodyOf(text)._tag, "Html", text)
    }
  })
})
