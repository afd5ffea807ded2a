/**
 * The conditions of the chart, each under one name. A condition made of others has a name of its own too, so that an inspector and
 * the chart's JSON show every condition. XState's `and` and `not` would be functions without a name.
 */
import { reached, type TokenTimes } from "./Renewal.ts"
import { currentGeneration, endOf, isUsableAt, type SessionContext } from "./SessionContext.ts"
import type { KeptFacts, Refusal, SessionEvent } from "./SessionEvent.ts"

/**
 * What a condition and a change of the context read.
 *
 * @category models
 */
export interface Step {
  readonly context: SessionContext
  readonly event: SessionEvent
}

type Guard = (step: Step) => boolean

const all =
  (...guards: ReadonlyArray<Guard>): Guard =>
  (step) =>
    guards.every((holds) => holds(step))
const not =
  (guard: Guard): Guard =>
  (step) =>
    !guard(step)

interface Repetition {
  readonly retryAt: number | null
  readonly signInAt?: number | undefined
}

/** What an event may carry, whatever its type. To ask for the type first would be more code in every bundle. */
export interface Carried extends Partial<Repetition> {
  readonly now?: number
  readonly refusal?: Refusal
  readonly attempt?: number
  readonly subject?: string
  readonly elsewhere?: boolean
  readonly doubt?: { readonly refusal: Refusal }
  readonly bearer?: "rejected"
  readonly pending?: Repetition | null
  readonly facts?: KeptFacts | null
  readonly times?: TokenTimes
  readonly generation?: number
  readonly challengeUntil?: number
  readonly personNeededAt?: number | null
}

/**
 * The time that an event carries, epoch ms; 0 if it carries none.
 *
 * @category getters
 */
export const now = (event: SessionEvent): number => (event as Carried).now ?? 0

/**
 * A second factor is a refusal if there is no person to ask, or no grant that takes the answer.
 *
 * @category getters
 */
export const refusalIn = (event: SessionEvent): Refusal | null => {
  const { doubt, refusal: said = doubt?.refusal } = event as Carried
  if (said === undefined) return event.type === "Challenged" ? { code: "PasscodeRequired", remedy: "passcode" } : null
  const { code, remedy, toldUntil } = said
  return { code, remedy, ...(toldUntil !== undefined && { toldUntil }) }
}

/**
 * When the same grant may be presented again, and, for a renewal that may have been carried out, when a sign-in may replace it.
 *
 * @category getters
 */
export const repetitionIn = (event: SessionEvent): Repetition => {
  const { pending, retryAt = null, signInAt } = event as Carried
  return pending ?? { retryAt, signInAt }
}

/**
 * May the session sign in instead of renewing? A refused client or a wrong option does not get better by a second presentation.
 *
 * @category guards
 */
export const maySignInInstead: Guard = ({ context, event }) =>
  context.unattended &&
  context.renewsWith === "refresh_token" &&
  context.next === "renewal" &&
  refusalIn(event)?.remedy !== "configure"

const isPast = (event: SessionEvent, at: number | null | undefined): boolean => reached(at, now(event))
const isAbout = (event: SessionEvent, token: { readonly generation: number } | null): boolean =>
  token !== null && (event as Carried).generation === token.generation
const keptIn = (event: SessionEvent): KeptFacts | null | undefined => (event as Carried).facts

const isCurrent: Guard = ({ context, event }) => isAbout(event, { generation: currentGeneration(context) })
const isOwn: Guard = ({ context, event }) => isAbout(event, context.own)
const isActing: Guard = ({ context, event }) => isAbout(event, context.acting)
const ownIsDue: Guard = ({ context: { own }, event }) => own === null || own.rejected || isPast(event, own.dueAt)
const ownIsSpent: Guard = ({ context, event }) => !isUsableAt(context.own, now(event))
const ownIsDead: Guard = ({ context, event }) => isPast(event, context.own?.expiresAt)
const isDoubted: Guard = ({ event }) => Boolean((event as Carried).doubt)
const nextIsNothing: Guard = ({ context }) => context.next === "nothing"
const nextIsSignIn: Guard = ({ context }) => context.next === "sign_in"
const mustNotRepeat: Guard = ({ context }) => context.retryAt === null
const presentingOwn: Guard = ({ context }) => context.presenting !== null && context.presenting !== "act_as"
const signsInAtOnce = all(({ event }) => isPast(event, repetitionIn(event).signInAt), maySignInInstead)
const retryIsDue: Guard = ({ context, event }) => context.retryAt === null || isPast(event, context.retryAt)
const isRestoredPending: Guard = ({ event }) => Boolean((event as Carried).pending)
const ownIsRejected: Guard = ({ context }) => Boolean(context.own?.rejected)
const rejectsOwnFirst = all(isOwn, not(ownIsRejected))

/**
 * The conditions, by the names that the chart uses.
 *
 * @category constants
 */
export const guards = {
  late: ({ context, event }) => (event as Carried).attempt !== context.attempt,
  stale: not(isCurrent),
  child: ({ context }) => context.child,

  // About the account's own token.
  ownIsDue,
  ownIsSpent,
  ownIsKept: ({ context }) => context.own !== null,
  ownIsRenewed: ({ context }) => context.own?.via === "renewal",
  ownGeneration: isOwn,
  ownIsDead,
  rejectsOwn: all(isOwn, not(isDoubted)),
  rejectsOwnFirst,
  rejectsOwnForSignIn: all(rejectsOwnFirst, nextIsSignIn),
  doubtedNow: all(isCurrent, isDoubted),

  // About what comes next.
  retryIsDue,
  mustNotRepeat,
  mustSignInInstead: all(mustNotRepeat, maySignInInstead),
  mayRetryUnattended: ({ context, event }) => context.unattended && repetitionIn(event).retryAt !== null,
  maySignInInstead,
  signsInAtOnce,
  nextIsNothing,
  nextIsSignIn,
  signInIsDue: all(retryIsDue, nextIsSignIn),
  ownIsLost: all(nextIsNothing, ownIsRejected),
  ownIsOver: all(nextIsNothing, ownIsDead),

  // About the second factor.
  challengedOnRenewal: ({ context }) => context.challenged === "renewal",
  challengeIsOpen: ({ context, event }) => !isPast(event, context.challengeUntil),
  passcodeIsWrong: ({ event }) => refusalIn(event)?.code === "BadPasscode",

  // About acting.
  actsForOthers: ({ context }) => context.actsForOthers,
  actsForThis: ({ context, event }) => (event as Carried).subject === context.subject,
  presentingOwn,
  actingGeneration: isActing,
  rejectsActing: all(isActing, not(isDoubted)),
  actingIsDue: ({ context, event }) => isPast(event, endOf(context.acting)),
  ownIsNeeded: all(isOwn, ownIsSpent),
  ownAwaitsRetry: all(ownIsSpent, not(mustNotRepeat)),
  ownMaySignInInstead: all(presentingOwn, maySignInInstead),
  ownSignsInAtOnce: all(presentingOwn, signsInAtOnce),
  ownMayNotRetry: all(presentingOwn, ({ event }) => {
    const { retryAt, signInAt } = repetitionIn(event)
    return (retryAt ?? signInAt) === undefined
  }),
  bearerIsDead: all(
    not(presentingOwn),
    ({ context, event }) => (event as Carried).bearer === "rejected" && !context.renewedForActing,
  ),

  // About what was kept from an earlier run.
  isRestoredPending,
  restoredAtOnce: all(isRestoredPending, signsInAtOnce),
  isRestoredEmpty: ({ event }) => {
    const kept = keptIn(event)
    return !kept || (kept.dueAt === null && isPast(event, kept.expiresAt))
  },
  isRestoredDue: ({ event }) => isPast(event, keptIn(event)?.dueAt),
  isRestoredRenewed: ({ event }) => keptIn(event)?.via === "renewal",
  childHasLapsed: ({ context, event }) => context.child && isPast(event, keptIn(event)?.usableUntil),
} satisfies Record<string, Guard>
