/** A mistake in code is not taken for a network that failed. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { afterEach, vi } from "vitest"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import type { Reason } from "../src/error/AuthError.ts"
import {
  accountAt,
  anywhere,
  type Fetch,
  failing,
  presenting,
  reasonAt,
  refreshToken,
  told,
  unknown,
} from "./FailingFetch.ts"
import { overBoth } from "./Transports.ts"

class VaultError extends Error {}

describe("a mistake in an app's own fetch", () => {
  const saying = `${refreshToken} is not a function`
  const mistakes: ReadonlyArray<readonly [unknown, string]> = [
    [new ReferenceError(refreshToken), "ReferenceError"],
    [new RangeError(refreshToken), "RangeError"],
    [new SyntaxError(refreshToken), "SyntaxError"],
    [new URIError(refreshToken), "URIError"],
    [new TypeError(saying), "TypeError"],
    [new TypeError(`Cannot read properties of undefined (reading '${refreshToken}')`), "TypeError"],
    [new Error(refreshToken), "Error"],
    [new VaultError(refreshToken), "VaultError"],
    [Object.assign(new VaultError(refreshToken), { name: refreshToken }), "VaultError"],
    [refreshToken, "a value of type string"],
    [undefined, "a value of type undefined"],
    [{ token: refreshToken }, "a value of type object"],
  ]

  const isNamed = (reason: Reason, did: string, isUnsent: boolean) => {
    if (reason._tag !== "Misconfigured") return assert.fail(`${did}: ${reason._tag}`)
    assert.include(reason.message, `It ${did}${isUnsent ? " before anything was sent" : ""}. That is a mistake`)
    assert.strictEqual(reason.outcomeUnknown ?? false, !isUnsent)
    assert.strictEqual(reason.remedy, "configure")
    assert.notInclude(JSON.stringify(reason) + reason.message, refreshToken)
  }

  it.live("is named by its class alone: thrown after a promise was given", () =>
    Effect.gen(function* () {
      for (const [thrown, named] of mistakes.filter(([thrown]) => thrown !== undefined)) {
        isNamed(yield* failing(thrown), `threw ${named}`, false)
      }
    }),
  )

  it.live("thrown in place of a promise, when nothing was sent", () =>
    Effect.gen(function* () {
      for (const [thrown, named] of mistakes) {
        const throwing: Fetch = () => {
          throw thrown
        }
        const [, byFetch] = yield* overBoth(throwing)(presenting(anywhere))
        isNamed(byFetch?.reason ?? assert.fail("nothing failed"), `threw ${named}`, true)
      }
    }),
  )

  it.live("thrown at a reply, or a reply that is none", () =>
    Effect.gen(function* () {
      const without = (() => Promise.resolve()) as unknown as Fetch
      const [, byFetch] = yield* overBoth(without)(presenting(anywhere))
      isNamed(byFetch?.reason ?? assert.fail("nothing failed"), "returned no Response", false)
      const half = (() => Promise.resolve({ status: 200 })) as unknown as Fetch
      const [, byHalf] = yield* overBoth(half)(presenting(anywhere))
      isNamed(byHalf?.reason ?? assert.fail("nothing failed"), "threw TypeError", false)
    }),
  )

  it.live("and what tells of a connection is none", () =>
    Effect.gen(function* () {
      for (const thrown of [
        new TypeError("Failed to fetch"),
        new TypeError("Load failed"),
        new TypeError("NetworkError when attempting to fetch resource."),
        new DOMException("", "AbortError"),
        new DOMException("", "TimeoutError"),
        Object.assign(new Error("Network connection lost."), { remote: true, retryable: true }),
        Object.assign(new Error("internal error; reference = abc"), { remote: true }),
        Object.assign(new VaultError(), { code: "ECONNRESET" }),
        new Error("other side closed", { cause: new Error() }),
      ]) {
        assert.deepStrictEqual(told(yield* failing(thrown)), unknown, String(thrown))
      }
    }),
  )

  it.live("and a request that the runtime does not take was not sent", () =>
    Effect.gen(function* () {
      const account = accountAt("https://pbx.example.test")
      const endpoint = Effect.flatMap(TokenEndpoint, ({ inspect }) =>
        Effect.flip(inspect(account, Redacted.make(`${refreshToken}\nx`))),
      )
      const [, { reason } = assert.fail("nothing failed")] = yield* overBoth()(endpoint)
      isNamed(reason, "threw TypeError", true)
    }),
  )
})

it.live("a mistake of ours is named, too", () =>
  Effect.gen(function* () {
    const reason = yield* reasonAt({ ...anywhere, address: { origin: refreshToken, prefix: "" } })
    assert.strictEqual(reason._tag, "Unreadable")
    assert.match(reason.message, /it threw TypeError\. Report it/)
    assert.notInclude(JSON.stringify(reason) + reason.message, refreshToken)
  }),
)

describe("a runtime that throws at an option of fetch", () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it("is asked without it, and redirects stay refused", async () => {
    const { Request } = globalThis
    class Picky extends Request {
      constructor(input: string | URL, init?: RequestInit) {
        if (init?.cache !== undefined) throw new Error("The 'cache' field is not implemented.")
        super(input, init)
      }
    }
    vi.resetModules()
    vi.stubGlobal("Request", Picky)
    const { fetchOptions } = await import("../src/wire/Transport.ts")
    assert.deepStrictEqual(fetchOptions(), {
      redirect: "manual",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    })
  })
})
