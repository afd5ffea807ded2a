/**
 * What providers said about the next request: nothing before a moment.
 *
 * A pause is of a client id at a host, and counts for all sessions of a process, in a registry or not: a session that is opened
 * after it was told keeps to it as well. Pauses are spans, so they are measured by the monotonic clock.
 */

import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Account } from "@pbx-auth/providers/Provider"
import { ordinaryBan } from "@pbx-auth/providers/Retry"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SessionClock from "../time/SessionClock.ts"

/** What is said of a pause: an `AuthError`'s `Throttled`, or a limit that a reply names. Times are epoch ms. */
type Said = Pick<AuthError.Throttled, "retryAt" | "toldUntil" | "policy" | "provider" | "status">

/**
 * Nothing before `until`, which is a moment of the monotonic clock. Mutable: a later word of the provider's makes it longer.
 *
 * @category models
 */
export interface Pause {
  said: Said
  until: number
  /** A person has asked meanwhile: that may be done once. */
  isProbed: boolean
}

/**
 * Whether the request under way goes out in spite of a pause: a person's probe, and what follows from it.
 *
 * @category references
 */
export const Probing = Context.Reference<boolean>("@pbx-auth/session/Probing", { defaultValue: () => false })

/**
 * Whose pauses they are: a client id's at a host, or of one subscriber of it.
 *
 * @category constructors
 */
export const nameOf = ({ address, client }: Account, subscriber?: string): string =>
  JSON.stringify([address.origin, client.id, subscriber])

/** Under which names somebody is held. Who has no session at hand leaves what is a session's own to that session. */
interface Names {
  readonly client: string
  readonly subscriber: string
  readonly session?: string
}

/**
 * Was nothing sent? A grant that may have arrived fails as `OutcomeUnknown`, and an answer has a status.
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
  #sweepAt = SWEEP

  constructor(clock: Clock.Clock) {
    this.clock = SessionClock.monotonic(clock)
  }

  /** Those of all who live by a clock: all of a process do, except in tests. */
  static of(clock: Clock.Clock): Pauses {
    const known = byClock.get(clock) ?? new Pauses(clock)
    byClock.set(clock, known)
    return known
  }

  /** The pause of this name, while it is on. */
  current(name: string): Pause | undefined {
    const pause = this.#byName.get(name)
    return pause !== undefined && this.isOn(pause) ? pause : undefined
  }

  isOn({ until }: Pause): boolean {
    return until > this.clock.now()
  }

  /** Takes note of a pause. One that is on already is the same one, and is never cut shorter by it. */
  note(name: string, said: Said): Pause {
    const until = this.clock.fromWall(said.retryAt)
    const known = this.current(name)
    const pause = known ?? { said, until, isProbed: false }
    if (until > pause.until) Object.assign(pause, { said, until })
    if (known === undefined) {
      if (this.#byName.size >= this.#sweepAt) this.#sweep()
      this.#byName.set(name, pause)
    }
    return pause
  }

  /** Takes note of a refusal under the name of those whom it holds. */
  hold(said: Said, names: Names): Pause | undefined {
    const { policy, status } = said
    const ofAll = policy?.startsWith("subscriber") ? names.subscriber : names.client
    // A ban is a 403, and whoever says how long to wait means us all. What else nobody can read may be about one password alone.
    const isOfOne = policy === "firewall" && status !== 403 && !this.#isStated(said)
    const name = isOfOne ? names.session : ofAll
    return name === undefined ? undefined : this.note(name, said)
  }

  /** Was a longer wait stated than that which follows from the refusal alone? One in a success means nothing. */
  #isStated({ retryAt, status = 0 }: Said): boolean {
    return status >= 400 && Math.round(this.clock.fromWall(retryAt) - this.clock.now()) > ordinaryBan
  }

  /** The refusal of whoever comes in a pause, as the provider's own was. It has no status, for nothing was sent. */
  refusal({ said, until }: Pause): AuthError.AuthError {
    const { policy, provider, toldUntil } = said
    // Nobody is to come a fraction of a millisecond early.
    const retryAt = SessionClock.toldAt(this.clock, until)
    return AuthError.fromReason(new AuthError.Throttled({ provider, policy, toldUntil, retryAt }))
  }

  #sweep(): void {
    for (const [name, pause] of this.#byName) if (!this.isOn(pause)) this.#byName.delete(name)
    this.#sweepAt = Math.max(SWEEP, 2 * this.#byName.size)
  }
}
