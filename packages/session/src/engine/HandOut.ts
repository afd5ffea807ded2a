/**
 * How a session hands out bearers: in a fiber or by a promise, with the facts of the token or without. A usable token is handed out
 * at once. This is the most frequent path.
 */

import { reached } from "@pbx-auth/machine/Renewal"
import { currentFacts } from "@pbx-auth/machine/SessionContext"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type { Bearer } from "../Bearer.ts"
import { Asking } from "./Asking.ts"
import { type Attempted, type Core, isClosed, isPresenting, setbacksOf } from "./Core.ts"
import type { Ready } from "./Ready.ts"
import * as Steps from "./Steps.ts"
import { joined, joinedToken, outcome, readyOf, tokenOf, usable, waitingOf } from "./Waiting.ts"

/**
 * A bearer that may be handed out now. While the token lives this is immediate, and in its soft window it starts a renewal in the
 * background. Otherwise it starts a presentation, or joins the one under way, and shares its result. It never waits for a retry.
 *
 * @category combinators
 */
export const bearer = (core: Core): Attempted<Bearer> => new Asking(core, bearerNow)

const bearerNow = (core: Core): Attempted<Bearer> => readyNow(core)?.asBearer ?? settled(core) ?? joined(core)

/** What was made ready for earlier callers, while its time lasts. */
const readyNow = ({ ready, runtime }: Core): Ready | undefined =>
  ready !== undefined && runtime.clock.quickNow() < ready.until ? ready : undefined

/**
 * Only the token of `bearer`.
 *
 * @category combinators
 */
export const accessToken = (core: Core): Attempted<Bearer["token"]> => new Asking(core, tokenNow)

const tokenNow = (core: Core): Attempted<Bearer["token"]> => {
  const ready = readyNow(core)
  if (ready !== undefined) return ready.asToken
  const exit = settled(core)
  return exit === undefined ? joinedToken(core) : Exit.map(exit, tokenOf)
}

/** The bearer, or why there is none; `undefined` if the presentation under way will tell. */
const settled = (core: Core): Exit.Exit<Bearer, AuthError> | undefined => {
  const now = core.now
  core.ready ??= readyOf(core)
  const bearer = usable(core, now)
  if (bearer === undefined || isDue(core, now)) demand(core, now)
  if (bearer !== undefined) return Exit.succeed(bearer)
  return isPresenting(core) ? undefined : outcome(core)
}

/**
 * A bearer that may be handed out now and is not yet due. Not an effect, for a caller that has no fiber.
 *
 * @category getters
 */
export const peek = (core: Core): Bearer | undefined => {
  const ready = readyNow(core)
  if (ready !== undefined) return ready.bearer
  const now = core.now
  core.ready ??= readyOf(core)
  return isDue(core, now) ? undefined : usable(core, now)
}

/**
 * `bearer` as a promise. All callers that join a presentation get the same promise.
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
  waiting.promise ??= new Promise((resolve) =>
    // A token needs no fiber.
    waiting.bearer.listen((told) => {
      const exit = told as Exit.Exit<Bearer, AuthError>
      resolve(Exit.isSuccess(exit) ? exit.value : Effect.runPromise(told))
    }),
  )
  return waiting.promise
}

/**
 * The token of `promised` in clear. While it lives, and among all callers that join a presentation, it is the same promise.
 *
 * @category combinators
 */
export const text = (core: Core): Promise<string> => {
  const text = readyNow(core)?.asText
  if (text !== undefined) return text
  // A caller that joins allocates nothing. A promise of its own for each of ten thousand callers would double the time to settle
  // them.
  return core.work?.waiting?.text ?? firstText(core)
}

/** `text` for the first of those who share a promise. */
const firstText = (core: Core): Promise<string> => {
  const ready = peek(core) === undefined ? undefined : core.ready
  if (ready !== undefined) {
    // If an app changed the token that all share, it gets a rejected promise, not a throw.
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

/** A caller needs a token: this begins whatever the state allows without a person. */
const demand = (core: Core, now: number): void => {
  if (isClosed(core) || isPresenting(core)) return
  const { next, refusal, retryAt, signedOut, unattended } = core.context
  // Before the moment of the next try the chart would not move, however often a caller asks.
  if (retryAt !== null && now < retryAt) return
  const { path, substate } = core.view
  // If a moment for the next try is set, the chart keeps to it. If none is set, a failure is left alone for a while. A token that
  // will not be renewed begins nothing: it can only end.
  const isWaiting = substate === "waiting" && retryAt === null && next !== "nothing"
  if ((substate === "idle" || isWaiting) && !setbacksOf(core).mayBegin(signedOut ? "SignedOut" : refusal?.code)) return
  if (path !== "unauthenticated.idle") Steps.due(core, now)
  else if (unattended) Steps.send(core, { type: "SignIn" })
}

const textOf = ({ token }: Bearer): string => Redacted.value(token)
