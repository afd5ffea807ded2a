/**
 * How often a sign-in is presented again when nobody can read the answer: a firewall's page, a gateway's "Forbidden", HTML in a 200.
 *
 * The credentials may be right, and then a session must come back by itself. They may be wrong, and then each presentation counts at
 * the provider, and the fifth may lock the account. So: by itself twice more in 24 hours, 600 s or more apart, and then a person has
 * to look. Whoever asks, the same credentials go out four times in 24 hours at most.
 *
 * Other credentials of a person's go out at once, once per pause and host: one person who mends a typo is let through, many who try
 * while the host bans us are not.
 */

import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type { SessionClock } from "../time/SessionClock.ts"
import type { Pauses } from "./Pauses.ts"

/** The shortest pause between two presentations, in ms: the longest ordinary ban of a NetSapiens host. */
const PAUSE = 600_000

/** For how long a presentation counts, in ms. */
const DAY = 86_400_000

/** How often a sign-in is presented again by itself within a day. */
const REPEATS = 2

/** How often the same credentials are presented within a day, whoever asks. One less than the smallest lockout in use. */
const PRESENTATIONS = 4

/**
 * One sign-in, as its pace sees it.
 *
 * @category models
 */
export interface SignIn {
  readonly account: Account
  /** Who signs in, if it is a person. */
  readonly username: string | undefined
  /** A fingerprint of all that is presented. */
  readonly credentials: string
  /** Did a person or an operator ask for it just now? */
  readonly isWish: boolean
}

interface Presented {
  readonly at: number
  readonly credentials: string
  readonly isWish: boolean
}

interface Known {
  /** The pause lasts until then, epoch ms by the session's clock. */
  readonly until: number
  /** The presentations of the last day that nobody could read the answer to, in order. */
  readonly presented: ReadonlyArray<Presented>
  readonly error: AuthError.AuthError
}

/** An answer that is not the provider's, or not one that it promises. A failure without a status is no answer. */
const isUnreadable = ({ reason }: AuthError.AuthError): boolean =>
  reason.status !== undefined && (reason._tag === "Unreadable" || reason.status === 405 || isBan(reason))

/** The provider's own word on what was presented. */
const isJudged = ({ reason }: AuthError.AuthError): boolean =>
  /^(BadCredentials|ClientRefused|PasscodeRequired)$/.test(reason._tag)

/** Something in between turned a request away. */
const isBan = (reason: AuthError.Reason): reason is AuthError.Throttled =>
  reason._tag === "Throttled" && reason.policy === "firewall"

const hostOf = ({ address }: Account): string => `sign_in ${address.origin}`

/** Is it presented again by itself? The first of them all was no repetition, whoever asked for it. */
const isRepeated = ({ presented }: Known): boolean =>
  presented.length < PRESENTATIONS && presented.slice(1).filter(({ isWish }) => !isWish).length < REPEATS

/**
 * What is remembered of such sign-ins, for all sessions of a process. An account that the provider judged is forgotten.
 *
 * @category models
 */
export class SignInPacing {
  readonly #clock: SessionClock
  /** By account, in the order of their last presentations. */
  readonly #known = new Map<string, Known>()
  readonly #pauses: Pauses

  constructor(clock: SessionClock, pauses: Pauses) {
    this.#clock = clock
    this.#pauses = pauses
  }

  /**
   * Presents a sign-in, if its pace allows. Before it fails for what nobody can read, `onUnread` is told when it is presented again
   * by itself, by the session's clock, epoch ms; `null` when a person has to look.
   */
  present<A>(
    signIn: SignIn,
    effect: Effect.Effect<A, AuthError.AuthError>,
    onUnread: (again: number | null) => void,
  ): Effect.Effect<A, AuthError.AuthError> {
    const { address, client, provider } = signIn.account
    const name = JSON.stringify([provider.id, address.origin, address.prefix, client.id, signIn.username])
    const fail = (known: Known) => {
      const isLast = !isRepeated(known)
      onUnread(isLast ? null : known.until)
      return Effect.fail(this.#errorOf(known, isLast))
    }
    return Effect.suspend(() => {
      const held = this.#hold(name, signIn)
      if (held !== undefined) return fail(held)
      return effect.pipe(
        Effect.tap(() => Effect.sync(() => this.#known.delete(name))),
        Effect.catch((error) => {
          if (isUnreadable(error)) return fail(this.#note(name, signIn, error))
          if (isJudged(error)) this.#known.delete(name)
          return Effect.fail(error)
        }),
      )
    })
  }

  /** May changed credentials go out in a pause? Once, of all that there are at a host. */
  #mayPass(account: Account): boolean {
    const pause = this.#pauses.current(hostOf(account))
    if (pause?.isProbed === true) return false
    if (pause !== undefined) pause.isProbed = true
    return true
  }

  #recent(name: string, now: number): ReadonlyArray<Presented> {
    return this.#known.get(name)?.presented.filter(({ at }) => now - at < DAY) ?? []
  }

  /** What a sign-in is held for, and until when; `undefined` when it may be presented. */
  #hold(name: string, { account, credentials, isWish }: SignIn): Known | undefined {
    const now = this.#clock.now()
    const found = this.#known.get(name)
    if (found === undefined) return undefined
    const known = { ...found, presented: this.#recent(name, now) }
    const same = known.presented.filter((one) => one.credentials === credentials)
    const [oldest] = same
    const isPaused = now < known.until
    if (oldest === undefined) return isPaused && !this.#mayPass(account) ? known : undefined
    const until = same.length < PRESENTATIONS ? known.until : Math.max(known.until, oldest.at + DAY)
    return now >= until && (isWish || isRepeated(known)) ? undefined : { ...known, until }
  }

  #note(name: string, { account, credentials, isWish }: SignIn, error: AuthError.AuthError): Known {
    const now = this.#clock.now()
    const told = isBan(error.reason) ? this.#clock.fromWall(error.reason.retryAt) : 0
    const until = Math.max(told, now + PAUSE)
    const known = { until, presented: [...this.#recent(name, now), { at: now, credentials, isWish }], error }
    this.#known.delete(name)
    for (const [other, { presented, until }] of this.#known) {
      if (now < Math.max(until, (presented.at(-1)?.at ?? 0) + DAY)) break
      this.#known.delete(other)
    }
    this.#known.set(name, known)
    this.#pauses.note(hostOf(account), { retryAt: this.#clock.toWall(until) })
    return known
  }

  #errorOf({ error, until }: Known, isLast: boolean): AuthError.AuthError {
    const { reason } = error
    const { code, provider, status } = reason
    const said = { provider, status, code, retryAt: this.#clock.toWall(until) }
    if (isLast) return AuthError.refuse(new AuthError.Unreadable({ ...said, refused: true }))
    if (!isBan(reason)) return error
    return AuthError.refuse(new AuthError.Throttled({ ...said, policy: "firewall", toldUntil: reason.toldUntil }))
  }
}
