/**
 * Calls with a bearer. When an API rejects the bearer, the session gets another one and makes the call once more.
 */

import { isUsableAt, type TokenFacts } from "@pbx-auth/machine/SessionContext"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Inspection } from "@pbx-auth/providers/Token"
import { KnownSecrets } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import { failure } from "../account/Failure.ts"
import * as Bearer from "../Bearer.ts"
import { Rejections } from "../pace/Rejections.ts"
import { knownTo, throttleOf } from "./Children.ts"
import { type Attempted, type Core, isPresenting, setbacksOf, workOf } from "./Core.ts"
import * as HandOut from "./HandOut.ts"
import { untilSignOut } from "./SignOuts.ts"
import * as Steps from "./Steps.ts"
import { atRest, ofCall, refusal, usable } from "./Waiting.ts"

type Call<A> = (bearer: Bearer.Bearer) => Attempted<A>

/**
 * An API answered 401 to the token of this generation. Only the current generation changes anything. Returns the error to fail with
 * if the token stays, because it has just replaced another rejected one (see `Rejections`).
 *
 * @category combinators
 */
export const reject = (core: Core, generation: number): AuthError.AuthError | undefined => {
  const now = core.now
  const facts = factsOf(core, generation)
  const rejections = facts?.rejected === false ? rejectionsOf(core) : undefined
  const until = facts && rejections?.take(facts, now)
  if (until === undefined) {
    Steps.send(core, { type: "Rejected", generation, now })
    return undefined
  }
  const error = failure(core.account, AuthError.NotAllowed, { tokenRejected: true, fresh: true })
  if (rejections?.isNews(generation) === true) {
    setbacksOf(core).own = error
    const refusal = { code: error.reason._tag, remedy: error.remedy }
    Steps.send(core, { type: "Rejected", generation, now, doubt: { refusal, until } })
  }
  return error
}

/**
 * An API accepted the token of this generation after it had rejected the one before, so the replacement was right.
 *
 * @category combinators
 */
export const confirm = (core: Core, generation: number): void => {
  const facts = factsOf(core, generation)
  if (facts !== undefined) core.work?.rejections?.confirm(facts)
}

const factsOf = (core: Core, generation: number): TokenFacts | undefined => {
  const { acting, own } = core.context
  return [acting, own].find((one) => one?.generation === generation) ?? undefined
}

const rejectionsOf = (core: Core): Rejections => {
  const work = workOf(core)
  work.rejections ??= new Rejections()
  return work.rejections
}

/**
 * Runs a call with the bearer that the session hands out. If the bearer is rejected, it is renewed and the call repeated once.
 *
 * @category combinators
 */
export const withBearer = <A>(core: Core, call: Call<A>): Attempted<A> =>
  untilSignOut(core, repeatedOnce(core, HandOut.bearer(core), call))

/**
 * Runs a call with the account's own bearer, even while the session acts. If the bearer is rejected, it is renewed and the call
 * repeated once.
 *
 * @category combinators
 */
export const withOwnBearer = <A>(core: Core, call: Call<A>): Attempted<A> =>
  untilSignOut(core, repeatedOnce(core, ownBearer(core), call))

const repeatedOnce = <A>(core: Core, bearer: Attempted<Bearer.Bearer>, call: Call<A>): Attempted<A> =>
  Effect.flatMap(bearer, (first) =>
    Effect.catch(call(first), (error) => {
      if (!isOfBearer(error)) return Effect.fail(error)
      const doubt = reject(core, first.generation)
      if (doubt !== undefined) return Effect.fail(doubt)
      return Effect.flatMap(bearer, (second) =>
        Effect.mapError(call(second), (error) => (isOfBearer(error) && reject(core, second.generation)) || error),
      )
    }),
  )

/** Whether the provider refused the bearer, and not what was asked with it. */
const isOfBearer = ({ reason }: AuthError.AuthError): boolean =>
  reason._tag === "NotAllowed" && reason.tokenRejected === true

const ownBearer = (core: Core): Attempted<Bearer.Bearer> =>
  Effect.suspend(() => {
    const { own, subject } = core.context
    if (subject === null || own === null) return HandOut.bearer(core)
    const bearer = ownUsable(core)
    if (bearer !== undefined) return Effect.succeed(bearer)
    // Acting goes on with the subject's bearer. The account's own is renewed beside it.
    if (!isPresenting(core)) Steps.send(core, { type: "Due", generation: own.generation, now: core.now })
    return Effect.flatMap(atRest(core), () =>
      Effect.suspend(() => {
        const renewed = core.context.subject === null ? usable(core, core.now) : ownUsable(core)
        return renewed === undefined ? Effect.fail(refusal(core)) : Effect.succeed(renewed)
      }),
    )
  })

const ownUsable = (core: Core): Bearer.Bearer | undefined => {
  const { own } = core.context
  const tokens = core.own
  return own !== null && tokens !== undefined && isUsableAt(own, core.now) ? Bearer.of(tokens, own) : undefined
}

/**
 * What the provider knows about the bearer that the session hands out.
 *
 * @category combinators
 */
export const inspect = (core: Core): Attempted<Inspection> =>
  Effect.suspend(() => {
    const { account, runtime } = core
    return withBearer(core, ({ token }) =>
      throttleOf(core).guard(
        runtime.endpoint.inspect(account, token).pipe(
          Effect.provideService(KnownSecrets, knownTo(core)),
          Effect.mapError((error) => ofCall(core, error)),
        ),
      ),
    )
  })
