/**
 * How bearers are handed out: in a fiber or by a promise, with what is known of the token or without. A token that can be used is
 * handed out at once. This is the path that is taken most often.
 */

import { reached } from "@pbx-auth/machine/Renewal"
import { currentFacts } from "@pbx-auth/machine/SessionContext"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Bearer } from "../Bearer.ts"
import { type Attempted, type Core, isClosed, isPresenting, setbacksOf } from "./Core.ts"
import * as Steps from "./Steps.ts"
import { joined, joinedToken, outcome, readyOf, tokenOf, usable, waitingOf } from "./Waiting.ts"

/**
 * A bearer that may be handed out now. While the token lives this is immediate, and in its soft window it starts a renewal in the
 * background. Otherwise it waits for the one presentation that is under way, or starts it, and shares what comes of it. It never
 * waits for a retry.
 *
 * @category combinators
 */
export const bearer = (core: Core): Attempted<Bearer> =>
  Effect.suspend(() => {
    const now = core.now
    const { ready } = core
    return ready !== undefined && now < ready.until ? ready.asBearer : (settledAt(core, now) ?? joined(core))
  })

/**
 * The token of `bearer` alone.
 *
 * @category combinators
 */
export const accessToken = (core: Core): Attempted<Bearer["token"]> =>
  Effect.suspend(() => {
    const now = core.now
    const { ready } = core
    if (ready !== undefined && now < ready.until) return ready.asToken
    const settled = settledAt(core, now)
    return settled === undefined ? joinedToken(core) : Effect.map(settled, tokenOf)
  })

/** The bearer, or why there is none; `undefined` where a presentation is under way that says so. */
const settledAt = (core: Core, now: number): Attempted<Bearer> | undefined => {
  core.ready ??= readyOf(core)
  const bearer = usable(core, now)
  if (bearer === undefined || isDue(core, now)) demand(core, now)
  if (bearer !== undefined) return Effect.succeed(bearer)
  return isPresenting(core) ? undefined : outcome(core)
}

/**
 * A bearer that may be handed out now and is not yet due: without an effect, for a caller that has no fiber.
 *
 * @category getters
 */
export const peek = (core: Core): Bearer | undefined => {
  const now = core.now
  const { ready } = core
  if (ready !== undefined && now < ready.until) return ready.bearer
  core.ready ??= readyOf(core)
  return isDue(core, now) ? undefined : usable(core, now)
}

/**
 * `bearer` as a promise. All who join a presentation are given the same one.
 *
 * @category combinators
 */
export const promised = (core: Core): Promise<Bearer> => {
  const bearer = peek(core)
  return bearer === undefined ? join(core) : Promise.resolve(bearer)
}

const join = (core: Core): Promise<Bearer> => {
  const now = core.now
  const bearer = usable(core, now)
  demand(core, now)
  if (bearer !== undefined) return Promise.resolve(bearer)
  if (!isPresenting(core)) return Effect.runPromise(outcome(core))
  const waiting = waitingOf(core)
  waiting.promise ??= Effect.runPromise(joined(core))
  return waiting.promise
}

/**
 * The token of `promised` in clear. While it lives, and among all who join a presentation, it is the same promise.
 *
 * @category combinators
 */
export const text = (core: Core): Promise<string> => {
  // A caller that joins allocates nothing: ten thousand promises with something between them take twice as long to be told.
  const shared = core.work?.waiting?.text
  if (shared !== undefined) return shared
  const ready = peek(core) === undefined ? undefined : core.ready
  if (ready !== undefined) {
    // What an app did to the token that all share is an app's error, not a throw where a promise is due.
    ready.asText ??= Promise.resolve(ready.bearer).then(textOf)
    return ready.asText
  }
  const bearer = join(core)
  const waiting = core.work?.waiting
  if (bearer !== waiting?.promise) return bearer.then(textOf)
  waiting.text ??= bearer.then(textOf)
  return waiting.text
}

const isDue = (core: Core, now: number): boolean => reached(currentFacts(core.context)?.dueAt ?? null, now)

/** Somebody needs a token: whatever the state allows without a person is begun. */
const demand = (core: Core, now: number): void => {
  if (isClosed(core) || isPresenting(core)) return
  const { next, refusal, retryAt, signedOut, unattended } = core.context
  // Before the moment that is set for the next try the chart would not move, however often it is asked.
  if (retryAt !== null && now < retryAt) return
  const { path, substate } = core.view
  // Where a moment for the next try is set, the chart keeps to it; where none is, a failure is left alone for a while. A token
  // that nobody will renew begins nothing: it can only end.
  const isWaiting = substate === "waiting" && retryAt === null && next !== "nothing"
  if ((substate === "idle" || isWaiting) && !setbacksOf(core).mayBegin(signedOut ? "SignedOut" : refusal?.code)) return
  if (path !== "unauthenticated.idle") Steps.due(core, now)
  else if (unattended) Steps.send(core, { type: "SignIn" })
}

const textOf = ({ token }: Bearer): string => Redacted.value(token)
