/**
 * The rate budget: it holds back requests that would exceed the provider's published limits.
 *
 * The vendor does not say when its windows begin. So within *any* span of a window's length no more requests go out than its quota:
 * request n waits until request n − quota is a window old. Each quota is a ring of that many places (`Places`, `Quotas`), counted in
 * this process, or by a `SharedQuota` for all processes that use it.
 *
 * Calls wait in a queue (`CallLines`). Token calls have places of their own beside the queue (`TokenTurns`), and calls give way to
 * those that still find none. `Payers` knows which quotas a request takes from, and `Holds` what the provider itself said.
 *
 * All moments in here are of the monotonic clock: a change of the wall clock neither empties a window nor makes it longer. What
 * callers get is epoch ms.
 */

import * as AuthError from "@pbx-auth/providers/AuthError"
import { type Account, type RateLimit, rateLimitsOf } from "@pbx-auth/providers/Provider"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Pacing } from "../Pacing.ts"
import type { Pauses } from "../pace/Pauses.ts"
import { toldAt } from "../time/SessionClock.ts"
import * as Span from "../time/Span.ts"
import { CallLines, type Waiting } from "./CallLines.ts"
import * as Holds from "./Holds.ts"
import { PartitionLines } from "./PartitionLines.ts"
import { type Payer, Payers } from "./Payers.ts"
import { type Counting, Quotas } from "./Quotas.ts"
import { TokenTurns } from "./TokenTurns.ts"

/**
 * @category models
 */
export interface Options {
  /** Replaces the limits that providers publish. */
  readonly limits?: ReadonlyArray<RateLimit> | undefined
  /**
   * How long a call waits for its turn before it fails as `Throttled`. If it is known that the wait will be longer, it fails at once.
   * In ms, or a span such as `"1 minute"`. Default: two minutes for a session without credentials of its own (a person signs in), an
   * hour for any other.
   */
  readonly patience?: Duration.Input | undefined
}

/** The default of `patience`, in ms. The first is for a person in front of a screen, the second for a job. */
const PATIENCE = { person: 120_000, registry: 3_600_000 }

/** After a failed presentation the next one is spread over a second. */
const SPREAD = 1_000

/** Hears what is waited out. */
export type OnPause = (error: AuthError.AuthError) => void

type Asking<A> = Effect.Effect<A, AuthError.AuthError>

/** The error for a caller that has to come back at a moment of the monotonic clock. */
const late =
  ({ clock }: Pauses, { provider }: Account) =>
  (policy: AuthError.LimitPolicy, at: number): AuthError.AuthError =>
    AuthError.fromReason(new AuthError.Throttled({ provider: provider.id, policy, retryAt: toldAt(clock, at) }))

/**
 * The budget of one registry.
 *
 * @category models
 */
export class RateBudget {
  readonly #options: Options & { readonly patience: number | undefined }
  /** What providers said about the next request. */
  readonly pauses: Pauses
  /** The payers of each request. */
  readonly payers = new Payers()
  readonly #quotas: Quotas
  readonly #tokens: TokenTurns
  readonly #calls: CallLines

  constructor(counting: Counting, options: Options, pauses: Pauses) {
    this.#options = { ...options, patience: Span.millis(options.patience) }
    this.pauses = pauses
    const lines = new PartitionLines()
    this.#quotas = new Quotas(counting, lines, pauses)
    this.#tokens = new TokenTurns(this.#quotas, pauses.clock)
    this.#calls = new CallLines(this.#quotas, lines, this.#tokens, pauses)
  }

  /** The calls that wait now, in no particular order. */
  get waiting(): ReadonlyArray<Waiting> {
    return this.#calls.waiting
  }

  /** The limits of an account's provider; none if it publishes none. */
  limitsOf({ provider }: Account): ReadonlyArray<RateLimit> {
    const limits = rateLimitsOf(provider)
    return limits === undefined ? [] : (this.#options.limits ?? limits)
  }

  /**
   * Records who pays for an account's requests, and returns the account that identifies them to the budget: the same object, unless
   * it already belongs to another payer. `isPersons`: only a person can sign in.
   */
  enrol<A extends Account>(account: A, subscriber: string, isPersons = false): A {
    return this.limitsOf(account).length === 0 ? account : this.payers.enrol(account, subscriber, isPersons)
  }

  /** How the calls of an enrolled account go out, or of a subject that it acts for. `onPause` hears what they wait out. */
  pacing(account: Account, subject?: string, onPause?: OnPause): Pacing | undefined {
    const subscriber = subject ?? this.payers.subscriberOf(account)
    if (subscriber === undefined || this.limitsOf(account).length === 0) return undefined
    const who = () => this.payers.of(account, subscriber)
    const turn = Effect.suspend(() => this.turn(account, who(), onPause))
    return {
      turn,
      patiently: (effect) => this.patiently(account, effect, onPause),
      inTurn: (bearer) => {
        const patient = this.patiently(account, bearer, onPause)
        return Effect.andThen(Effect.andThen(patient, turn), patient)
      },
      note: (headers, status) =>
        Effect.map(Clock.currentTimeMillis, (now) => Holds.note(this.pauses, account, who(), headers, status, now)),
    }
  }

  /** Waits in the queue for a turn, and takes it. */
  turn(account: Account, who: Payer, onPause?: OnPause): Asking<void> {
    return this.#calls.turn(this.limitsOf(account), who, this.#patienceOf(account), late(this.pauses, account), onPause)
  }

  /** A token call's turn. If there is none, the call is expected again under `name`. */
  tokenTurn(account: Account, who: Payer, name: string): Asking<void> {
    return this.#tokens.take(this.limitsOf(account), who, name, late(this.pauses, account))
  }

  /**
   * The turn of a revocation. It waits as long as necessary: no one retries a revocation, and an unrevoked token works as long as it
   * lives. But a session that closes does not wait for its turn.
   */
  unhurriedTurn(account: Account, who: Payer): Asking<void> {
    const limits = this.limitsOf(account)
    return Effect.flatMap(this.#quotas.take(limits, who, ["calls"]), (blocked) =>
      blocked === undefined
        ? Effect.void
        : Effect.interruptible(this.#calls.turn(limits, who, undefined, late(this.pauses, account))),
    )
  }

  /** For an effect that presents something: after a `Throttled` it waits for the moment that was named, and tries again. */
  patiently<A>(account: Account, effect: Asking<A>, onPause?: OnPause): Asking<A> {
    const { clock } = this.pauses
    const within = (until: number): Asking<A> =>
      Effect.catch(effect, (error) => {
        const { reason } = error
        // A person has to look at a firewall's ban.
        if (reason._tag !== "Throttled" || reason.policy === "firewall") return Effect.fail(error)
        const at = clock.fromWall(reason.retryAt)
        if (at > until) return Effect.fail(error)
        onPause?.(error)
        return Effect.andThen(Effect.sleep(Math.max(0, at - clock.now()) + SPREAD), within(until))
      })
    return Effect.suspend(() => within(clock.now() + this.#patienceOf(account)))
  }

  #patienceOf(account: Account): number {
    return this.#options.patience ?? PATIENCE[this.payers.isPersons(account) ? "person" : "registry"]
  }
}
