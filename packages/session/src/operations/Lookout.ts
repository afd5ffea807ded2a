/**
 * Watches all open sessions: it counts their events, reports them, and knows their health. The caller, with Effect or without, passes
 * the function that reports.
 */

import { currentFacts, type SessionContext } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionState, SessionView } from "@pbx-auth/machine/SessionView"
import type { Account } from "@pbx-auth/providers/Provider"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import type { SessionActivity, StoreFailure, Watched, Watcher } from "../Watcher.ts"
import { type Counted, Gauges } from "./Gauges.ts"
import * as Health from "./Health.ts"
import * as SessionNotice from "./SessionNotice.ts"
import * as Settlement from "./Settlement.ts"
import { Tally } from "./Tally.ts"

/**
 * Your own name for a session, such as the number of a customer.
 *
 * @category models
 */
export type Naming = (who: { readonly account: Account; readonly subject: string | undefined }) => string

/**
 * Metrics go to the registry of `context`. `tell` is called for each event, in the step itself; its receiver makes and freezes the
 * notice.
 *
 * @category models
 */
export interface Options {
  readonly clock: Clock.Clock
  readonly context: Context.Context<never>
  readonly name: Naming | undefined
  readonly tell: (notice: () => SessionNotice.SessionNotice) => void
}

/**
 * @category models
 */
export interface Lookout {
  readonly watcher: Watcher
  /** The health of the sessions, computed now, without a request to a session. */
  readonly health: () => Health.HealthReport
  /** Removes the gauges. */
  readonly close: () => void
}

/** An open session after its last activity. A closed one does not show that any more. */
interface Member extends Health.Patient {
  readonly session: Watched
  readonly house: House
  readonly number: number
  readonly name: string | undefined
  readonly parent: Member | undefined
  path: SessionView["path"]
  context: SessionContext
  need: Health.Need | undefined
  owed: StoreFailure | undefined
  /** Its token died without a renewal, and no one has signed in since. */
  hasLapsed: boolean
}

/** The sessions at one address of a provider. */
interface House {
  open: number
  readonly provider: Health.ProviderHealth["provider"]
  readonly origin: string
  unansweredSince: number | null
}

/**
 * Watches from now on.
 *
 * @category constructors
 */
export const make = ({ clock, context, name, tell: pass }: Options): Lookout => {
  const members = new Map<Watched, Member>()
  const tally = new Tally(context)
  const gauges = new Gauges(context, (provider, what) => {
    let soonest = Number.POSITIVE_INFINITY
    let at: number | undefined
    for (const { context, house, session } of members.values()) {
      if (house.provider !== provider) continue
      at ??= session.now
      soonest = Math.min(
        soonest,
        (what === "end"
          ? Health.secondsToEnd(currentFacts(context), at)
          : context.personNeededAt && (context.personNeededAt - at) / 1_000) ?? soonest,
      )
    }
    return soonest
  })
  const houses = new Map<string, House>()
  const prefix = crypto.randomUUID().slice(0, 8)
  let opened = 0
  let runtimes = 0
  const now = () => clock.currentTimeMillisUnsafe()

  const idOf = ({ number }: Member): string => `${prefix}-${number}`

  const tell = (member: Member, what: SessionNotice.NoticeBody): void =>
    pass(() =>
      Object.freeze({
        ...what,
        at: now(),
        session: idOf(member),
        ...(member.parent !== undefined && { parent: idOf(member.parent) }),
        ...(member.name !== undefined && { name: member.name }),
        provider: member.house.provider,
        child: member.context.child,
        state: member.path,
        generation: member.context.generation,
      }),
    )

  const houseOf = ({ account: { address, provider } }: Watched): House => {
    const key = `${provider.id} ${address.origin}`
    const known = houses.get(key)
    if (known !== undefined) return known
    const made: House = { open: 0, provider: provider.id, origin: address.origin, unansweredSince: null }
    houses.set(key, made)
    return made
  }

  const nameOf = ({ account, subject }: Watched): string | undefined => {
    try {
      const called: unknown = name?.({ account, subject })
      return typeof called === "string" ? called : undefined
    } catch {
      return undefined
    }
  }

  const counted = ({ context, house, need, owed, path }: Member): Counted => ({
    provider: house.provider,
    child: context.child,
    state: path.split(".")[0] as SessionState,
    need,
    owed,
    ends: typeof currentFacts(context)?.expiresAt === "number",
    needsPerson: context.personNeededAt !== null,
  })

  const enter = (session: Watched): void => {
    opened += 1
    const { parent, snapshot, view } = session
    const member: Member = {
      session,
      house: houseOf(session),
      number: opened,
      name: nameOf(session),
      parent: parent && members.get(parent),
      path: view.path,
      context: snapshot.context,
      need: Health.needOf(session, false),
      owed: undefined,
      hasLapsed: false,
    }
    members.set(session, member)
    member.house.open += 1
    gauges.announce(member.house.provider, member.context.child)
    gauges.count(counted(member), 1)
    tell(member, { type: "opened" })
  }

  const leave = (member: Member): void => {
    const { house, session } = member
    members.delete(session)
    house.open -= 1
    if (house.open === 0) houses.delete(`${house.provider} ${house.origin}`)
    gauges.count(counted(member), -1)
    tell(member, { type: "closed" })
  }

  /** Counts a member as what it has become. */
  const update = (member: Member, become: Partial<Pick<Member, "context" | "need" | "owed" | "path">>): void => {
    const as = counted(member)
    Object.assign(member, become)
    gauges.count(counted(member), 1)
    gauges.count(as, -1)
  }

  const step = (member: Member, event: SessionEvent): void => {
    const { context: before, house, session } = member
    const { context: after } = session.snapshot
    const settlement = Settlement.of(before, event, after)
    const wall = (at: number) => at - session.now + now()
    const said = SessionNotice.ofStep(before, event, session, settlement, wall)

    if (settlement !== undefined) {
      tally.settle(house.provider, settlement, Health.secondsToEnd(before.own, session.now))
      const isAnswered = Health.isAnswered(settlement)
      if (isAnswered === true) house.unansweredSince = null
      if (isAnswered === false) house.unansweredSince ??= now()
    }
    for (const what of said) {
      if (what.type === "rejected") tally.reject(house.provider)
      if (what.type === "refused" && settlement === undefined) tally.refuse(house.provider, what.purpose, what.reason)
      if (what.type === "lapsed") member.hasLapsed = true
    }
    if (event.type === "SignOut" || after.own !== null) member.hasLapsed = false

    const need = Health.needOf(session, member.hasLapsed)
    update(member, { context: after, path: session.view.path, need })
    for (const what of said) tell(member, what)
  }

  const failStore = (member: Member, what: StoreFailure): void => {
    tally.failStore(member.house.provider, what)
    update(member, { owed: what })
    tell(member, { type: "store_failed", what })
  }

  const see = (session: Watched, activity: SessionActivity): void => {
    const known = members.get(session)
    if (known === undefined) {
      if (activity._tag === "Opened") enter(session)
    } else if (activity._tag === "Stepped") step(known, activity.event)
    else if (activity._tag === "StoreFailed") failStore(known, activity.what)
    else if (activity._tag === "StoreRecovered") {
      update(known, { owed: undefined })
      tell(known, { type: "store_recovered", what: activity.what })
    } else if (activity._tag === "IntentLeft") {
      const { age, holder, purpose } = activity
      tally.leaveIntent(known.house.provider, purpose)
      tell(known, { type: "intent_left", holder, purpose, age })
    } else if (activity._tag === "ActingUnlike") tell(known, { type: "acting_unlike" })
    else if (activity._tag === "Closed") leave(known)
  }

  return {
    watcher: Object.assign(see, { taken: () => void runtimes++ }),
    health: () => {
      const inside = new Map<House, Array<Member>>()
      for (const member of members.values()) {
        const known = inside.get(member.house)
        if (known === undefined) inside.set(member.house, [member])
        else known.push(member)
      }
      return Health.of(
        now(),
        runtimes,
        // One reading of the clock for all: sessions of one process share the time, and reading it costs more than the rest.
        [...inside].map(([house, theirs]) => Health.ofProvider(house, theirs, theirs[0]?.session.now ?? now())),
      )
    },
    close: () => gauges.close(),
  }
}
