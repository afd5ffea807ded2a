/**
 * A registry for apps without Effect: many accounts and many subjects, with one timer, one store and one rate budget.
 *
 * ```ts
 * import { configure } from "@pbx-auth/providers/SkySwitch"
 * import { openSessions } from "@pbx-auth/session/PromiseSessions"
 *
 * await using sessions = await openSessions()
 * const pbx = await sessions.session(configure({ client, credentials }))
 * const outcomes = await sessions.forEachSubject(
 *   pbx,
 *   subjects,
 *   async (child) => (await bearerFetch(child)(url)).json(),
 *   { patience: "5 minutes" },
 * )
 * ```
 *
 * `bearerFetch` takes the turn, sends the token, and notes what the reply says about the next request. `configure` is the provider's
 * own, such as that of `@pbx-auth/providers/SkySwitch`.
 */

import { type AuthError, fromReason, SignedOut } from "@pbx-auth/providers/AuthError"
import type { Capability } from "@pbx-auth/providers/Provider"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Face } from "./face/Face.ts"
import { actingFor } from "./face/PatientFace.ts"
import * as Validation from "./options/Validation.ts"
import { servicesOf } from "./promise/ClockOption.ts"
import * as Loan from "./promise/Loan.ts"
import type { OpenOptions } from "./promise/Opening.ts"
import { type PromisePacing, paced } from "./promise/Paced.ts"
import * as PromiseFace from "./promise/PromiseFace.ts"
import * as PromiseRuntime from "./promise/PromiseRuntime.ts"
import type {
  PromiseActing,
  PromiseActingSession,
  PromiseInspecting,
  PromisePasscodeAnswering,
  PromisePrompting,
  PromiseSession,
  WaitOptions,
} from "./promise/PromiseSession.ts"
import { waitRules } from "./promise/WaitRules.ts"
import type { Waiting } from "./registry/CallLines.ts"
import { optionRules } from "./registry/OptionRules.ts"
import type * as Session from "./Session.ts"
import * as SessionActor from "./SessionActor.ts"
import { SessionRuntime } from "./SessionRuntime.ts"
import { type Account, type Options, Sessions } from "./Sessions.ts"

export type { PromisePacing } from "./promise/Paced.ts"

/**
 * One account's session. All callers that ask the registry for the account share it, so it has no end of its own (see
 * `closeSession`).
 *
 * @category models
 */
export interface PromiseSharedSession
  extends Omit<PromiseSession, "close" | typeof Symbol.asyncDispose>,
    PromisePacing {}

/**
 * A child that acts for `subject`. Others may have the same one, so `close` gives it back. It is kept for a while, for the next
 * caller.
 *
 * @category models
 */
export type PromiseSharedChild<C extends Capability> = PromiseActingSession<C> & PromisePacing

/**
 * A session that may act for others. Rejects with `NotAllowed` if the account may not.
 *
 * @category models
 */
export interface PromiseSharedActing<C extends Capability> extends Omit<PromiseActing<C>, "actAs"> {
  /**
   * The child that acts for `subject`: the same for all callers, until it is closed. It waits for its turn, and for the end of a
   * pause of the provider.
   */
  readonly actAs: (subject: string, options?: WaitOptions) => Promise<PromiseSharedChild<C>>
}

/**
 * A registry's session of a provider with the capabilities `C`.
 *
 * @category models
 */
export type PromiseSharedSessionOf<C extends Capability> = PromiseSharedSession &
  ("passcode" extends C ? PromisePasscodeAnswering : unknown) &
  ("browser" extends C ? PromisePrompting : unknown) &
  ("inspect" extends C ? PromiseInspecting : unknown) &
  ("act_as" extends C ? PromiseSharedActing<C> : unknown)

/**
 * A registry's session that may act for others: the part that `forEachSubject` needs.
 *
 * @category models
 */
export interface PromiseParent<Child> extends PromisePacing {
  /** A child that acts for `subject`, pooled by the registry. */
  readonly actAs: (subject: string, options?: WaitOptions) => Promise<Child>
}

/**
 * The result for one subject: what the callback returned, or what it threw, or the `AuthError` because of which there was no child.
 * Tell them apart by `"error" in outcome`.
 *
 * @category models
 */
export type PromiseOutcome<A> =
  | {
      /** The subject. */
      readonly subject: string
      /** What the callback returned for it. */
      readonly value: A
    }
  | {
      /** The subject. */
      readonly subject: string
      /** What the callback threw, or the `AuthError` because of which there was no child. */
      readonly error: unknown
    }

/**
 * How `forEachSubject` goes through its subjects.
 *
 * @category models
 */
export interface ForEachOptions {
  /**
   * How long each subject's child, and its tokens, may wait for the end of an outage (see `WaitOptions`). In ms, or a span such as
   * `"1 minute"`. Default: no wait.
   */
  readonly patience?: WaitOptions["patience"]
  /** How many subjects at a time. Default 10. */
  readonly concurrency?: number | undefined
  /**
   * Ends it early: no other subject is begun, and no call waits in line any more. The outcome of each subject that was not begun is
   * the signal's reason. A callback that runs already is awaited; pass it the same signal.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * Every promise rejects with an `AuthError` and nothing else.
 *
 * @category models
 */
export interface PromiseSessions extends AsyncDisposable {
  /**
   * The session of an account: the same one for the same account, secrets included, until it is closed.
   *
   * An account without credentials has no owner yet, so two of them are told apart by `name`, such as the id of your own user.
   * Rejects with `Misconfigured`, naming the field, with `StoreFailed`, and with `SignedOut` if the registry is closed.
   */
  readonly session: <C extends Capability>(
    account: Account<C>,
    options?: { readonly name?: string | undefined },
  ) => Promise<PromiseSharedSessionOf<C>>
  /**
   * Closes a session of this registry for all its holders, and its children. If it is closed already, nothing happens. Rejects with
   * `Misconfigured` if it belongs to another registry.
   */
  readonly closeSession: (session: PromiseSharedSession) => Promise<void>
  /**
   * Does something as each subject, `concurrency` at a time, and returns the outcome of each, in order. A failure of one subject does
   * not reject the promise. It rejects with `Misconfigured`, or with what your own iterable throws. A child is given back when its
   * callback is done.
   */
  readonly forEachSubject: <Child, A>(
    parent: PromiseParent<Child>,
    subjects: Iterable<string>,
    callback: (child: Child, subject: string) => A | PromiseLike<A>,
    options?: ForEachOptions,
  ) => Promise<ReadonlyArray<PromiseOutcome<A>>>
  /** The calls that wait for a turn now: for which limit, and until when (epoch ms). */
  readonly waiting: () => ReadonlyArray<Waiting>
  /** How many sessions are open, how many children, and how many of these are unused. */
  readonly size: () => { readonly sessions: number; readonly children: number; readonly unused: number }
  /** Closes all sessions. Calls that wait in line fail; a renewal that is under way is awaited. */
  readonly close: () => Promise<void>
}

const forEachRules: Validation.Fields<ForEachOptions> = {
  concurrency: [Validation.isWhole(1), "Expected how many at a time, a whole number from 1 on."],
  ...waitRules,
}

const sessionRules: Validation.Fields<{ readonly name?: string }> = {
  name: [(u) => typeof u === "string" && u !== "", "Expected whose session it is, a text that is not empty."],
}

type Parent = Session.Acting<Capability>

const isAccount = (u: unknown): u is Account<Capability> =>
  Result.isResult(u) || (Validation.isObject(u) && Validation.isObject((u as { readonly account?: unknown }).account))

/** An effect whose wait can be ended. */
const stoppable = (signal: AbortSignal | undefined) => {
  const stopped = Deferred.makeUnsafe<never, unknown>()
  // One listener for all waiting calls.
  const stop = () => Deferred.doneUnsafe(stopped, Effect.fail(signal?.reason))
  signal?.addEventListener("abort", stop, { once: true })
  return {
    until: <A>(effect: Effect.Effect<A, AuthError>): Effect.Effect<A, unknown> =>
      signal === undefined ? effect : Effect.raceFirst(effect, Deferred.await(stopped)),
    end: () => signal?.removeEventListener("abort", stop),
  }
}

/**
 * Opens a registry. `options` says how long its children are kept and how its calls are paced (see `Sessions`). `how` has the options
 * with which you also open a single session.
 *
 * Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openSessions = async (options?: Options, how?: OpenOptions): Promise<PromiseSessions> => {
  // The registry checks them as well, but only when there is a runtime, which a health check would count.
  await PromiseFace.run(Validation.check("options", options, optionRules))
  await PromiseFace.run(Validation.check("how", how, Validation.runtimeRules))
  const services = servicesOf(how?.clock)
  const run = PromiseFace.runWith(services)
  const runSync = Effect.runSyncWith(services)
  const managed = ManagedRuntime.make(
    Sessions.layerRuntime(options).pipe(
      Layer.provide(Layer.succeed(SessionActor.Inspector, how?.inspect)),
      Layer.provide(
        Layer.effect(SessionRuntime, PromiseRuntime.overFetch(how ?? {}, how?.store ?? PromiseRuntime.tokens)),
      ),
      Layer.provide(Layer.succeedContext(services)),
    ),
  )
  const sessions = Context.get(await run(managed.contextEffect), Sessions)

  /** Fails when the registry closes, so that no call stays in line. */
  const closing = Deferred.makeUnsafe<never, AuthError>()
  const untilClosed: PromiseFace.Running = (effect) => Effect.raceFirst(effect, Deferred.await(closing))
  const standing: PromiseFace.Standing = { within: untilClosed, lendsShared: true, loan: Loan.scoped, more: [paced] }

  const faces = new WeakMap<Session.Session, PromiseSharedSession>()

  const faceOf = (session: Session.Session): PromiseSharedSession => {
    const face = faces.get(session) ?? PromiseFace.make<PromiseSharedSession>(session, standing)
    faces.set(session, face)
    return face
  }

  /** The session of this registry behind a face. */
  const sessionOf = (held: unknown) =>
    Face.by(held) === standing ? (Face.of(held) as Session.Session & Partial<Parent>) : undefined

  const close = async () => {
    // One error for all waiting calls: making one takes longer than delivering it.
    Deferred.doneUnsafe(closing, Effect.fail(fromReason(new SignedOut({ closed: true }))))
    await run(managed.disposeEffect)
  }

  return {
    session: async <C extends Capability>(account: Account<C>, named?: { readonly name?: string | undefined }) => {
      if (!isAccount(account)) {
        throw Validation.wrong(
          "account",
          "Expected an account that configure made, such as that of @pbx-auth/providers/SkySwitch.",
        )
      }
      await PromiseFace.run(Validation.check("name", named, sessionRules))
      const session = await run(sessions.session(account, named))
      // The capabilities that decide the type also decided the session.
      return faceOf(session) as unknown as PromiseSharedSessionOf<C>
    },
    closeSession: async (face) => {
      const session = sessionOf(face)
      if (session === undefined) {
        throw Validation.wrong("session", "Give a session of this registry. A child is given back by its own close().")
      }
      await run(sessions.close(session))
    },
    forEachSubject: async (parent, subjects, callback, given) => {
      const session = sessionOf(parent)
      if (session?.actAs === undefined) {
        throw Validation.wrong("parent", "Give a session of this registry, of a provider that can act for others.")
      }
      if (typeof subjects === "string" || typeof subjects?.[Symbol.iterator] !== "function") {
        throw Validation.wrong("subjects", "Expected a list of those to act for.")
      }
      if (!Validation.isFunction(callback))
        throw Validation.wrong("callback", "Expected a function that takes a session.")
      await PromiseFace.run(Validation.check("options", given, forEachRules))
      const { concurrency = 10, patience, signal } = given ?? {}
      const from = { actAs: actingFor(session as typeof session & Parent, patience) }
      // Before anything listens to the signal: a list of the app's own may throw.
      const all = [...subjects]
      const stopping = stoppable(signal)
      const until = <A>(waiting: Effect.Effect<A, AuthError>) => stopping.until(untilClosed(waiting))
      type Child = Awaited<ReturnType<typeof parent.actAs>> & PromiseSharedChild<Capability>
      const borrowed = (subject: string) =>
        Effect.acquireRelease(
          PromiseFace.borrow<Child, unknown>(from, subject, standing, until),
          (child) => Effect.promise(child.close),
          { interruptible: true },
        )
      const lender = {
        // What stops it may be anything: the app chose the signal's reason.
        actAs: (subject: string) =>
          Effect.suspend(() => (signal?.aborted ? Effect.fail(signal.reason) : borrowed(subject))) as Effect.Effect<
            Child,
            AuthError,
            Scope.Scope
          >,
      }
      const outcomes = sessions.forEachSubject(
        lender,
        all,
        (child, subject) => Effect.tryPromise({ try: async () => callback(child, subject), catch: identity }),
        { concurrency },
      )
      try {
        return (await run(outcomes)).map(({ exit, subject }) =>
          Exit.isSuccess(exit) ? { subject, value: exit.value } : { subject, error: Cause.squash(exit.cause) },
        )
      } finally {
        stopping.end()
      }
    },
    waiting: () => runSync(sessions.waiting),
    size: () => runSync(sessions.size),
    close,
    [Symbol.asyncDispose]: close,
  }
}
