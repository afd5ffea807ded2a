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
import type { Sessions } from "./Sessions.ts"
import { CurrentWatcher, type SessionActivity, type Watched, type Watcher } from "./Watcher.ts"

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
  readonly name?: Lookout.Naming | undefined
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
        watchTurns: ({ waiting }) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() =>
                Gauges.observe(SessionMetrics.callsWaiting, context, () => Effect.runSync(waiting).length),
              ),
              (registration) => Effect.sync(() => registration.remove()),
            ),
          ),
      }),
    ).pipe(Context.add(CurrentWatcher, watcher))
  })
