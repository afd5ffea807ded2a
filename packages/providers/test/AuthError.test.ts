import { execFile } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { deserialize, serialize } from "node:v8"
import { Worker } from "node:worker_threads"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AuthError from "../src/error/AuthError.ts"
import * as ConnectionFailure from "../src/error/ConnectionFailure.ts"

const all: ReadonlyArray<readonly [AuthError.Reason, AuthError.Remedy]> = [
  [new AuthError.BadCredentials({}), "sign_in"],
  [new AuthError.BadPasscode({}), "passcode"],
  [new AuthError.ChallengeExpired({}), "passcode"],
  [new AuthError.PasscodeRequired({}), "passcode"],
  [new AuthError.ClientRefused({}), "configure"],
  [new AuthError.ClientRefused({ basicEncoding: "form" }), "configure"],
  [new AuthError.Misconfigured({ field: "address", fix: "Expected a host." }), "configure"],
  [new AuthError.RenewalRefused({}), "sign_in"],
  [new AuthError.SignedOut({}), "sign_in"],
  [new AuthError.NotAllowed({}), "ask_administrator"],
  [new AuthError.NotAllowed({ tokenRejected: true }), "sign_in"],
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
      const error = AuthError.fromReason(reason)
      assert.strictEqual(error.remedy, remedy)
      assert.match(error.message, /^[A-Z].*\.$/)
      assert.isTrue(AuthError.isAuthError(error))
    }
    assert.isFalse(AuthError.isAuthError(new Error("x")))
  })

  it("names the page about its reason", () => {
    assert.deepStrictEqual([...new Set(all.map(([reason]) => AuthError.fromReason(reason).page))].sort(), [
      "errors/bad-credentials",
      "errors/bad-passcode",
      "errors/challenge-expired",
      "errors/client-refused",
      "errors/misconfigured",
      "errors/not-allowed",
      "errors/outcome-unknown",
      "errors/passcode-required",
      "errors/renewal-refused",
      "errors/signed-out",
      "errors/store-failed",
      "errors/throttled",
      "errors/unavailable",
      "errors/unreadable",
    ])
  })

  it("says from when on to ask again, if anything passes by itself", () => {
    assert.isUndefined(AuthError.fromReason(new AuthError.BadCredentials({})).retryAt)
    for (const [reason] of all) {
      const error = AuthError.amend(AuthError.fromReason(reason), { retryAt: 7 })
      assert.deepInclude(error.reason, { ...reason, retryAt: 7 })
      assert.strictEqual(error.reason.constructor, reason.constructor)
      assert.deepStrictEqual([error.retryAt, error.remedy, error.message], [7, reason.remedy, reason.message])
    }
  })

  it("says of no vendor in particular what holds for each", () => {
    for (const [reason] of all) {
      const { message } = AuthError.fromReason(reason)
      assert.notMatch(message, /NetSapiens|refreshMethod|support issues/)
    }
  })

  it("has the sentence of a provider's value instead of its own, whatever its reason is", () => {
    const fix = "This account is locked. Ask your administrator to unlock it."
    for (const [reason] of all) {
      const error = AuthError.amend(AuthError.fromReason(reason), { fix })
      const said = reason._tag === "Misconfigured" ? `Invalid option "${reason.field}". ${fix}` : fix
      assert.deepStrictEqual([error.message, error.reason.message, error.remedy], [said, said, reason.remedy])
      assert.include(error.reason.stack, said)
    }
  })

  it("does not say of a provider what it did not do", () => {
    const said = (reason: AuthError.Reason) => AuthError.fromReason(reason).message
    const provider = "skyswitch"
    assert.match(said(new AuthError.Unavailable({ provider, status: 503 })), /is returning errors/)
    assert.match(said(new AuthError.Unavailable({ provider, unreachable: true })), /cannot be reached/)
    assert.match(said(new AuthError.Unavailable({ provider })), /^No response: .*proxy, the certificates/)
    assert.match(said(new AuthError.Throttled({ provider, status: 429, retryAt: 0 })), /asks for a pause/)
    assert.match(said(new AuthError.Throttled({ provider, retryAt: 0 })), /^Nothing was sent/)
    assert.match(said(new AuthError.NotAllowed({ provider, status: 403 })), /check how the user is written/)
  })

  it("names the host and what failed, and that it is worth another try", () => {
    const words = new Set<string>()
    for (const failed of ConnectionFailure.words) {
      const { message } = AuthError.fromReason(new AuthError.Unavailable({ host: "pbx.example.com:8443", failed }))
      assert.match(message, /^pbx\.example\.com:8443 .*Try again later; .*\.$/)
      words.add(message)
    }
    assert.strictEqual(words.size, ConnectionFailure.words.length)
    for (const more of [{}, { status: 503 }, { unreachable: true }]) {
      const { message } = AuthError.fromReason(new AuthError.Unavailable({ host: "pbx.example.com", ...more }))
      assert.match(message, /pbx\.example\.com/)
    }
  })

  it("has its sentence as a property of its own, so that it gets through to other threads and processes", async () => {
    for (const [reason] of all) {
      const error = AuthError.fromReason(reason)
      const { message } = error
      for (const one of [error, reason]) {
        const descriptor = Object.getOwnPropertyDescriptor(one, "message")
        assert.deepInclude(descriptor, { value: message, enumerable: false })
        assert.strictEqual(one.stack, `${one._tag}: ${message}`)
      }
      assert.strictEqual(structuredClone(error).message, message)
      assert.strictEqual(deserialize(serialize(error)).message, message)
      assert.deepInclude(JSON.parse(JSON.stringify(error)), { _tag: "AuthError", message })
    }
    const { message } = AuthError.fromReason(new AuthError.SignedOut({}))
    const worker = new Worker(
      `require("node:worker_threads").parentPort.on("message", (error) => {
      require("node:worker_threads").parentPort.postMessage(error.message)
    })`,
      { eval: true },
    )
    worker.postMessage(AuthError.fromReason(new AuthError.SignedOut({})))
    assert.deepStrictEqual(await once(worker, "message"), [message])
    await worker.terminate()
  })

  it("prints a few lines when nobody catches it", async () => {
    const { stderr } = await new Promise<{ readonly stderr: string }>((resolve) => {
      execFile(process.execPath, [fileURLToPath(new URL("Uncaught.ts", import.meta.url))], (_, _stdout, stderr) =>
        resolve({ stderr }),
      )
    })
    assert.include(stderr, "AuthError: 127.0.0.1:9 cannot be reached")
    assert.include(stderr, "failed: 'refused'")
    assert.notMatch(stderr, /^ +at /m, "no frames of ours")
    assert.isAtMost(stderr.trim().split("\n").length, 18)
  })

  it("is told from another copy's by no identity, but by its brand", async () => {
    vi.resetModules()
    const copy = await import("../src/error/AuthError.ts")
    const theirs: unknown = copy.fromReason(new copy.SignedOut({}))
    assert.isFalse(theirs instanceof AuthError.AuthError)
    assert.isTrue(AuthError.isAuthError(theirs))
    assert.isTrue(copy.isAuthError(AuthError.fromReason(new AuthError.SignedOut({}))))
    for (const none of [undefined, null, {}, { _tag: "AuthError" }, JSON.parse(JSON.stringify(theirs)), "AuthError"]) {
      assert.isFalse(AuthError.isAuthError(none))
    }
  })

  it.effect("is caught by its reason", () =>
    Effect.gen(function* () {
      const fail: Effect.Effect<string, AuthError.AuthError> = Effect.fail(
        AuthError.fromReason(
          new AuthError.BadCredentials({ provider: "skyswitch", status: 400, code: "invalid_grant" }),
        ),
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
    const error = AuthError.fromReason(
      new AuthError.Misconfigured({ provider: "ipex", field: "address", fix: "Expected a host." }),
    )
    const { reason } = JSON.parse(JSON.stringify(error))
    assert.deepStrictEqual(
      { ...reason, message: undefined },
      {
        _tag: "Misconfigured",
        provider: "ipex",
        field: "address",
        fix: "Expected a host.",
        remedy: "configure",
        message: undefined,
      },
    )
  })

  it("drops what is no word", () => {
    const said = (reason: AuthError.Reason) => JSON.stringify(reason)
    const none = said(new AuthError.BadCredentials({}))
    assert.strictEqual(said(new AuthError.BadCredentials({ code: "your password is 1234" })), none)
    assert.strictEqual(said(new AuthError.BadCredentials({ code: 1234 as never })), none)
    assert.strictEqual(said(new AuthError.BadCredentials({ provider: "Acme, Inc." })), none)
    assert.isUndefined(new AuthError.Unavailable({ failed: "password 1234" as never }).failed)
    for (const host of ["user:1234@pbx.example.com", "https://pbx.example.com", "pbx.example.com/?a=1", "a b", ""]) {
      assert.isUndefined(new AuthError.Unavailable({ host }).host, host)
    }
    for (const host of ["pbx.example.com", "127.0.0.1:4000", "[::1]:4000", "localhost"]) {
      assert.strictEqual(new AuthError.Unavailable({ host }).host, host)
    }
    assert.isUndefined(new AuthError.Throttled({ retryAt: 0, policy: "free text" }).policy)
  })

  it("takes the words of a provider that this package does not know", () => {
    const fields = { provider: "acme-voice", code: "ACME-1017", policy: "acme_burst", retryAt: 0 }
    assert.deepInclude({ ...new AuthError.Throttled(fields) }, fields)
  })
})
