/**
 * A session as an Effect app holds it: it has exactly the operations of its provider, and none that would always fail.
 *
 * The provider's capabilities decide which methods there are, in the type and in the object: acting does not compile on Landstar, a
 * passcode not on IPEX.
 *
 * You may destructure a session (`const { accessToken } = pbx`) and spread it (`{ ...pbx, view }`): each member works by itself. The
 * copy has all of them. Nothing can be added to a session itself.
 *
 * A test of your app mocks it: `Layer.mock(SkySwitch, { accessToken })`, or `SessionTest.layer` of `testing/SessionTest`. The XState
 * actor of a session is `SessionActor.of(session)`.
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured, Credentials } from "@pbx-auth/providers/Provider"
import type { Inspection } from "@pbx-auth/providers/Token"
import type * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Queue from "effect/Queue"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Bearer } from "./Bearer.ts"
import type { BrowserWay, Prompt } from "./browser/BrowserWay.ts"
import type { Driver } from "./engine/Driver.ts"
import { patient } from "./face/PatientFace.ts"
import * as SessionFace from "./face/SessionFace.ts"
import type { Pacing } from "./Pacing.ts"
import * as SessionActor from "./SessionActor.ts"
import { SessionRuntime } from "./SessionRuntime.ts"

export type { BrowserWay, Prompt }

/**
 * Something that hands out bearers: a session, or a child.
 *
 * @category models
 */
export interface BearerSource {
  /**
   * An access token that may be used now, and is not about to die. Immediate while the token lives. Otherwise it joins the renewal or
   * sign-in that is under way, or starts one. It fails with the reason of the attempt that it joined, and does not wait for a retry:
   * see `withPatience`. The error's `retryAt` (epoch ms) says when the session tries again.
   *
   * Fails as `SignedOut`, `PasscodeRequired`, or with the provider's refusal.
   */
  readonly accessToken: Effect.Effect<Redacted.Redacted<string>, AuthError>
  /** The same, with the facts about the token: its generation, its end (epoch ms), its scope, its user. */
  readonly bearer: Effect.Effect<Bearer, AuthError>
  /**
   * Tells the session that an API answered 401 to the bearer of this generation. The current one is renewed; an older one changes
   * nothing. One that has just replaced another rejected one stays for a minute, then two, and so on up to an hour; the view's
   * `refusal` and the events say so.
   */
  readonly reject: (generation: number) => Effect.Effect<void>
  /**
   * Tells the session that an API accepted the bearer of this generation after it had rejected the one before. Then the next one that
   * is rejected is again replaced at once. `BearerHttpClient` calls it by itself.
   */
  readonly confirm?: ((generation: number) => Effect.Effect<void>) | undefined
  /** What a screen shows now. */
  readonly view: Effect.Effect<SessionView>
  /** The view now, and after every step. A slow reader that is more than 16 steps behind misses the oldest, never the last one. */
  readonly changes: Stream.Stream<SessionView>
  /** The origin of the provider's address, such as `https://pbx.skyswitch.com`. A mock may leave it out. */
  readonly origin?: string | undefined
  /** The pace of its calls, in a registry that keeps one; `BearerHttpClient` respects it. */
  readonly pacing?: Pacing | undefined
}

/**
 * One account's session.
 *
 * @category models
 */
export interface Session extends BearerSource {
  /**
   * Signs in, with the credentials given or with those of the options, or in a way at a browser (`deviceSignIn`, `redirectSignIn`). Succeeds when there is a token, or with the state
   * `mfa_required` when a passcode is asked for. A session that is signed in stays as it is.
   */
  readonly signIn: (given?: Credentials | BrowserWay) => Effect.Effect<SessionView, AuthError>
  /** Cancels a sign-in or a challenge. */
  readonly cancel: Effect.Effect<void>
  /**
   * Forgets the tokens, here and in the store, and revokes them if the provider can, the account's own first. Wins over a late reply.
   * The session is over at once. In a registry, many children's tokens are revoked at the provider's pace.
   */
  readonly signOut: Effect.Effect<void>
}

/**
 * A session whose provider describes a second factor.
 *
 * @category models
 */
export interface PasscodeAnswering {
  /**
   * Answers the challenge to a second factor. Fails as `BadPasscode` (another one may be given) or `ChallengeExpired` (sign in
   * again). It is never repeated by itself.
   */
  readonly submitPasscode: (passcode: Redacted.Redacted<string>) => Effect.Effect<SessionView, AuthError>
}

/**
 * A session that a person signs in to at a browser.
 *
 * @category models
 */
export interface Prompting {
  /**
   * What the person needs: an address, and perhaps a code. It waits until there is something, and fails with the reason if the sign-in
   * ends before, or if there is none. The view says only that a person is waited for (`awaiting`), and until when (`promptUntil`).
   */
  readonly prompt: Effect.Effect<Prompt, AuthError>
}

/**
 * A session whose provider reports on a token.
 *
 * @category models
 */
export interface Inspecting {
  /** What the provider knows about the bearer that is handed out now. The token that the reply echoes is dropped. */
  readonly inspect: Effect.Effect<Inspection, AuthError>
}

/**
 * A session that may act for others: as a child beside itself, or in place.
 *
 * @category models
 */
export interface Acting<C extends Capability> {
  /**
   * A session of its own that acts for `subject`, for as long as the scope is open: NetSapiens' masquerading (`<extension>@<full
   * domain>`), IPEX' impersonation (an e-mail). It gets each of its tokens with this session's current one, and closes when this
   * session signs out.
   *
   * Fails as `NotAllowed` if the account may not.
   */
  readonly actAs: (subject: string) => Effect.Effect<ActingSession<C>, AuthError, Scope.Scope>
  /** In place: from now on *this* session hands out the subject's bearers, and none while it is starting. */
  readonly startActing: (subject: string) => Effect.Effect<SessionView, AuthError>
  /** The session hands out its own bearers again. */
  readonly stopActing: Effect.Effect<SessionView>
}

/**
 * A child that acts for `subject`. It can neither sign out nor act itself: it ends when its scope closes.
 *
 * @category models
 */
export type ActingSession<C extends Capability> = BearerSource & {
  /** The user that it acts for. */
  readonly subject: string
} & ("inspect" extends C ? Inspecting : unknown)

/**
 * The session of a provider with the capabilities `C`.
 *
 * @category models
 */
export type Of<C extends Capability> = Session &
  ("passcode" extends C ? PasscodeAnswering : unknown) &
  ("browser" extends C ? Prompting : unknown) &
  ("inspect" extends C ? Inspecting : unknown) &
  ("act_as" extends C ? Acting<C> : unknown)

/** So many views are kept for a slow reader. Each is a whole state, so an older one is worth less than the next. */
const KEPT_VIEWS = 16

/**
 * The views as a stream. Apart from the rest, so that an app without streams does not load them. `Stream.callback` and `Channel.callback` can do
 * the same and more; what they need for that would come into a browser tab for nothing else.
 */
const streaming = SessionFace.part({
  changes: (driver) =>
    Stream.fromChannel(
      Channel.fromTransform((_, scope) =>
        Effect.uninterruptible(
          Effect.flatMap(Queue.sliding<readonly [SessionView], Cause.Done>(KEPT_VIEWS), (queue) => {
            Queue.offerUnsafe(queue, [driver.view])
            const unsubscribe = driver.subscribe(
              (view) => Queue.offerUnsafe(queue, [view]),
              () => Queue.endUnsafe(queue),
            )
            return Effect.as(Scope.addFinalizer(scope, Effect.sync(unsubscribe)), Queue.take(queue))
          }),
        ),
      ),
    ),
})

/**
 * The extra members of an Effect app's sessions.
 *
 * @category constants
 * @internal
 */
export const more: SessionFace.Facing["more"] = [streaming]

/** A caller that gives up does not wait for the child that it asked for. */
const keep: SessionFace.Keep = (acquire, release) => Effect.acquireRelease(acquire, release, { interruptible: true })

const alone: SessionFace.Facing = { ...SessionFace.alone(keep), more }

/**
 * The Effect face of a driver.
 *
 * @category constructors
 * @internal
 */
export const faceOf = <C extends Capability>(driver: Driver, facing: SessionFace.Facing): Of<C> =>
  // The capabilities that decide the type also decided the object.
  SessionFace.make(driver, facing) as unknown as Of<C>

/**
 * The same session for callers that wait for the end of an outage, at most so long: `accessToken`, `bearer`, and `actAs` with its
 * children. They join the tries that the session makes by its own schedule, so they cost no request of their own.
 *
 * They get the token as soon as there is one. They fail at once with a reason that does not pass, and with the last reason as soon as
 * it is known that the next try comes after the patience. If this is over before the first try has an answer, they fail as
 * `Unavailable` without a status. A sign-out ends their wait: they fail as `SignedOut`. A patience that is no span makes them fail as
 * `Misconfigured`.
 *
 * Anything that is not a session of this library, such as a mock, is returned as it is: it has no schedule to wait for.
 *
 * **Example** (A token, in spite of an outage of up to a minute)
 *
 * ```ts
 * const token = yield* Session.withPatience(pbx, "1 minute").accessToken
 * ```
 *
 * @category combinators
 */
export const withPatience: {
  (patience: Duration.Input): <S extends object>(session: S) => S
  <S extends object>(session: S, patience: Duration.Input): S
} = dual(2, patient)

/**
 * Opens the session of a configured account, for as long as the scope is open.
 *
 * With credentials at hand, or with a provider whose client is its own account, it signs in by itself when the first bearer is asked
 * for. It loads what is stored first. Closing it lets a renewal that is under way end, and keeps what is stored.
 *
 * Fails as `StoreFailed`, and as `Unreadable` if the provider's value throws.
 *
 * @category constructors
 */
export const make: <C extends Capability>(
  configured: Configured<C>,
) => Effect.Effect<Of<C>, AuthError, SessionRuntime | Scope.Scope> = /* @__PURE__ */ Effect.fnUntraced(function* <
  C extends Capability,
>(configured: Configured<C>) {
  const runtime = yield* SessionRuntime
  const inspect = yield* SessionActor.Inspector
  const facing = inspect === undefined ? alone : { ...alone, inspect }
  return yield* Effect.acquireRelease(
    SessionFace.open(runtime, configured, (driver) => faceOf<C>(driver, facing)),
    (face) => SessionFace.driverOf(face)?.close ?? Effect.void,
  )
})
