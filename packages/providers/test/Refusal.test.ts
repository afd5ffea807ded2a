/** The parts of a refusal that no emulated vendor shows: places without an endpoint, limits, outages, vendor texts. */
import { assert, describe, it } from "@effect/vitest"
import type { Dialect } from "../src/description/Provider.ts"
import type { Reason } from "../src/error/AuthError.ts"
import type { Body } from "../src/refusal/Grammar.ts"
import { classify, type Purpose } from "../src/refusal/Refusal.ts"
import { bodyOf } from "../src/reply/Body.ts"
import { dialect } from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"

const now = 1_700_000_000_000

const because = (
  purpose: Purpose,
  status: number,
  text: string | object = "",
  options: {
    readonly headers?: Record<string, string>
    readonly bearerInHeader?: boolean
    readonly verdicts?: Dialect["verdicts"]
  } = {},
  wire: Dialect = dialect,
): Reason => {
  const body: Body = bodyOf(typeof text === "string" ? text : JSON.stringify(text))
  const { bearerInHeader = false, headers = {}, verdicts = wire.verdicts } = options
  return classify({ ...wire, provider: "skyswitch", purpose, bearerInHeader, status, headers, body, verdicts, now })
    .reason
}

describe("from when on to ask again", () => {
  const later = { headers: { "retry-after": "30" } }
  const garbled = { error: "invalid_request" }

  it("is told of whatever passes, where the reply names a moment", () => {
    for (const status of [408, 421, 425]) {
      assert.deepInclude(because("Password", status, "", later), { _tag: "Unavailable", retryAt: now + 30_000 })
      assert.notProperty(because("Password", status), "retryAt")
    }
    assert.deepInclude(because("RefreshToken", 400, garbled, later), { garbled: true, retryAt: now + 30_000 })
    assert.notProperty(because("RefreshToken", 400, garbled), "retryAt")
    const year = { headers: { "retry-after": "31536000" } }
    assert.deepInclude(because("Password", 425, "", year), { retryAt: now + 3_600_000 })
  })

  it("is not told of what does not pass", () => {
    assert.notProperty(because("Password", 400, { error: "invalid_grant" }, later), "retryAt")
    assert.notProperty(because("Password", 401, { error: "invalid_client" }, later), "retryAt")
  })
})

const tag = (...parameters: Parameters<typeof because>) => because(...parameters)._tag

const grants = ["Password", "ClientCredentials", "RefreshToken", "Passcode", "ActAs"] as const
const html = "<html><title>403 Forbidden</title></html>"

describe("classify", () => {
  it("refuses redirects, whatever was presented", () => {
    for (const grant of grants) {
      for (const status of [0, 301, 302, 303, 307, 308]) assert.strictEqual(tag(grant, status), "Misconfigured")
    }
  })

  it("knows the provider's own no by its grammar, and takes any other for one of something in between", () => {
    const own = [
      { code: 403, message: "Invalid User Login" },
      { code: "403", msg: "Invalid User Login" },
      { error: "invalid_grant" },
      { error: "access_denied" },
      { error: "invalid_credentials" },
      { error: "unauthorized", error_description: "Bad credentials" },
      "Invalid User Login",
      "invalid_grant",
    ]
    const foreign = [
      html,
      "",
      {},
      "Access denied",
      "error code: 1010",
      "Forbidden",
      "RBAC: access denied",
      "invalid client address 192.0.2.1",
      { message: "Forbidden" },
      { Message: "User is not authorized to access this resource" },
      { error: "Forbidden" },
      { error: "unauthorized" },
      { error: { code: 403, message: "Forbidden" } },
      { code: 16, message: "Jwt is missing" },
      { code: 1010, message: "The owner of this website has banned your access" },
      { type: "about:blank", title: "Forbidden", status: 403, detail: "invalid_grant" },
      { timestamp: "2026-01-01", status: 403, error: "Forbidden", path: "/ns-api/oauth2/token/" },
      { success: false, errors: [{ code: 10000, message: "Authentication error" }] },
      '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
      '["denied"]',
    ]
    for (const status of [401, 403]) {
      for (const [purpose, reason] of [
        ["Password", "BadCredentials"],
        ["Passcode", "BadPasscode"],
        ["ClientCredentials", "ClientRefused"],
        ["ActAs", "NotAllowed"],
      ] as const) {
        for (const body of own) assert.strictEqual(tag(purpose, status, body), reason, JSON.stringify(body))
        for (const body of foreign) {
          const isMissingRight = purpose === "ActAs" && (body === "" || JSON.stringify(body) === "{}")
          const expected = isMissingRight ? "NotAllowed" : "Throttled"
          assert.strictEqual(tag(purpose, status, body), expected, `${purpose} ${status} ${JSON.stringify(body)}`)
        }
      }
    }
    for (const status of [402, 406, 407, 415, 418, 451]) {
      for (const body of foreign) assert.strictEqual(tag("RefreshToken", status, body), "Throttled")
    }
    for (const purpose of ["Password", "RefreshToken"] as const) {
      assert.strictEqual(tag(purpose, 400, html), "Throttled")
    }
    for (const status of [400, 401, 403]) assert.strictEqual(tag("inspect", status, "Forbidden"), "NotAllowed")
  })

  it("takes invalid_grant, and what the dialect lists, for a verdict on a refresh token, and nothing else", () => {
    for (const status of [200, 400, 401, 403, 429, 500, 503]) {
      assert.strictEqual(tag("RefreshToken", status, { error: "invalid_grant" }), "RenewalRefused")
    }
    const numbered = { code: 403, message: "Invalid refresh token" }
    assert.strictEqual(tag("RefreshToken", 403, numbered), "RenewalRefused")
    assert.strictEqual(tag("RefreshToken", 401, { error: "invalid_token" }), "RenewalRefused")
    const lost = { _tag: "Unavailable", garbled: true, remedy: "retry" } as const
    for (const body of [{ error: "invalid_request" }, { error: "access_denied" }, "Bad Request", "", {}]) {
      assert.deepInclude(because("RefreshToken", 400, body), lost, JSON.stringify(body))
    }
    assert.deepInclude(because("RefreshToken", 403, numbered, { verdicts: [] }), lost)
    assert.deepInclude(because("RefreshToken", 400, { ...numbered, code: "invalid_request" }), lost)
    for (const purpose of ["Password", "ClientCredentials"] as const) {
      assert.deepInclude(because(purpose, 400, { error: "invalid_request" }), lost)
    }
  })

  it("waits ten minutes for a firewall, and longer if told", () => {
    assert.deepInclude(because("Password", 403, html), { retryAt: now + 600_000, policy: "firewall" })
    const headers = { "retry-after": "86400" }
    assert.deepInclude(because("Password", 403, html, { headers }), { retryAt: now + 86_400_000 })
  })

  it("waits an hour at most for a limit and a day for a firewall, and tells what was said", () => {
    const headers = { "retry-after": "31536000" }
    const toldUntil = now + 31_536_000_000
    for (const status of [429, 500, 503]) {
      const reason = because("Password", status, "", { headers })
      assert.deepInclude(reason, { _tag: "Throttled", retryAt: now + 3_600_000, toldUntil })
      assert.match(reason.message, /cut short/)
    }
    assert.deepInclude(because("Password", 403, html, { headers }), { retryAt: now + 86_400_000, toldUntil })
    assert.notProperty(because("Password", 429, "", { headers: { "retry-after": "3600" } }), "toldUntil")
  })

  it("keeps to the pause of a limit, whatever code but a verdict on what was presented stands beside it", () => {
    const headers = { "retry-after": "120" }
    for (const status of [429, 503]) {
      for (const error of ["access_denied", "unauthorized_client", "invalid_scope", "invalid_token"]) {
        for (const grant of grants) {
          const reason = because(grant, status, { error }, { headers })
          assert.deepInclude(reason, { _tag: "Throttled", retryAt: now + 120_000 }, `${grant} ${status} ${error}`)
        }
      }
      assert.strictEqual(tag("Password", status, { error: "invalid_grant" }, { headers }), "BadCredentials")
      assert.strictEqual(tag("RefreshToken", status, { error: "invalid_client" }, { headers }), "ClientRefused")
    }
    assert.strictEqual(tag("Password", 429, { error: "access_denied" }), "Throttled")
    assert.strictEqual(tag("Password", 503, { error: "access_denied" }), "BadCredentials")
  })

  it("takes a wait that it cannot read for a minute, with 503 too", () => {
    for (const status of [429, 503]) {
      const reason = because("Password", status, "", { headers: { "retry-after": "soon" } })
      assert.deepInclude(reason, { _tag: "Throttled", retryAt: now + 60_000 })
    }
  })

  it("waits for limits as told, else a minute", () => {
    assert.deepInclude(because("RefreshToken", 429), { _tag: "Throttled", retryAt: now + 60_000 })
    const headers = { ratelimit: '"client_minute";r=0;t=24' }
    assert.deepInclude(because("RefreshToken", 429, "", { headers }), {
      retryAt: now + 24_000,
      policy: "client_minute",
    })
    assert.strictEqual(tag("Password", 503), "Unavailable")
    assert.deepInclude(because("Password", 503, "", { headers: { "retry-after": "2" } }), { retryAt: now + 2_000 })
  })

  it("takes server errors for outages, unless a code says what was decided", () => {
    for (const status of [500, 502, 503, 504, 599]) {
      assert.strictEqual(tag("Password", status, html), "Unavailable")
      for (const error of ["server_error", "temporarily_unavailable", "invalid_request", "account locked"]) {
        assert.strictEqual(tag("RefreshToken", status, { error }), "Unavailable")
      }
      assert.strictEqual(tag("Password", status, { error: "invalid_grant" }), "BadCredentials")
      assert.strictEqual(tag("ClientCredentials", status, { error: "invalid_client" }), "ClientRefused")
      assert.strictEqual(tag("ActAs", status, { error: "invalid_grant" }), "NotAllowed")
    }
    const headers = { "retry-after": "1" }
    assert.strictEqual(tag("Password", 503, { error: "invalid_grant" }, { headers }), "BadCredentials")
    assert.strictEqual(tag("Password", 400, { error: "temporarily_unavailable" }), "Unavailable")
    for (const status of [408, 421, 425]) assert.strictEqual(tag("Password", status), "Unavailable")
  })

  it("counts a code in any field, and a numbered no, under a server error too", () => {
    for (const body of [
      "invalid_grant",
      { code: 403, message: "Invalid User Login" },
      { code: "401", msg: "Invalid User Login" },
      { code: 500, message: "invalid_grant" },
      { errcode: "invalid_grant" },
      { msg: "INVALID_GRANT" },
    ]) {
      for (const status of [500, 502, 503]) {
        assert.strictEqual(tag("Password", status, body), "BadCredentials", JSON.stringify(body))
        assert.strictEqual(tag("RefreshToken", status, body), "RenewalRefused", JSON.stringify(body))
      }
    }
    assert.deepInclude(because("Password", 500, { code: 403, message: "Invalid User Login" }), { status: 500 })
    for (const body of ["Invalid", { code: 500, message: "Internal" }, { code: 403 }, { message: "server_error" }]) {
      assert.strictEqual(tag("Password", 500, body), "Unavailable", JSON.stringify(body))
    }
    assert.strictEqual(tag("Password", 500, { code: 429, message: "Too many" }), "Throttled")
  })

  it("finds the demand for a second factor in a refusal, whatever its status", () => {
    for (const body of [
      { error: "mfa_required", error_description: "A second factor is required" },
      { error: "mfa_required" },
      { error: "invalid_grant", error_description: "mfa_required" },
      { code: 403, message: "MFA required" },
      { "mfa-type": "authenticator" },
    ]) {
      const isCode = "error" in body
      for (const status of [400, 401, 403, 406, ...(isCode ? [429, 500] : [])]) {
        for (const purpose of ["Password", "RefreshToken", "ActAs"] as const) {
          const reason = because(purpose, status, body, { headers: { "retry-after": "5" } })
          const expected = { _tag: "PasscodeRequired", status } as const
          assert.deepInclude(reason, expected, `${purpose} ${status} ${JSON.stringify(body)}`)
        }
      }
    }
    assert.strictEqual(tag("Password", 503, { message: "MFA service down" }), "Unavailable")
    assert.strictEqual(tag("Passcode", 400, { error: "invalid_grant", error_description: "mfa" }), "BadPasscode")
    assert.strictEqual(tag("Password", 403, { error: "invalid_grant", mfa: false }), "BadCredentials")
  })

  it("looks for the endpoint elsewhere when there is none", () => {
    for (const status of [404, 405, 410]) {
      assert.deepInclude(because("Password", status, html), { _tag: "Misconfigured", field: "address" })
      assert.deepInclude(because("RefreshToken", status), { _tag: "Misconfigured", field: "address" })
      assert.strictEqual(tag("ActAs", status, { error: "not_found" }), "NotAllowed")
      assert.strictEqual(tag("Password", status, { code: status, message: "no such user" }), "BadCredentials")
    }
    assert.deepInclude(because("Password", 404, { message: "Not Found" }), { _tag: "Misconfigured", field: "address" })
    assert.strictEqual(tag("Password", 406, { code: 406, message: "Not Acceptable" }), "Unreadable")
  })

  it("knows a refused client in every grant and form", () => {
    for (const purpose of [...grants, "revoke"] as const) {
      for (const status of [400, 401]) {
        for (const body of [
          { error: "invalid_client" },
          { error: "unauthorized_client" },
          { error: "INVALID_CLIENT", error_description: "x" },
          { code: status, message: "OA101" },
          { code: "OA101", message: "x" },
          { code: status, msg: "Invalid client id or client secret" },
          { code: status, message: "Unknown client" },
          "invalid client",
        ]) {
          assert.strictEqual(tag(purpose, status, body), "ClientRefused", `${purpose} ${JSON.stringify(body)}`)
        }
      }
    }
  })

  it("knows a refused scope and a grant that the server does not take", () => {
    assert.deepInclude(because("ClientCredentials", 400, { error: "invalid_scope" }), { field: "scopes" })
    assert.deepInclude(because("RefreshToken", 400, { error: "invalid_scope" }), { field: "scopes" })
    assert.deepInclude(because("ActAs", 400, { error: "invalid_scope" }), { _tag: "NotAllowed", tokenRejected: false })
    assert.deepInclude(because("ActAs", 400, { error: "unsupported_grant_type" }), { field: "provider" })
  })

  it("tells a wrong passcode from a challenge that is over", () => {
    for (const text of ["Invalid passcode", "Passcode expired", "Wrong code", "invalid_grant"]) {
      assert.strictEqual(tag("Passcode", 400, { error: "invalid_grant", error_description: text }), "BadPasscode", text)
    }
    for (const text of [
      "The access token provided has expired",
      "Invalid or expired MFA session",
      "Unknown mfa token",
      "Challenge not found",
    ]) {
      assert.strictEqual(tag("Passcode", 401, { code: 401, message: text }), "ChallengeExpired", text)
      assert.strictEqual(tag("Passcode", 400, text), "ChallengeExpired", text)
    }
    assert.strictEqual(tag("Passcode", 401, { error: "invalid_token" }), "ChallengeExpired")
  })

  it("tells a dead bearer from a missing right", () => {
    const tokenRejected = (...parameters: Parameters<typeof because>) => {
      const reason = because(...parameters)
      return reason._tag === "NotAllowed" ? reason.tokenRejected : reason._tag
    }
    assert.isTrue(
      tokenRejected("ActAs", 401, { error: "invalid_grant", message: "The access token provided has expired" }),
    )
    assert.isTrue(tokenRejected("ActAs", 400, { error: "invalid_token" }))
    assert.isTrue(tokenRejected("ActAs", 401, "", { bearerInHeader: true }))
    assert.strictEqual(tokenRejected("ActAs", 401, html, { bearerInHeader: true }), "Throttled")
    assert.isFalse(tokenRejected("ActAs", 401, { error: "access_denied" }, { bearerInHeader: true }))
    assert.isFalse(tokenRejected("ActAs", 403, "", { bearerInHeader: true }))
    assert.isFalse(tokenRejected("ActAs", 401, { code: 401, message: "Invalid mask_uid" }))
    assert.isFalse(tokenRejected("ActAs", 403, { error: "insufficient_scope" }))
    assert.isTrue(tokenRejected("inspect", 401))
    assert.isFalse(tokenRejected("inspect", 403))
  })

  it("does not take an early renewal at Sangoma CX for a wrong client", () => {
    const early = { error: "invalid_request", error_description: "Token can be renewed only once it is expired" }
    const sangoma = SangomaCx.dialect
    assert.strictEqual(tag("ClientCredentials", 400, early, {}, sangoma), "Unavailable")
    assert.strictEqual(tag("ClientCredentials", 400, { error: "invalid_client" }, {}, sangoma), "ClientRefused")
    // It is Sangoma's sentence. Elsewhere an expired assertion is no reason to ask again.
    const jwt = { error: "invalid_grant", error_description: "JWT is expired" }
    assert.strictEqual(tag("ClientCredentials", 400, jwt), "ClientRefused")
  })

  it("repeats known codes and nothing else of the wire", () => {
    assert.deepInclude(because("Password", 400, { error: "invalid_grant" }), { code: "invalid_grant", status: 400 })
    assert.isUndefined(because("Password", 400, { error: "your password 1234 is wrong" }).code)
  })
})
