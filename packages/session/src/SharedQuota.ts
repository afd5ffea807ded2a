/**
 * The counted requests of a client id, in one place that many processes may share.
 *
 * A limit is a ring of places: each may be taken once per window. A request takes one place of *each* of its limits in one atomic step,
 * or none. So a turn costs one request to the store, and no process ever sees half of another one's.
 *
 * The places go round: a process that waits gets its share before others get more. Each process has a *pass*, the number of places it
 * got. While a process with a lower pass waits, one with a higher pass leaves it as many places as it is behind, up to its share of
 * one window. A process that is silent for `GRACE` has stopped, and others get its share.
 */

import type { LimitPolicy, StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Sweep } from "./time/Sweep.ts"

/**
 * The places of API calls, or those that are kept for token calls.
 *
 * @category models
 */
export type Ring = "calls" | "tokens"

/**
 * A limit: so many places per window.
 *
 * @category models
 */
export interface Limit {
  /** The name that the provider gives it. */
  readonly policy: LimitPolicy
  /** ms */
  readonly window: number
  /** How many places each ring has in a window. */
  readonly places: { readonly [Of in Ring]: number }
}

/**
 * Whose requests are counted together, such as a client id or one of its subscribers.
 *
 * @category models
 */
export interface Partition {
  /** Unique within the client. */
  readonly name: string
  /** The limits that count here. One place of each is taken. */
  readonly limits: ReadonlyArray<Limit>
  /** Whether more requests of this process wait for a place here. Then its share is kept for it after this one. */
  readonly waiting: boolean
}

/**
 * A request for one place of each limit.
 *
 * @category models
 */
export interface Request {
  /** The process, or one of several registries in it. */
  readonly member: string
  /** A client id at its operator. All that one request touches belongs to one client. */
  readonly client: string
  /** Where to look for a place, the first choice first. */
  readonly rings: ReadonlyArray<Ring>
  /** Whose requests it counts with. */
  readonly partitions: ReadonlyArray<Partition>
}

/**
 * A ring without a free place: of the limits without one, the one that takes longest.
 *
 * @category models
 */
export interface Spent {
  /** The ring without a place. */
  readonly ring: Ring
  /** The index of its partition in the request. */
  readonly partition: number
  /** The index of its limit in the partition. */
  readonly limit: number
  /** How long until there may be one, in ms, at least 1. */
  readonly wait: number
}

/**
 * The result of a request. `taken` is the ring whose places were taken; without it nothing was taken, and `spent` has an entry for each
 * ring that was asked for. `members` is the number of processes that ask for this client.
 *
 * @category models
 */
export interface Answer {
  /** The ring whose places were taken; `undefined`: nothing was taken. */
  readonly taken: Ring | undefined
  /** Why not: an entry for each ring that was asked for. Empty if places were taken. */
  readonly spent: ReadonlyArray<Spent>
  /** How many processes ask for this client, this one included. */
  readonly members: number
}

/**
 * How long after its moment a waiting process keeps its share, in ms. A process asks again within 3 s, unless it has stopped.
 *
 * @category constants
 */
export const GRACE = 3_000

/**
 * How soon to ask again, in ms, while free places are left to other processes.
 *
 * @category constants
 */
export const SOON = 250

/**
 * How long a process is counted after it last asked, or after the end of its wait, in ms.
 *
 * @category constants
 */
export const PRESENCE = 600_000

/**
 * `take` takes a place of each limit, or tells how long that may take. It must be atomic between processes, and measure time by one
 * clock for all of them, such as the server's.
 *
 * A store that does not answer fails as `StoreFailed`. Then each process keeps to its own share of each limit until it answers again.
 *
 * @category services
 */
export class SharedQuota extends /* @__PURE__ */ Context.Service<
  SharedQuota,
  {
    /** Takes a place of each limit, or tells how long that may take. Fails as `StoreFailed`. */
    take(request: Request): Effect.Effect<Answer, StoreFailed>
  }
>()("@pbx-auth/session/SharedQuota") {
  /** The quota of this process, for several registries in it. A registry without one has its own. */
  static readonly layerMemory = /* @__PURE__ */ Layer.effect(
    SharedQuota,
    /* @__PURE__ */ Effect.sync(() => ({ take: new MemoryQuota().take })),
  )
}

/** A member of a partition. */
interface Member {
  /** How many places it has got, and more if it came late. */
  pass: number
  /** Until when its share is kept for it. */
  until: number
  /** When it last asked. */
  seen: number
}

/** When each place was taken, the oldest first. */
type Times = Array<number>

interface Counted {
  readonly rings: Map<string, Times>
  /** Absent until one asks here: what was taken elsewhere is only noted. */
  members: Map<string, Member> | undefined
  /** When it may be dropped. */
  ends: number
}

/** When so many partitions are kept, those that have ended are dropped. */
const SWEEP = 1_024

/** A partition as one request meets it. */
interface Met {
  readonly partition: Partition
  readonly counted: Counted
  readonly me: Member
  /** How many places belong to others that wait. */
  readonly owed: number
}

/** Whether a member has a claim on a place that is free now. */
const isHere = ({ until }: Member, now: number): boolean => until >= now && until - GRACE - SOON <= now

/** How many places of a partition others get before this member. */
const owedBy = (me: Member, members: ReadonlyMap<string, Member>, lag: number, now: number): number => {
  let owed = 0
  for (const other of members.values()) {
    if (other === me || !isHere(other, now)) continue
    const behind = Math.min(me.pass - other.pass, lag)
    // Of two that got as many, the one that waits longer is first.
    const isFirst = behind === 0 && (me.until < now || other.until < me.until)
    if (behind > 0 || isFirst) owed += Math.max(behind, 1)
  }
  return owed
}

/** The names of all rings: one text for all subscribers. */
const names = /* @__PURE__ */ new Map<string, string>()

const nameOf = ({ policy }: Limit, ring: Ring): string => {
  const name = `${policy} ${ring}`
  const known = names.get(name) ?? name
  names.set(known, known)
  return known
}

const NONE: Times = []

/** How long until a limit has a place beside those that others get. */
const waitOf = (counted: Counted, limit: Limit, ring: Ring, owed: number, now: number): number => {
  const places = limit.places[ring]
  if (places === 0) return limit.window
  const times = counted.rings.get(nameOf(limit, ring)) ?? NONE
  const until = (index: number) =>
    (times[times.length - places + index] ?? Number.NEGATIVE_INFINITY) + limit.window - now
  const wait = until(Math.min(owed, places - 1))
  return wait > 0 && until(0) <= 0 ? Math.min(wait, SOON) : wait
}

/** In ms. A window is a span: a wall clock that is set back must not make it longer. */
const moment = /* @__PURE__ */ Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

/**
 * Counts in this process.
 *
 * @category models
 */
export class MemoryQuota {
  readonly #partitions = new Map<string, Counted>()
  readonly #sweep = new Sweep(SWEEP)

  /** See `SharedQuota`. */
  readonly take = (request: Request): Effect.Effect<Answer> => Effect.map(moment, (at) => this.#take(request, at))

  /** Counts places that were taken elsewhere. */
  readonly note = (request: Request, ring: Ring): Effect.Effect<void> =>
    Effect.map(moment, (at) => {
      for (const partition of request.partitions)
        this.#push(partition, this.#countedOf(request, partition, at), ring, at)
    })

  #take(request: Request, now: number): Answer {
    const met = request.partitions.map((partition) => this.#meet(request, partition, now))
    const spent: Array<Spent> = []
    let taken: Ring | undefined
    for (const ring of request.rings) {
      const found = longest(met, ring, now)
      if (found === undefined) {
        taken = ring
        break
      }
      spent.push(found)
    }
    const waitsAt = taken === undefined ? spent.at(-1) : undefined
    met.forEach(({ counted, me, partition }, index) => {
      if (taken !== undefined) this.#push(partition, counted, taken, now)
      if (taken === "calls") me.pass += 1
      const isBlocked = waitsAt?.partition === index
      me.until = isBlocked ? now + waitsAt.wait + GRACE : partition.waiting ? now + GRACE : 0
    })
    return { taken, spent: taken === undefined ? spent : [], members: met[0]?.counted.members?.size ?? 1 }
  }

  #meet(request: Request, partition: Partition, now: number): Met {
    const counted = this.#countedOf(request, partition, now)
    counted.members ??= new Map()
    const { members } = counted
    const me = members.get(request.member) ?? { pass: 0, until: 0, seen: now }
    members.set(request.member, me)
    me.seen = now
    if (members.size === 1) return { partition, counted, me, owed: 0 }
    let most = 0
    for (const [name, { pass, seen, until }] of members) {
      if (Math.max(seen, until) + PRESENCE < now) members.delete(name)
      else most = Math.max(most, pass)
    }
    // A share of one window: nobody lags behind further than that, so that a newcomer does not hold the others up.
    const lag = Math.ceil(Math.min(...partition.limits.map(({ places }) => places.calls)) / members.size)
    me.pass = Math.max(me.pass, most - lag)
    return { partition, counted, me, owed: owedBy(me, members, lag, now) }
  }

  #push({ limits }: Partition, counted: Counted, ring: Ring, now: number): void {
    for (const limit of limits) {
      const name = nameOf(limit, ring)
      const times = counted.rings.get(name)
      const most = Math.max(1, limit.places[ring])
      // Most subscribers have one request in a window. An engine keeps room for sixteen more in a list that grows.
      if (times === undefined) counted.rings.set(name, [now])
      else times.push(now)
      if (times !== undefined && times.length > 2 * most) times.splice(0, times.length - most)
      counted.ends = Math.max(counted.ends, now + limit.window)
    }
  }

  #countedOf({ client }: Request, { name }: Partition, now: number): Counted {
    // Joined, and not made by a template: such a text would keep its pieces.
    const key = [client, name].join(" ")
    const known = this.#partitions.get(key)
    if (known !== undefined) return known
    this.#sweep.before(this.#partitions, ({ ends }) => ends <= now)
    const counted: Counted = { rings: new Map(), members: undefined, ends: now + PRESENCE }
    this.#partitions.set(key, counted)
    return counted
  }
}

/** Of the limits without a place in a ring, the one that takes longest. */
const longest = (met: ReadonlyArray<Met>, ring: Ring, now: number): Spent | undefined => {
  let found: Spent | undefined
  met.forEach(({ counted, owed, partition }, index) => {
    partition.limits.forEach((limit, of) => {
      const wait = Math.ceil(waitOf(counted, limit, ring, ring === "calls" ? owed : 0, now))
      if (wait > 0 && wait > (found?.wait ?? 0)) found = { ring, partition: index, limit: of, wait }
    })
  })
  return found
}
