/** The demand for a second factor, which looks like a success. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Scope } from "effect/Scope"
import { Notes } from "../Finding.ts"
import { sampled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { client, ipex, landstar, passcode, skyswitch, subjects, type Vendor, withFactor } from "../Vendor.ts"

const partial = "51fdab21ca330f6b0c88b2a98ex8932s"
const pair = { access_token: partial, expires_in: 3600, token_type: "Bearer", refresh_token: "5f7e3c8b2a9d41e0" }

const claims = (fields: object) =>
  ["eyJhbGciOiJSUzI1NiJ9", btoa(JSON.stringify(fields)).replace(/=+$/, ""), "c2lnbmF0dXJl"].join(".")

const claimed = claims({ user_scope: "mfa_required", exp: 1_900_000_000 })

/** As the page prints it, and as servers and clients in the field know it. */
const forms: ReadonlyArray<readonly [name: string, body: unknown]> = [
  ["the page's", { mfa: "mfa_required", mfa_vendor: "google", mfa_type: "authenticator", ...pair }],
  ["without vendor and type", { mfa: "mfa_required", ...pair }],
  ["without a life", { mfa: "mfa_required", access_token: partial }],
  ["with unknown fields", { ...pair, mfa: "mfa_required", mfa_type: "sms", uid: "222@abc-company", legacy: false }],
  ["by its scope", { ...pair, scope: "mfa_required" }],
  ["in other words", { ...pair, mfa_required: true, scope: "Reseller" }],
  ["as the request spells it", { ...pair, "mfa-type": "authenticator", scope: "Reseller" }],
  ["among other scopes", { ...pair, scope: "mfa_required Basic User" }],
  ["one level below", { ...pair, user: { requires_2fa: "sms" }, scope: "Reseller" }],
  ["in a sentence", { ...pair, message: "MFA required", scope: "Reseller" }],
  ["by a claim of its token", { ...pair, access_token: claimed }],
]

const netsapiens: Vendor = {
  ...skyswitch,
  name: "NetSapiens",
  configure: (address, more): Configured<Capability> =>
    Result.getOrThrow(NetSapiens.configure({ address, client, ...more })),
}

export const challengeInSuccess: Row = {
  id: "R12",
  fault: "MFA challenge in a 200",
  bar: "never success; 100 %",
  others: "taken as success by all tried",
  means:
    "A challenge in each of its forms, also in other words, answers a sign-in, a renewal and a request to act, over a socket. The session may hand out or store no token. Then a passcode answers the real challenge.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let challenges = 0
      let taken = 0
      /** Whether the challenge's token was handed out, or kept. */
      const look = (stage: Stage.Stage, given: Result.Result<Redacted.Redacted<string>, unknown>) => {
        challenges++
        const held = stage.records().flatMap(({ tokens }) => (tokens === undefined ? [] : [tokens.accessToken]))
        const handed = given._tag === "Success" ? [given.success] : []
        if ([...held, ...handed].map(Redacted.value).some((token) => token === partial || token === claimed)) {
          taken++
        }
      }
      const on = <A>(body: (stage: Stage.TimedStage) => Effect.Effect<A, AuthError, Scope>) =>
        Stage.timed(lab, { wire: "socket" }, body)

      for (const vendor of [skyswitch, netsapiens, landstar, ipex]) {
        for (const [name, body] of sampled(lab, forms, 3)) {
          const challenge = { fault: { _tag: "reply", body: JSON.stringify(body) } } as const

          yield* on((stage) =>
            Effect.gen(function* () {
              const session = yield* stage.open(vendor.configure(stage.origin))
              yield* stage.arm(challenge)
              yield* Effect.result(session.signIn(vendor.person))
              const given = yield* Effect.result(session.accessToken)
              look(stage, given)
              const isRequired = given._tag === "Failure" && given.failure.reason._tag === "PasscodeRequired"
              notes.must(`${vendor.name}, ${name}: a sign-in is told PasscodeRequired`, isRequired)
            }),
          )

          yield* on((stage) =>
            Effect.gen(function* () {
              const session = yield* stage.signedInBy(vendor)
              yield* stage.arm(challenge)
              yield* session.reject((yield* session.bearer).generation)
              yield* stage.time.settle
              look(stage, yield* Effect.result(session.accessToken))
            }),
          )

          if (vendor === landstar) continue
          yield* on((stage) =>
            Effect.gen(function* () {
              const session = yield* stage.signedInBy(vendor)
              yield* stage.arm(challenge)
              yield* Effect.result(session.startActing(vendor === ipex ? subjects.ipex : subjects.netsapiens))
              const own = yield* Effect.result(session.accessToken)
              look(stage, own)
              notes.must(`${name}: what acting did not bring leaves the account's own token`, own._tag === "Success")
            }),
          )
        }
        if (vendor === landstar || vendor === ipex) continue
        yield* on((stage) =>
          Effect.gen(function* () {
            const session = yield* stage.open(vendor.configure(stage.origin))
            yield* session.signIn(withFactor)
            notes.must("a true challenge asks for a passcode", (yield* session.view).state === "mfa_required")
            yield* session.submitPasscode(passcode)
            notes.must("the passcode leads to a good token", yield* stage.isGood(vendor, yield* session.accessToken))
          }),
        )
      }
      notes.must("never success", taken === 0)
      return notes.count("challenges", challenges).count("taken for a success", taken).finding
    }),
}
