/**
 * A registry: many accounts and many children, on one runtime, with one timer, one store and one rate budget.
 */

import { type AuthError, fromReason, Misconfigured, SignedOut } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Retry from "@pbx-auth/providers/Retry"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { guarded } from "./account/Failure.ts"
import type { Driver } from "./engine/Driver.ts"
import { actingFor } from "./face/PatientFace.ts"
import * as SessionFace from "./face/SessionFace.ts"
import * as HttpRuntime from "./HttpRuntime.ts"
import * as Validation from "./options/Validation.ts"
import type { Pacing } from "./Pacing.ts"
import * as SessionKey from "./record/SessionKey.ts"
import * as ActingPool from "./registry/ActingPool.ts"
import type { Waiting } from "./registry/CallLines.ts"
import * as ChargedEndpoint from "./registry/ChargedEndpoint.ts"
import { type Options, optionRules } from "./registry/OptionRules.ts"
import { type CountedBy, OwnShare } from "./registry/OwnShare.ts"
import * as RateBudget from "./registry/RateBudget.ts"
import { Registered } from "./registry/Registered.ts"
import * as Session from "./Session.ts"
import * as SessionActor from "./SessionActor.ts"
import { SessionRuntime } from "./SessionRuntime.ts"
import { MemoryQuota, SharedQuota } from "./SharedQuota.ts"

export type { Options } from "./registry/OptionRules.ts"

/**
 * The outcome for one subject. Failures of other subjects are not in it.
 *
 * @category models
 */
export interface Outcome<A, E> {
  /** The subject. */
  readonly subject: string
  /** What the function succeeded or failed with; an `AuthError` also if there was no child. */
  readonly exit: Exit.Exit<A, E | AuthError>
}

/**
 * How you ask for a session: options that were checked, or the result of checking them.
 *
 * @category models
 */
export type Account<C extends Capability> = Configured<C> | Result.Result<Configured<C>, AuthError>

/**
 * A session that may act for others: the part that a registry needs.
 *
 * @category models
 */
export interface Parent<Child> {
  /** A child that acts for `subject`, for as long as the scope is open. */
  readonly actAs: (subject: string) => Effect.Effect<Child, AuthError, Scope.Scope>
}

/**
 * A registry: one session for each account, its children pooled, its calls at the provider's pace.
 *
 * @category services
 */
export class Sessions extends Context.Service<
  Sessions,
  {
    /**
     * The session of an account: the same one for the same account, secrets included, until it is closed. The registry closes it at
     * the latest.
     *
     * An account without credentials has no owner yet, so two of them are told apart by `name`, such as the id of your own user.
     * Without it this fails as `Misconfigured`, because one person must never get another one's session. Fails as `StoreFailed` if
     * the store does, and as `SignedOut` if the registry is closed.
     *
     * Its `actAs` is pooled: the same subject gives the same child while a caller uses it, and for a while after.
     */
    readonly session: <C extends Capability>(
      account: Account<C>,
      options?: { readonly name?: string | undefined },
    ) => Effect.Effect<Session.Of<C>, AuthError>
    /**
     * Closes a session of this registry, and its children. What is stored of it stays. At a provider with a cap of living tokens it
     * revokes its access token, unless you gave the registry a store.
     */
    readonly close: (session: Session.Session) => Effect.Effect<void>
    /**
     * Does something as each subject, `concurrency` (default 10) at a time, and returns the outcome of each, in order. A failure of
     * one subject does not affect the others. While the provider asks for a pause, it waits.
     *
     * With `patience` each subject's child, and its tokens, may wait so long for the end of an outage (see `Session.withPatience`).
     * Acting is asked for no more often than each child's own schedule says.
     */
    readonly forEachSubject: <Child, A, E, R>(
      parent: Parent<Child>,
      subjects: Iterable<string>,
      f: (child: Child, subject: string) => Effect.Effect<A, E, R>,
      options?: { readonly concurrency?: number | undefined; readonly patience?: Duration.Input | undefined },
    ) => Effect.Effect<ReadonlyArray<Outcome<A, E>>, never, Exclude<R, Scope.Scope>>
    /** The calls that wait for a turn now: for which limit, and until when (epoch ms). */
    readonly waiting: Effect.Effect<ReadonlyArray<Waiting>>
    /** Who counts the requests. `share` means that the shared quota does not answer, and that this process keeps to its own share. */
    readonly countedBy: Effect.Effect<CountedBy>
    /** How many sessions are open, how many children, and how many of these are unused. */
    readonly size: Effect.Effect<{
      /** Sessions that are open. */
      readonly sessions: number
      /** Children that are open, used or not. */
      readonly children: number
      /** Children that nobody uses now. They are kept for a while. */
      readonly unused: number
    }>
  }
>()("@pbx-auth/session/Sessions") {
  /**
   * A registry over the app's `HttpClient`. It uses a `TokenStore`, and a `SharedQuota` that several processes share, if there is
   * one. Fails as `Misconfigured`, which names the option.
   */
  static readonly layer = (options: Options = {}) => Layer.provide(Sessions.layerRuntime(options), HttpRuntime.layer())

  /** The same over an existing runtime. */
  static readonly layerRuntime = (options: Options = {}): Layer.Layer<Sessions, AuthError, SessionRuntime> =>
    Layer.effect(Sessions, make(options))
}

/** What a registry does for its sessions, and their children: one object for all of them. */
const facingOf = (
  inspect: SessionActor.Inspect | undefined,
  budget: RateBudget.RateBudget,
  pool: ActingPool.ActingPool,
): SessionFace.Facing => {
  /** A sign-out does not take callers out of a queue. */
  const pacingOf = (driver: Driver, onPause?: RateBudget.OnPause): Pacing | undefined => {
    const pacing = budget.pacing(driver.account, driver.subject, onPause)
    return (
      pacing && {
        turn: driver.untilSignOut(pacing.turn),
        patiently: (effect) => driver.untilSignOut(pacing.patiently(effect)),
        inTurn: (bearer) => driver.untilSignOut(pacing.inTurn(bearer)),
        note: pacing.note,
      }
    )
  }
  return {
    inspect,
    more: Session.more,
    isPaced: ({ account }) => budget.limitsOf(account).length > 0,
    pacing: (driver, isPatient = false) => {
      const pacing = pacingOf(driver)
      if (pacing === undefined || !isPatient) return pacing
      return {
        ...pacing,
        patiently: identity,
        inTurn: (bearer) => Effect.andThen(Effect.andThen(bearer, pacing.turn), bearer),
      }
    },
    lend: (parent, subject, borrower) => {
      const open = (onPause: RateBudget.OnPause) => {
        const child = childOf(budget, pacingOf(parent, onPause), parent, subject)
        return Effect.andThen(parent.stands, parent.untilSignOut(child))
      }
      return Effect.suspend(() => pool.lend(parent, subject, open, borrower))
    },
  }
}

/** A session that is not open yet, for the callers that wait for it. */
class Opening {
  readonly done = Deferred.makeUnsafe<Held, AuthError>()
}

/** A session of a registry, as its holders have it. */
type Held = Session.Of<Capability>

/** Whether a child goes on trying. Waiting callers share its tries; when none waits any more, it is closed. */
const passes = (error: AuthError): boolean => Retry.passesAt(error) !== undefined

/** Whether the pace of the calls waits it out. */
const isPause = ({ reason }: AuthError): boolean => reason._tag === "Throttled" && reason.policy !== "firewall"

/** Opens a child. The turn comes before the account's token is read, and before the life of the subject's token is counted. */
const childOf = (
  { payers }: RateBudget.RateBudget,
  pacing: Pacing | undefined,
  parent: Driver,
  subject: string,
): Effect.Effect<Driver, AuthError> => {
  if (pacing === undefined) return parent.child(subject, passes)
  // After a pause of the provider a child is made again, in its turn.
  const child = payers.prepaid(
    parent.account,
    subject,
    parent.child(subject, (error) => passes(error) && !isPause(error)),
  )
  return pacing.patiently(Effect.andThen(Effect.andThen(parent.bearer, pacing.turn), child))
}

/** Whether the account's owner is known. The account names a person that signs in at a browser (`user`). */
const isSomebodys = ({ account, credentials, refreshToken }: Configured): boolean =>
  credentials !== undefined || refreshToken !== undefined || account.provider.signsInWith !== "password"

const make = (options: Options) =>
  Effect.gen(function* () {
    yield* Validation.check("options", options, optionRules)
    const runtime = yield* SessionRuntime
    const inspect = yield* SessionActor.Inspector
    const shared = Option.getOrUndefined(yield* Effect.serviceOption(SharedQuota))
    const counting = shared === undefined ? new MemoryQuota() : new OwnShare(shared, runtime.pauses.clock)
    const isPaced = options.respectRateLimits !== false
    const budget = new RateBudget.RateBudget(counting, isPaced ? options : { ...options, limits: [] }, runtime.pauses)
    const pool = new ActingPool.ActingPool(runtime, options)
    const facing = facingOf(inspect, budget, pool)
    /** One endpoint for all sessions. It asks the budget who pays. */
    const charged = SessionRuntime.of({ ...runtime, endpoint: ChargedEndpoint.make(budget, runtime.endpoint) })
    const sessions = new Map<string, Held | Opening>()
    const kinds = new Map<string, number>()
    let isClosed = false

    /** Most accounts have the same provider capabilities and options. Each combination gets a number. */
    const kindOf = ({ provider, settings }: Configured["account"]): number => {
      const name = JSON.stringify([[...provider.capabilities].sort(), settings])
      const kind = kinds.get(name) ?? kinds.size
      kinds.set(name, kind)
      return kind
    }

    /** Secrets are in it only as the store's fingerprint, which is not shown. */
    const recordOf = ({ account, credentials, refreshToken }: Configured) =>
      Effect.mapError(SessionKey.make(runtime.store, account, credentials, refreshToken), fromReason)

    /** Mostly the record's own name, which the session keeps anyway. */
    const keyOf = (record: string, { account }: Configured, name: string | undefined) => {
      const kind = kindOf(account)
      if (kind === 0 && name === undefined) return record
      // Joined, and not made by a template: such a text would keep its pieces.
      return [record, kind, ...(name === undefined ? [] : [name])].join(" ")
    }

    const entryOf = (name: string, configured: Configured, record: string, own: string): Held | Opening => {
      const known = sessions.get(name)
      if (known !== undefined) return known
      const account = budget.enrol(configured.account, own, !isSomebodys(configured))
      const made = new Opening()
      sessions.set(name, made)
      // It belongs to no caller: one that gives up must not take it from the others.
      const whose = { ...configured, account, key: record, name }
      const opening = SessionFace.open(
        charged,
        whose,
        (driver) => Session.faceOf<Capability>(driver, facing),
        Registered,
      )
      runtime.fork(
        Effect.flatMap(Effect.exit(opening), (exit) =>
          Effect.suspend(() => {
            if (sessions.get(name) === made) {
              if (Exit.isSuccess(exit)) sessions.set(name, exit.value)
              else sessions.delete(name)
            }
            return Deferred.done(made.done, exit)
          }),
        ),
      )
      return made
    }

    /** The session of an entry, once it is open. */
    const opened = (entry: Held | Opening): Effect.Effect<Held, AuthError> =>
      entry instanceof Opening ? Deferred.await(entry.done) : Effect.succeed(entry)

    const closeEntry = (entry: Held | Opening): Effect.Effect<void> =>
      Effect.flatMap(Effect.exit(opened(entry)), (exit) =>
        Exit.isSuccess(exit) ? (SessionFace.driverOf(exit.value)?.close ?? Effect.void) : Effect.void,
      )

    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isClosed = true
        const all = [...sessions.values()]
        sessions.clear()
        return Effect.forEach(all, closeEntry, { concurrency: "unbounded", discard: true })
      }),
    )

    const faceOf = (configured: Configured, name: string | undefined) =>
      Effect.gen(function* () {
        const { account, credentials } = configured
        const provider = account.provider.id
        if (!isSomebodys(configured) && name === undefined) {
          const fix = "Name whose session it is, or give credentials: two people must not share one."
          return yield* fromReason(new Misconfigured({ provider, field: "name", fix }))
        }
        const record = yield* recordOf(configured)
        const key = keyOf(record, configured, name)
        if (isClosed) return yield* fromReason(new SignedOut({ provider, closed: true }))
        return yield* opened(entryOf(key, configured, record, credentials?.username ?? name ?? key))
      })

    const session = <C extends Capability>(given: Account<C>, { name }: { readonly name?: string | undefined } = {}) =>
      Effect.gen(function* () {
        const configured = Result.isResult(given) ? yield* Effect.fromResult(given) : given
        const face = yield* guarded(configured.account, () => faceOf(configured, name))
        // The key distinguishes sessions with different capabilities.
        return face as unknown as Session.Of<C>
      })

    return Sessions.of({
      session,
      close: (face) =>
        Effect.suspend(() => {
          const driver = SessionFace.driverOf(face)
          // A child has none.
          const name = Registered.nameOf(driver)
          const entry = name === undefined ? undefined : sessions.get(name)
          // It may be a session of another registry, or one that was closed.
          if (name === undefined || entry === undefined || SessionFace.driverOf(entry) !== driver) return Effect.void
          sessions.delete(name)
          return closeEntry(entry)
        }),
      forEachSubject: (parent, subjects, f, how) =>
        Effect.suspend(() => {
          const actAs = actingFor(parent, how?.patience)
          return Effect.forEach(
            subjects,
            (subject) =>
              actAs(subject).pipe(
                Effect.flatMap((child) => f(child, subject)),
                Effect.scoped,
                Effect.exit,
                Effect.map((exit) => ({ subject, exit })),
              ),
            { concurrency: how?.concurrency ?? 10 },
          )
        }),
      waiting: Effect.sync(() => budget.waiting),
      countedBy: Effect.sync(() => (counting instanceof OwnShare ? counting.countedBy : "process")),
      size: Effect.sync(() => ({ sessions: sessions.size, ...pool.size })),
    })
  })
