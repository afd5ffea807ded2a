/**
 * What people and apps ask of a session: to sign in, to answer a second factor, to act for a subject, to sign out.
 */

import type { OfferedAction, SessionView } from "@pbx-auth/machine/SessionView"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as Secret from "@pbx-auth/providers/Secret"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { failure } from "../account/Failure.ts"
import { type BrowserSignIn, type BrowserWay, isWay, type Prompt } from "../browser/BrowserWay.ts"
import { Line } from "../callers/Line.ts"
import { adopt, childrenOf } from "./Children.ts"
import { closeAll } from "./Closing.ts"
import { type Attempted, type Core, type Holder, isClosed, readOr, setbacksOf, workOf } from "./Core.ts"
import * as Exchange from "./Exchange.ts"
import * as Flights from "./Flights.ts"
import * as HandOut from "./HandOut.ts"
import * as OwnRecord from "./OwnRecord.ts"
import { compact } from "./Rest.ts"
import { credentialsOf, put } from "./Secrets.ts"
import { untilSignOut } from "./SignOuts.ts"
import * as Steps from "./Steps.ts"
import { atRest, nextTry, ofCall, refusal, usable } from "./Waiting.ts"

// --- signing in -------------------------------------------------------------------------------------------------------

/**
 * Signs in, with the credentials given or with those at hand. Returns the view when there is a token, or when a passcode is asked
 * for; fails with the refusal. A caller with the same credentials as a sign-in under way shares its result. A session that is signed
 * in stays as it is: it refuses other credentials than those that it signed in with, because the provider has not checked them.
 *
 * @category combinators
 */
export const signIn = (core: Core, asked?: Credentials | BrowserWay | undefined): Attempted<SessionView> =>
  untilSignOut(
    core,
    Effect.gen(function* () {
      const { provider } = core.account
      const [way, credentials] = isWay(asked) ? [asked] : [undefined, asked]
      while (true) {
        const theirs = isSigningIn(core) ? (core.passing?.way ?? credentialsOf(core)) : undefined
        yield* atRest(core)
        if (theirs !== undefined && (credentials === undefined || isSame(theirs, credentials)))
          return yield* granted(core)
        if (!offers(core, "sign_in")) {
          if (credentials !== undefined) yield* isSignedInWith(core, credentials)
          return yield* settled(core)
        }
        const given = credentials ?? core.kept
        const signsInWith = readOr(() => provider.signsInWith, "password")
        const takesPassword = readOr(() => provider.dialect.grants.Password, true)
        const isAtBrowser = signsInWith === "browser"
        if (!(way ? isAtBrowser : given ? takesPassword : signsInWith === "client")) {
          const fix = isAtBrowser
            ? "Give a way at a browser, as deviceSignIn()."
            : takesPassword
              ? "Give a username and a password, here or in the options."
              : "Give a client or a refresh token in the options."
          return yield* misconfigured(core, "credentials", fix)
        }
        let isBegun = false
        Steps.post(core, () => {
          // Another caller may have begun at this very moment.
          if (!offers(core, "sign_in")) return undefined
          isBegun = true
          setbacksOf(core).backoff.beginAnew()
          put(core, "offered", given)
          put(core, "way", way?.begin())
          workOf(core).isUserCall = true
          return { type: "SignIn" }
        })
        if (isBegun) {
          yield* atRest(core)
          return yield* granted(core)
        }
        yield* Effect.yieldNow
      }
    }),
  )

const isSigningIn = (core: Core): boolean => {
  const { presenting } = core.context
  return !isClosed(core) && (presenting === "sign_in" || presenting === "passcode")
}

/** Fails if the session is signed in with other credentials than these. */
const isSignedInWith = (core: Core, credentials: Credentials): Attempted<void> =>
  Effect.gen(function* () {
    if (isClosed(core)) return
    const { key, passing } = core
    const offered = passing?.offered
    const isTheirs =
      core.view.state === "mfa_required" && offered !== undefined
        ? isSame(offered, credentials)
        : key === (yield* OwnRecord.keyOf(core, credentials))
    if (isTheirs) return
    const fix = "The session is signed in with other credentials. Sign out first, or open another session."
    return yield* misconfigured(core, "credentials", fix)
  })

const isSame = (a: Credentials | BrowserSignIn, b: Credentials): boolean =>
  "username" in a && a.username === b.username && Redacted.value(a.password) === Redacted.value(b.password)

/**
 * What a person who signs in at a browser needs. Waits until there is something, and fails as the sign-in does if that ends before.
 *
 * @category combinators
 */
export const prompt = (core: Core): Attempted<Prompt> =>
  // A sign-in that was asked for just before has begun then.
  Effect.andThen(
    Effect.yieldNow,
    untilSignOut(
      core,
      Effect.suspend(
        () =>
          core.passing?.way?.prompt ??
          misconfigured(core, "prompt", "No sign-in waits for a person now. Begin with signIn."),
      ),
    ),
  )

/**
 * Answers the challenge. Fails as `BadPasscode`, after which the user may give another passcode, or with the reason that ended the
 * challenge. Without a challenge it does nothing.
 *
 * @category combinators
 */
export const submitPasscode = (core: Core, passcode: Redacted.Redacted<string>): Attempted<SessionView> =>
  untilSignOut(
    core,
    Effect.gen(function* () {
      // A text is not accepted: it may be a printed `Redacted`.
      if (typeof passcode === "string" || Secret.of(passcode) === undefined) {
        const fix = "Expected the passcode; it is never empty."
        return yield* misconfigured(core, "passcode", Secret.fix(passcode, fix))
      }
      yield* atRest(core)
      if (!offers(core, "submit_passcode")) return yield* settled(core)
      Steps.post(core, () => {
        put(core, "passcode", passcode)
        return { type: "SubmitPasscode" }
      })
      yield* atRest(core)
      return yield* granted(core)
    }),
  )

/**
 * Cancels a sign-in or a challenge. The token from before, if any, is still there.
 *
 * @category combinators
 */
export const cancel = (core: Core): Effect.Effect<void> =>
  Effect.sync(() => Steps.send(core, { type: "Cancel", now: core.now }))

// --- acting for a subject ---------------------------------------------------------------------------------------------

/**
 * From now on this session acts for `subject` and hands out the subject's bearers. Fails with the refusal, and then hands out its own
 * again. Calls that act run one after the other; the last one stays.
 *
 * @category combinators
 */
export const startActing = (core: Core, subject: string): Attempted<SessionView> =>
  untilSignOut(
    core,
    inTurn(
      core,
      Effect.gen(function* () {
        yield* subjectIsGiven(core, subject)
        if (core.context.subject !== subject) {
          if (core.context.subject === null) {
            // A renewal that is due comes first, and is joined.
            yield* HandOut.bearer(core)
            yield* atRest(core)
          }
          // The result of the call before this one does not matter.
          setbacksOf(core).acting = undefined
          Steps.send(core, { type: "ActAs", subject, now: core.now })
        }
        yield* atRest(core)
        if (core.context.subject !== subject) {
          const { acting } = setbacksOf(core)
          return yield* acting === undefined ? refusal(core) : ofCall(core, acting)
        }
        return yield* settled(core)
      }),
    ),
  )

const inTurn = <A>(core: Core, call: Attempted<A>): Attempted<A> =>
  Effect.suspend(() => {
    const work = workOf(core)
    work.turn ??= { line: new Line(), calls: 0 }
    const { turn } = work
    turn.calls += 1
    return Effect.ensuring(
      turn.line.through(call),
      Effect.sync(() => {
        turn.calls -= 1
        if (turn.calls === 0) work.turn = undefined
        compact(core)
      }),
    )
  })

/**
 * The session hands out its own bearers again.
 *
 * @category combinators
 */
export const stopActing = (core: Core): Effect.Effect<SessionView> =>
  Effect.sync(() => {
    Steps.send(core, { type: "StopActing", now: core.now })
    return core.view
  })

/**
 * A session of its own that acts for `subject` as long as it is open; it closes with this one at the latest. It opens once it has its
 * first token, and fails with the refusal. If `isKept` accepts that refusal, the child opens nevertheless and goes on trying. `made`
 * makes it, and `coreOf` returns its core.
 *
 * @category combinators
 */
export const child = <Made extends Holder>(
  core: Core,
  subject: string,
  made: Attempted<Made>,
  coreOf: (made: Made) => Core,
  isKept: (error: AuthError.AuthError) => boolean,
): Attempted<Made> =>
  untilSignOut(
    core,
    Effect.gen(function* () {
      yield* subjectIsGiven(core, subject)
      const child = yield* made
      adopt(core, coreOf(child))
      return yield* HandOut.bearer(coreOf(child)).pipe(
        Effect.catch((error) => (isKept(error) ? Effect.void : Effect.fail(error))),
        Effect.as(child),
        Effect.onExit((exit) => (exit._tag === "Failure" ? child.close : Effect.void)),
      )
    }),
  )

const subjectIsGiven = (core: Core, subject: unknown): Attempted<void> =>
  typeof subject === "string" && subject.trim() !== ""
    ? Exchange.notForItself(core, subject)
    : misconfigured(core, "subject", "Expected the user to act for, as the provider names users.")

// --- signing out ------------------------------------------------------------------------------------------------------

/**
 * Ends the session: in memory, in the store, at the provider if it can revoke tokens, and for all children. It wins over everything
 * under way. A failure of the store or the provider is logged, and does not keep the session alive.
 *
 * @category combinators
 */
export const signOut = (core: Core): Effect.Effect<void> =>
  Effect.suspend(() => {
    const children = childrenOf(core)
    const tokens = [core.own, ...[core, ...children].map(({ passing }) => passing?.acting)]
    Steps.send(core, { type: "SignOut" })
    return closeAll(children).pipe(
      Effect.andThen(OwnRecord.removed(core)),
      Effect.andThen(
        Flights.revoke(
          core,
          tokens.flatMap((one) => one ?? []),
        ),
      ),
    )
  })

// --- the result of a call ---------------------------------------------------------------------------------------------

const offers = (core: Core, action: OfferedAction): boolean => !isClosed(core) && core.view.actions.includes(action)

/** The refusal of a call, even if an older token still serves. */
const granted = (core: Core): Attempted<SessionView> => {
  const { refusal } = core.context
  return refusal === null
    ? settled(core)
    : Effect.fail(ofCall(core, setbacksOf(core).errorOf(refusal.code, nextTry(core))))
}

const settled = (core: Core): Attempted<SessionView> => {
  const isUsable = usable(core, core.now) !== undefined
  const isAsked = core.view.path === "mfa_required.awaiting_passcode" && !isClosed(core)
  return isUsable || isAsked ? Effect.succeed(core.view) : Effect.fail(refusal(core))
}

const misconfigured = (core: Core, field: string, fix: string): Attempted<never> =>
  failure(core.account, AuthError.Misconfigured, { field, fix })
