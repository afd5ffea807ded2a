/**
 * The rate budget: no request goes out that the provider's published limits would turn away.
 *
 * The vendor does not say when its windows begin, so within *any* span of a window's length no more requests go out than its
 * quota: request n waits until request n − quota is a window old. Each quota is a ring of that many places, and a place is a key
 * of Effect's `RateLimiter` that may be taken once per window. So processes that share the limiter's store share the budget.
 *
 * Calls wait in line, first come, first served, one line per subscriber and one per client id; whoever stops waiting leaves
 * nothing behind. Token calls have places of their own beside the line, and calls stand back for those that still find none: a
 * renewal must not starve behind a bulk job. They do not wait for long, because whoever presents holds a claim meanwhile: they
 * fail as `Throttled`, each with a moment of its own, in the order in which they came; the chart waits for it (see `TokenQueue`).
 *
 * Until when a ring has no place is known from the last look at it, so however many wait, a place costs one look.
 *
 * Whatever lasts is a span, so all moments in here are of the monotonic clock: a wall clock that is set neither empties a window
 * nor makes it longer. Only what is told to others is epoch ms.
 */

import * as AuthError from "@pbx-auth/providers/AuthError"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type { Account, Dialect, RateLimit } from "@pbx-auth/providers/Provider"
import * as Retry from "@pbx-auth/providers/Retry"
import type { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import type * as Redacted from "effect/Redacted"
import { Line } from "../engine/Line.ts"
import { nameOf as nameOfPause, type Pauses, Probing } from "../engine/Pauses.ts"
import type { Pacing } from "./Pacing.ts"
import { keyOf, MARGIN, type Payer, paceOf, type Ring, takeOne } from "./Ring.ts"
import { SubscriberNames } from "./SubscriberNames.ts"
import { type Blocked, TokenQueue } from "./TokenQueue.ts"

/**
 * Somebody who waits for a turn. `retryAt` (epoch ms) and `policy` are known of whoever is first in line, and `undefined` of those
 * behind.
 *
 * @category models
 */
export interface Waiting {
  readonly subscriber: string
  readonly policy: AuthError.LimitPolicy | undefined
  readonly retryAt: number | undefined
}

/**
 * @category models
 */
export interface Options {
  /** In place of what providers publish. */
  readonly limits?: ReadonlyArray<RateLimit> | undefined
  /**
   * How long a call waits for its turn before it fails as `Throttled`, in ms. Where it is known that it will take longer, it fails
   * at once. Default: 120 000 for the session of a person, which has no credentials of its own; 3 600 000 for any other.
   */
  readonly patience?: number | undefined
}

/** What the platforms publish. It stands here and not on a provider, so that a client without a budget does not carry it. */
const published: { readonly [Id in Dialect["id"]]?: ReadonlyArray<RateLimit> } = { netsapiens: NetSapiens.rateLimits }

/** The default of `patience`, in ms: somebody sits in front of the first, and a job is behind the second. */
const PATIENCE = { person: 120_000, registry: 3_600_000 }

/** How long a token call waits, in ms: its claim is good for its deadline and five seconds. */
const TOKEN_PATIENCE = 2_000

/** After a failed presentation the next one is spread over a second. */
const SPREAD = 1_000

/** When so many counters are kept, those that have ended are dropped. */
const SWEEP = 1_024

/** Somebody who waits; mutable, and by the monotonic clock. */
interface Place {
  readonly subscriber: string
  policy: AuthError.LimitPolicy | undefined
  until: number | undefined
}

/** Of API calls alone: a `Retry-After` of whose reply no status is known may be anything, and so holds no token. */
const ofCalls = (pause: string): string => `calls ${pause}`

/** The name of the partition of a limit to which somebody's requests belong. */
const nameOf = (per: RateLimit["per"], { client, subscriber }: Payer): string =>
  per === "client" ? `client:${client}` : `subscriber:${client}:${subscriber}`

/**
 * The budget of one registry.
 *
 * @category models
 */
export class RateBudget {
  readonly #limiter: RateLimiter.RateLimiter
  readonly #options: Options
  /** One look at the rings at a time, so that two do not find the same place free. */
  readonly #one = new Line()
  readonly #lines = new Map<string, Line>()
  /** Token calls that wait, by partition. */
  readonly #queues = new Map<string, TokenQueue>()
  /** Until when a ring has no place; a moment that is past says which is spent the soonest. */
  readonly #spent = new Map<string, number>()
  readonly #pauses: Pauses
  #sweepAt = SWEEP
  /** Who pays for an account's requests. */
  readonly #subscribers = new WeakMap<Account, string>()
  /** The subjects whose next acting has had its turn already. */
  readonly #prepaid = new Map<Account, Set<string>>()
  /** Whom a bearer that was derived speaks for. */
  readonly #subjects = new WeakMap<Redacted.Redacted<string>, string>()
  /** The names under which subscribers are counted that signed in under another. */
  readonly #names = new SubscriberNames()
  readonly #places = new Set<Place>()
  /** The accounts of persons: nobody but they can sign in. */
  readonly #people = new WeakSet<Account>()

  constructor(limiter: RateLimiter.RateLimiter, options: Options, pauses: Pauses) {
    this.#limiter = limiter
    this.#options = options
    this.#pauses = pauses
  }

  #now(): number {
    return this.#pauses.clock.now()
  }

  /** Epoch ms, of a moment in here. Nobody is to come a fraction of a millisecond early. */
  #wall(at: number): number {
    return Math.ceil(this.#pauses.clock.toWall(at))
  }

  #throttled({ provider }: Account, policy: AuthError.LimitPolicy, at: number) {
    return AuthError.fromReason(new AuthError.Throttled({ provider: provider.id, policy, retryAt: this.#wall(at) }))
  }

  #patienceOf(account: Account): number {
    return this.#options.patience ?? PATIENCE[this.#people.has(account) ? "person" : "registry"]
  }

  /** Who waits now, in no particular order. */
  get waiting(): ReadonlyArray<Waiting> {
    return [...this.#places].map(({ policy, subscriber, until }) => ({
      subscriber,
      policy,
      retryAt: until && this.#wall(until),
    }))
  }

  /** The limits of an account's provider; none where it publishes none. */
  limitsOf({ provider }: Account): ReadonlyArray<RateLimit> {
    const limits = published[provider.dialect.id]
    return limits === undefined ? [] : (this.#options.limits ?? limits)
  }

  /** Whose quotas the requests of an account's take from. One client id of an operator's is one, at whichever of its hosts. */
  payer(account: Account, subscriber: string): Payer {
    const { address, client, provider } = account
    const operator = provider.id === "netsapiens" ? address.origin : provider.id
    const known = this.#names.of(subscriber)
    const paused = { client: nameOfPause(account), subscriber: nameOfPause(account, known) }
    return { client: JSON.stringify([operator, client.id]), subscriber: known, paused }
  }

  /**
   * Takes note of who pays for an account's requests, and gives the account by which the budget knows that: the same one, unless
   * it is somebody else's already. `isPersons`: nobody but a person can sign in.
   */
  enrol<A extends Account>(account: A, subscriber: string, isPersons = false): A {
    if (this.limitsOf(account).length === 0) return account
    const isAnothers = (this.#subscribers.get(account) ?? subscriber) !== subscriber
    const own = isAnothers ? { ...account } : account
    this.#subscribers.set(own, subscriber)
    if (isPersons) this.#people.add(own)
    return own
  }

  /** How the calls of an enrolled account go out, or of somebody for whom it acts. */
  pacing(account: Account, subject?: string): Pacing | undefined {
    const subscriber = subject ?? this.#subscribers.get(account)
    if (subscriber === undefined || this.limitsOf(account).length === 0) return undefined
    const who = () => this.payer(account, subscriber)
    const turn = Effect.suspend(() => this.turn(account, who()))
    return {
      turn,
      patiently: (effect) => this.patiently(account, effect),
      inTurn: (bearer) => {
        const patient = this.patiently(account, bearer)
        return Effect.andThen(Effect.andThen(patient, turn), patient)
      },
      note: (headers, status) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const { paused } = who()
          const hold = (limit: Retry.Limit) => this.#pauses.hold({ ...limit, provider: account.provider.id }, paused)
          Retry.limitsOf(headers, now, status ?? 200).forEach(hold)
          if (status !== undefined) return
          for (const limit of Retry.limitsOf({ ...headers, ratelimit: undefined }, now, 429)) {
            this.#pauses.note(ofCalls(paused.client), { ...limit, provider: account.provider.id })
          }
        }),
    }
  }

  /** Runs an effect that presents for `subject` what has had its turn already. */
  prepaid<A, E, R>(account: Account, subject: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const subjects = this.#prepaid.get(account) ?? new Set()
      this.#prepaid.set(account, subjects.add(subject))
      return Effect.ensuring(
        effect,
        Effect.sync(() => {
          subjects.delete(subject)
          if (subjects.size === 0) this.#prepaid.delete(account)
        }),
      )
    })
  }

  /** An endpoint whose requests take from the budget, where their account is enrolled. */
  endpoint(base: TokenEndpoint["Service"]): TokenEndpoint["Service"] {
    return {
      present: (account, grant) => {
        const own = this.#subscribers.get(account)
        const request = base.present(account, grant)
        if (own === undefined) return request
        const subject = grant._tag === "ActAs" ? grant.subject : undefined
        return this.#charged(account, own, request, (who) =>
          subject !== undefined && this.#prepaid.get(account)?.delete(subject) === true
            ? Effect.void
            : this.#takeBriefly(account, who, JSON.stringify([own, subject])),
        ).pipe(
          Effect.tap((reply) =>
            Effect.sync(() => {
              if (reply._tag !== "Issued") return
              const { accessToken, identity } = reply.tokens
              if (subject !== undefined) {
                this.#subjects.set(accessToken, subject)
                return
              }
              const extension = own.split("@")[0]
              const uid = identity.uid ?? (identity.domain && `${extension}@${identity.domain}`)
              if (uid !== undefined) this.#names.learn(account, own, uid)
            }),
          ),
        )
      },
      inspect: (account, bearer) => {
        const payer = this.#payerOf(account, bearer)
        const request = base.inspect(account, bearer)
        return payer === undefined ? request : this.#charged(account, payer, request, (who) => this.turn(account, who))
      },
      revoke: (account, bearer) => {
        const payer = this.#payerOf(account, bearer)
        const request = base.revoke(account, bearer)
        // It waits as long as it takes: nobody comes back for a token that was not revoked, and it is good as long as it lives. But
        // a session that closes does not wait for its turn.
        return payer === undefined
          ? request
          : this.#charged(account, payer, request, (who) =>
              Effect.flatMap(this.#take(account, who, "calls"), (blocked) =>
                blocked === undefined ? Effect.void : Effect.interruptible(this.#turnWithin(account, who, undefined)),
              ),
            )
      },
    }
  }

  #payerOf(account: Account, bearer: Redacted.Redacted<string>): string | undefined {
    const own = this.#subscribers.get(account)
    return own === undefined ? undefined : (this.#subjects.get(bearer) ?? own)
  }

  #charged<A>(
    account: Account,
    subscriber: string,
    request: Effect.Effect<A, AuthError.AuthError>,
    turn: (who: Payer) => Effect.Effect<void, AuthError.AuthError>,
  ): Effect.Effect<A, AuthError.AuthError> {
    return Effect.suspend(() => {
      const who = this.payer(account, subscriber)
      // The provider's own word alone: what the budget says of one ring is nothing to the other.
      const heeded = Effect.tapError(request, ({ reason }) =>
        Effect.sync(() => {
          if (reason._tag === "Throttled" && reason.status !== undefined) this.#pauses.hold(reason, who.paused)
        }),
      )
      return Effect.andThen(turn(who), heeded)
    })
  }

  /** Waits in line for a turn, and takes it. */
  turn(account: Account, who: Payer): Effect.Effect<void, AuthError.AuthError> {
    return this.#turnWithin(account, who, this.#patienceOf(account))
  }

  /** `patience` in ms; without it, as long as it takes. */
  #turnWithin(account: Account, who: Payer, patience: number | undefined): Effect.Effect<void, AuthError.AuthError> {
    const place: Place = { subscriber: who.subscriber, policy: undefined, until: undefined }
    const waits = ({ policy, wait }: Blocked) =>
      Effect.suspend(() => {
        place.policy = policy
        place.until = this.#now() + wait
        return Effect.sleep(wait)
      })
    const look = Effect.andThen(this.#standBack(who), this.#take(account, who, "calls"))
    /** First of the client's line: until there is a place, or it is the subscriber's own quota that is spent. */
    const first: Effect.Effect<Blocked | undefined> = Effect.flatMap(look, (blocked) =>
      blocked?.per === "client" ? Effect.andThen(waits(blocked), first) : Effect.succeed(blocked),
    )
    const firstOfOwn: Effect.Effect<void> = Effect.flatMap(this.#inLine(nameOf("client", who), first), (blocked) =>
      blocked === undefined ? Effect.void : Effect.andThen(waits(blocked), firstOfOwn),
    )
    const line = this.#inLine(nameOf("subscriber", who), firstOfOwn)
    return Effect.suspend(() => {
      this.#places.add(place)
      if (patience === undefined) return line
      // Nobody waits in line for what comes too late for them.
      const held = this.#held(this.limitsOf(account), who, "calls")
      if (held !== undefined && held.wait > patience) {
        return this.#throttled(account, held.policy, this.#now() + held.wait)
      }
      return Effect.timeoutOrElse(line, {
        duration: patience,
        orElse: () =>
          Effect.suspend(() => {
            const now = this.#now()
            const { policy = "client_minute", until = now + MARGIN } = place
            return this.#throttled(account, policy, Math.max(now, until))
          }),
      })
    }).pipe(Effect.ensuring(Effect.sync(() => this.#places.delete(place))))
  }

  /** For whatever presents something: after a `Throttled` it waits for the moment that was named, and tries again. */
  patiently<A>(account: Account, effect: Effect.Effect<A, AuthError.AuthError>): Effect.Effect<A, AuthError.AuthError> {
    const within = (until: number): Effect.Effect<A, AuthError.AuthError> =>
      Effect.catch(effect, (error) => {
        const { reason } = error
        // A firewall's ban is for a person to look at.
        if (reason._tag !== "Throttled" || reason.policy === "firewall") return Effect.fail(error)
        const at = this.#pauses.clock.fromWall(reason.retryAt)
        if (at > until) return Effect.fail(error)
        return Effect.andThen(Effect.sleep(Math.max(0, at - this.#now()) + SPREAD), within(until))
      })
    return Effect.suspend(() => within(this.#now() + this.#patienceOf(account)))
  }

  /**
   * A token call's: from its own places or from those of all, and not for long. `name` is under which it is expected again when
   * it fails.
   */
  #takeBriefly(account: Account, who: Payer, name: string): Effect.Effect<void, AuthError.AuthError> {
    const partitions = { client: nameOf("client", who), subscriber: nameOf("subscriber", who) }
    const queues = () => Object.values(partitions).flatMap((partition) => this.#queues.get(partition) ?? [])
    const leave = Effect.sync(() => {
      for (const queue of queues()) queue.leave(name)
    })
    const attempt = (left: number): Effect.Effect<void, AuthError.AuthError> =>
      Effect.gen({ self: this }, function* () {
        let now = this.#now()
        let queue = queues().find((one) => !one.isTurnOf(name, now))
        if (queue === undefined) {
          const blocked = yield* this.#takeEither(account, who)
          if (blocked === undefined) return yield* leave
          now = this.#now()
          queue = this.#queueOf(partitions[blocked.per], now)
          queue.postpone(name, blocked, now)
        }
        const at = queue.promiseOf(name, now)
        const wait = Math.max(1, at - now)
        if (wait > left) return yield* this.#throttled(account, queue.policy, at)
        yield* Effect.sleep(wait)
        yield* attempt(left - wait)
      })
    return Effect.onInterrupt(attempt(TOKEN_PATIENCE), () => leave)
  }

  /** From the places of token calls, or else from those of all. */
  #takeEither(account: Account, who: Payer): Effect.Effect<Blocked | undefined> {
    return Effect.flatMap(this.#take(account, who, "tokens"), (own) =>
      own === undefined
        ? Effect.succeed(own)
        : Effect.map(this.#take(account, who, "calls"), (blocked) =>
            blocked === undefined || blocked.wait < own.wait ? blocked : own,
          ),
    )
  }

  #queueOf(partition: string, now: number): TokenQueue {
    const known = this.#queues.get(partition)
    if (known !== undefined) return known
    this.#sweep(now)
    const queue = new TokenQueue()
    this.#queues.set(partition, queue)
    return queue
  }

  /** A call lets those token calls go first that are expected now. */
  #standBack(who: Payer): Effect.Effect<void> {
    return Effect.suspend(() => {
      const now = this.#now()
      const of = (per: RateLimit["per"]) => this.#queues.get(nameOf(per, who))?.yields(now) ?? 0
      const wait = Math.max(of("client"), of("subscriber"))
      return wait === 0 ? Effect.void : Effect.sleep(wait)
    })
  }

  /** Forgets what is over, now and then. */
  #sweep(now: number): void {
    if (this.#queues.size + this.#spent.size < this.#sweepAt) return
    for (const [name, queue] of this.#queues) if (queue.isOver(now)) this.#queues.delete(name)
    for (const [name, until] of this.#spent) if (until <= now) this.#spent.delete(name)
    this.#sweepAt = Math.max(SWEEP, 2 * (this.#queues.size + this.#spent.size))
  }

  /** Until when the provider said that nothing may go out. */
  #held(limits: ReadonlyArray<RateLimit>, { paused }: Payer, ring: Ring): Blocked | undefined {
    for (const per of ["client", "subscriber"] as const) {
      const calls = ring === "calls" && per === "client" ? this.#pauses.current(ofCalls(paused.client)) : undefined
      const pause = this.#pauses.current(paused[per]) ?? calls
      if (pause === undefined) continue
      const pace = Math.min(...limits.map(paceOf))
      return { policy: pause.said.policy ?? `${per}_minute`, per, pace, wait: pause.until - this.#now() }
    }
    return undefined
  }

  /** Until when a ring has no place, as far as that is known without a look at it. */
  #known(limits: ReadonlyArray<RateLimit>, who: Payer, ring: Ring, now: number): Blocked | undefined {
    for (const limit of limits) {
      const until = this.#spent.get(keyOf(limit, who, ring)) ?? 0
      if (until > now) return { policy: limit.policy, per: limit.per, pace: paceOf(limit), wait: until - now }
    }
    return undefined
  }

  /** A place of every limit, or of none. */
  #take(account: Account, who: Payer, ring: Ring): Effect.Effect<Blocked | undefined> {
    return Effect.gen({ self: this }, function* () {
      const now = this.#now()
      const taken: Array<Effect.Effect<unknown>> = []
      const limits = this.limitsOf(account)
      const held = (yield* Probing) ? undefined : this.#held(limits, who, ring)
      const known = held ?? this.#known(limits, who, ring, now)
      if (known !== undefined) return known
      const wasSpent = (limit: RateLimit) => (this.#spent.has(keyOf(limit, who, ring)) ? 0 : 1)
      // The one that was spent the last time comes first: then nothing has to be given back.
      for (const limit of [...limits].sort((a, b) => wasSpent(a) - wasSpent(b))) {
        const key = keyOf(limit, who, ring)
        const found = yield* takeOne(this.#limiter, limit, key, ring, taken)
        if (found === undefined) {
          this.#spent.delete(key)
          continue
        }
        this.#sweep(now)
        this.#spent.set(key, now + found)
        // What was taken of the others is given back: only a request that goes out counts.
        yield* Effect.forEach(taken, (giveBack) => giveBack, { discard: true })
        return { policy: limit.policy, per: limit.per, pace: paceOf(limit), wait: found }
      }
      return undefined
    }).pipe(
      (look) => this.#one.through(look),
      // A store that fails must not stop the calls: the provider's own word still counts.
      Effect.catch(() =>
        Effect.as(
          Effect.logWarning("pbx-auth: the store of the rate limiter failed; calls go out uncounted"),
          undefined,
        ),
      ),
      Effect.uninterruptible,
    )
  }

  /** Runs an effect when those are through who came before. */
  #inLine<A, E>(name: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const line = this.#lines.get(name) ?? new Line()
      this.#lines.set(name, line)
      return Effect.ensuring(
        line.through(effect),
        Effect.sync(() => {
          if (line.isEmpty) this.#lines.delete(name)
        }),
      )
    })
  }
}

/**
 * A store of the limiter's in this process, that forgets what has ended: Effect's own keeps every key for good, and a budget has
 * one for each request of the last hour.
 *
 * @category layers
 */
export const layerStoreMemory: Layer.Layer<RateLimiter.RateLimiterStore> = Layer.effect(
  RateLimiter.RateLimiterStore,
  Effect.map(RateLimiter.RateLimiterStore, (store) => {
    const counters = new Map<string, { count: number; expiresAt: number }>()
    let sweepAt = SWEEP
    const sweep = (now: number) => {
      for (const [key, { expiresAt }] of counters) if (expiresAt <= now) counters.delete(key)
      sweepAt = Math.max(SWEEP, 2 * counters.size)
    }
    return RateLimiter.RateLimiterStore.of({
      ...store,
      fixedWindow: ({ key, limit, refillRate, tokens }) =>
        Effect.map(Clock.monotonicTimeNanos, (nanos) => {
          // A window is a span: a wall clock that is set back must not make it longer.
          const now = Number(nanos / 1_000_000n)
          if (counters.size >= sweepAt) sweep(now)
          const known = counters.get(key)
          const { count, expiresAt } =
            known === undefined || known.expiresAt <= now ? { count: 0, expiresAt: now } : known
          const next = count + tokens
          if (limit !== undefined && next > limit) return [next, expiresAt - now] as const
          const ends = expiresAt + tokens * Duration.toMillis(refillRate)
          if (next > 0 && ends > now) counters.set(key, { count: next, expiresAt: ends })
          else counters.delete(key)
          return [next, ends - now] as const
        }),
    })
  }),
).pipe(Layer.provide(RateLimiter.layerStoreMemory))

/**
 * The limiter that a registry takes when it is given none.
 *
 * @category layers
 */
export const layerMemory: Layer.Layer<RateLimiter.RateLimiter> = Layer.provide(RateLimiter.layer, layerStoreMemory)
