/** Replies: the pages' samples, lives, challenges, errors in a 200, and whatever else a wire can bring. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type { Provider } from "../src/description/Provider.ts"
import { bodyOf } from "../src/reply/Body.ts"
import * as Reply from "../src/reply/Reply.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { leaked } from "./Leak.ts"
import { sample } from "./Page.ts"
import { asked, canary, decode, now, open, reply, skyswitch } from "./Replied.ts"

const lifetime = (expires_in: unknown, access_token = "token", provider: Provider = SkySwitch.provider) => {
  const result = Reply.tokenReply(reply({ access_token, expires_in }), asked(provider))
  return Result.match(result, {
    onFailure: ({ reason }) => reason._tag,
    onSuccess: (reply) => (reply._tag === "Issued" ? reply.tokens.lifetime : reply._tag),
  })
}

const jwt = (claims: object) => `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`

describe("the pages' samples", () => {
  const short = {
    accessToken: "90679e87dc2e6409211e822434122aaf9480",
    refreshToken: "c7bf58a0247e02efc6ee4340f01ed629",
    tokenType: "Bearer",
    lifetime: 3_600_000,
    refreshLifetime: undefined,
    scope: "Reseller",
    identity: { domain: "abc-company.12345.service" },
    details: { legacy: false, apiversion: "Version: 41.1.0" },
  }

  it("decode: SkySwitch", () => {
    assert.deepStrictEqual(open(decode(sample("skyswitch/password-reply"))), short)
    assert.deepStrictEqual(open(decode(sample("skyswitch/mfa-reply"))), short)
    assert.deepStrictEqual(open(decode(sample("skyswitch/refresh-reply"))), {
      ...short,
      accessToken: "3b9d3229d70b442e99e0dfa050473d63",
    })
    assert.deepStrictEqual(open(decode(sample("skyswitch/reseller-reply"))), {
      ...short,
      accessToken: "1e465ded5f3b4536aa71313b239a8162",
      refreshToken: "91ab3f03cfcc3f020fa8c37340b80b9a",
      identity: {
        uid: "1000@acmecorp.12345.service",
        user: "1000",
        username: "reseller@acmercorp",
        domain: "acmecorp.12345.service",
        territory: "12345",
        displayName: "Reseller ABC",
      },
      details: { client_id: "redacted", apiversion: "Version: 41.1.0" },
    })
    assert.deepStrictEqual(open(decode(sample("skyswitch/masquerade-reply"))), {
      ...short,
      accessToken: "1357f6c97f418fc0289fc67507205668",
      refreshToken: "f9fe0e833c674d023e076d524e714260",
      scope: "Basic User",
      identity: { uid: "1001@acmecorp.12345.service", domain: "acmecorp.12345.service", territory: "12345" },
      details: { client_id: "teams.client", apiversion: "your-client-id" },
    })
  })

  it("decode: SkySwitch's challenge, which is never tokens", () => {
    assert.deepStrictEqual(open(decode(sample("skyswitch/mfa-challenge"))), {
      token: "51fdab21ca330f6b0c88b2a98ex8932s",
      vendor: "google",
      type: "authenticator",
      lifetime: 3_600_000,
    })
    const result = decode(sample("skyswitch/mfa-challenge"))
    assert.isEmpty(leaked(result, ["08da6c024e9b90eafafcfsdf3c5d449", "51fdab21ca330f6b0c88b2a98ex8932s"]))
  })

  it("decode: Landstar", () => {
    const what = asked(Landstar.provider)
    const officeManager = { ...short, scope: "Office Manager" }
    assert.deepStrictEqual(open(decode(sample("landstar/password-reply"), what)), officeManager)
    assert.deepStrictEqual(open(decode(sample("landstar/refresh-reply"), what)), {
      ...officeManager,
      accessToken: "3b9d3229d70b442e99e0dfa050473d63",
    })
  })

  it("decode: IPEX", () => {
    const page = sample("ipex/password-reply")
    assert.deepStrictEqual(open(decode(page, asked(Ipex.provider))), {
      accessToken: page.access_token,
      refreshToken: page.refresh_token,
      tokenType: "Bearer",
      lifetime: 3_000_000,
      refreshLifetime: 7_200_000,
      scope: "profile email",
      identity: {},
      details: { "not-before-policy": 0, session_state: page.session_state },
    })
    const impersonation = open(decode(sample("ipex/impersonation-reply"), asked(Ipex.provider, "ActAs")))
    assert.deepInclude(impersonation, { refreshToken: undefined, refreshLifetime: undefined, lifetime: 3_000_000 })
  })

  it("decode: Sangoma CX", () => {
    assert.deepStrictEqual(open(decode(sample("sangoma-cx/token-reply"), asked(SangomaCx.provider))), {
      accessToken: "YOUR_ACCESS_TOKEN",
      refreshToken: undefined,
      tokenType: "Bearer",
      lifetime: 24_304_413_000,
      refreshLifetime: undefined,
      scope: "cx.agent-calls cx.queue-calls",
      identity: {},
      details: {},
    })
  })

  it("decode: inspections, without the token that they echo", () => {
    for (const [provider, page, scope] of [
      [SkySwitch.provider, "skyswitch", "Reseller"],
      [Landstar.provider, "landstar", "Office Manager"],
    ] as const) {
      const result = Reply.inspection(reply(sample(`${page}/read-reply`)), asked(provider, "inspect"))
      assert.deepStrictEqual(Result.getOrThrow(result), {
        clientId: "your-client-id",
        territory: "12345",
        domain: "abc-company.12345.service",
        uid: "111@abc-company.12345.service",
        scope,
        expires: "2020-06-11 21:04:14",
        apiversion: "Version: 41.1.0",
        details: {},
      })
      assert.isEmpty(leaked(result, ["3b9d3229d70b442e99e0dfa050473d63"]))
    }
  })
})

describe("the life of a token", () => {
  it("is what the reply states, as a number or as a text", () => {
    assert.strictEqual(lifetime(3600), 3_600_000)
    assert.strictEqual(lifetime("3600"), 3_600_000)
    assert.strictEqual(lifetime(" 3600.5 "), 3_600_500)
    assert.strictEqual(lifetime(1), 1_000)
    assert.strictEqual(lifetime(24_304_413), 24_304_413_000)
    assert.strictEqual(lifetime(315_360_000), 315_360_000_000)
  })

  it("else what the token states, else what the page states", () => {
    for (const missing of [undefined, null, "", "soon", {}, true]) {
      assert.strictEqual(lifetime(missing), 3_600_000)
      assert.strictEqual(lifetime(missing, "token", Ipex.provider), 3_000_000)
      assert.strictEqual(lifetime(missing, "token", SangomaCx.provider), 24_304_413_000)
      assert.strictEqual(lifetime(missing, jwt({ iat: 100, exp: 86_500 })), 86_400_000)
      assert.strictEqual(lifetime(missing, jwt({ exp: now / 1_000 + 60 })), 60_000)
      assert.strictEqual(lifetime(missing, jwt({ exp: now / 1_000 - 60 })), 3_600_000)
      assert.strictEqual(lifetime(missing, jwt({ exp: "never" })), 3_600_000)
      assert.strictEqual(lifetime(missing, "eyJhbGciOiJIUzI1NiJ9.!!!.c2ln"), 3_600_000)
      assert.strictEqual(lifetime(missing, "eyJhbGciOiJIUzI1NiJ9.abcde.c2ln"), 3_600_000)
      assert.strictEqual(lifetime(missing, jwt({ name: "☎ÿ~?>", iat: 100, exp: 160 })), 60_000)
    }
  })

  it("never breaks arithmetic", () => {
    const century = 100 * 365.25 * 86_400_000
    assert.strictEqual(lifetime(1e12), century)
    assert.strictEqual(lifetime(`${"9".repeat(400)}`), century)
    assert.strictEqual(bodyOf('{"expires_in":1e999}')._tag, "Json")
    assert.deepInclude(open(decode('{"access_token":"t","expires_in":1e999}')), { lifetime: century })
    assert.strictEqual(lifetime(undefined, jwt({ exp: 1e300 })), century)
  })

  it("of nothing or less is no token", () => {
    assert.strictEqual(lifetime(0), "Unavailable")
    assert.strictEqual(lifetime("0"), "Unavailable")
    assert.strictEqual(lifetime(-1), "Unreadable")
    assert.strictEqual(lifetime(-1e300), "Unreadable")
  })
})

describe("a challenge", () => {
  const partial = { access_token: "partial-token", expires_in: 300, refresh_token: "never-read" }

  it("is told by any sign that operators give", () => {
    for (const sign of [
      { mfa: "mfa_required" },
      { mfa_type: "sms" },
      { mfa_vendor: "duo" },
      { scope: "MFA" },
      { scope: "mfa_required" },
      { access_token: jwt({ user_scope: "mfa_required" }) },
      // Not on the page, but what is taken for a token by mistake is none.
      { mfa: "MFA_REQUIRED" },
      { mfa: "required" },
      { mfa: true },
      { mfa: { type: "totp" } },
      { scope: "mfa" },
      { code: "mfa_required" },
      { error: "mfa-required" },
    ]) {
      for (const purpose of ["Password", "Passcode", "RefreshToken"] as const) {
        const result = decode({ ...partial, ...sign }, asked(SkySwitch.provider, purpose))
        assert.deepInclude(open(result), { lifetime: 300_000 }, JSON.stringify(sign))
      }
    }
  })

  it("is not told where none is demanded", () => {
    for (const no of [
      { mfa: false },
      { mfa: null },
      { mfa: "" },
      { mfa: 0 },
      { mfa: "no" },
      { mfa_type: null },
      { mfa_vendor: "" },
    ]) {
      const result = decode({ access_token: "token", expires_in: 300, scope: "Reseller", ...no })
      assert.deepInclude(open(result), { scope: "Reseller" }, JSON.stringify(no))
    }
  })

  it("copies vendor and type as short names and nothing else", () => {
    assert.deepInclude(open(decode({ ...partial, mfa_type: "sms", mfa_vendor: "duo" })), { type: "sms", vendor: "duo" })
    for (const odd of ["partial-token", "a b", "<b>", "x".repeat(33), ""]) {
      const fallback = { type: "authenticator", vendor: "google" }
      assert.deepInclude(open(decode({ ...partial, mfa: "mfa_required", mfa_type: odd, mfa_vendor: odd })), fallback)
    }
  })

  it("does not repeat a secret of the request as its vendor or type", () => {
    for (const echo of [{ mfa_type: canary }, { mfa_vendor: canary }, { mfa_type: `x${canary}` }]) {
      const result = decode({ ...partial, ...echo }, asked(SkySwitch.provider, "Password", [canary]))
      assert.deepInclude(open(result), { type: "authenticator", vendor: "google" })
      assert.isEmpty(leaked(result, [canary]))
    }
  })

  it("without a token is a demand all the same, and never a success", () => {
    for (const access_token of [undefined, "", 1, null, "two words", "line\nbreak"]) {
      assert.strictEqual(open(decode({ mfa: "mfa_required", access_token })), "PasscodeRequired")
    }
  })

  it("at a provider without a second factor names the way out", () => {
    const limited = NetSapiens.make({ capabilities: ["inspect"] })
    for (const provider of [Landstar.provider, limited]) {
      const result = decode({ ...partial, mfa: "mfa_required" }, asked(provider))
      const reason = Result.isFailure(result) ? result.failure.reason : undefined
      assert.strictEqual(reason?._tag, "PasscodeRequired")
      assert.include(reason?.message, "Use an account without one.")
      assert.strictEqual(reason?.remedy, "passcode")
    }
  })
})

describe("inspection", () => {
  const inspect = (body: unknown, status = 200) =>
    Result.match(Reply.inspection(reply(body, status), asked(SkySwitch.provider, "inspect")), {
      onSuccess: (inspection) => inspection as unknown,
      onFailure: ({ reason }) => (reason._tag === "NotAllowed" ? [reason._tag, reason.tokenRejected] : reason._tag),
    })

  it("takes what it finds", () => {
    assert.deepInclude(inspect({ uid: "1@x", expires: 1_700_000_000, scope: null }), {
      uid: "1@x",
      expires: "1700000000",
    })
    assert.strictEqual(inspect({ unrelated: true }), "Unreadable")
    assert.strictEqual(inspect(""), "Unreadable")
  })

  it("tells a dead bearer from a missing right", () => {
    assert.deepStrictEqual(inspect("The access token provided has expired", 401), ["NotAllowed", true])
    assert.deepStrictEqual(inspect("", 401), ["NotAllowed", true])
    assert.deepStrictEqual(inspect({ code: 401, message: "x" }), ["NotAllowed", true])
    assert.deepStrictEqual(inspect("<html>", 403), ["NotAllowed", false])
    assert.strictEqual(inspect("<html>", 404), "Misconfigured")
    assert.strictEqual(inspect("", 500), "Unavailable")
  })
})

describe("revocation", () => {
  const revoke = (body: unknown, status = 200) =>
    Result.match(Reply.revocation(reply(body, status), asked(SkySwitch.provider, "revoke")), {
      onSuccess: () => "done",
      onFailure: ({ reason }) => reason._tag,
    })

  it("is done by any 2xx that does not speak of an error", () => {
    assert.strictEqual(revoke(""), "done")
    assert.strictEqual(revoke("", 204), "done")
    assert.strictEqual(revoke("OK", 202), "done")
    assert.strictEqual(revoke({}), "done")
    assert.strictEqual(revoke({ error: "invalid_client" }), "ClientRefused")
    assert.strictEqual(revoke("<html>"), "Unavailable")
    assert.strictEqual(revoke("<html>", 404), "NotAllowed")
    assert.strictEqual(revoke("", 302), "Misconfigured")
  })
})

it("a pause that the server asks for counts from its reply, however long that took", () => {
  const slow = { ...reply({ code: 429 }, 429, { "retry-after": "10" }), at: now + 5_000 }
  assert.deepInclude(Result.getOrThrow(Result.flip(Reply.tokenReply(slow, skyswitch))).reason, {
    _tag: "Throttled",
    retryAt: now + 15_000,
  })
})
