/**
 * The one place of a session where secrets lie: tokens, a challenge, credentials and a passcode on their way.
 *
 * The chart knows only *that* they are there, so how long each may stay follows from where the chart stands: after every step
 * `forget` drops what its state has no use for. Nothing here is in clear; every secret is `Redacted`.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { SessionView, ViewedSnapshot } from "@pbx-auth/machine/SessionView"
import type { Credentials } from "@pbx-auth/providers/Provider"
import type { Challenge, Tokens } from "@pbx-auth/providers/Token"
import type * as Redacted from "effect/Redacted"

interface Passing {
  readonly offered?: Credentials | undefined
  readonly challenge?: Challenge | undefined
  readonly passcode?: Redacted.Redacted<string> | undefined
  readonly acting?: Tokens | undefined
  readonly spent?: Redacted.Redacted<string> | undefined
}

const passed = <K extends keyof Passing>(all: Passing | undefined, name: K, value: Passing[K]): Passing | undefined => {
  if (value === undefined && all === undefined) return undefined
  const passing: Passing = { ...all, [name]: value }
  return Object.values(passing).every((one) => one === undefined) ? undefined : passing
}

/**
 * A session's slots; mutable, and its driver's own.
 *
 * @category models
 */
export class Secrets {
  /** At hand for good: the session may sign in without a person. */
  kept: Credentials | undefined
  /** The account's own tokens. */
  own: Tokens | undefined
  /** Its times, which are no secret: where they came from, so that an idle session need not hold them twice. */
  times: TokenTimes | undefined
  /** The name of the record of `own`. It stays after `own` is gone: a sign-out still has to remove the record. */
  key: string | undefined
  /**
   * The generation of the last record that this session has seen, 0 for none. It is not the chart's own count, which includes
   * tokens that are not stored.
   */
  stored = 0
  /** Is `own` in that record? Not when the store failed just then. */
  isStored = false

  /** What comes and goes; an idle session has none of it. */
  #passing: Passing | undefined

  constructor(kept: Credentials | undefined) {
    this.kept = kept
  }

  /** What a person gave, while a sign-in with it may still go on. */
  get offered(): Credentials | undefined {
    return this.#passing?.offered
  }

  set offered(value: Credentials | undefined) {
    this.#passing = passed(this.#passing, "offered", value)
  }

  get challenge(): Challenge | undefined {
    return this.#passing?.challenge
  }

  set challenge(value: Challenge | undefined) {
    this.#passing = passed(this.#passing, "challenge", value)
  }

  get passcode(): Redacted.Redacted<string> | undefined {
    return this.#passing?.passcode
  }

  set passcode(value: Redacted.Redacted<string> | undefined) {
    this.#passing = passed(this.#passing, "passcode", value)
  }

  /** The subject's. */
  get acting(): Tokens | undefined {
    return this.#passing?.acting
  }

  set acting(value: Tokens | undefined) {
    this.#passing = passed(this.#passing, "acting", value)
  }

  /** An access token of the account that died, or was rejected, and was not replaced. */
  get spent(): Redacted.Redacted<string> | undefined {
    return this.#passing?.spent
  }

  set spent(value: Redacted.Redacted<string> | undefined) {
    this.#passing = passed(this.#passing, "spent", value)
  }

  /** Every one of them. */
  get all(): ReadonlyArray<Redacted.Redacted<string>> {
    const { acting, challenge, kept, offered, own, passcode, spent } = this
    const tokens = [own, acting].flatMap((one) => [one?.accessToken, one?.refreshToken])
    return [kept?.password, offered?.password, challenge?.token, passcode, spent, ...tokens].flatMap((one) => one ?? [])
  }

  /** With what a sign-in goes on. */
  get credentials(): Credentials | undefined {
    return this.offered ?? this.kept
  }

  /** Credentials that led to a token take the place of those that were at hand. */
  approve(): void {
    if (this.kept !== undefined && this.offered !== undefined) this.kept = this.offered
    this.offered = undefined
  }

  /** Keeps what a record holds; without a generation it holds an older one, because the store failed. */
  keep(tokens: Tokens, times: TokenTimes, key: string | undefined, generation: number | undefined): void {
    this.own = tokens
    this.times = times
    if (key !== this.key) this.stored = 0
    this.key = key
    this.stored = generation ?? this.stored
    this.isStored = generation !== undefined
    this.spent = undefined
  }

  /** Drops what the chart has no use for where it stands now. */
  forget({ context }: ViewedSnapshot, { path, state }: SessionView): void {
    if (context.own === null && this.own !== undefined) {
      this.spent = this.own.accessToken
      this.own = undefined
    }
    if (context.acting === null) this.acting = undefined
    if (state !== "mfa_required") this.challenge = undefined
    if (path !== "mfa_required.verifying") this.passcode = undefined
    const signsIn =
      state === "mfa_required" ||
      path === "unauthenticated.signing_in" ||
      path === "unauthenticated.waiting" ||
      path === "expiring.signing_in" ||
      (path === "expiring.waiting" && context.next === "sign_in")
    if (!signsIn) this.offered = undefined
  }

  /** Drops the tokens of a session that was signed out. What the provider gives next is new, even if it looks the same. */
  signOut(): void {
    this.own = this.acting = this.challenge = this.offered = this.passcode = this.spent = undefined
  }

  /** Drops everything. */
  close(): void {
    this.signOut()
    this.kept = undefined
    this.key = undefined
  }
}
