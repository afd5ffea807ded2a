/**
 * The one place of a session where secrets lie: tokens, a challenge, credentials and a passcode on their way.
 *
 * The chart knows only *that* they are there, so how long each may stay follows from where the chart stands: after every step
 * `forget` drops what its state has no use for. Nothing here is in clear; every secret is `Redacted`.
 */

import type { SessionView, ViewedSnapshot } from "@pbx-auth/machine/SessionView"
import type { Credentials } from "@pbx-auth/providers/Provider"
import type { Challenge, Tokens } from "@pbx-auth/providers/Token"
import type * as Redacted from "effect/Redacted"

/**
 * A session's slots; mutable, and its driver's own.
 *
 * @category models
 */
export class Secrets {
  /** At hand for good: the session may sign in without a person. */
  kept: Credentials | undefined
  /** What a person gave, while a sign-in with it may still go on. */
  offered: Credentials | undefined
  challenge: Challenge | undefined
  passcode: Redacted.Redacted<string> | undefined
  /** The account's own tokens. */
  own: Tokens | undefined
  /** The subject's. */
  acting: Tokens | undefined
  /** An access token of the account that died, or was rejected, and was not replaced. */
  spent: Redacted.Redacted<string> | undefined
  /** The name of the record of `own`. It stays after `own` is gone: a sign-out still has to remove the record. */
  key: string | undefined
  /**
   * The generation of the last record that this session has seen, 0 for none. It is not the chart's own count, which includes
   * tokens that are not stored.
   */
  stored = 0
  /** Is `own` in that record? Not when the store failed just then. */
  isStored = false

  constructor(kept: Credentials | undefined) {
    this.kept = kept
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
  keep(tokens: Tokens, key: string | undefined, generation: number | undefined): void {
    this.own = tokens
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
