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
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import { ordinaryBan } from "@pbx-auth/providers/Retry"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { toldAt } from "../time/SessionClock.ts"
import { isUnsent, type Pause, Pauses } from "./Pauses.ts"

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
  /** A user's; without them the client signs in. */
  readonly credentials: Credentials | undefined
  /** Did a person or an operator ask for it just now? */
  readonly isUserCall: boolean
}

interface Presented {
  readonly at: number
  /** They are kept for a day, in this process alone: stores make fingerprints, each of them others. */
  readonly secrets: Redacted.Redacted<string>
  readonly isUserCall: boolean
}

interface Known {
  /** The pause lasts until then, by the monotonic clock. */
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

/** What can be right or wrong. Scopes are not: another choice of them makes no other password. */
const secretsOf = ({ account: { client }, credentials }: SignIn): Redacted.Redacted<string> => {
  const clear = [client.secret, credentials?.password].map((one) => (one === undefined ? null : Redacted.value(one)))
  return Redacted.make(JSON.stringify(clear))
}

const byClock = new WeakMap<Clock.Clock, SignInPacing>()

const hostOf = ({ address }: Account): string => `sign_in ${address.origin}`

/** Is it presented again by itself? The first of them all was no repetition, whoever asked for it. */
const isRepeated = ({ presented }: Known): boolean =>
  presented.length < PRESENTATIONS && presented.slice(1).filter(({ isUserCall }) => !isUserCall).length < REPEATS

/**
 * What is remembered of such sign-ins, for all sessions of a process, whatever layer, registry or store they have: the provider's
 * lockout counts them together. An account that the provider judged is forgotten. Days are spans, so the clock is the monotonic one.
 *
 * @category models
 */
export class SignInPacing {
  /** By account, in the order of their last presentations. */
  readonly #known = new Map<string, Known>()
  readonly #pauses: Pauses

  constructor(pauses: Pauses) {
    this.#pauses = pauses
  }

  /** That of all who live by a clock: all of a process do, except in tests. */
  static of(clock: Clock.Clock): SignInPacing {
    const known = byClock.get(clock) ?? new SignInPacing(Pauses.of(clock))
    byClock.set(clock, known)
    return known
  }

  get #clock() {
    return this.#pauses.clock
  }

  /** Epoch ms. Nobody is to come a fraction of a millisecond early. */
  #wall(at: number): number {
    return toldAt(this.#clock, at)
  }

  /**
   * Presents a sign-in, if its pace allows. Before it fails for what nobody can read, `onUnread` is told when it is presented again
   * by itself, epoch ms by the wall clock; `null` when a person has to look.
   */
  present<A>(
    signIn: SignIn,
    effect: Effect.Effect<A, AuthError.AuthError>,
    onUnread: (again: number | null) => void,
  ): Effect.Effect<A, AuthError.AuthError> {
    const { address, client, provider } = signIn.account
    const name = JSON.stringify([provider.id, address.origin, address.prefix, client.id, signIn.credentials?.username])
    const fail = (known: Known) => {
      const isLast = !isRepeated(known)
      onUnread(isLast ? null : this.#wall(known.until))
      return Effect.fail(this.#errorOf(known, isLast))
    }
    return Effect.suspend(() => {
      const secrets = secretsOf(signIn)
      const { isOther, known } = this.#hold(name, secrets, signIn)
      const probe = isOther && signIn.isUserCall ? this.#probe(signIn.account) : undefined
      if (known !== undefined && probe === undefined) return fail(known)
      return effect.pipe(
        Effect.tap(() => Effect.sync(() => this.#known.delete(name))),
        Effect.catch((error) => {
          if (isUnreadable(error)) return fail(this.#note(name, secrets, signIn, error))
          if (probe !== undefined && isUnsent(error.reason)) probe.isProbed = false
          if (isJudged(error)) this.#known.delete(name)
          return Effect.fail(error)
        }),
      )
    })
  }

  /** Takes the one way through a host's pause that there is for a person's changed credentials, if nobody has. */
  #probe(account: Account): Pause | undefined {
    const pause = this.#pauses.current(hostOf(account))
    if (pause === undefined || pause.isProbed) return undefined
    pause.isProbed = true
    return pause
  }

  #recent(name: string, now: number): ReadonlyArray<Presented> {
    return this.#known.get(name)?.presented.filter(({ at }) => now - at < DAY) ?? []
  }

  /** What a sign-in is held for, and until when: nothing when it may be presented. Is it another one than was presented? */
  #hold(
    name: string,
    secrets: Redacted.Redacted<string>,
    { isUserCall }: SignIn,
  ): { known?: Known; isOther?: boolean } {
    const now = this.#clock.now()
    const found = this.#known.get(name)
    if (found === undefined) return {}
    const known = { ...found, presented: this.#recent(name, now) }
    const same = known.presented.filter((one) => Redacted.value(one.secrets) === Redacted.value(secrets))
    const [oldest] = same
    const isPaused = now < known.until
    if (oldest === undefined) return isPaused ? { known, isOther: true } : {}
    const until = same.length < PRESENTATIONS ? known.until : Math.max(known.until, oldest.at + DAY)
    return now >= until && (isUserCall || isRepeated(known)) ? {} : { known: { ...known, until } }
  }

  #note(
    name: string,
    secrets: Redacted.Redacted<string>,
    { account, isUserCall }: SignIn,
    error: AuthError.AuthError,
  ): Known {
    const now = this.#clock.now()
    const told = isBan(error.reason) ? this.#clock.fromWall(error.reason.retryAt) : 0
    const until = Math.max(told, now + ordinaryBan)
    const known = { until, presented: [...this.#recent(name, now), { at: now, secrets, isUserCall }], error }
    this.#known.delete(name)
    for (const [other, { presented, until }] of this.#known) {
      if (now < Math.max(until, (presented.at(-1)?.at ?? 0) + DAY)) break
      this.#known.delete(other)
    }
    this.#known.set(name, known)
    this.#pauses.note(hostOf(account), { retryAt: this.#wall(until) })
    return known
  }

  #errorOf({ error, until }: Known, isLast: boolean): AuthError.AuthError {
    const { reason } = error
    const { code, provider, status } = reason
    const said = { provider, status, code, retryAt: this.#wall(until) }
    if (isLast) return AuthError.fromReason(new AuthError.Unreadable({ ...said, refused: true }))
    if (!isBan(reason)) return error
    return AuthError.fromReason(new AuthError.Throttled({ ...said, policy: "firewall", toldUntil: reason.toldUntil }))
  }
}
