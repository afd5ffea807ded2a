/**
 * What every face of a session is made of: its members, from the engine, by the capabilities of its provider.
 *
 * `Session` adds the streams that an Effect app has, and the type. The promise faces are made from what is here.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import { credentialsOf } from "@pbx-auth/providers/Configuration"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as Retry from "@pbx-auth/providers/Retry"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { guarded } from "../account/Failure.ts"
import { type BrowserWay, isWay } from "../browser/BrowserWay.ts"
import type { Options } from "../engine/Core.ts"
import { Driver, type Kind } from "../engine/Driver.ts"
import type { Runtime } from "../engine/Runtime.ts"
import type { Pacing } from "../Pacing.ts"
import * as SessionActor from "../SessionActor.ts"
import { Face, part as makePart, type Part } from "./Face.ts"

/**
 * A borrower that waits for its child in a way of its own.
 *
 * @category models
 */
export interface Borrower {
  /** What it waits for, once there is a child. */
  readonly first: (child: Driver) => Effect.Effect<unknown, AuthError>
  /** Hears why there is no child yet, and says whether the next try comes too late for it. */
  readonly isTooLate: (error: AuthError) => boolean
}

/**
 * The context of a session: what its registry does for it, or the defaults without a registry.
 *
 * @category models
 */
export interface Facing {
  readonly inspect: SessionActor.Inspect | undefined
  /** The extra members of its faces. */
  readonly more: ReadonlyArray<Part>
  /** How its callers ask for a bearer, if not just once. */
  readonly ask?: (<A>(driver: Driver, once: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>) | undefined
  /** Opens a child for a borrower: by default once it has its first bearer. */
  readonly lend: (driver: Driver, subject: string, borrower?: Borrower) => Effect.Effect<Driver, AuthError, Scope.Scope>
  /** Whether a registry paces its calls. Only then `pacing` is read. */
  readonly isPaced: (driver: Driver) => boolean
  /** The pace of its calls. With `isPatient` its bearers wait by themselves, and no longer than its patience. */
  readonly pacing: (driver: Driver, isPatient?: boolean) => Pacing | undefined
}

/**
 * Has a child, and says how it ends: as `Effect.acquireRelease` does. `acquire` can be interrupted.
 *
 * @category models
 */
export type Keep = <A, E>(
  acquire: Effect.Effect<A, E>,
  release: (one: A) => Effect.Effect<void>,
) => Effect.Effect<A, E, Scope.Scope>

/**
 * The context of a session that is in no registry.
 *
 * @category constructors
 */
export const alone = (keep: Keep): Facing => ({
  inspect: undefined,
  more: [],
  lend: (driver, subject, borrower) => {
    const isKept = borrower && ((error: AuthError) => Retry.passesAt(error) !== undefined)
    const child = keep(driver.child(subject, isKept), (child) => child.close)
    return borrower === undefined ? child : Effect.tap(child, borrower.first)
  },
  isPaced: () => false,
  pacing: () => undefined,
})

/**
 * @category models
 */
export type SessionFace = Face<Driver, Facing>

/**
 * A part of a session's face.
 *
 * @category constructors
 */
export const part = makePart<Driver, Facing>

const source = part(
  {
    accessToken: (driver, { ask }) => ask?.(driver, driver.accessToken) ?? driver.accessToken,
    bearer: (driver, { ask }) => ask?.(driver, driver.bearer) ?? driver.bearer,
  },
  false,
)

const telling = part({
  reject: (driver) => (generation: number) => Effect.sync(() => void driver.reject(generation)),
  confirm: (driver) => (generation: number) => Effect.sync(() => driver.confirm(generation)),
  view: (driver) => Effect.sync(() => driver.view),
  origin: (driver) => driver.account.address.origin,
})

const paced = part({ pacing: (driver, facing) => facing.pacing(driver) })

const inspecting = part({ inspect: (driver) => driver.inspect })

const own = part({
  signIn: (driver) => (given?: Credentials | BrowserWay) =>
    isWay(given)
      ? driver.signIn(given)
      : // A caller in JavaScript may pass anything, for example a bare password.
        Effect.flatMap(Effect.fromResult(credentialsOf(driver.account.provider, given)), (credentials) =>
          driver.signIn(credentials),
        ),
  cancel: (driver) => driver.cancel,
  signOut: (driver) => driver.signOut,
})

const answering = part({
  submitPasscode: (driver) => (passcode: Redacted.Redacted<string>) => driver.submitPasscode(passcode),
})

const prompting = part({ prompt: (driver) => driver.prompt })

const acting = part({
  actAs: (driver, facing) => (subject: string) =>
    Effect.flatMap(facing.lend(driver, subject), (child) => Effect.succeed(make(child, facing))),
  startActing: (driver) => (subject: string) => driver.startActing(subject),
  stopActing: (driver) => driver.stopActing,
})

const child = part({ subject: (driver) => driver.subject })

/**
 * The face of a driver.
 *
 * @category constructors
 */
export const make = (driver: Driver, facing: Facing): SessionFace => {
  const { capabilities } = driver.account.provider
  if (facing.inspect !== undefined) SessionActor.mirror(driver, facing.inspect)
  return new Face(driver, facing, [
    source,
    telling,
    ...facing.more,
    facing.isPaced(driver) && paced,
    capabilities.has("inspect") && inspecting,
    ...(driver.subject === undefined
      ? [
          own,
          capabilities.has("passcode") && answering,
          capabilities.has("browser") && prompting,
          capabilities.has("act_as") && acting,
        ]
      : [child]),
  ])
}

/**
 * Opens a session with its face, by default of a plain driver. If the provider's value throws meanwhile, the session is closed again.
 *
 * @category constructors
 */
export const open = <O extends Options, A>(
  runtime: Runtime,
  options: O,
  face: (driver: Driver) => A,
  Kind?: Kind<O>,
): Effect.Effect<A, AuthError> =>
  Effect.flatMap(Driver.make(runtime, options, Kind), (driver) =>
    Effect.tapError(
      guarded(driver.account, () => Effect.succeed(face(driver))),
      () => driver.close,
    ),
  )

/**
 * The driver of a session, or of a child; `undefined` for anything else.
 *
 * @category getters
 */
export const driverOf = (held: object): Driver | undefined => {
  const driver = Face.of(held)
  return driver instanceof Driver ? driver : undefined
}
