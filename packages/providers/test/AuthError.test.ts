import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AuthError from "../src/AuthError.ts"

const all: ReadonlyArray<readonly [AuthError.Reason, AuthError.Remedy]> = [
  [new AuthError.BadCredentials({}), "sign_in"],
  [new AuthError.BadPasscode({}), "passcode"],
  [new AuthError.ChallengeExpired({}), "passcode"],
  [new AuthError.PasscodeRequired({}), "passcode"],
  [new AuthError.ClientRefused({}), "configure"],
  [new AuthError.ClientRefused({ basicEncoding: "form" }), "configure"],
  [new AuthError.Misconfigured({ field: "address", fix: "Write a host." }), "configure"],
  [new AuthError.RenewalRefused({}), "sign_in"],
  [new AuthError.SignedOut({}), "sign_in"],
  [new AuthError.NotAllowed({}), "ask_administrator"],
  [new AuthError.NotAllowed({ bearerRefused: true }), "sign_in"],
  [new AuthError.Throttled({ retryAt: 0 }), "wait"],
  [new AuthError.Unavailable({}), "retry"],
  [new AuthError.Unreadable({}), "report"],
  [new AuthError.OutcomeUnknown({ grant: "Password" }), "retry"],
  [new AuthError.OutcomeUnknown({ grant: "ClientCredentials" }), "retry"],
  [new AuthError.OutcomeUnknown({ grant: "Passcode" }), "passcode"],
  [new AuthError.OutcomeUnknown({ grant: "RefreshToken" }), "sign_in"],
  [new AuthError.OutcomeUnknown({ grant: "ActAs" }), "retry"],
  [new AuthError.StoreFailed({ remedy: "retry" }), "retry"],
  [new AuthError.StoreFailed({ remedy: "configure" }), "configure"],
]

describe("AuthError", () => {
  it("says what to do next, by a word and by a sentence", () => {
    for (const [reason, remedy] of all) {
      const error = AuthError.refuse(reason)
      assert.strictEqual(error.remedy, remedy)
      assert.match(error.message, /^[A-Z].*\.$/)
      assert.isTrue(AuthError.isAuthError(error))
    }
    assert.isFalse(AuthError.isAuthError(new Error("x")))
  })

  it("names the provider that can answer a challenge which the page does not describe", () => {
    assert.include(
      AuthError.refuse(new AuthError.PasscodeRequired({ undescribed: true })).message,
      "NetSapiens provider",
    )
  })

  it("does not say of a provider what it did not do", () => {
    const said = (reason: AuthError.Reason) => AuthError.refuse(reason).message
    const provider = "skyswitch"
    assert.match(said(new AuthError.Unavailable({ provider, status: 503 })), /answers, but is out of order/)
    assert.match(said(new AuthError.Unavailable({ provider, unreached: true })), /cannot be reached/)
    assert.match(said(new AuthError.Unavailable({ provider })), /^No answer could be had: .*proxy, the certificates/)
    assert.match(said(new AuthError.Throttled({ provider, status: 429, retryAt: 0 })), /asks for a pause/)
    assert.match(said(new AuthError.Throttled({ provider, retryAt: 0 })), /^Nothing was sent/)
    assert.match(said(new AuthError.NotAllowed({ provider, status: 403 })), /check how the user is written/)
  })

  it.effect("is caught by its reason", () =>
    Effect.gen(function* () {
      const fail: Effect.Effect<string, AuthError.AuthError> = Effect.fail(
        AuthError.refuse(new AuthError.BadCredentials({ provider: "skyswitch", status: 400, code: "invalid_grant" })),
      )
      const caught = fail.pipe(
        Effect.catchReason("AuthError", "BadCredentials", (reason) =>
          Effect.succeed(`${reason.code}, ${reason.remedy}`),
        ),
      )
      assert.strictEqual(yield* caught, "invalid_grant, sign_in")
      const flat = fail.pipe(
        Effect.unwrapReason("AuthError"),
        Effect.catchTag("BadCredentials", ({ status }) => Effect.succeed(`${status}`)),
      )
      assert.strictEqual(yield* flat, "400")
    }),
  )

  it("is plain to read as JSON, with nothing beside its fields", () => {
    const error = AuthError.refuse(
      new AuthError.Misconfigured({ provider: "ipex", field: "address", fix: "Write a host." }),
    )
    const { reason } = JSON.parse(JSON.stringify(error))
    assert.deepStrictEqual(
      { ...reason, message: undefined },
      {
        _tag: "Misconfigured",
        provider: "ipex",
        field: "address",
        fix: "Write a host.",
        remedy: "configure",
        message: undefined,
      },
    )
  })

  it("holds no code but the known ones", () => {
    assert.throws(() => new AuthError.BadCredentials({ code: "your password is 1234" as never }))
    assert.throws(() => new AuthError.Throttled({ retryAt: 0, policy: "free text" as never }))
  })
})
