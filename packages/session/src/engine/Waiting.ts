/**
 * Callers that wait for the presentation under way. They share one result.
 */

import { currentFacts } from "@pbx-auth/machine/SessionContext"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as Retry from "@pbx-auth/providers/Retry"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { failure } from "../account/Failure.ts"
import type { Bearer } from "../Bearer.ts"
import * as SharedResult from "../callers/SharedResult.ts"
import { toldAt } from "../time/SessionClock.ts"
import { type Attempted, type Core, isClosed, isPresenting, setbacksOf, workOf } from "./Core.ts"
import * as Ready from "./Ready.ts"
import type { Waiting } from "./Work.ts"

/**
 * The bearer of the current token, usable or not.
 *
 * @category getters
 */
export const readyOf = (core: Core): Ready.Ready | undefined => {
  if (isClosed(core)) return undefined
  // Not kept: a caller that shares a presentation's result may be the last to ask until the next one.
  if (core.ready !== undefined) return core.ready
  const context = core.context
  const facts = currentFacts(context)
  const tokens = context.subject === null ? core.own : core.passing?.acting
  return facts === null || tokens === undefined ? undefined : Ready.of(tokens, facts)
}

/**
 * The bearer that may be handed out, if there is one.
 *
 * @category getters
 */
export const usable = (core: Core, now: number): Bearer | undefined => {
  const ready = readyOf(core)
  return ready !== undefined && now < ready.usableUntil ? ready.bearer : undefined
}

/**
 * What the waiting callers share.
 *
 * @category getters
 */
export const waitingOf = (core: Core): Waiting => {
  const work = workOf(core)
  work.waiting ??= {
    bearer: SharedResult.make(),
    token: SharedResult.make(),
    promise: undefined,
    text: undefined,
  }
  return work.waiting
}

/**
 * The result of the presentation under way. A caller that stops waiting does not stop it.
 *
 * @category combinators
 */
export const joined = (core: Core): Attempted<Bearer> => waitingOf(core).bearer.wait

/**
 * Only the token of `joined`, so that ten thousand callers need not map the bearer for themselves.
 *
 * @category combinators
 */
export const joinedToken = (core: Core): Attempted<Bearer["token"]> => waitingOf(core).token.wait

/**
 * Waits until no presentation is under way, whatever the result.
 *
 * @category combinators
 */
export const atRest = (core: Core): Effect.Effect<void> =>
  Effect.suspend(() => (isPresenting(core) ? Effect.asVoid(Effect.exit(joined(core))) : Effect.void))

/**
 * The callers that wait now, without any that come later.
 *
 * @category combinators
 */
export const take = (core: Core): Waiting | undefined => {
  const { work } = core
  const waiting = work?.waiting
  if (work !== undefined) work.waiting = undefined
  return waiting
}

/**
 * Gives a result to callers that waited.
 *
 * @category combinators
 */
export const end = (
  waiting: Waiting | undefined,
  bearer: Attempted<Bearer>,
  token: Attempted<Bearer["token"]>,
): void => {
  waiting?.bearer.end(bearer)
  waiting?.token.end(token)
}

/**
 * Gives all waiting callers the same result, when nothing is under way any more.
 *
 * @category combinators
 */
export const release = (core: Core): void => {
  if (core.work?.waiting === undefined || isPresenting(core)) return
  const told = outcome(core)
  end(take(core), told, Exit.map(told, tokenOf))
}

/**
 * The token of a bearer.
 *
 * @category getters
 */
export const tokenOf = ({ token }: Bearer): Bearer["token"] => token

/**
 * The bearer, or why there is none.
 *
 * @category combinators
 */
export const outcome = (core: Core): Exit.Exit<Bearer, AuthError.AuthError> => {
  const bearer = usable(core, core.now)
  return bearer === undefined ? Exit.fail(refusal(core)) : Exit.succeed(bearer)
}

/**
 * Why there is no token now.
 *
 * @category getters
 */
export const refusal = (core: Core): AuthError.AuthError => {
  if (isClosed(core)) {
    return failure(core.account, AuthError.SignedOut, { closed: true })
  }
  if (core.view.state === "mfa_required") return setbacksOf(core).errorOf("PasscodeRequired")
  const { acting, own, refusal } = core.context
  const isNobodySignedIn = refusal === null && own === null && acting === null
  return setbacksOf(core).errorOf(isNobodySignedIn ? "SignedOut" : refusal?.code, nextTry(core))
}

/**
 * The error of a call that nobody repeats by itself. If it passes, its caller is told when asking again is sensible: after the
 * schedule's first pause.
 *
 * @category combinators
 */
export const ofCall = ({ now, runtime }: Core, error: AuthError.AuthError): AuthError.AuthError =>
  error.retryAt === undefined && Retry.isRepeatable(error)
    ? AuthError.amend(error, { retryAt: toldAt(runtime.clock, now + Retry.minBackoff) })
    : error

/**
 * When the session asks the provider next, by itself or because a caller needs a token. Epoch ms by its own clock.
 *
 * @category getters
 */
export const nextTry = (core: Core): number | undefined => {
  const { next, refusal, retryAt, unattended } = core.context
  const { substate } = core.view
  if (substate === "idle" && !unattended) return undefined
  if (retryAt !== null) return retryAt
  const mayBegin = refusal !== null && (substate === "idle" || (substate === "waiting" && next !== "nothing"))
  return mayBegin ? setbacksOf(core).mayBeginAt : undefined
}
