/**
 * The one place of a session that holds secrets: tokens, a challenge, credentials, and a passcode on its way.
 *
 * The chart knows only *that* they are there, so the chart's state decides how long each may stay: after every step `forget` drops
 * what that state does not need. Nothing here is in clear; every secret is `Redacted`.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { Credentials } from "@pbx-auth/providers/Provider"
import type { Challenge, Tokens } from "@pbx-auth/providers/Token"
import type * as Redacted from "effect/Redacted"
import type { BrowserSignIn } from "../browser/BrowserWay.ts"
import type { Snapshot } from "./Chart.ts"

/**
 * Secrets that come and go. An idle session has none of them.
 *
 * @category models
 */
export interface Passing {
  /** What a person gave, while a sign-in with it may still go on. */
  readonly offered?: Credentials | undefined
  readonly challenge?: Challenge | undefined
  /** A sign-in at a browser, while it may still go on. */
  readonly way?: BrowserSignIn | undefined
  readonly passcode?: Redacted.Redacted<string> | undefined
  /** The subject's tokens. */
  readonly acting?: Tokens | undefined
  /** An access token of the account that died or was rejected, and was not replaced. */
  readonly spent?: Redacted.Redacted<string> | undefined
}

/**
 * A session's slots. Mutable. They are part of the session's `Core` and not an object beside it, to keep an idle session
 * small.
 *
 * @category models
 */
export class Secrets {
  /** Kept for good: the session may sign in without a person. */
  kept: Credentials | undefined
  /** The account's own tokens. */
  own: Tokens | undefined
  /** Their times, which are not secret. An idle session does not hold them twice. */
  times: TokenTimes | undefined
  /** The name of the record of `own`. It stays after `own` is gone: a sign-out still has to remove the record. */
  key: string | undefined
  /**
   * The generation of the last record that this session has seen, 0 for none. It is not the chart's own count, which includes tokens
   * that are not stored.
   */
  stored = 0
  /** Whether that record holds `own`. It does not if the store has just failed. */
  isStored = false
  passing: Passing | undefined

  constructor(kept: Credentials | undefined) {
    this.kept = kept
  }
}

/**
 * Sets a slot, or clears it.
 *
 * @category combinators
 */
export const put = <K extends keyof Passing>(secrets: Secrets, name: K, value: Passing[K]): void => {
  if (value === undefined && secrets.passing === undefined) return
  const passing: Passing = { ...secrets.passing, [name]: value }
  secrets.passing = Object.values(passing).every((one) => one === undefined) ? undefined : passing
}

/**
 * All secrets.
 *
 * @category getters
 */
export const allOf = ({ kept, own, passing }: Secrets): ReadonlyArray<Redacted.Redacted<string>> => {
  const { acting, challenge, offered, passcode, spent } = passing ?? {}
  const tokens = [own, acting].flatMap((one) => [one?.accessToken, one?.refreshToken])
  return [kept?.password, offered?.password, challenge?.token, passcode, spent, ...tokens].flatMap((one) => one ?? [])
}

/**
 * The credentials that a sign-in continues with.
 *
 * @category getters
 */
export const credentialsOf = ({ kept, passing }: Secrets): Credentials | undefined => passing?.offered ?? kept

/**
 * Credentials that led to a token replace those that were at hand.
 *
 * @category combinators
 */
export const approve = (secrets: Secrets): void => {
  if (secrets.kept !== undefined) secrets.kept = credentialsOf(secrets)
  put(secrets, "offered", undefined)
}

/**
 * Keeps what a record holds. Without a generation the record holds an older token, because the store failed.
 *
 * @category combinators
 */
export const keep = (
  secrets: Secrets,
  tokens: Tokens,
  times: TokenTimes,
  key: string | undefined,
  generation: number | undefined,
): void => {
  secrets.own = tokens
  secrets.times = times
  if (key !== secrets.key) {
    secrets.key = key
    secrets.stored = 0
  }
  secrets.stored = generation ?? secrets.stored
  secrets.isStored = generation !== undefined
  put(secrets, "spent", undefined)
}

/**
 * Drops what the chart does not need in its current state.
 *
 * @category combinators
 */
export const forget = (secrets: Secrets, context: Snapshot["context"], path: string): void => {
  if (context.own === null && secrets.own !== undefined) {
    put(secrets, "spent", secrets.own.accessToken)
    secrets.own = undefined
  }
  if (context.acting === null) put(secrets, "acting", undefined)
  const isChallenged = path.startsWith("mfa_required.")
  if (!isChallenged) put(secrets, "challenge", undefined)
  if (path !== "mfa_required.verifying") put(secrets, "passcode", undefined)
  const signsIn =
    isChallenged ||
    path === "unauthenticated.signing_in" ||
    path === "unauthenticated.waiting" ||
    path === "expiring.signing_in" ||
    (path === "expiring.waiting" && context.next === "sign_in")
  if (!signsIn) {
    put(secrets, "offered", undefined)
    put(secrets, "way", undefined)
  }
}

/**
 * Drops the tokens of a session that was signed out. The provider's next token is new, even if it looks the same.
 *
 * @category combinators
 */
export const signOut = (secrets: Secrets): void => {
  secrets.own = secrets.passing = undefined
}

/**
 * Drops everything.
 *
 * @category combinators
 */
export const close = (secrets: Secrets): void => {
  signOut(secrets)
  secrets.kept = secrets.key = undefined
}
