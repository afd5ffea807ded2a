import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as AuthError from "../src/error/AuthError.ts"
import { AuthErrorSchema } from "../src/error/AuthErrorSchema.ts"
import * as ConnectionFailure from "../src/error/ConnectionFailure.ts"
import { providers } from "../src/vendors/Catalog.ts"

const Json = Schema.fromJsonString(AuthErrorSchema)
const toText = Schema.encodeSync(Json)
const fromText = Schema.decodeUnknownSync(Json)
const isTaken = (value: unknown) => Exit.isSuccess(Schema.decodeUnknownExit(AuthErrorSchema)(value))

const flag = Schema.optionalKey(Schema.Boolean)
const wordOf = <const Word extends string>(words: { readonly literals: ReadonlyArray<Word> }) =>
  Schema.optionalKey(Schema.Literals(words.literals))
const common = {
  provider: wordOf({ literals: [...Object.keys(providers), "acme-voice"] }),
  status: Schema.optionalKey(Schema.Int),
  code: wordOf(AuthError.VendorCode),
  retryAt: Schema.optionalKey(Schema.Finite),
  fix: Schema.optionalKey(Schema.String),
}

/** What each reason's constructor takes, as its own module says it. */
const reasons = {
  BadCredentials: {},
  BadPasscode: {},
  ChallengeExpired: {},
  PasscodeRequired: { unsupportedByProvider: flag },
  ClientRefused: { basicEncoding: wordOf({ literals: ["raw", "form"] }) },
  Misconfigured: { field: Schema.String, fix: Schema.String, outcomeUnknown: flag },
  RenewalRefused: { sameToken: flag, garbled: flag },
  SignedOut: { closed: flag },
  NotAllowed: { tokenRejected: flag, fresh: flag },
  Throttled: {
    retryAt: Schema.Finite,
    toldUntil: Schema.optionalKey(Schema.Finite),
    policy: wordOf(AuthError.LimitPolicy),
  },
  Unavailable: {
    unreachable: flag,
    host: wordOf({ literals: ["pbx.example.com", "127.0.0.1:4000", "[::1]:8080"] }),
    failed: wordOf({ literals: ConnectionFailure.words }),
    garbled: flag,
  },
  Unreadable: { threw: Schema.optionalKey(Schema.String), refused: flag, instead: wordOf(AuthError.Stead) },
  OutcomeUnknown: { grant: Schema.Literals(AuthError.GrantTag.literals), interim: flag },
  StoreFailed: { remedy: Schema.Literals(["retry", "configure"]) },
} satisfies { readonly [Tag in AuthError.Reason["_tag"]]: Schema.Struct.Fields }

describe("AuthErrorSchema", () => {
  for (const [tag, own] of Object.entries(reasons)) {
    it.prop(`takes ${tag} to JSON and back`, [Schema.Struct({ ...common, ...own })], ([given]) => {
      // JSON has no negative zero.
      const fields = JSON.parse(JSON.stringify(given))
      // biome-ignore lint/performance/noDynamicNamespaceImportAccess: every reason is tried.
      const Reason = AuthError[tag as keyof typeof reasons] as unknown as new (fields: object) => AuthError.Reason
      const error = AuthError.fromReason(new Reason(fields))
      const back = fromText(toText(error))
      assert.isTrue(AuthError.isAuthError(back))
      assert.instanceOf(back.reason, Reason)
      assert.deepStrictEqual({ ...back.reason }, { ...error.reason })
      assert.deepStrictEqual([back.message, back.remedy, back.retryAt], [error.message, error.remedy, error.retryAt])
      assert.strictEqual(toText(back), toText(error))
    })
  }

  it("takes what JSON.stringify makes of an error", () => {
    const error = AuthError.fromReason(new AuthError.StoreFailed({ remedy: "configure" }))
    assert.deepStrictEqual(fromText(JSON.stringify(error)).toJSON(), error.toJSON())
  })

  it.effect("lets a program recover from one reason on the other side", () =>
    Effect.gen(function* () {
      const text = toText(AuthError.fromReason(new AuthError.Throttled({ provider: "ipex", retryAt: 7 })))
      const found = yield* Effect.fail(fromText(text)).pipe(
        Effect.catchReason("AuthError", "Throttled", ({ retryAt }) => Effect.succeed(retryAt)),
      )
      assert.strictEqual(found, 7)
    }),
  )

  it("refuses text that is not of its list, and a reason that it does not know", () => {
    const refused = (reason: object) => assert.isFalse(isTaken({ _tag: "AuthError", reason }), JSON.stringify(reason))
    refused({ _tag: "BadCredentials", provider: "Acme, Inc." })
    refused({ _tag: "BadCredentials", provider: `a${"b".repeat(40)}` })
    refused({ _tag: "BadCredentials", code: "the password was 1234" })
    refused({ _tag: "BadCredentials", status: "401" })
    refused({ _tag: "BadCredentials", retryAt: "soon" })
    refused({ _tag: "ClientRefused", basicEncoding: "utf-8" })
    refused({ _tag: "Throttled" })
    refused({ _tag: "Throttled", retryAt: 7, policy: "the wire's own words" })
    refused({ _tag: "Unavailable", host: "user:password@pbx.example.com/path" })
    refused({ _tag: "Unavailable", failed: "broken" })
    refused({ _tag: "Unreadable", instead: "somebody" })
    refused({ _tag: "OutcomeUnknown", grant: "Token" })
    refused({ _tag: "StoreFailed", remedy: "pray" })
    refused({ _tag: "Error" })
    refused({ _tag: "constructor" })
    refused({ _tag: "fromReason" })
    assert.isFalse(isTaken({ _tag: "Error", reason: { _tag: "BadCredentials" } }))
    assert.isFalse(isTaken("BadCredentials"))
    assert.isTrue(isTaken({ _tag: "AuthError", reason: { _tag: "BadCredentials" } }))
  })

  it("drops a field that the reason does not have", () => {
    const given = { _tag: "AuthError", reason: { _tag: "BadPasscode", passcode: "246802", cause: { body: "x" } } }
    assert.notInclude(JSON.stringify(Schema.decodeUnknownSync(AuthErrorSchema)(given)), "246802")
  })
})
