/**
 * A session of an Effect app's as one of promises: the faces of `PromiseSessions` and `PromiseApiKey` are made here.
 */

import { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { CredentialsInput } from "@pbx-auth/providers/Configuration"
import type { Capability, Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type {
  PromiseActing,
  PromiseBearerSource,
  PromiseInspecting,
  PromisePasscodeAnswering,
  PromiseSession,
} from "./Promises.ts"
import type * as Session from "./Session.ts"

/**
 * How the effects of a face are run: `gate` for each, and `patient` for what may wait in line for long.
 *
 * @category models
 */
export interface Running {
  readonly gate: <A>(effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
  readonly patient: <A>(effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
}

/** What a face has without its end: whoever makes it says how it ends. */
type Endless<A> = Omit<A, "close" | typeof Symbol.asyncDispose | "actor">

/**
 * Runs an effect. The promise rejects with the `AuthError`.
 *
 * @category combinators
 */
export const run = <A>(effect: Effect.Effect<A, AuthError>): Promise<A> => Effect.runPromise(effect)

/** Calls the listener after each step, and tells of an end that is news. */
const subscribe = (session: Session.BearerSource, listener: (view: SessionView) => void): (() => void) => {
  let shown = Effect.runSync(session.view).path
  const { unsubscribe } = session.actor.subscribe((snapshot) => {
    const view = SessionView.of(snapshot)
    // That a session was closed is news to a screen that still shows somebody signed in, and to no other.
    const isNews = snapshot.status !== "done" || view.path !== shown
    shown = view.path
    if (!isNews) return
    try {
      listener(view)
    } catch {
      // XState would end the process with it. What it threw may hold anything, so it is not shown.
      Effect.runFork(Effect.logWarning("pbx-auth: a listener of a session threw"))
    }
  })
  return unsubscribe
}

/**
 * What hands out tokens.
 *
 * @category constructors
 */
export const bearerSource = (session: Session.BearerSource, { gate }: Running): Endless<PromiseBearerSource> => {
  const accessToken = gate(Effect.map(session.accessToken, Redacted.value))
  const bearer = gate(session.bearer)
  return {
    accessToken: () => run(accessToken),
    bearer: () => run(bearer),
    reject: (generation) => Effect.runSync(session.reject(generation)),
    view: () => Effect.runSync(session.view),
    subscribe: (listener) => subscribe(session, listener),
  }
}

/**
 * `inspect`, where the session has it.
 *
 * @category constructors
 */
export const inspecting = (
  session: Partial<Session.Inspecting>,
  { gate, patient }: Running,
): Partial<PromiseInspecting> => {
  const { inspect } = session
  return inspect === undefined ? {} : { inspect: () => run(gate(patient(inspect))) }
}

/**
 * A whole session but for its end, and but for the children that it lends.
 *
 * @category constructors
 */
export const session = (
  of: Session.Session & Partial<Session.PasscodeAnswering & Session.Inspecting & Session.Acting<Capability>>,
  running: Running,
): Endless<PromiseSession> &
  Partial<PromisePasscodeAnswering & PromiseInspecting & Omit<PromiseActing<Capability>, "actAs">> => {
  const { gate } = running
  const { startActing, stopActing, submitPasscode } = of
  return {
    ...bearerSource(of, running),
    // The session's own check takes a password as a text, too.
    signIn: (given?: CredentialsInput) => run(gate(of.signIn(given as Credentials | undefined))),
    cancel: () => Effect.runSync(of.cancel),
    signOut: () => run(of.signOut),
    ...inspecting(of, running),
    ...(submitPasscode && { submitPasscode: (passcode) => run(gate(submitPasscode(Redacted.make(passcode)))) }),
    ...(startActing && { startActing: (subject) => run(gate(startActing(subject))) }),
    ...(stopActing && { stopActing: () => Effect.runSync(stopActing) }),
  }
}

/**
 * Gives a face the `actor` of its session, which is made when it is first read. It is on the prototype, out of sight of whoever
 * prints a session: an XState actor drags the whole chart along.
 *
 * @category combinators
 */
export const withActor = <Face extends object>(
  face: Face,
  of: Session.BearerSource,
): Face & Pick<PromiseBearerSource, "actor"> =>
  Object.setPrototypeOf(face, Object.create(Object.prototype, { actor: { get: () => of.actor } }))
