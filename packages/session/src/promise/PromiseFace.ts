/**
 * Makes promise faces. Every promise face is made here, from the Effect face: of a session, of a registry's session, of a child, of a
 * key.
 *
 * A member runs the effect of the same name. The engine answers frequent calls without a fiber (see `engineOf`).
 */

import { type AuthError, fromReason, SignedOut } from "@pbx-auth/providers/AuthError"
import type { CredentialsInput } from "@pbx-auth/providers/Configuration"
import type { Capability, Credentials, Provider } from "@pbx-auth/providers/Provider"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type { Bearer } from "../Bearer.ts"
import type { BrowserWay } from "../browser/BrowserWay.ts"
import type * as BearerCall from "../call/BearerCall.ts"
import type { Driver } from "../engine/Driver.ts"
import { Face, type Part, part } from "../face/Face.ts"
import { isPatientFace, patient } from "../face/PatientFace.ts"
import { driverOf } from "../face/SessionFace.ts"
import { subscribe } from "../face/Views.ts"
import * as Validation from "../options/Validation.ts"
import type * as Session from "../Session.ts"
import * as SessionActor from "../SessionActor.ts"
import * as Loan from "./Loan.ts"
import type { PromiseBearerSource, WaitOptions } from "./PromiseSession.ts"
import { waitRules } from "./WaitRules.ts"

/**
 * An effect as it is run.
 *
 * @category models
 */
export type Running = <A>(effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>

/**
 * The context of a promise face. What is left out is the same as for a session without a registry.
 *
 * @category models
 */
export interface Standing {
  /** How the face ends. Without it, the face has no end of its own. */
  readonly close?: () => Promise<void>
  /** Ends calls that may wait for long. */
  readonly within?: Running
  /** The extra members of this face and of its children. */
  readonly more?: ReadonlyArray<Part>
  /** How its children are borrowed, if not as those of a session alone. */
  readonly loan?: () => Loan.Loan
  /** Whether others may have its children too. Then a child that one caller gives back goes on. */
  readonly lendsShared?: boolean
  /** For a child that others may have: whether it was given back, and the cleanup that is due then. */
  readonly hold?: { isGivenBack: boolean; readonly listening: Set<() => void> }
}

/**
 * Runs effects with the services and the clock of a session. The promise rejects with the `AuthError`, or with the reason of a signal
 * that ended it.
 *
 * @category combinators
 */
export const runWith =
  (services: Context.Context<never>) =>
  <A, E>(effect: Effect.Effect<A, E>, signal?: AbortSignal | null): Promise<A> => {
    const run = Effect.runPromiseWith(services)
    return signal
      ? run(effect, { signal }).catch((error) => {
          throw signal.aborted ? signal.reason : error
        })
      : run(effect)
  }

/**
 * The same for an effect that belongs to no session, and needs no time.
 *
 * @category combinators
 */
export const run = /* @__PURE__ */ runWith(Context.empty())

type Listener = Parameters<PromiseBearerSource["subscribe"]>[0]

/** A session or a child, and what its provider can do. */
type Held = Session.BearerSource &
  Partial<
    Session.Session & Session.PasscodeAnswering & Session.Prompting & Session.Inspecting & Session.Acting<Capability>
  >

type Parent = Session.Acting<Capability>
type Child = Awaited<Effect.Success<ReturnType<Parent["actAs"]>>>

class HeldFace extends Face<Held, Standing> {
  /** On the prototype, so that printing a session does not show it: an XState actor carries the whole chart. */
  get actor(): SessionActor.SessionActor {
    return SessionActor.of(Face.of(this) as Held)
  }
}

/** The engine, for members that start no fiber: a living token, the view, a report about a generation. */
const engineOf = (of: object): Driver => {
  const driver = driverOf(of)
  if (driver === undefined) throw new TypeError("This is no session of pbx-auth.")
  return driver
}

/** Runs what a session's member does. */
const runOf = (of: object) => runWith(engineOf(of).services)

/**
 * The same, for what is complete at once. `Effect.runSync` also has an error for what is not, which a browser tab would have to load.
 *
 * @category combinators
 */
export const runSyncOf =
  (of: object) =>
  <A>(effect: Effect.Effect<A>): A => {
    const exit = Effect.runForkWith(engineOf(of).services)(effect).pollUnsafe() as Exit.Exit<A>
    if (Exit.isSuccess(exit)) return exit.value
    throw Cause.squash(exit.cause)
  }

const bounded = <A>({ within }: Standing, effect: Effect.Effect<A, AuthError>): Effect.Effect<A, AuthError> =>
  within === undefined ? effect : within(effect)

const closed = () => fromReason(new SignedOut({ closed: true }))

/** Lets no call through after a child was given back. */
const held = <A>({ hold }: Standing, effect: Effect.Effect<A, AuthError>): Effect.Effect<A, AuthError> =>
  hold === undefined ? effect : Effect.suspend(() => (hold.isGivenBack ? Effect.fail(closed()) : effect))

/** A member that is an effect, or a function that returns one. `around` is put around each call. */
const promised =
  <Of extends object, Args extends ReadonlyArray<never>, A>(
    member: (of: Of, ...args: Args) => Effect.Effect<A, AuthError>,
    around: (standing: Standing, effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError> = (_, effect) =>
      effect,
  ) =>
  (of: Of, standing: Standing) =>
  (...args: Args) =>
    runOf(of)(
      held(
        standing,
        around(
          standing,
          Effect.suspend(() => member(of, ...args)),
        ),
      ),
    )

/**
 * A member that may wait in a queue.
 *
 * @category constructors
 */
export const waiting = <Of extends object, A>(member: (of: Of) => Effect.Effect<A, AuthError>) =>
  promised(member, bounded)

/** A member that is complete when it returns. */
const immediate =
  <Of extends object, A>(member: (of: Of) => Effect.Effect<A>) =>
  (of: Of) =>
  () =>
    runSyncOf(of)(member(of))

/**
 * A member that hands out a token. While the token lives, and for all callers that join a presentation, the engine answers without a
 * fiber. A patient caller has a fiber.
 */
const handing =
  <A>(quick: (engine: Driver) => Promise<A>, of: (bearer: Bearer) => A) =>
  (session: Session.BearerSource, standing: Standing) => {
    const engine = engineOf(session)
    const ask = (options: WaitOptions | undefined) => {
      const { patience, signal } = options ?? {}
      const checked = Validation.check("options", options, waitRules)
      const bearer = Effect.suspend(() => (patience === undefined ? session : patient(session, patience)).bearer)
      return runOf(session)(held(standing, Effect.andThen(checked, bearer)), signal).then(of)
    }
    const isPatient = isPatientFace(session)
    return (options?: WaitOptions): Promise<A> =>
      options === undefined && standing.hold?.isGivenBack !== true && (!isPatient || engine.peek() !== undefined)
        ? quick(engine)
        : ask(options)
  }

const source = part<Session.BearerSource, Standing>({
  accessToken: handing(
    (engine) => engine.text(),
    ({ token }) => Redacted.value(token),
  ),
  bearer: handing(
    (engine) => engine.joined(),
    (bearer) => bearer,
  ),
  reject: (of) => (generation: number) => void engineOf(of).reject(Validation.generation(generation)),
  confirm: (of) => (generation: number) => engineOf(of).confirm(Validation.generation(generation)),
  view: (of) => () => engineOf(of).view,
  subscribe:
    (of, { hold }) =>
    (listener: Listener) => {
      const end = subscribe(engineOf(of), listener)
      hold?.listening.add(end)
      return () => {
        hold?.listening.delete(end)
        end()
      }
    },
})

const ending = part<Session.BearerSource, Standing>({
  close: (_, { close }) => close,
  [Symbol.asyncDispose]: (_, { close }) => close,
})

const child = part<Child, Standing>({ subject: (of) => of.subject })

const inspecting = part<Session.Inspecting, Standing>({
  inspect: waiting((of: Session.Inspecting) => of.inspect),
})

const own = part<Session.Session, Standing>({
  // The session's own check also accepts a password as a text.
  signIn: promised((of: Session.Session, given?: CredentialsInput | BrowserWay) =>
    of.signIn(given as Credentials | undefined),
  ),
  cancel: immediate((of: Session.Session) => of.cancel),
  // It takes effect at once. If it still waits to have tokens revoked, a registry that closes ends that wait.
  signOut: (of, standing) => () => runOf(of)(Effect.catch(bounded(standing, of.signOut), () => Effect.void)),
})

const answering = part<Session.PasscodeAnswering, Standing>({
  submitPasscode: promised((of: Session.PasscodeAnswering, passcode: string) =>
    of.submitPasscode(Redacted.make(passcode)),
  ),
})

const prompting = part<Session.Prompting, Standing>({ prompt: promised((of: Session.Prompting) => of.prompt) })

const acting = part<Parent, Standing>({
  actAs: (of, standing) => (subject: string, options?: WaitOptions) => {
    const { patience, signal } = options ?? {}
    const checked = Validation.check("options", options, waitRules)
    const from = Effect.suspend(() =>
      borrow(patience === undefined ? of : patient(of, patience), subject, standing, (one) => bounded(standing, one)),
    )
    return runOf(of)(Effect.andThen(checked, from), signal)
  },
  startActing: promised((of: Parent, subject: string) => of.startActing(subject)),
  stopActing: immediate((of: Parent) => of.stopActing),
})

/**
 * The promise face of a session. It has the session's members, the end from `standing`, and the type that matches the session's type.
 *
 * @category constructors
 */
export const make = <Made>(of: object, standing: Standing): Made =>
  new HeldFace(of as Held, standing, [
    source,
    standing.close !== undefined && ending,
    "subject" in of && child,
    "signIn" in of && own,
    "inspect" in of && inspecting,
    "submitPasscode" in of && answering,
    "prompt" in of && prompting,
    "actAs" in of && acting,
    ...(standing.more ?? []),
  ]) as unknown as Made

/**
 * The session behind a promise face, as an API call needs it; `undefined` for anything else.
 *
 * @category getters
 */
export const callerOf = (
  face: unknown,
  patience?: Duration.Input,
):
  | (BearerCall.Caller & {
      readonly origin: string
      readonly provider: Pick<Provider, "bearer" | "ownGrammar">
      readonly run: ReturnType<typeof runWith>
      readonly stands: Effect.Effect<void, AuthError>
    })
  | undefined => {
  if (!(face instanceof HeldFace)) return undefined
  const given = Face.of(face) as Held
  const of = patience === undefined ? given : patient(given, patience)
  const standing = Face.by(face) as Standing
  const { bearer, confirm, pacing, reject } = of
  const { account, stands } = engineOf(of)
  const guarded: Running = (effect) => held(standing, bounded(standing, effect))
  return {
    origin: account.address.origin,
    provider: account.provider,
    run: runOf(given),
    reject,
    confirm,
    stands,
    bearer: guarded(bearer),
    pacing: pacing && { ...pacing, inTurn: (bearer) => guarded(pacing.inTurn(bearer)) },
  }
}

/**
 * Does something with the session behind a promise face, with that session's services. `undefined` for anything else, and for a session
 * that nobody signs in to at a browser.
 *
 * @category combinators
 */
export const about = <A>(
  face: unknown,
  doing: (session: Session.Session & Session.Prompting) => Effect.Effect<A, AuthError>,
): Promise<A> | undefined => {
  const session = face instanceof HeldFace ? (Face.of(face) as Held) : undefined
  if (session === undefined || !("prompt" in session)) return undefined
  return runOf(session)(Effect.suspend(() => doing(session as Session.Session & Session.Prompting)))
}

/**
 * Takes a child, until the caller gives it back. `until` says how long to wait for it; a caller that stops waiting leaves nothing
 * behind.
 *
 * @category combinators
 */
export const borrow = <Made, E>(
  parent: Pick<Parent, "actAs">,
  subject: string,
  standing: Standing,
  until: (waiting: Effect.Effect<Child, AuthError>) => Effect.Effect<Child, E>,
): Effect.Effect<Made, E> =>
  Effect.suspend(() => {
    const loan = (standing.loan ?? Loan.make)()
    return until(loan.take(parent.actAs(subject))).pipe(
      Effect.onExit((exit) => (Exit.isFailure(exit) ? loan.end : Effect.void)),
      Effect.flatMap((child) => Effect.succeed(make<Made>(child, lent(child, standing, loan.end)))),
    )
  })

/** The context of a child that a caller has. It ends when the caller gives it back; a child that others may have goes on. */
const lent = (child: Child, { lendsShared, more, within }: Standing, end: Effect.Effect<void>): Standing => {
  const giveBack = () => runOf(child)(end)
  const common = { ...(more && { more }), ...(within && { within }) }
  if (lendsShared !== true) return { ...common, close: giveBack }
  const hold = { isGivenBack: false, listening: new Set<() => void>() }
  const close = () => {
    hold.isGivenBack = true
    for (const end of hold.listening) end()
    hold.listening.clear()
    return giveBack()
  }
  return { ...common, hold, close }
}
