/**
 * A face whose callers wait for the end of an outage.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Driver } from "../engine/Driver.ts"
import type { Pacing } from "../Pacing.ts"
import * as Patience from "../Patience.ts"
import { Face } from "./Face.ts"
import { driverOf, type Facing, make } from "./SessionFace.ts"

/** The context of a session whose callers wait for the end of an outage. */
class Patient implements Facing {
  readonly of: Facing
  readonly patience: Duration.Input

  constructor(of: Facing, patience: Duration.Input) {
    this.of = of
    this.patience = patience
  }

  get inspect(): Facing["inspect"] {
    return this.of.inspect
  }

  get more(): Facing["more"] {
    return this.of.more
  }

  get ask(): Facing["ask"] {
    return (driver, once) => Patience.wait(driver, once, this.patience)
  }

  isPaced(driver: Driver): boolean {
    return this.of.isPaced(driver)
  }

  pacing(driver: Driver): Pacing | undefined {
    return this.of.pacing(driver, true)
  }

  lend(parent: Driver, subject: string): Effect.Effect<Driver, AuthError, Scope.Scope> {
    return Effect.flatMap(Patience.deadline(this.patience), (deadline) => {
      const lent = this.of.lend(parent, subject, {
        first: (child) => Patience.until(child, child.bearer, deadline),
        isTooLate: (error) => deadline.pauseAfter(error) === undefined,
      })
      // The caller's scope goes along: it is in the context of its fibers.
      return Patience.until(parent, lent as Effect.Effect<Driver, AuthError>, deadline)
    })
  }
}

/**
 * The same session for callers that wait for the end of an outage, at most so long. Anything that is not a session is returned as it
 * is.
 *
 * @category combinators
 */
export const patient = <S extends object>(session: S, patience: Duration.Input): S => {
  const driver = driverOf(session)
  const facing = facingOf(session)
  // The driver decides which members the face has, so the new one is of the same kind.
  return driver === undefined || facing === undefined
    ? session
    : (make(driver, new Patient(facing, patience)) as unknown as S)
}

/**
 * How a loop acts as one subject after the other: not after a sign-out of the parent, and with the patience of the loop.
 *
 * @category combinators
 */
export const actingFor = <Child>(
  parent: Lending<Child>,
  patience: Duration.Input | undefined,
): Lending<Child>["actAs"] => {
  const stands = driverOf(parent)?.stands ?? Effect.void
  const { actAs } = patience === undefined ? parent : patient(parent, patience)
  return (subject) => Effect.andThen(stands, actAs(subject))
}

/** A session that acts for others. */
interface Lending<Child> {
  readonly actAs: (subject: string) => Effect.Effect<Child, AuthError, Scope.Scope>
}

/**
 * Whether a face's callers wait for the end of an outage.
 *
 * @category guards
 */
export const isPatientFace = (held: object): boolean => Face.by(held) instanceof Patient

/** The context of a session; `undefined` for anything else. */
const facingOf = (held: object): Facing | undefined => {
  const facing = Face.by(held) as Facing | undefined
  return facing instanceof Patient ? facing.of : facing
}
