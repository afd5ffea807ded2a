/** The session that a request is for, and what its caller may do with it. */

import type { OfferedAction } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type { Bearer } from "../Bearer.ts"
import type { Driver } from "../engine/Driver.ts"
import * as SessionFace from "../face/SessionFace.ts"
import * as SessionActor from "../SessionActor.ts"

/**
 * Any session of this library: of an Effect app, of `Promises`, or a child.
 *
 * @category models
 */
export type Served =
  | {
      /** The session as an XState actor: of `Promises`, or by `SessionActor.of`. */
      readonly actor: SessionActor.SessionActor
    }
  | {
      /** A session of an Effect app, or its child. */
      readonly bearer: Effect.Effect<Bearer, AuthError>
    }

/**
 * A session, and what a caller may do with it.
 *
 * @category models
 */
export interface Visitor {
  /** The session that the caller gets. */
  readonly session: Served
  /**
   * In a view's words. What is not in the list is not offered, and answered with 403. An empty list makes a screen that only shows.
   * `sign_in` allows credentials as well, `submit_passcode` allows a passcode.
   */
  readonly may: ReadonlyArray<OfferedAction>
}

/**
 * The session of the caller, with all rights or with some of them; or the app's own answer to a caller that has none.
 *
 * @category models
 */
export type Caller = Served | Visitor | Response

/**
 * @category models
 */
export interface Known {
  readonly driver: Driver
  /** `undefined`: everything. */
  readonly may: ReadonlyArray<OfferedAction> | undefined
}

const ACTIONS: ReadonlyArray<OfferedAction> = [
  "sign_in",
  "submit_passcode",
  "cancel",
  "act_as",
  "stop_acting",
  "sign_out",
]

/**
 * The engine behind the app's value; `undefined` if that is no session of this library.
 *
 * @category constructors
 */
export const of = (given: Served | Visitor): Known | undefined => {
  const isVisitor = typeof given === "object" && given !== null && "session" in given
  const session = isVisitor ? given.session : given
  const driver = "actor" in session ? SessionActor.driverOf(session.actor) : SessionFace.driverOf(session)
  // In one order, whatever the app's: the name of a snapshot depends on it.
  const may = isVisitor ? ACTIONS.filter((action) => given.may.includes(action)) : undefined
  return driver && { driver, may }
}

/**
 * @category guards
 */
export const may = (known: Known, action: OfferedAction): boolean => known.may?.includes(action) ?? true

/**
 * Asks the app who the caller is. `undefined` says that the app failed, or returned something that is no session. What it threw is
 * not repeated: it may hold anything.
 *
 * @category combinators
 */
export const ask = <R>(
  caller: (request: Request) => Caller | PromiseLike<Caller> | Effect.Effect<Caller, never, R>,
  request: Request,
): Effect.Effect<Known | Response | undefined, never, R> =>
  Effect.suspend(() => {
    const answer = caller(request)
    return Effect.isEffect(answer) ? answer : Effect.promise(async () => answer)
  }).pipe(
    Effect.map((answer) => (answer instanceof Response ? answer : of(answer))),
    Effect.catchCause(() => Effect.succeed(undefined)),
  )
