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
 * fail as `Throttled`, each with a moment of its own, in the order in which they came; the chart waits for it (see `Queue`).
 *
 * Until when a ring has no place is known from the last look at it, so however many wait, a place costs one look.
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
import type { Pacing } from "./Pacing.ts"
import { SubscriberNames } from "./SubscriberNames.ts"

/**
 * Whose quotas a request takes from.
 *
 * @category models
 */
export interface Payer {
  readonly client: string
  readonly subscriber: string
}

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
  /** How long a call waits for its turn before it fails as `Throttled`, in ms. Default: as long as it takes. */
  readonly patience?: number | undefined
}

/** What the platforms publish. It stands here and not on a provider, so that a client without a budget does not carry it. */
const published: { readonly [Id in Dialect["id"]]?: ReadonlyArray<RateLimit> } = { netsapiens: NetSapiens.rateLimits }

/** How much longer than its window a place is kept, in ms: two requests may come closer to each other on their way. */
const MARGIN = 1_000

/** The share of a quota that is kept for token calls. */
const RESERVE = 0.05

/** How long a token call waits, in ms: its claim is good for its deadline and five seconds. */
const TOKEN_PATIENCE = 2_000

/** After a failed presentation the next one is spread over a second. */
const SPREAD = 1_000

/** When so many counters are kept, those that have ended are dropped. */
const SWEEP = 1_024

/** How often a place is looked for anew when another process was quicker. */
const RACES = 16

type Ring = "calls" | "tokens"

interface Blocked {
  readonly policy: AuthError.LimitPolicy
  readonly per: RateLimit["per"]
  /** How far apart the quota lets requests be, one with another, in ms. */
  readonly pace: number
  /** ms */
  readonly wait: number
}

const paceOf = ({ quota, window }: RateLimit): number => window / Math.max(1, quota)

/** How long a token call that was told when to come is expected after that, in ms: the chart comes within a second. */
const GRACE = 3_000

/** What a token call was told. */
interface Promised {
  /** When to come; epoch ms. */
  readonly at: number
  /** Until when it is expected; epoch ms. */
  readonly until: number
  /** How often it was told so. */
  readonly times: number
}

/**
 * Token calls that found no place, the one that came first at the head. Each is promised a moment of its own, as far from the
 * next one's as the provider's quota lets requests follow each other: so they do not all come back at once for one place.
 */
class Queue {
  readonly #promised = new Map<string, Promised>()
  /** The latest moment that was promised. */
  #last = 0
  #policy: AuthError.LimitPolicy = "client_minute"
  #pace = 0

  /** For which limit is waited. */
  get policy(): AuthError.LimitPolicy {
    return this.#policy
  }

  /** Nobody is awaited any more. */
  isOver(now: number): boolean {
    return this.#head(now) === undefined
  }

  /** Has the moment come that was promised? Without a promise: is nobody before? */
  isTurnOf(name: string, now: number): boolean {
    const promised = this.#promised.get(name)
    return promised === undefined ? this.isOver(now) : promised.at <= now
  }

  /** There is no place: another moment is promised. Who was promised one already keeps the place in the queue. */
  postpone(name: string, { pace, policy, wait }: Blocked, now: number): void {
    this.#policy = policy
    this.#pace = pace
    let before = 0
    for (const [other, { until }] of this.#promised) {
      if (other === name) break
      if (until >= now) before += 1
    }
    this.#promise(name, now + wait + before * pace, now)
  }

  /** The moment that was promised; who comes without one is the last. */
  promiseOf(name: string, now: number): number {
    return this.#promised.get(name)?.at ?? this.#promise(name, Math.max(now, this.#last) + this.#pace, now)
  }

  leave(name: string): void {
    this.#promised.delete(name)
    if (this.#promised.size === 0) this.#last = 0
  }

  /** How long others stand back, in ms, so that whoever is expected now finds a place: two of three places are theirs. */
  yields(now: number): number {
    const head = this.#head(now)
    return head !== undefined && head <= now + this.#pace ? 2 * this.#pace : 0
  }

  /** The moment of whoever came first, once those are left out who did not come. */
  #head(now: number): number | undefined {
    for (const [name, { at, until }] of this.#promised) {
      if (until >= now) return at
      this.leave(name)
    }
    return undefined
  }

  #promise(name: string, earliest: number, now: number): number {
    const at = Math.ceil(earliest)
    const times = (this.#promised.get(name)?.times ?? 0) + 1
    // The more often it fails, the later the chart tries again, whatever it was told.
    const backoff = Math.min(Retry.longestBackoff, 1_000 * 2 ** (times - 1)) * 1.2
    this.#promised.set(name, { at, until: Math.max(at, now + backoff) + GRACE, times })
    this.#last = Math.max(this.#last, at)
    return at
  }
}

/** A mutable `Waiting`. */
interface Place {
  readonly subscriber: string
  policy: AuthError.LimitPolicy | undefined
  retryAt: number | undefined
}

const throttled = (account: Account, policy: AuthError.LimitPolicy, retryAt: number) =>
  AuthError.refuse(new AuthError.Throttled({ provider: account.provider.id, policy, retryAt }))

/** The name of the partition of a limit to which somebody's requests belong. */
const nameOf = (per: RateLimit["per"], { client, subscriber }: Payer): string =>
  per === "client" ? `client:${client}` : `subscriber:${client}:${subscriber}`

/** The key of a ring at the limiter. */
const keyOf = ({ per, policy }: RateLimit, { client, subscriber }: Payer, ring: Ring): string =>
  `pbx-auth:${policy}:${per === "client" ? client : `${client}:${subscriber}`}:${ring}`

/** The quota of one ring of a limit. */
const quotaOf = ({ quota }: RateLimit, ring: Ring): number => {
  const reserved = quota < 4 ? 0 : Math.max(1, Math.floor(quota * RESERVE))
  return ring === "tokens" ? reserved : quota - reserved
}

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
  readonly #queues = new Map<string, Queue>()
  /** Until when a ring has no place, epoch ms; a moment that is past says which is spent the soonest. */
  readonly #spent = new Map<string, number>()
  /** What the provider said about a partition: nothing before `until`, epoch ms. */
  readonly #holds = new Map<string, { readonly until: number; readonly policy: AuthError.LimitPolicy | undefined }>()
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

  constructor(limiter: RateLimiter.RateLimiter, options: Options) {
    this.#limiter = limiter
    this.#options = options
  }

  /** Who waits now, in no particular order. */
  get waiting(): ReadonlyArray<Waiting> {
    return [...this.#places].map((place) => ({ ...place }))
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
    return { client: JSON.stringify([operator, client.id]), subscriber: this.#names.of(subscriber) }
  }

  /**
   * Takes note of who pays for an account's requests, and gives the account by which the budget knows that: the same one, unless
   * it is somebody else's already.
   */
  enrol<A extends Account>(account: A, subscriber: string): A {
    if (this.limitsOf(account).length === 0) return account
    const isAnothers = (this.#subscribers.get(account) ?? subscriber) !== subscriber
    const own = isAnothers ? { ...account } : account
    this.#subscribers.set(own, subscriber)
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
      patiently: (effect) => this.patiently(effect),
      inTurn: (bearer) => {
        const patient = this.patiently(bearer)
        return Effect.andThen(Effect.andThen(patient, turn), patient)
      },
      note: (headers) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          for (const { policy, retryAt } of Retry.spentLimits(headers.ratelimit, now))
            this.#hold(who(), policy, retryAt)
          const later = Retry.retryAfter(headers["retry-after"], now, headers.date)
          if (later !== undefined) this.#hold(who(), undefined, later.retryAt)
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
          if (reason._tag === "Throttled") this.#hold(who, reason.policy, reason.retryAt)
        }),
      )
      return Effect.andThen(turn(who), heeded)
    })
  }

  /** Waits in line for a turn, and takes it. */
  turn(account: Account, who: Payer): Effect.Effect<void, AuthError.AuthError> {
    return this.#turnWithin(account, who, this.#options.patience)
  }

  /** `patience` in ms; without it, as long as it takes. */
  #turnWithin(account: Account, who: Payer, patience: number | undefined): Effect.Effect<void, AuthError.AuthError> {
    const place: Place = { subscriber: who.subscriber, policy: undefined, retryAt: undefined }
    const waits = ({ policy, wait }: Blocked) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        place.policy = policy
        place.retryAt = now + wait
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
      return patience === undefined
        ? line
        : Effect.timeoutOrElse(line, {
            duration: patience,
            orElse: () =>
              Effect.flatMap(Clock.currentTimeMillis, (now) => {
                const { policy = "client_minute", retryAt = now + MARGIN } = place
                return throttled(account, policy, Math.max(now, retryAt))
              }),
          })
    }).pipe(Effect.ensuring(Effect.sync(() => this.#places.delete(place))))
  }

  /** For whatever presents something: after a `Throttled` it waits for the moment that was named, and tries again. */
  patiently<A>(effect: Effect.Effect<A, AuthError.AuthError>): Effect.Effect<A, AuthError.AuthError> {
    const { patience = Number.POSITIVE_INFINITY } = this.#options
    const within = (until: number): Effect.Effect<A, AuthError.AuthError> =>
      Effect.catch(effect, (error) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const { reason } = error
          // A firewall's ban is for a person to look at.
          if (reason._tag !== "Throttled" || reason.policy === "firewall" || reason.retryAt > until) {
            return Effect.fail(error)
          }
          return Effect.andThen(Effect.sleep(Math.max(0, reason.retryAt - now) + SPREAD), within(until))
        }),
      )
    return Effect.flatMap(Clock.currentTimeMillis, (now) => within(now + patience))
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
        let now = yield* Clock.currentTimeMillis
        let queue = queues().find((one) => !one.isTurnOf(name, now))
        if (queue === undefined) {
          const blocked = yield* this.#takeEither(account, who)
          if (blocked === undefined) return yield* leave
          now = yield* Clock.currentTimeMillis
          queue = this.#queueOf(partitions[blocked.per], now)
          queue.postpone(name, blocked, now)
        }
        const at = queue.promiseOf(name, now)
        const wait = Math.max(1, at - now)
        if (wait > left) return yield* throttled(account, queue.policy, at)
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

  #queueOf(partition: string, now: number): Queue {
    const known = this.#queues.get(partition)
    if (known !== undefined) return known
    this.#sweep(now)
    const queue = new Queue()
    this.#queues.set(partition, queue)
    return queue
  }

  /** A call lets those token calls go first that are expected now. */
  #standBack(who: Payer): Effect.Effect<void> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const of = (per: RateLimit["per"]) => this.#queues.get(nameOf(per, who))?.yields(now) ?? 0
      const wait = Math.max(of("client"), of("subscriber"))
      return wait === 0 ? Effect.void : Effect.sleep(wait)
    })
  }

  /** Forgets what is over, now and then. */
  #sweep(now: number): void {
    if (this.#queues.size + this.#spent.size + this.#holds.size < this.#sweepAt) return
    for (const [name, queue] of this.#queues) if (queue.isOver(now)) this.#queues.delete(name)
    for (const [name, until] of this.#spent) if (until <= now) this.#spent.delete(name)
    for (const [name, { until }] of this.#holds) if (until <= now) this.#holds.delete(name)
    this.#sweepAt = Math.max(SWEEP, 2 * (this.#queues.size + this.#spent.size + this.#holds.size))
  }

  #hold(who: Payer, policy: AuthError.LimitPolicy | undefined, until: number): void {
    const name = nameOf(policy?.startsWith("subscriber") ? "subscriber" : "client", who)
    if ((this.#holds.get(name)?.until ?? 0) < until) this.#holds.set(name, { until, policy })
  }

  /** Until when nothing may go out, as far as that is known without a look at the rings. */
  #known(limits: ReadonlyArray<RateLimit>, who: Payer, ring: Ring, now: number): Blocked | undefined {
    for (const per of ["client", "subscriber"] as const) {
      const held = this.#holds.get(nameOf(per, who))
      if (held === undefined || held.until <= now) continue
      const pace = Math.min(...limits.map(paceOf))
      return { policy: held.policy ?? `${per}_minute`, per, pace, wait: held.until - now }
    }
    for (const limit of limits) {
      const until = this.#spent.get(keyOf(limit, who, ring)) ?? 0
      if (until > now) return { policy: limit.policy, per: limit.per, pace: paceOf(limit), wait: until - now }
    }
    return undefined
  }

  /** A place of every limit, or of none. */
  #take(account: Account, who: Payer, ring: Ring): Effect.Effect<Blocked | undefined> {
    return Effect.gen({ self: this }, function* () {
      const now = yield* Clock.currentTimeMillis
      const taken: Array<Effect.Effect<unknown>> = []
      const limits = this.limitsOf(account)
      const known = this.#known(limits, who, ring, now)
      if (known !== undefined) return known
      const wasSpent = (limit: RateLimit) => (this.#spent.has(keyOf(limit, who, ring)) ? 0 : 1)
      // The one that was spent the last time comes first: then nothing has to be given back.
      for (const limit of [...limits].sort((a, b) => wasSpent(a) - wasSpent(b))) {
        const key = keyOf(limit, who, ring)
        const found = yield* this.#takeOne(limit, key, ring, taken)
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

  /** The next place of a ring, or how long until it is free, in ms. */
  #takeOne(
    limit: RateLimit,
    key: string,
    ring: Ring,
    taken: Array<Effect.Effect<unknown>>,
  ): Effect.Effect<number | undefined, RateLimiter.RateLimiterError> {
    const limiter = this.#limiter
    const quota = quotaOf(limit, ring)
    const window = limit.window + MARGIN
    /** How many places were ever taken. It begins anew after twice the window without one, when all are free. */
    const count = (tokens: number) =>
      Effect.map(
        limiter.consume({
          key,
          tokens,
          limit: COUNTED,
          window: Duration.millis(2 * window * COUNTED),
          onExceeded: "delay",
        }),
        ({ remaining }) => COUNTED - remaining,
      )
    const place = (index: number, tokens: number) =>
      limiter.consume({ key: `${key}:${index % quota}`, tokens, limit: 1, window, onExceeded: "fail" })
    const giveBack = (index: number) => Effect.ignore(Effect.andThen(place(index, -1), count(-1)))
    const attempt = (index: number, races: number): Effect.Effect<number | undefined, RateLimiter.RateLimiterError> =>
      Effect.matchEffect(place(index, 1), {
        onSuccess: () => {
          taken.push(giveBack(index))
          return Effect.as(count(1), undefined)
        },
        onFailure: (error) => {
          const { reason } = error
          if (reason._tag !== "RateLimitExceeded") return Effect.fail(error)
          const wait = Math.max(1, Math.ceil(Duration.toMillis(reason.retryAfter)))
          // Another process may have been quicker; then the next place is looked at.
          return Effect.flatMap(count(0), (next) =>
            next !== index && races > 0 ? attempt(next, races - 1) : Effect.succeed(wait),
          )
        },
      })
    if (quota === 0) return Effect.succeed(window)
    return Effect.flatMap(count(0), (next) => attempt(next, RACES))
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

/** More than anybody takes. */
const COUNTED = 1_000_000_000

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
        Effect.map(Clock.currentTimeMillis, (now) => {
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
