/**
 * For whoever runs an app that holds sessions: metrics, a stream of events, and a check of health, over all sessions of the
 * runtimes that are made while this is provided.
 *
 * ```ts
 * const Live = Layer.provideMerge(SkySwitch.layer(options), Operations.layer())
 * ```
 *
 * It watches and does nothing else: what is wrong here does not reach a session. An app that does not provide it does not carry it.
 */

import { currentFacts, type SessionContext } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionState, SessionView } from "@pbx-auth/machine/SessionView"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Health from "./Health.ts"
import * as SessionMetrics from "./SessionMetrics.ts"
import * as SessionNotice from "./SessionNotice.ts"
import type { Sessions } from "./Sessions.ts"
import * as Settlement from "./Settlement.ts"
import { CurrentWatcher, type StoreFailure, type Watched, type Watcher } from "./Watcher.ts"

/**
 * @category models
 */
export interface Options {
  /** So many events are kept for a reader of the stream who is slow; older ones are dropped, and counted. Default 1024. */
  readonly capacity?: number | undefined
  /**
   * What your people call a session, such as the number of a customer; it stands in its events as `name`. It is asked once for each
   * session, and what it throws is no name. Without it a session has a random name alone, so that no log holds who it is.
   */
  readonly name?: ((who: { readonly account: Account; readonly subject: string | undefined }) => string) | undefined
}

/**
 * @category services
 */
export class Operations extends Context.Service<
  Operations,
  {
    /**
     * What becomes of sessions, from now on. Each reader has a place of its own, of `capacity` events: a slow one loses the oldest, is
     * told how many (`missed`), and holds nobody up. It ends when the layer does, which leaves its readers a second for what is
     * left: read it in a fiber that is not interrupted before (`Effect.forkDetach`).
     */
    readonly events: Stream.Stream<SessionNotice.SessionNotice>
    /** How the sessions are, computed now. It asks nobody. */
    readonly health: Effect.Effect<Health.HealthReport>
    /** Shows as `pbx_auth.calls.waiting` how many calls of a registry wait for their turn, for as long as the scope is open. */
    readonly watchTurns: (sessions: Pick<Sessions["Service"], "waiting">) => Effect.Effect<void, never, Scope.Scope>
  }
>()("@pbx-auth/session/Operations") {
  /**
   * Watches the sessions of all layers that it is provided to. Metrics go to the `MetricRegistry` of where it is built; one of these
   * per registry, or their gauges replace each other. A watcher that is provided already is called as before.
   */
  static readonly layer = (options: Options = {}): Layer.Layer<Operations> => Layer.effectContext(make(options))
}

/** How long readers of the events may take to the end of what is left for them, in ms, when the layer is closed. */
const FAREWELL = 1_000

/** A session that is open, as its last happening left it: a closed one shows nothing of that any more. */
interface Member extends Health.Patient {
  readonly session: Watched
  readonly house: House
  readonly number: number
  readonly name: string | undefined
  readonly parent: Member | undefined
  path: SessionView["path"]
  context: SessionContext
  need: Health.Need | undefined
  /** Its token died and was not renewed, and nobody has signed in since. */
  hasLapsed: boolean
}

/** The sessions at one address of a provider. */
interface House {
  open: number
  readonly provider: Health.ProviderHealth["provider"]
  readonly origin: string
  unansweredSince: number | null
}

/** An event with its number, by which a reader sees what it missed. */
type Numbered = readonly [number: number, notice: SessionNotice.SessionNotice]

const make = (options: Options) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const context = yield* Effect.context<never>()
    const other = yield* CurrentWatcher
    const members = new Map<Watched, Member>()
    const meter = new SessionMetrics.Meter(context, (provider) => {
      let soonest = Number.POSITIVE_INFINITY
      let at: number | undefined
      for (const { context, house, session } of members.values()) {
        if (house.provider !== provider) continue
        at ??= session.now
        soonest = Math.min(soonest, Health.secondsToEnd(currentFacts(context), at) ?? soonest)
      }
      return soonest
    })
    const houses = new Map<string, House>()
    const readers = new Set<Queue.Queue<Numbered, Cause.Done>>()
    const prefix = crypto.randomUUID().slice(0, 8)
    let opened = 0
    let told = 0
    let isOver = false
    const allLeft = Deferred.makeUnsafe<void>()
    const now = () => clock.currentTimeMillisUnsafe()

    const idOf = ({ number }: Member): string => `${prefix}-${number}`

    const tell = (member: Member, what: SessionNotice.What): void => {
      told += 1
      if (readers.size === 0) return
      const notice: SessionNotice.SessionNotice = Object.freeze({
        ...what,
        at: now(),
        session: idOf(member),
        ...(member.parent !== undefined && { parent: idOf(member.parent) }),
        ...(member.name !== undefined && { name: member.name }),
        provider: member.house.provider,
        child: member.context.child,
        state: member.path,
        generation: member.context.generation,
      })
      for (const reader of readers) Queue.offerUnsafe(reader, [told, notice])
    }

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
        const name: unknown = options.name?.({ account, subject })
        return typeof name === "string" ? name : undefined
      } catch {
        return undefined
      }
    }

    const counted = ({ context, house, need, path }: Member): SessionMetrics.Counted => ({
      provider: house.provider,
      child: context.child,
      state: path.split(".")[0] as SessionState,
      need,
      ends: typeof currentFacts(context)?.expiresAt === "number",
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
        hasLapsed: false,
      }
      members.set(session, member)
      member.house.open += 1
      meter.announce(member.house.provider, member.context.child)
      meter.count(counted(member), 1)
      tell(member, { type: "opened" })
    }

    const leave = (member: Member): void => {
      const { house, session } = member
      members.delete(session)
      house.open -= 1
      if (house.open === 0) houses.delete(`${house.provider} ${house.origin}`)
      meter.count(counted(member), -1)
      tell(member, { type: "closed" })
    }

    const step = (member: Member, event: SessionEvent): void => {
      const { context: before, house, session } = member
      const { context: after } = session.snapshot
      const settlement = Settlement.of(before, event, after)
      const wall = (at: number) => at - session.now + now()
      const said = SessionNotice.ofStep(before, event, session, settlement, wall)

      if (settlement !== undefined) {
        meter.settle(house.provider, settlement, Health.secondsToEnd(before.own, session.now))
        const isAnswered = Health.isAnswered(settlement)
        if (isAnswered === true) house.unansweredSince = null
        if (isAnswered === false) house.unansweredSince ??= now()
      }
      for (const what of said) {
        if (what.type === "rejected") meter.reject(house.provider)
        if (what.type === "refused" && settlement === undefined) meter.refuse(house.provider, what.purpose, what.reason)
        if (what.type === "lapsed") member.hasLapsed = true
      }
      if (event.type === "SignOut" || after.own !== null) member.hasLapsed = false

      const as = counted(member)
      member.context = after
      member.path = session.view.path
      member.need = Health.needOf(session, member.hasLapsed)
      meter.count(counted(member), 1)
      meter.count(as, -1)
      for (const what of said) tell(member, what)
    }

    const failStore = (member: Member, what: StoreFailure): void => {
      meter.failStore(member.house.provider, what)
      tell(member, { type: "store_failed", what })
    }

    const watcher: Watcher = (session, happening) => {
      const known = members.get(session)
      try {
        if (known === undefined) {
          if (happening._tag === "Opened") enter(session)
        } else if (happening._tag === "Stepped") step(known, happening.event)
        else if (happening._tag === "StoreFailed") failStore(known, happening.what)
        else if (happening._tag === "Closed") leave(known)
      } finally {
        other?.(session, happening)
      }
    }

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isOver = true
        meter.close()
        for (const reader of readers) Queue.endUnsafe(reader)
      }).pipe(
        Effect.andThen(
          Effect.suspend(() => (readers.size === 0 ? Effect.void : Effect.interruptible(Deferred.await(allLeft)))),
        ),
        Effect.timeoutOption(FAREWELL),
      ),
    )

    const { capacity = 1_024 } = options
    const events = Stream.suspend(() => {
      let next = told + 1
      return Stream.callback<Numbered>(
        (queue) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              next = told + 1
              readers.add(queue)
            }),
            () =>
              Effect.sync(() => {
                readers.delete(queue)
                if (readers.size === 0 && isOver) Deferred.doneUnsafe(allLeft, Effect.void)
              }),
          ),
        { bufferSize: capacity, strategy: "sliding" },
      ).pipe(
        Stream.mapArray((chunk) =>
          Arr.flatMap(chunk, ([number, notice]): Arr.NonEmptyArray<SessionNotice.SessionNotice> => {
            const count = number - next
            next = number + 1
            return count > 0 ? [{ type: "missed", at: notice.at, count }, notice] : [notice]
          }),
        ),
      )
    })

    return Context.make(
      Operations,
      Operations.of({
        events,
        health: Effect.sync(() => {
          const inside = new Map<House, Array<Member>>()
          for (const member of members.values()) {
            const known = inside.get(member.house)
            if (known === undefined) inside.set(member.house, [member])
            else known.push(member)
          }
          return Health.of(
            now(),
            // One reading of the clock for all: sessions of one process live by the same time, and reading it costs more than the rest.
            [...inside].map(([house, theirs]) => Health.ofProvider(house, theirs, theirs[0]?.session.now ?? now())),
          )
        }),
        watchTurns: ({ waiting }) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() =>
                SessionMetrics.observe(SessionMetrics.callsWaiting, context, () => Effect.runSync(waiting).length),
              ),
              (registration) => Effect.sync(() => registration.remove()),
            ),
          ),
      }),
    ).pipe(Context.add(CurrentWatcher, watcher))
  })
