/**
 * The rate budget: no request goes out that the provider's published limits would turn away.
 *
 * The vendor does not say when its windows begin, so within *any* span of a window's length no more requests go out than its
 * quota: request n waits until request n − quota is a window old. Each quota is a ring of that many places, and a place is a key
 * of Effect's `RateLimiter` that may be taken once per window. So processes that share the limiter's store share the budget.
 *
 * Calls wait in line, first come, first served, one line per subscriber and one per client id; whoever stops waiting leaves
 * nothing behind. Token calls have places of their own beside the line: a renewal must not starve behind a bulk job. They do not
 * wait for long, because whoever presents holds a claim meanwhile: they fail as `Throttled`, and the chart waits.
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
import * as Semaphore from "effect/Semaphore"
import type { Pacing } from "./Pacing.ts"

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

/** How often a place is looked for anew when another process was quicker. */
const RACES = 16

type Ring = "calls" | "tokens"

interface Blocked {
  readonly policy: AuthError.LimitPolicy
  readonly per: RateLimit["per"]
  /** ms */
  readonly wait: number
}

/** A mutable `Waiting`. */
interface Place {
  readonly subscriber: string
  policy: AuthError.LimitPolicy | undefined
  retryAt: number | undefined
}

const throttled = (account: Account, { policy, wait }: Blocked, now: number) =>
  AuthError.refuse(new AuthError.Throttled({ provider: account.provider.id, policy, retryAt: now + wait }))

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
  readonly #one = Semaphore.makeUnsafe(1)
  readonly #lines = new Map<string, { readonly line: Semaphore.Semaphore; users: number }>()
  /** What the provider said about a partition: nothing before `until`, epoch ms. */
  readonly #holds = new Map<string, { readonly until: number; readonly policy: AuthError.LimitPolicy | undefined }>()
  /** The name under which a subscriber is counted that signed in under another. */
  readonly #names = new Map<string, string>()
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
    const client_ = JSON.stringify([provider.id === "netsapiens" ? address.origin : provider.id, client.id])
    return { client: client_, subscriber: this.#names.get(subscriber) ?? subscriber }
  }

  /** How the calls of a session go out. */
  pacing(account: Account, subscriber: string): Pacing | undefined {
    if (this.limitsOf(account).length === 0) return undefined
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

  /**
   * An endpoint whose requests take from the budget. `prepaid` names the subjects whose next acting has had its turn already.
   */
  endpoint(
    base: TokenEndpoint["Service"],
    account: Account,
    own: string,
    prepaid: Set<string>,
  ): TokenEndpoint["Service"] {
    if (this.limitsOf(account).length === 0) return base
    /** Whom a bearer that was derived speaks for. */
    const subjects = new WeakMap<Redacted.Redacted<string>, string>()
    const charged = <A>(
      subscriber: string,
      turn: (who: Payer) => Effect.Effect<void, AuthError.AuthError>,
      request: Effect.Effect<A, AuthError.AuthError>,
    ) =>
      Effect.suspend(() => {
        const who = this.payer(account, subscriber)
        // The provider's own word alone: what the budget says of one ring is nothing to the other.
        const heeded = Effect.tapError(request, ({ reason }) =>
          Effect.sync(() => {
            if (reason._tag === "Throttled") this.#hold(who, reason.policy, reason.retryAt)
          }),
        )
        return Effect.andThen(turn(who), heeded)
      })
    const briefly = (who: Payer) => this.#takeBriefly(account, who)
    const inLine = (who: Payer) => this.turn(account, who)
    return {
      present: (of, grant) => {
        const isPaid = grant._tag === "ActAs" && prepaid.delete(grant.subject)
        return Effect.tap(charged(own, isPaid ? () => Effect.void : briefly, base.present(of, grant)), (reply) =>
          Effect.sync(() => {
            if (reply._tag !== "Issued") return
            const { accessToken, identity } = reply.tokens
            if (grant._tag === "ActAs") {
              subjects.set(accessToken, grant.subject)
              return
            }
            const extension = own.split("@")[0]
            const uid = identity.uid ?? (identity.domain && `${extension}@${identity.domain}`)
            if (uid !== undefined && uid !== own && !this.#names.has(uid)) this.#names.set(uid, own)
          }),
        )
      },
      inspect: (of, bearer) => charged(subjects.get(bearer) ?? own, inLine, base.inspect(of, bearer)),
      revoke: (of, bearer) => charged(subjects.get(bearer) ?? own, briefly, base.revoke(of, bearer)),
    }
  }

  /** Waits in line for a turn, and takes it. */
  turn(account: Account, who: Payer): Effect.Effect<void, AuthError.AuthError> {
    const place: Place = { subscriber: who.subscriber, policy: undefined, retryAt: undefined }
    const waits = ({ policy, wait }: Blocked) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        place.policy = policy
        place.retryAt = now + wait
        return Effect.sleep(wait)
      })
    /** First of the client's line: until there is a place, or it is the subscriber's own quota that is spent. */
    const first: Effect.Effect<Blocked | undefined> = Effect.flatMap(this.#take(account, who, "calls"), (blocked) =>
      blocked?.per === "client" ? Effect.andThen(waits(blocked), first) : Effect.succeed(blocked),
    )
    const firstOfOwn: Effect.Effect<void> = Effect.flatMap(this.#inLine(`client:${who.client}`, first), (blocked) =>
      blocked === undefined ? Effect.void : Effect.andThen(waits(blocked), firstOfOwn),
    )
    const line = this.#inLine(`subscriber:${who.client}:${who.subscriber}`, firstOfOwn)
    const { patience } = this.#options
    return Effect.suspend(() => {
      this.#places.add(place)
      return patience === undefined
        ? line
        : Effect.timeoutOrElse(line, {
            duration: patience,
            orElse: () =>
              Effect.flatMap(Clock.currentTimeMillis, (now) => {
                const { policy = "client_minute", retryAt = now + MARGIN } = place
                return throttled(account, { policy, per: "client", wait: Math.max(0, retryAt - now) }, now)
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

  /** A token call's: from its own places or from those of all, and not for long. */
  #takeBriefly(account: Account, who: Payer): Effect.Effect<void, AuthError.AuthError> {
    const attempt = (left: number): Effect.Effect<void, AuthError.AuthError> =>
      Effect.gen({ self: this }, function* () {
        const own = yield* this.#take(account, who, "tokens")
        if (own === undefined) return
        const blocked = yield* this.#take(account, who, "calls")
        if (blocked === undefined) return
        const soonest = own.wait < blocked.wait ? own : blocked
        if (soonest.wait > left) {
          return yield* throttled(account, soonest, yield* Clock.currentTimeMillis)
        }
        yield* Effect.sleep(soonest.wait)
        yield* attempt(left - soonest.wait)
      })
    return attempt(TOKEN_PATIENCE)
  }

  #hold(who: Payer, policy: AuthError.LimitPolicy | undefined, until: number): void {
    const name = policy?.startsWith("subscriber")
      ? `subscriber:${who.client}:${who.subscriber}`
      : `client:${who.client}`
    if ((this.#holds.get(name)?.until ?? 0) < until) this.#holds.set(name, { until, policy })
  }

  /** A place of every limit, or of none. */
  #take(account: Account, who: Payer, ring: Ring): Effect.Effect<Blocked | undefined> {
    const taken: Array<Effect.Effect<unknown>> = []
    return Effect.gen({ self: this }, function* () {
      const now = yield* Clock.currentTimeMillis
      for (const per of ["client", "subscriber"] as const) {
        const name = per === "client" ? `client:${who.client}` : `subscriber:${who.client}:${who.subscriber}`
        const held = this.#holds.get(name)
        if (held === undefined) continue
        if (held.until > now) return { policy: held.policy ?? `${per}_minute`, per, wait: held.until - now }
        this.#holds.delete(name)
      }
      for (const limit of this.limitsOf(account)) {
        const partition = limit.per === "client" ? who.client : `${who.client}:${who.subscriber}`
        const found = yield* this.#takeOne(limit, partition, ring, taken)
        if (found === undefined) continue
        // What was taken of the others is given back: only a request that goes out counts.
        yield* Effect.forEach(taken, (giveBack) => giveBack, { discard: true })
        return { policy: limit.policy, per: limit.per, wait: found }
      }
      return undefined
    }).pipe(
      this.#one.withPermit,
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
    partition: string,
    ring: Ring,
    taken: Array<Effect.Effect<unknown>>,
  ): Effect.Effect<number | undefined, RateLimiter.RateLimiterError> {
    const limiter = this.#limiter
    const quota = quotaOf(limit, ring)
    const window = limit.window + MARGIN
    const key = `pbx-auth:${limit.policy}:${partition}:${ring}`
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
      const known = this.#lines.get(name) ?? { line: Semaphore.makeUnsafe(1), users: 0 }
      this.#lines.set(name, known)
      known.users += 1
      return Effect.ensuring(
        known.line.withPermit(effect),
        Effect.sync(() => {
          known.users -= 1
          if (known.users === 0) this.#lines.delete(name)
        }),
      )
    })
  }
}

/** More than anybody takes. */
const COUNTED = 1_000_000_000

/** When so many counters are kept, those that have ended are dropped. */
const SWEEP = 1_024

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
