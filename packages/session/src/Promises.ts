/**
 * Sessions for apps without Effect: promises in, strings out, errors thrown as `AuthError`.
 *
 * ```ts
 * const pbx = await openSkySwitch({ client, credentials })
 * const token = await pbx.accessToken()
 * await pbx.close()
 * ```
 *
 * A session keeps a timer while it is open, so that a token is renewed before it dies: close it, or hold it with `await using`.
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { type CredentialsInput, credentialsOf } from "@pbx-auth/providers/Configuration"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import type { Inspection } from "@pbx-auth/providers/Token"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { Bearer } from "./Bearer.ts"
import { Driver } from "./engine/Driver.ts"
import { subscribe } from "./face/News.ts"
import * as PromiseRuntime from "./face/PromiseRuntime.ts"
import * as Validation from "./face/Validation.ts"
import * as SessionActor from "./SessionActor.ts"
import { SessionRuntime } from "./SessionRuntime.ts"
import type { Watcher } from "./Watcher.ts"

/**
 * Something that hands out access tokens: a session, or a child that acts for somebody.
 *
 * @category models
 */
export interface PromiseBearerSource extends AsyncDisposable {
  /** An access token that may be used now. Rejects with the `AuthError` of the attempt that it joined. */
  readonly accessToken: () => Promise<string>
  /** The same with what is known of it; its token is `Redacted`. */
  readonly bearer: () => Promise<Bearer>
  /** An API answered 401 to the bearer of this generation. Throws an `AuthError` with `Misconfigured` when it is no number. */
  readonly reject: (generation: number) => void
  /**
   * An API took the bearer of this generation, after it had rejected the one before. So the next one that is rejected is replaced at
   * once again; without it a token that has just replaced another stays in place for a minute or more. Throws as `reject` does.
   */
  readonly confirm?: (generation: number) => void
  /** What a screen shows now. */
  readonly view: () => SessionView
  /** Calls the listener after every step, and when a session closes that was signed in, until the function that it returns is called. */
  readonly subscribe: (listener: (view: SessionView) => void) => () => void
  /** The session as an XState actor: `useSelector(session.actor, SessionView.of)`. */
  readonly actor: SessionActor.SessionActor
  /** Closes the session in this process. */
  readonly close: () => Promise<void>
}

/**
 * One account's session. Every promise rejects with an `AuthError` and nothing else.
 *
 * @category models
 */
export interface PromiseSession extends PromiseBearerSource {
  /** Resolves when a token is there, or with the state `mfa_required` when a passcode is asked for. */
  readonly signIn: (credentials?: CredentialsInput) => Promise<SessionView>
  readonly cancel: () => void
  readonly signOut: () => Promise<void>
}

/**
 * A session that may act for others. Rejects with `NotAllowed` when the account may not.
 *
 * @category models
 */
export interface PromiseActing<C extends Capability> {
  /** A session of its own that acts for `subject`, until it is closed. */
  readonly actAs: (subject: string) => Promise<PromiseActingSession<C>>
  /** In place: from now on this session hands out the subject's tokens. */
  readonly startActing: (subject: string) => Promise<SessionView>
  readonly stopActing: () => SessionView
}

/**
 * A session whose provider tells what it knows about a token; the token that the reply echoes is dropped.
 *
 * @category models
 */
export interface PromiseInspecting {
  readonly inspect: () => Promise<Inspection>
}

/**
 * A session whose provider describes a second factor. Rejects with `BadPasscode` (another may be given) or `ChallengeExpired`.
 *
 * @category models
 */
export interface PromisePasscodeAnswering {
  readonly submitPasscode: (passcode: string) => Promise<SessionView>
}

/**
 * A child that acts for `subject`, until it is closed; with its parent at the latest.
 *
 * @category models
 */
export type PromiseActingSession<C extends Capability> = PromiseBearerSource & {
  readonly subject: string
} & ("inspect" extends C ? PromiseInspecting : unknown)

/**
 * The session of a provider with the capabilities `C`.
 *
 * @category models
 */
export type PromiseSessionOf<C extends Capability> = PromiseSession &
  ("passcode" extends C ? PromisePasscodeAnswering : unknown) &
  ("inspect" extends C ? PromiseInspecting : unknown) &
  ("act_as" extends C ? PromiseActing<C> : unknown)

/**
 * How a session reaches its provider.
 *
 * @category models
 */
export interface OpenOptions {
  /** The `fetch` to use; default is the global one. It is called with redirects refused. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Gets XState's own inspection events of the session and of those that act for somebody. */
  readonly inspect?: SessionActor.Inspect | undefined
  /** Sees what becomes of the session and of those that act for somebody: the `watch` of `makeOperations`, in `PromiseOperations`. */
  readonly watch?: Watcher | undefined
}

const run = <A>(effect: Effect.Effect<A, AuthError>): Promise<A> => Effect.runPromise(effect)

const bearerSource = (driver: Driver, close: () => Promise<void>): Omit<PromiseBearerSource, "actor"> => ({
  // While the token lives no fiber is started.
  accessToken: () => driver.text(),
  bearer: () => driver.joined(),
  reject: (generation) => void driver.reject(Validation.generation(generation)),
  confirm: (generation) => driver.confirm(Validation.generation(generation)),
  view: () => driver.view,
  subscribe: (listener) => subscribe(driver, listener),
  close,
  [Symbol.asyncDispose]: close,
})

const open = async <C extends Capability>(
  configured: Result.Result<Configured<C>, AuthError>,
  options: OpenOptions = {},
): Promise<PromiseSessionOf<C>> => {
  const checked = await run(Effect.fromResult(configured))
  await run(Validation.check("how", options, Validation.runtimeRules))
  const scope = Scope.makeUnsafe()
  const built = Layer.buildWithScope(PromiseRuntime.layer(options), scope)
  const driver = await run(
    Effect.flatMap(built, (context) => Driver.make(Context.get(context, SessionRuntime), checked)),
  )
  const { capabilities } = driver.account.provider
  const close = async () => {
    await run(driver.close)
    await run(Scope.close(scope, Exit.void))
  }
  const inspecting = (of: Driver) => (capabilities.has("inspect") ? { inspect: () => run(of.inspect) } : {})
  const face = {
    ...bearerSource(driver, close),
    signIn: (given?: CredentialsInput) =>
      run(
        Effect.flatMap(Effect.fromResult(credentialsOf(driver.account.provider, given)), (credentials) =>
          driver.signIn(credentials),
        ),
      ),
    cancel: () => Effect.runSync(driver.cancel),
    signOut: () => run(driver.signOut),
    ...inspecting(driver),
    ...(capabilities.has("passcode")
      ? { submitPasscode: (passcode: string) => run(driver.submitPasscode(Redacted.make(passcode))) }
      : {}),
    ...(capabilities.has("act_as")
      ? {
          actAs: async (subject: string) => {
            const child = await run(driver.child(subject))
            const acting = { ...bearerSource(child, () => run(child.close)), subject, ...inspecting(child) }
            return SessionActor.attach(acting, child, options.inspect)
          },
          startActing: (subject: string) => run(driver.startActing(subject)),
          stopActing: () => Effect.runSync(driver.stopActing),
        }
      : {}),
  }
  // The capabilities that decide the type are the ones that decided the object.
  return SessionActor.attach(face, driver, options.inspect) as unknown as PromiseSessionOf<C>
}

/**
 * Opens a session with SkySwitch. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openSkySwitch = (options: SkySwitch.Options, how?: OpenOptions) => open(SkySwitch.configure(options), how)

/**
 * Opens a session with Landstar Telecom. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openLandstar = (options: Landstar.Options, how?: OpenOptions) => open(Landstar.configure(options), how)

/**
 * Opens a session with IPEX. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openIpex = (options: Ipex.Options, how?: OpenOptions) => open(Ipex.configure(options), how)

/**
 * Opens a session with Sangoma CX. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openSangomaCx = (options: SangomaCx.Options, how?: OpenOptions) => open(SangomaCx.configure(options), how)

/**
 * Opens a session with any other operator of NetSapiens; `capabilities` says what it offers, and with that which methods the
 * session has. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openNetSapiens = <const C extends Capability = Capability>(
  options: NetSapiens.Options<C>,
  how?: OpenOptions,
) => open(NetSapiens.configure(options), how)
