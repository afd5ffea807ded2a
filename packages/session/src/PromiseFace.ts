/**
 * A session of an Effect app's as one of promises: the faces of `PromiseSessions` and `PromiseApiKey` are made here.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { CredentialsInput } from "@pbx-auth/providers/Configuration"
import type { Capability, Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Driver } from "./Driver.ts"
import type {
  PromiseActing,
  PromiseBearerSource,
  PromiseInspecting,
  PromisePasscodeAnswering,
  PromiseSession,
} from "./Promises.ts"
import * as Session from "./Session.ts"

/**
 * How the effects of a face are run: `gate` for each, and `patient` for what may wait in line for long.
 *
 * @category models
 */
export interface Running {
  readonly gate: <A>(effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
  readonly patient: <A>(effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
  /** Does the gate let nothing through any more? For what is answered without a fiber. Default: it always does. */
  readonly isShut?: () => boolean
}

/** What a face has without its end: whoever makes it says how it ends. */
type Endless<A> = Omit<A, "close" | typeof Symbol.asyncDispose | "actor">

/**
 * Runs an effect. The promise rejects with the `AuthError`.
 *
 * @category combinators
 */
export const run = <A>(effect: Effect.Effect<A, AuthError>): Promise<A> => Effect.runPromise(effect)

const driverOf = (session: Session.BearerSource): Driver => {
  const driver = Session.driverOf(session)
  if (driver === undefined) throw new TypeError("This is no session of pbx-auth.")
  return driver
}

/** Calls the listener after each step, and tells of an end that is news. */
const subscribe = (driver: Driver, listener: Parameters<PromiseBearerSource["subscribe"]>[0]): (() => void) => {
  let shown = driver.view.path
  return driver.subscribe((view) => {
    // That a session was closed is news to a screen that still shows somebody signed in, and to no other.
    const isNews = driver.snapshot.status !== "done" || view.path !== shown
    shown = view.path
    if (isNews) listener(view)
  })
}

/**
 * What hands out tokens. While the token lives no fiber is started.
 *
 * @category constructors
 */
export const bearerSource = (
  session: Session.BearerSource,
  { gate, isShut = () => false }: Running,
): Endless<PromiseBearerSource> => {
  const driver = driverOf(session)
  return {
    accessToken: () => (isShut() ? run(gate(Effect.map(session.accessToken, Redacted.value))) : driver.text()),
    bearer: async () => (isShut() ? run(gate(session.bearer)) : (driver.peek() ?? driver.joined())),
    reject: (generation) => driver.reject(generation),
    view: () => driver.view,
    subscribe: (listener) => subscribe(driver, listener),
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
