/** What the transport makes of a fetch that fails. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Account } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import type { Reason } from "../src/error/AuthError.ts"
import * as Grant from "../src/token/Grant.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { overBoth } from "./Transports.ts"

export type Fetch = typeof globalThis.fetch

export const refreshToken = "canary-refresh-token"

export const accountAt = (address: string, more: object = {}): Account =>
  Result.getOrThrow(
    SkySwitch.configure({ address, client: { id: "id", secret: "canary-secret" }, deadline: 10_000, ...more }),
  ).account

export const presenting = (account: Account) =>
  Effect.gen(function* () {
    const endpoint = yield* TokenEndpoint
    return yield* Effect.flip(endpoint.present(account, Grant.refreshToken(Redacted.make(refreshToken))))
  })

/** What a renewal ends with, the same by both transports. */
export const reasonAt = (account: Account, fetch?: Fetch): Effect.Effect<Reason> =>
  presenting(account).pipe(
    overBoth(fetch),
    Effect.map(([one, other]) => {
      const { reason } = one ?? assert.fail("nothing failed")
      assert.strictEqual(reason._tag, other?.reason._tag)
      if (reason._tag !== "Misconfigured") assert.deepStrictEqual({ ...reason }, { ...other?.reason })
      return reason
    }),
    Effect.catch(() => Effect.die("the renewal was done")),
  )

export const anywhere = accountAt("https://pbx.example.test")

export const failing = (error: unknown) => reasonAt(anywhere, () => Promise.reject(error))

export const told = (reason: Reason) => [
  reason._tag,
  ...("unreachable" in reason && reason.unreachable ? ["unreachable"] : []),
]

export const unknown = ["OutcomeUnknown"]
