/**
 * One session, one fault, and the state of the session after the vendor has recovered.
 */
import { doesAct, type Fault } from "@pbx-auth/emulator/Fault"
import { type AuthError, isAuthError, type Reason } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Lab } from "./Lab.ts"
import * as Stage from "./Stage.ts"
import type { Vendor } from "./Vendor.ts"

const SECOND = 1_000

/** The longest that a session may take to recover: a firewall's pause, and the next try after it, ms. */
const PATIENCE = 20 * 60 * SECOND

export interface Ordeal {
  readonly vendor: Vendor
  readonly fault: Fault
  /** With credentials at hand it signs in by itself. */
  readonly isAttended: boolean
  readonly moment: "sign_in" | "renewal"
  /** Whether the vendor ends all tokens when it gets a used refresh token. */
  readonly isStrict: boolean
  readonly wire?: "socket" | "process"
}

export interface Survived {
  /** How many exchanges the fault hit. */
  readonly hits: number
  /** What the caller was told; nothing if there was a token. */
  readonly told: Reason["_tag"] | "not an AuthError" | undefined
  /** Whether the token that still lived was handed out at once while it was to be renewed. */
  readonly isKept: boolean
  /** Tokens handed out that the vendor does not accept, the first of them before an API could say so. */
  readonly dead: number
  /** Whether the stored token is one of the vendor's, and not something that looks like one. */
  readonly isStoreSound: boolean
  /**
   * How long after the vendor's recovery the session had a good token, and after the end of the token that was to be renewed another
   * one, ms; nothing if it never had.
   */
  readonly recovery: number | undefined
  /** Whether a person had to sign in again. */
  readonly neededPerson: boolean
  /** How long the session believes that the resulting token lives, ms; nothing if there was none. */
  readonly life: number | undefined
  readonly path: string
}

/** Everything that a vendor issued, in clear, so that garbage can be told from a token. */
const tokensOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/"access_token"\s*:\s*"([^"]*)"/g)].map(([, token = ""]) => token)

const PURE = /^[\x21-\x7e]+$/

/** Whether a healthy server knows that it did not act, and a client that reads it does too. Then nothing may be lost. */
export const isPlainNo = ({ _tag, ...fault }: Fault): boolean =>
  ["server_error", "retry_after", "rate_limit", "firewall", "redirect", "html_200"].includes(_tag) &&
  !doesAct({ _tag, ...fault } as Fault)

export const undergo = (lab: Lab, ordeal: Ordeal): Effect.Effect<Survived> => {
  const { fault, isAttended, isStrict, moment, vendor, wire = "process" } = ordeal
  const issued = new Set<string>()
  const world = {
    netsapiens: { rotation: isStrict ? "strict" : "none" },
    ipex: { rotation: isStrict ? "strict" : "none" },
    // An hour, so that a token's end can be seen.
    sangomaCx: { lifetime: 3600 },
  }
  const onReply = (text: string) => {
    for (const token of tokensOf(text)) if (PURE.test(token)) issued.add(token)
  }
  const isSeen = wire === "process" && !isHeavy(fault)
  return Stage.timed(lab, { wire, world, ...(isSeen && { onReply }) }, (stage) =>
    Effect.gen(function* () {
      const credentials = isAttended ? undefined : vendor.person
      const session = yield* stage.open(vendor.configure(stage.origin, credentials && { credentials }))
      const signIn = isAttended ? session.signIn(vendor.person) : session.signIn()
      const rule = { fault, ...(fault._tag !== "reset_on_accept" && { match: { provider: vendor.emulated } }) }
      const begun = stage.time.now()
      let isKept = true
      let endsAt = begun

      if (moment === "renewal") {
        yield* signIn
        const { dueAt, expiresAt } = stage.records()[0]?.times ?? {}
        endsAt = expiresAt ?? 0
        yield* stage.time.advance((dueAt ?? 0) - stage.time.now() - 1)
        yield* stage.arm(rule)
        yield* stage.time.advance(1)
        // In the soft window the token still lives, and no caller may have to wait.
        if (dueAt !== expiresAt) {
          const at = stage.time.now()
          isKept =
            (yield* Effect.result(stage.time.through(session.bearer)))._tag === "Success" && stage.time.now() === at
          // By then a deadline is over.
          yield* stage.time.advance(16 * SECOND)
          isKept &&= (yield* Effect.result(stage.time.through(session.bearer)))._tag === "Success"
        }
      } else yield* stage.arm(rule)

      const ask: Effect.Effect<unknown, AuthError> = moment === "sign_in" ? signIn : session.bearer
      const asked = yield* Effect.result(stage.time.through(ask))
      const told =
        asked._tag === "Success"
          ? undefined
          : isAuthError(asked.failure)
            ? asked.failure.reason._tag
            : "not an AuthError"
      const first = yield* Effect.result(stage.time.through(session.bearer))
      const life =
        first._tag === "Success" ? (first.success.expiresAt ?? Number.POSITIVE_INFINITY) - stage.time.now() : undefined
      const hits = (yield* stage.emulator.faults.armed).reduce((sum, one) => sum + one.hits, 0)

      yield* stage.heal
      let dead = 0
      let neededPerson = false
      /** How long it takes until there is a good token, ms. */
      const recover = Effect.gen(function* () {
        const from = stage.time.now()
        while (stage.time.now() < from + PATIENCE) {
          const bearer = yield* Effect.result(stage.time.through(session.bearer))
          if (bearer._tag === "Success") {
            if (yield* stage.isGood(vendor, bearer.success.token)) return stage.time.now() - from
            // As an API's client does.
            dead++
            yield* session.reject(bearer.success.generation)
          } else {
            const view = yield* session.view
            const mustSignIn = isAttended || view.refusal?.remedy === "configure"
            if (mustSignIn && view.actions.includes("sign_in")) {
              neededPerson = true
              const signedIn = yield* Effect.result(stage.time.through(signIn))
              if (signedIn._tag === "Success") continue
            }
          }
          yield* stage.time.advance(5 * SECOND)
        }
        return undefined
      })
      let recovery = yield* recover
      // What served as long as the old token lived must also serve after its end.
      if (moment === "renewal" && endsAt > stage.time.now()) {
        yield* stage.time.advance(endsAt - stage.time.now() + SECOND)
        const after = yield* recover
        recovery = recovery === undefined || after === undefined ? undefined : Math.max(recovery, after)
      }
      const isStoreSound = stage
        .records()
        .flatMap(({ tokens }) => (tokens === undefined ? [] : [Redacted.value(tokens.accessToken)]))
        .every((token) => PURE.test(token) && (!isSeen || issued.has(token)))
      const { path } = yield* session.view
      return { hits, told, isKept, dead, isStoreSound, recovery, neededPerson, life, path } satisfies Survived
    }),
  )
}

/** A body that is too long to read. */
const isHeavy = ({ _tag }: Fault) => _tag === "endless_body" || _tag === "huge_body" || _tag === "trickle"
