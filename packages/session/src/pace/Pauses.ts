/**
 * Pauses that providers asked for: no request before a moment.
 *
 * A pause belongs to a client id at a host, and applies to all sessions of a process, in a registry or not. A session that opens
 * later respects it as well. Pauses are spans, so the monotonic clock measures them.
 */

import { apartOf } from "@pbx-auth/providers/AccountIdentity"
import * as AuthError from "@pbx-auth/providers/AuthError"
import { type Account, rateLimitsOf } from "@pbx-auth/providers/Provider"
import { ordinaryBan } from "@pbx-auth/providers/Retry"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SessionClock from "../time/SessionClock.ts"
import { Sweep } from "../time/Sweep.ts"

/** The facts of a pause: an `AuthError`'s `Throttled`, or a limit that a reply names. Times are epoch ms. */
type Said = Pick<AuthError.Throttled, "retryAt" | "toldUntil" | "policy" | "per" | "provider" | "status">

/**
 * No request before `until`, a moment of the monotonic clock. Mutable: a later reply of the provider may make it longer.
 *
 * @category models
 */
export interface Pause {
  said: Said
  until: number
  /** A person has made a call meanwhile. That is allowed once. */
  isProbed: boolean
}

/**
 * Whether the request under way goes out in spite of a pause: a person's probe, and what follows from it.
 *
 * @category references
 */
export const Probing = Context.Reference<boolean>("@pbx-auth/session/Probing", { defaultValue: () => false })

/**
 * The owner of a pause: a client id at a host, or one subscriber of it; of one tenant, if an option tells tenants apart, a secret one
 * too. The name stays in this process.
 *
 * @category constructors
 */
export const nameOf = (account: Account, subscriber?: string): string =>
  JSON.stringify([account.address.origin, account.client.id, subscriber, ...apartOf(account)])

/**
 * Under which names a caller is held. A caller without a session leaves a session's own pause to that session.
 *
 * @category models
 */
export interface Names {
  readonly client: string
  readonly subscriber: string
  readonly session?: string
}

/**
 * Whether nothing was sent. A grant that may have arrived fails as `OutcomeUnknown`, and an answer has a status.
 *
 * @category guards
 */
export const isUnsent = ({ _tag, status }: AuthError.AuthError["reason"]): boolean =>
  status === undefined && (_tag === "Unavailable" || _tag === "Throttled")

const byClock = new WeakMap<Clock.Clock, Pauses>()

/** When so many are kept, those that are over are dropped. */
const SWEEP = 256

/**
 * The pauses of one process, by name.
 *
 * @category models
 */
export class Pauses {
  readonly clock: SessionClock.SessionClock
  readonly #byName = new Map<string, Pause>()
  readonly #sweep = new Sweep(SWEEP)

  constructor(clock: Clock.Clock) {
    this.clock = SessionClock.monotonic(clock)
  }

  /** The pauses of all that share a clock: the whole process, except in tests. */
  static of(clock: Clock.Clock): Pauses {
    const known = byClock.get(clock) ?? new Pauses(clock)
    byClock.set(clock, known)
    return known
  }

  /** The pause of this name, if it is on. */
  current(name: string): Pause | undefined {
    const pause = this.#byName.get(name)
    return pause !== undefined && this.isOn(pause) ? pause : undefined
  }

  isOn({ until }: Pause): boolean {
    return until > this.clock.now()
  }

  /** Records a pause. If one is on already it stays the same object, and never gets shorter. */
  note(name: string, said: Said): Pause {
    const until = this.clock.fromWall(said.retryAt)
    let pause = this.current(name)
    if (pause === undefined) {
      pause = { said, until, isProbed: false }
      this.#sweep.before(this.#byName, (one) => !this.isOn(one))
      this.#byName.set(name, pause)
    } else if (until > pause.until) Object.assign(pause, { said, until })
    return pause
  }

  /** Records a refusal under the name of the sessions that it holds: as the provider says of the refusal, or of the limit. */
  hold(said: Said, names: Names, { provider }: Account): Pause | undefined {
    const { policy, status, per = rateLimitsOf(provider)?.find((one) => one.policy === policy)?.per } = said
    // The name of a limit that no value declares says whom it holds.
    const ofAll = (per ?? policy)?.startsWith("subscriber") ? names.subscriber : names.client
    // A ban is a 403, and a reply that names a wait means all of us. Another unreadable answer may be about one password only.
    const isOfOne = policy === "firewall" && status !== 403 && !this.#isStated(said)
    const name = isOfOne ? names.session : ofAll
    return name === undefined ? undefined : this.note(name, said)
  }

  /** Whether the reply stated a longer wait than the refusal itself implies. In a success it means nothing. */
  #isStated({ retryAt, status = 0 }: Said): boolean {
    return status >= 400 && Math.round(this.clock.fromWall(retryAt) - this.clock.now()) > ordinaryBan
  }

  /** The refusal for a caller during a pause, like the provider's own. It has no status, because nothing was sent. */
  refusal({ said, until }: Pause): AuthError.AuthError {
    const { policy, provider, toldUntil } = said
    // Rounded up: no caller may come a fraction of a millisecond early.
    const retryAt = SessionClock.toldAt(this.clock, until)
    return AuthError.fromReason(new AuthError.Throttled({ provider, policy, toldUntil, retryAt }))
  }
}
