/**
 * A session of an Effect app's as one of promises: the faces of `PromiseSessions` and `PromiseApiKey` are made here.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { CredentialsInput } from "@pbx-auth/providers/Configuration"
import type { Capability, Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Driver } from "../engine/Driver.ts"
import type {
  PromiseActing,
  PromiseBearerSource,
  PromiseInspecting,
  PromisePasscodeAnswering,
  PromiseSession,
} from "../Promises.ts"
import * as Session from "../Session.ts"
import type * as SessionActor from "../SessionActor.ts"
import { Face, type Part, part } from "./Face.ts"
import { subscribe } from "./News.ts"
import * as Validation from "./Validation.ts"

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

type Listener = Parameters<PromiseBearerSource["subscribe"]>[0]

/** A session, and what its provider can do. */
type Held = Session.Session & Partial<Session.PasscodeAnswering & Session.Inspecting & Session.Acting<Capability>>

class HeldFace extends Face<Session.BearerSource, Running> {
  /** On the prototype, out of sight of whoever prints a session: an XState actor drags the whole chart along. */
  get actor(): SessionActor.SessionActor {
    return (Face.of(this) as Session.BearerSource).actor
  }
}

// While the token lives no fiber is started.
const source = part<Session.BearerSource, Running>({
  accessToken: (of, { gate, isShut = () => false }) => {
    const driver = driverOf(of)
    return () => (isShut() ? run(gate(Effect.map(of.accessToken, Redacted.value))) : driver.text())
  },
  bearer: (of, { gate, isShut = () => false }) => {
    const driver = driverOf(of)
    return async () => (isShut() ? run(gate(of.bearer)) : driver.joined())
  },
  reject: (of) => (generation: number) => void driverOf(of).reject(Validation.generation(generation)),
  confirm: (of) => (generation: number) => driverOf(of).confirm(Validation.generation(generation)),
  view: (of) => () => driverOf(of).view,
  subscribe: (of) => (listener: Listener) => subscribe(driverOf(of), listener),
})

const inspect = part<Session.Inspecting, Running>({
  inspect:
    (of, { gate, patient }) =>
    () =>
      run(gate(patient(of.inspect))),
})

const own = part<Session.Session, Running>({
  // The session's own check takes a password as a text, too.
  signIn:
    (of, { gate }) =>
    (given?: CredentialsInput) =>
      run(gate(of.signIn(given as Credentials | undefined))),
  cancel: (of) => () => Effect.runSync(of.cancel),
  // It is over at once; where it still waits in line to have tokens revoked, a registry that closes ends that.
  signOut:
    (of, { patient }) =>
    () =>
      run(Effect.ignore(patient(of.signOut))),
})

const answering = part<Session.PasscodeAnswering, Running>({
  submitPasscode:
    (of, { gate }) =>
    (passcode: string) =>
      run(gate(of.submitPasscode(Redacted.make(passcode)))),
})

const acting = part<Session.Acting<Capability>, Running>({
  startActing:
    (of, { gate }) =>
    (subject: string) =>
      run(gate(of.startActing(subject))),
  stopActing: (of) => () => Effect.runSync(of.stopActing),
})

/**
 * What hands out tokens, and tells about them where the session has it; `more` is what it has besides.
 *
 * @category constructors
 */
export const bearerSource = (
  of: Session.BearerSource,
  running: Running,
  more: ReadonlyArray<Part> = [],
): Endless<PromiseBearerSource> & Partial<PromiseInspecting> =>
  new HeldFace(of, running, [source, "inspect" in of && inspect, ...more]) as never

/**
 * A whole session but for its end, and but for the children that it lends; `more` is what it has besides.
 *
 * @category constructors
 */
export const session = (
  of: Held,
  running: Running,
  more: ReadonlyArray<Part | false> = [],
): Endless<PromiseSession> &
  Pick<PromiseSession, "actor"> &
  Partial<PromisePasscodeAnswering & PromiseInspecting & Omit<PromiseActing<Capability>, "actAs">> =>
  // What the session has decides what its face has.
  new HeldFace(of, running, [
    source,
    own,
    "inspect" in of && inspect,
    "submitPasscode" in of && answering,
    "startActing" in of && acting,
    ...more,
  ]) as never

/**
 * Gives what was made of a face the `actor` of its session, which is made when it is first read. It is on the prototype, out of
 * sight of whoever prints a session: an XState actor drags the whole chart along.
 *
 * @category combinators
 */
export const withActor = <Made extends object>(
  made: Made,
  of: Session.BearerSource,
): Made & Pick<PromiseBearerSource, "actor"> =>
  Object.setPrototypeOf(made, Object.create(Object.prototype, { actor: { get: () => of.actor } }))
