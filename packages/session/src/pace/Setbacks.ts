/**
 * What a session does about failures: when the next request may go out, and what the chart is told.
 *
 * The library's one retry loop is here and in the chart: this file asks the schedule (`Backoff`) for the moment of the next try, and
 * the chart waits for it.
 */

import type { Purpose } from "@pbx-auth/machine/SessionCommand"
import type { Outcome } from "@pbx-auth/machine/SessionEvent"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Retry from "@pbx-auth/providers/Retry"
import { failure } from "../account/Failure.ts"
import * as LastChance from "../time/LastChance.ts"
import { type SessionClock, toldAt } from "../time/SessionClock.ts"
import { Backoff } from "./Backoff.ts"

/** How often a provider that returns a dead token is asked once more, before that counts as a refusal. */
const SAME_TOKEN_PATIENCE = 5

/** After these, an unattended session may try once more when a caller asks for a token. After others only a person can help. */
const PASSING: ReadonlySet<string> = new Set([
  "Unavailable",
  "Throttled",
  "OutcomeUnknown",
  "Unreadable",
  "StoreFailed",
  "RenewalRefused",
] satisfies ReadonlyArray<AuthError.Reason["_tag"]>)

/**
 * The address answered as a wrong one does: with a redirect, or without a token endpoint. At a first sign-in it probably is wrong. If
 * a token has come from there before, the answer is more likely a maintenance page.
 *
 * Or the app's own client threw: it may not do so the next time.
 */
const isAstray = ({ reason }: AuthError.AuthError): boolean =>
  reason._tag === "Misconfigured" &&
  ((reason.field === "address" && reason.status !== undefined) || /^(fetch|HttpClient)$/.test(reason.field))

/** The request was not understood, and nothing was said about what was presented. */
const isGarbled = ({ reason }: AuthError.AuthError): boolean => reason._tag === "Unavailable" && reason.garbled === true

/** Sessions that were told the same moment are spread over so many ms after it. */
const SPREAD = 1_000

type Said = Pick<Extract<Outcome, { readonly type: "OutcomeUnknown" }>, "attempt" | "refusal" | "now">

/** A renewal without a try left has no token left to lose. The next caller that needs a token begins again. */
const lost = (said: Said, retryAt: number | null, isRenewal: boolean) => ({
  type: isRenewal && retryAt === null ? ("Unavailable" as const) : ("OutcomeUnknown" as const),
  ...said,
  retryAt,
})

/** For the schedule, which stops at errors that it must not repeat. */
const repeatable = (error: AuthError.AuthError): AuthError.AuthError =>
  Retry.isRepeatable(error) ? error : AuthError.fromReason(new AuthError.Unavailable({}))

/** The presentation that failed. */
interface Failed {
  readonly attempt: number
  readonly purpose: Purpose
  /** When it began, by the session's clock, epoch ms. */
  readonly startedAt: number
  /** When it is presented again by itself, by the session's clock, epoch ms; `null` if a person has to look; else `undefined`. */
  readonly again: number | null | undefined
}

/** Of failures in a row. */
interface Counts {
  /** A dead token that was given back. */
  sameTokens: number
  /** An answer that said that the request was not understood. */
  garbled: number
  /** Since when it is open whether the refresh token is used up. */
  openSince: number | undefined
}

const none = (): Counts => ({ sameTokens: 0, garbled: 0, openSince: undefined })

/**
 * The failures of one session.
 *
 * @category models
 */
export class Setbacks {
  readonly #clock: SessionClock
  readonly #account: Account
  /** From 0 to 1. */
  readonly #random: () => number
  readonly backoff: Backoff
  #counts = none()
  /** Why there is no token of the account's own, or why an API doubted it. */
  own: AuthError.AuthError | undefined
  /** Why acting failed. */
  acting: AuthError.AuthError | undefined
  /** What the chart was last told about an error and its next try. */
  #dated: { readonly of: AuthError.AuthError; readonly at: number; readonly error: AuthError.AuthError } | undefined

  constructor(clock: SessionClock, account: Account, random: () => number) {
    this.#clock = clock
    this.#account = account
    this.#random = random
    this.backoff = new Backoff(clock)
  }

  /** A presentation succeeded. */
  overcome(purpose: Purpose): void {
    this.backoff.beginAnew()
    if (purpose === "act_as") {
      this.#counts.garbled = 0
      this.acting = undefined
      return
    }
    this.own = undefined
    this.#counts = none()
  }

  /** Whether nothing is remembered that a new one would not know. */
  get isEmpty(): boolean {
    const { garbled, openSince, sameTokens } = this.#counts
    const isCounting = sameTokens + garbled !== 0 || openSince !== undefined
    return this.backoff.isEmpty && !isCounting && this.own === undefined && this.acting === undefined
  }

  /** If no try follows by itself: whether a caller's need may begin one. `code` says why there is no token. */
  mayBegin(code: string | undefined): boolean {
    if (this.#clock.now() < this.backoff.quietUntil) return false
    return code === undefined || PASSING.has(code) || (this.own !== undefined && isAstray(this.own))
  }

  /**
   * From when on a caller's need may begin a try if none follows by itself, by the session's clock (epoch ms). `undefined` if the
   * last failure does not pass.
   */
  get mayBeginAt(): number | undefined {
    const passes = this.own !== undefined && (Retry.isRepeatable(this.own) || this.own.reason._tag === "OutcomeUnknown")
    return passes && Number.isFinite(this.backoff.quietUntil)
      ? Math.max(this.#clock.now(), this.backoff.quietUntil)
      : undefined
  }

  /** What the chart is told about a failed presentation. `own` is the token that a renewal is to replace. */
  outcomeOf(
    flight: Failed,
    failure: AuthError.AuthError,
    { own: held, unattended }: { readonly own: LastChance.Held | null; readonly unattended: boolean },
  ): Outcome {
    const { again, attempt, purpose } = flight
    const error = counted(this.#counts, purpose, this.#account, failure)
    const { reason, remedy } = error
    if (purpose === "act_as") this.acting = error
    else this.own = error

    const now = this.#clock.now()
    const told = reason._tag === "Throttled" ? reason.toldUntil : undefined
    const toldUntil = told && this.#clock.fromWall(told)
    const said = { attempt, refusal: { code: reason._tag, remedy, ...(toldUntil && { toldUntil }) }, now }
    const at = (delay: number | undefined) => (delay === undefined ? null : now + delay)

    // The pace of sign-ins decides, not the schedule.
    if (typeof again === "number") return { type: "Unavailable", ...said, retryAt: again }
    if (again === null || (reason._tag === "Unreadable" && reason.refused === true)) {
      // Nothing is repeated, neither by itself nor because a caller asks for a token.
      this.backoff.quietUntil = Number.POSITIVE_INFINITY
      return { type: "Refused", ...said }
    }
    const isRenewal = purpose === "renewal"
    if (reason._tag === "StoreFailed") {
      // A store may be mended at any time, so nothing is final. Once the token has ended, a session that can sign in by itself does.
      const end = held === null || held.rejected ? 0 : (held.usableUntil ?? Number.POSITIVE_INFINITY)
      if (isRenewal && unattended && end <= now)
        return { type: "Refused", ...said, refusal: { ...said.refusal, remedy: "retry" } }
      const retryAt = now + (this.backoff.next(repeatable(error)) ?? Retry.maxBackoff)
      return { type: "Unavailable", ...said, retryAt: unattended && end > now ? Math.min(retryAt, end) : retryAt }
    }
    if (isRenewal && LastChance.leavesOpen(error) && LastChance.isAtStake(this.#account.provider)) {
      return this.backoff.quiet(this.#leftOpen(flight, error, held, said))
    }
    if (reason._tag === "OutcomeUnknown" || (isRenewal && LastChance.leavesOpen(error) && !Retry.isRepeatable(error))) {
      return this.backoff.quiet(lost(said, at(this.backoff.next(isRenewal ? repeatable(error) : error)), isRenewal))
    }
    if (
      reason._tag === "RenewalRefused" &&
      reason.sameToken === true &&
      this.#counts.sameTokens < SAME_TOKEN_PATIENCE
    ) {
      // The provider's clock is behind ours, so it still counts the token as live. It will issue another one soon.
      this.#counts.sameTokens += 1
      return { type: "Unavailable", ...said, retryAt: now + Retry.maxBackoff * this.#counts.sameTokens }
    }
    if (Retry.isRepeatable(error))
      return this.backoff.quiet({ type: "Unavailable", ...said, retryAt: at(this.backoff.next(error)) })
    if (isAstray(error) && purpose === "renewal") {
      return { type: "Unavailable", ...said, retryAt: now + Retry.maxBackoff }
    }
    const isBearer = reason._tag === "NotAllowed" && reason.tokenRejected === true
    return this.backoff.quiet({ type: "Refused", ...said, ...(isBearer && { bearer: "rejected" as const }) })
  }

  /** The refresh token may be used up: when to present it once more, and when to sign in instead. */
  #leftOpen(
    { startedAt }: Pick<Failed, "startedAt">,
    error: AuthError.AuthError,
    held: LastChance.Held | null,
    said: Said,
  ): Outcome {
    const { now } = said
    const { provider } = this.#account
    this.#counts.openSince ??= startedAt
    const delay = this.backoff.next(repeatable(error))
    const next = delay === undefined ? null : now + delay
    if (LastChance.isHarmless(provider, (next ?? now) - this.#counts.openSince)) return lost(said, next, true)
    const chance = held === null ? now : LastChance.of(held, this.#account, this.#random())
    // The server's own moment counts as well. Sessions that were told the same moment do not come back together.
    const told =
      error.reason._tag === "Throttled" ? this.#clock.fromWall(error.reason.retryAt) + SPREAD * this.#random() : now
    const signInAt = Math.ceil(Math.max(chance, told))
    const outcome = lost(said, chance > now ? signInAt : next, true)
    return outcome.type === "OutcomeUnknown" ? { ...outcome, signInAt } : outcome
  }

  /**
   * The typed error of a refusal that the chart shows, with the moment of the next try if there is one (`at`, epoch ms by the
   * session's clock).
   */
  errorOf(code: string | undefined, at?: number | undefined): AuthError.AuthError {
    const known = [this.own, this.acting].find((error) => error?.reason._tag === code)
    const error = known ?? ownOf(code, this.#account)
    // The provider's own moment stays as it is: the session asks again within the second after it.
    if (at === undefined || error.reason._tag === "Throttled") return error
    if (this.#dated?.of !== error || this.#dated.at !== at) {
      const retryAt = toldAt(this.#clock, at)
      // One error for all callers that ask before that moment.
      this.#dated = { of: error, at, error: AuthError.amend(error, { retryAt }) }
    }
    return this.#dated.error
  }
}

/** Some refusals are the chart's own, and were never an error before. */
const ownOf = (code: string | undefined, account: Account): AuthError.AuthError => {
  switch (code) {
    case undefined:
      return failure(account, AuthError.Unavailable)
    case "PasscodeRequired":
      return failure(account, AuthError.PasscodeRequired)
    case "ChallengeExpired":
      return failure(account, AuthError.ChallengeExpired)
    case "OutcomeUnknown":
      return failure(account, AuthError.OutcomeUnknown, { grant: "RefreshToken" })
    default:
      return failure(account, AuthError.SignedOut)
  }
}

/** Where a refresh token can be sent in two ways, the server may take the other one. */
const otherWay = ({ provider, settings }: Account): string | undefined => {
  const other = provider.dialect.refreshMethods.find((method) => method !== settings.refreshMethod)
  return (
    other && `The provider did not understand the renewal. Sign in again, or set the option refreshMethod: "${other}".`
  )
}

/** A request that was not understood twice in a row counts as a refusal: of the refresh token, or of what a person has to look at. */
const counted = (
  counts: Counts,
  purpose: Purpose,
  account: Account,
  error: AuthError.AuthError,
): AuthError.AuthError => {
  counts.garbled = isGarbled(error) ? counts.garbled + 1 : 0
  // If a renewal is one more sign-in, nothing can be used up: it goes on by the schedule.
  if (counts.garbled < 2 || (purpose === "renewal" && account.provider.renewsWith === "sign_in")) return error
  const { code, provider, status } = error.reason
  return AuthError.fromReason(
    purpose === "renewal"
      ? new AuthError.RenewalRefused({ provider, status, code, garbled: true, fix: otherWay(account) })
      : new AuthError.Unreadable({ provider, status, code, refused: true }),
  )
}
