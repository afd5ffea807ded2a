/** The demand for a second factor: what is one, at every provider, and what never is. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Provider } from "../src/description/Provider.ts"
import * as Demand from "../src/refusal/Demand.ts"
import type { Purpose } from "../src/refusal/Refusal.ts"
import * as Reply from "../src/reply/Reply.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"

const answering = [SkySwitch.provider, NetSapiens.provider]
const others = [Landstar.provider, Ipex.provider, SangomaCx.provider, NetSapiens.make({ capabilities: ["revoke"] })]

const success = {
  access_token: "a-token-of-somebody",
  refresh_token: "another",
  token_type: "Bearer",
  expires_in: 3600,
}

const jwt = (claims: object) => `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`

/** What a reply is taken for. */
const taken = (provider: Provider, body: object, purpose: Purpose = "Password"): string =>
  Result.match(
    Reply.tokenReply(
      { status: 200, headers: {}, text: JSON.stringify(body), at: 0 },
      { provider, purpose, bearerInHeader: false, secrets: [], now: 0 },
    ),
    { onFailure: ({ reason }) => reason._tag, onSuccess: ({ _tag }) => _tag },
  )

const isDemandEverywhere = (body: object, purpose?: Purpose) => {
  for (const provider of answering) {
    assert.strictEqual(taken(provider, { ...success, ...body }, purpose), "Challenged", JSON.stringify(body))
  }
  for (const provider of others) {
    assert.strictEqual(taken(provider, { ...success, ...body }, purpose), "PasscodeRequired", JSON.stringify(body))
  }
}

const isSuccessEverywhere = (body: object, purpose?: Purpose) => {
  for (const provider of [...answering, ...others]) {
    assert.strictEqual(taken(provider, { ...success, ...body }, purpose), "Issued", JSON.stringify(body))
  }
}

const oneOf = <const A extends string | number | boolean>(...of: ReadonlyArray<A>): Arbitrary.Arbitrary<A> =>
  Arbitrary.schema(Schema.Literals(of))

/** A name in any spelling: letters' case, hyphens and underscores at random. */
const spelt = (name: Arbitrary.Arbitrary<string>) =>
  Arbitrary.map(
    Arbitrary.all([name, Arbitrary.array(oneOf("", "", "", "-", "_", "up"), { minLength: 32, maxLength: 32 })]),
    ([text, marks]) =>
      [...text].map((letter, at) => (marks[at] === "up" ? letter.toUpperCase() : `${marks[at]}${letter}`)).join(""),
  )

const demanding = spelt(
  Arbitrary.map(
    Arbitrary.all([
      oneOf("", "requires"),
      oneOf("mfa", "otp", "2fa", "twofactor"),
      oneOf("", "required", "type", "vendor", "challenge", "pending", "token"),
    ]),
    (parts) => parts.join(""),
  ),
)

const no = Arbitrary.schema(
  Schema.Union([
    Schema.Null,
    Schema.Literals([false, 0, "", "no", "none", "off", "disabled", "not_required", "passed", "verified", "No", "OFF"]),
  ]),
)
const noes = ["", "0", "false", "no", "none", "off", "disabled", "notrequired", "passed", "verified"]

const yes = Arbitrary.filter(
  Arbitrary.schema(
    Schema.Union([
      Schema.Json,
      Schema.Literals([true, 1, "mfa_required", "authenticator", "google", "yes", "pending"]),
    ]),
  ),
  (value) =>
    value !== null &&
    value !== false &&
    value !== 0 &&
    !(typeof value === "string" && noes.includes(value.trim().toLowerCase().replace(/[-_]/g, ""))),
)

const word = oneOf("mfa", "MFA", "mfa_required", "Mfa_Required", "otp_required", "OTP_REQUIRED", "mfa-required")
const around = oneOf("", "Basic User", "Reseller", "please", "now")
const purposes = oneOf("Password", "ClientCredentials", "RefreshToken", "ActAs")

describe("a demand is", () => {
  it.prop(
    "a field that names the factor, at the top or one level below",
    [demanding, yes, oneOf("", "details", "user"), purposes],
    ([name, value, under, purpose]) => {
      isDemandEverywhere(under === "" ? { [name]: value } : { [under]: { [name]: value } }, purpose)
    },
  )

  it.prop(
    "a word among others in the scope or in what the reply says of itself",
    [oneOf("scope", "error", "error_description", "code", "status", "message"), word, around, around, purposes],
    ([field, said, before, after, purpose]) => {
      isDemandEverywhere({ [field]: `${before} ${said} ${after}`.trim() }, purpose)
    },
  )

  it.prop("a word in the token's own scope", [word, around], ([said, before]) => {
    isDemandEverywhere({ access_token: jwt({ user_scope: `${before} ${said}`.trim(), exp: 4_000_000_000 }) })
  })

  it("what was handed out as a token before", () => {
    isDemandEverywhere({ mfa_required: true })
    isDemandEverywhere({ "mfa-type": "authenticator" })
    isDemandEverywhere({ scope: "mfa_required Basic User" })
    isDemandEverywhere({ scope: ["Basic User", "mfa"] })
    isDemandEverywhere({ message: "MFA required: enter the code." })
    isDemandEverywhere({ mfa: "mfa_required", mfa_vendor: "google", mfa_type: "authenticator" })
    isDemandEverywhere({ challenge: { requires_2fa: "sms" } })
  })

  it("the same beside an error field that means none", () => {
    for (const error of ["null", "false", "200", "0000", "", [], {}, [null], [""], { code: 0 }]) {
      isSuccessEverywhere({ error })
      isDemandEverywhere({ error, mfa_required: true })
      isDemandEverywhere({ error, scope: "mfa_required" })
      isDemandEverywhere({ error, access_token: jwt({ user_scope: "mfa", exp: 4_000_000_000 }) })
    }
    isDemandEverywhere({ error: { code: 0, mfa_required: true } })
  })

  it("and tells its type and vendor however they are spelt", () => {
    for (const body of [
      { "mfa-type": "sms", mfaVendor: "duo" },
      { challenge: { mfa_type: "sms", "MFA-Vendor": "duo" } },
    ]) {
      assert.deepStrictEqual([Demand.factorOf(body, "type"), Demand.factorOf(body, "vendor")], ["sms", "duo"])
    }
  })
})

const text = Arbitrary.map(Arbitrary.all([oneOf("MFA", "OTP", "mfa_required", "2FA desk", "otp"), around]), (all) =>
  all.join(" "),
)

describe("a demand is never", () => {
  it.prop("a field that says no", [demanding, no, oneOf("", "details"), purposes], ([name, value, under, purpose]) => {
    isSuccessEverywhere(under === "" ? { [name]: value } : { [under]: { [name]: value } }, purpose)
  })

  it.prop(
    "who somebody is",
    [
      oneOf(
        "uid",
        "user",
        "login",
        "username",
        "domain",
        "site",
        "group",
        "department",
        "displayName",
        "user_email",
        "territory",
      ),
      text,
    ],
    ([field, said]) => {
      isSuccessEverywhere({ [field]: said })
    },
  )

  it.prop(
    "how somebody proved who they are, or what they have set up",
    [
      oneOf(
        "amr",
        "acr",
        "mfa_enabled",
        "otp-enabled",
        "mfa_verified",
        "twoFactorVerified",
        "mfa_methods",
        "otp_methods",
        "smfa",
        "mfas",
        "mfa_url",
      ),
      Arbitrary.schema(
        Schema.Union([
          Schema.Literals([true, "mfa", "otp", "mfa_required"]),
          Schema.Array(Schema.Literals(["mfa", "otp", "pwd"])),
        ]),
      ),
      oneOf("", "details"),
    ],
    ([field, value, under]) => {
      isSuccessEverywhere(under === "" ? { [field]: value } : { [under]: { [field]: value } })
    },
  )

  it.prop(
    "a part of another word, or of a dotted scope",
    [oneOf("mfa.read", "cx.mfa", "read:mfa", "mfa:write", "smfa", "mfaktory", "otp", "nomfa_required"), around, around],
    ([scope, before, after]) => {
      isSuccessEverywhere({ scope: `${before} ${scope} ${after}`.trim() })
      isSuccessEverywhere({ access_token: jwt({ user_scope: scope, amr: ["mfa"], acr: "mfa", exp: 4_000_000_000 }) })
    },
  )

  it.prop("the token's text", [oneOf("mfa", "mfa_required", "x.mfa.y", "otp-required-1", "2fa")], ([token]) => {
    isSuccessEverywhere({ access_token: token, refresh_token: `${token}-again` })
  })

  it.prop(
    "the echo of a challenge in answer to its passcode, where the reply has a scope",
    [spelt(oneOf("mfatype", "mfavendor")), oneOf("authenticator", "google", "sms")],
    ([name, value]) => {
      isSuccessEverywhere({ scope: "Reseller", [name]: value }, "Passcode")
      isDemandEverywhere({ [name]: value }, "Passcode")
      isDemandEverywhere({ scope: "Reseller", [name]: value }, "Password")
      isDemandEverywhere({ scope: "Reseller", [name]: value, mfa: "mfa_required" }, "Passcode")
    },
  )

  it("an error in answer to a passcode: that is about the passcode", () => {
    for (const provider of answering) {
      assert.strictEqual(
        taken(provider, { code: 400, message: "Invalid or expired MFA session" }, "Passcode"),
        "ChallengeExpired",
      )
      assert.strictEqual(
        taken(provider, { error: "invalid_grant", message: "Wrong mfa code" }, "Passcode"),
        "BadPasscode",
      )
    }
  })
})
