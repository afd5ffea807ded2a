/**
 * How often a sign-in is presented again if its answer cannot be read: a firewall's page, a gateway's "Forbidden", HTML in a 200.
 *
 * The credentials may be right; then a session must recover by itself. They may be wrong; then each presentation counts at the
 * provider, and the fifth may lock the account. So the session presents it twice more by itself in 24 hours, 600 s or more apart, and
 * then a person has to look. In 24 hours the same credentials go out four times at most, whether a person or the session asks.
 *
 * Other credentials of a person go out at once, but only once per pause and host. So one person who corrects a typo gets through, and
 * many who try while the host bans us do not.
 */

import { apartOf } from "@pbx-auth/providers/AccountIdentity"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import { ordinaryBan } from "@pbx-auth/providers/Retry"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { toldAt } from "../time/SessionClock.ts"
import { isUnsent, type Pause, Pauses } from "./Pauses.ts"

/** How long a presentation counts, in ms. */
const DAY = 86_400_000

/** How often a sign-in is presented again by itself within a day. */
const REPEATS = 2

/** How often the same credentials are presented within a day by anyone. One less than the smallest lockout in use. */
const PRESENTATIONS = 4

/**
 * One sign-in, as its pace sees it.
 *
 * @category models
 */
export interface SignIn {
  readonly account: Account
  /** A user's. Without them the client itself signs in. */
  readonly credentials: Credentials | undefined
  /** Whether a person or an operator asked for it just now. */
  readonly isUserCall: boolean
}

interface Presented {
  readonly at: number
  /** Kept for a day, in this process only. A fingerprint would not do, because each store makes its own. */
  readonly secrets: Redacted.Redacted<string>
  readonly isUserCall: boolean
}

interface Known {
  /** The pause lasts until then, by the monotonic clock. */
  readonly until: number
  /** The presentations of the last day with an unreadable answer, in order. */
  readonly presented: ReadonlyArray<Presented>
  readonly error: AuthError.AuthError
}

/** An answer that is not the provider's, or not one that it promises. A failure without a status is no answer. */
const isUnreadable = ({ reason }: AuthError.AuthError): boolean =>
  reason.status !== undefined && (reason._tag === "Unreadable" || reason.status === 405 || isBan(reason))

/** The provider's own decision on what was presented. */
const isJudged = ({ reason }: AuthError.AuthError): boolean =>
  /^(BadCredentials|ClientRefused|PasscodeRequired)$/.test(reason._tag)

/** An intermediary refused the request. */
const isBan = (reason: AuthError.Reason): reason is AuthError.Throttled =>
  reason._tag === "Throttled" && reason.policy === "firewall"

/** What can be right or wrong. Scopes are not part of it: other scopes do not make another password. */
const secretsOf = ({ account: { client, options = {} }, credentials }: SignIn): Redacted.Redacted<string> => {
  const all = [client.secret, credentials?.password, ...Object.values(options)]
  const clear = all.map((one) => Redacted.isRedacted(one) && Redacted.value(one))
  return Redacted.make(JSON.stringify(clear))
}

const byClock = new WeakMap<Clock.Clock, SignInPacing>()

const hostOf = ({ address }: Account): string => `sign_in ${address.origin}`

/** Whether it is presented again by itself. The first presentation does not count. */
const isRepeated = ({ presented }: Known): boolean =>
  presented.length < PRESENTATIONS && presented.slice(1).filter(({ isUserCall }) => !isUserCall).length < REPEATS

/**
 * What all sessions of a process remember of such sign-ins, in any layer, registry or store, because the provider's lockout counts
 * them together. What was sent to another path (`prefix`, `trailingSlash`) counts apart. A decision of the provider clears the
 * account's entry. Days are spans, so the clock is the monotonic one.
 *
 * @category models
 */
export class SignInPacing {
  /** By account, in the order of their last presentations. A name may hold a secret option in clear, so it stays in here. */
  readonly #known = new Map<string, Known>()
  readonly #pauses: Pauses

  constructor(pauses: Pauses) {
    this.#pauses = pauses
  }

  /** The one of all that share a clock: the whole process, except in tests. */
  static of(clock: Clock.Clock): SignInPacing {
    const known = byClock.get(clock) ?? new SignInPacing(Pauses.of(clock))
    byClock.set(clock, known)
    return known
  }

  get #clock() {
    return this.#pauses.clock
  }

  /** Epoch ms, rounded up: no one may come a fraction of a millisecond early. */
  #wall(at: number): number {
    return toldAt(this.#clock, at)
  }

  /**
   * Presents a sign-in, if its pace allows. Before it fails with an unreadable answer, it tells `onUnread` when it is presented again
   * by itself, epoch ms by the wall clock; `null` if a person has to look.
   */
  present<A>(
    signIn: SignIn,
    effect: Effect.Effect<A, AuthError.AuthError>,
    onUnread: (again: number | null) => void,
  ): Effect.Effect<A, AuthError.AuthError> {
    const { address, client, provider, settings } = signIn.account
    // Another path is another configuration, and may be the very remedy that the error named.
    const path = [address.origin, address.prefix, settings.trailingSlash, ...apartOf(signIn.account)]
    const name = JSON.stringify([provider.id, ...path, client.id, signIn.credentials?.username])
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

  /** Uses the one exception from a host's pause, for a person's changed credentials, if it is not used yet. */
  #probe(account: Account): Pause | undefined {
    const pause = this.#pauses.current(hostOf(account))
    if (pause === undefined || pause.isProbed) return undefined
    pause.isProbed = true
    return pause
  }

  #recent(name: string, now: number): ReadonlyArray<Presented> {
    return this.#known.get(name)?.presented.filter(({ at }) => now - at < DAY) ?? []
  }

  /** Why a sign-in is held, and until when; nothing if it may be presented. Also whether it differs from the last one presented. */
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
    const { code, provider, status } = error.reason
    const retryAt = this.#wall(until)
    if (isLast)
      return AuthError.fromReason(new AuthError.Unreadable({ provider, status, code, retryAt, refused: true }))
    return isBan(error.reason) ? AuthError.amend(error, { retryAt }) : error
  }
}
