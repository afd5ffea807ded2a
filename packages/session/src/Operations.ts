/**
 * Operations of an app that holds sessions: metrics, a stream of events, and a health check, over all sessions of the runtimes that
 * are made while this is provided.
 *
 * ```ts
 * const Live = Layer.provideMerge(SkySwitch.layer(options), Operations.layer())
 * ```
 *
 * It only watches: an error in here does not reach a session. An app that does not provide it does not load it.
 */

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
import * as Gauges from "./operations/Gauges.ts"
import type * as Health from "./operations/Health.ts"
import * as Lookout from "./operations/Lookout.ts"
import * as SessionMetrics from "./operations/SessionMetrics.ts"
import type * as SessionNotice from "./operations/SessionNotice.ts"
import { CurrentWatcher, type SessionActivity, type Watched, type Watcher } from "./Watcher.ts"

/**
 * How many events are kept, and how you name sessions in them.
 *
 * @category models
 */
export interface Options {
  /** So many events are kept for a slow reader of the stream. Older ones are dropped, and counted. Default 1024. */
  readonly capacity?: number | undefined
  /**
   * Your own name for a session, such as the number of a customer; its events carry it as `name`. It is asked for once per session,
   * and if it throws there is no name. Without it a session has only a random name, so that no log identifies a user.
   */
  readonly name?: Lookout.Naming | undefined
}

/**
 * A registry whose calls wait for turns: `Sessions` is one.
 *
 * @category models
 */
export interface Turns {
  /** The calls that wait for a turn now. */
  readonly waiting: Effect.Effect<ReadonlyArray<unknown>>
  /** Who counts the requests. `share` means that the shared quota does not answer. */
  readonly countedBy?: Effect.Effect<string> | undefined
}

/**
 * What an Effect app sees of its sessions: events, health and metrics.
 *
 * @category services
 */
export class Operations extends Context.Service<
  Operations,
  {
    /**
     * The events of sessions, from now on. Each reader has a buffer of its own, of `capacity` events. A slow reader loses the oldest,
     * is told how many (`missed`), and delays no one. The stream ends when the layer does, which leaves its readers a second for the
     * rest: so read it in a fiber that is not interrupted before (`Effect.forkDetach`).
     */
    readonly events: Stream.Stream<SessionNotice.SessionNotice>
    /** The health of the sessions, computed now, without a request to a session. */
    readonly health: Effect.Effect<Health.HealthReport>
    /**
     * Shows as `pbx_auth.calls.waiting` how many calls of a registry wait for their turn, and as `pbx_auth.quota.own_share` whether it
     * keeps to its own share because the shared quota does not answer, for as long as the scope is open.
     */
    readonly watchTurns: (sessions: Turns) => Effect.Effect<void, never, Scope.Scope>
  }
>()("@pbx-auth/session/Operations") {
  /**
   * Watches the sessions of all layers that it is provided to. Metrics go to the `MetricRegistry` of the context in which it is
   * built; use one per registry, or their gauges replace each other. A watcher that is already provided still gets its calls.
   */
  static readonly layer = (options: Options = {}): Layer.Layer<Operations> => Layer.effectContext(make(options))
}

/** How long readers of the events may take for the rest when the layer closes, in ms. */
const DRAIN_TIMEOUT = 1_000

/** An event with its number, by which a reader sees what it missed. */
type Numbered = readonly [number: number, notice: SessionNotice.SessionNotice]

const make = (options: Options) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const context = yield* Effect.context<never>()
    const other = yield* CurrentWatcher
    const readers = new Set<Queue.Queue<Numbered, Cause.Done>>()
    let told = 0
    let isOver = false
    const allLeft = Deferred.makeUnsafe<void>()

    const lookout = Lookout.make({
      clock,
      context,
      name: options.name,
      tell: (made) => {
        told += 1
        if (readers.size === 0) return
        const notice = made()
        for (const reader of readers) Queue.offerUnsafe(reader, [told, notice])
      },
    })

    const see = (session: Watched, activity: SessionActivity): void => {
      try {
        lookout.watcher(session, activity)
      } finally {
        other?.(session, activity)
      }
    }
    const taken = () => {
      lookout.watcher.taken?.()
      other?.taken?.()
    }
    const watcher: Watcher = Object.assign(see, { taken })

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isOver = true
        lookout.close()
        for (const reader of readers) Queue.endUnsafe(reader)
      }).pipe(
        Effect.andThen(
          Effect.suspend(() => (readers.size === 0 ? Effect.void : Effect.interruptible(Deferred.await(allLeft)))),
        ),
        Effect.timeoutOption(DRAIN_TIMEOUT),
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
        health: Effect.sync(lookout.health),
        watchTurns: ({ countedBy, waiting }) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() => [
                Gauges.observe(SessionMetrics.callsWaiting, context, () => Effect.runSync(waiting).length),
                ...(countedBy === undefined
                  ? []
                  : [
                      Gauges.observe(SessionMetrics.ownShare, context, () =>
                        Effect.runSync(countedBy) === "share" ? 1 : 0,
                      ),
                    ]),
              ]),
              (registrations) =>
                Effect.sync(() => {
                  for (const registration of registrations) registration.remove()
                }),
            ),
          ),
      }),
    ).pipe(Context.add(CurrentWatcher, watcher))
  })
