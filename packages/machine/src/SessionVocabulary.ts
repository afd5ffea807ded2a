/**
 * The words of the chart: what an event means for the context, what a command says, and by what conditions ways part. The
 * chart itself, in `SessionMachine`, is drawn with them alone.
 */
import { assign, createMachine, type setup } from "xstate"
import { reached, type TokenTimes } from "./Renewal.ts"
import type { Abandon, Discard, Purpose, RequestToken, WakeAt } from "./SessionCommand.ts"
import {
  currentGeneration,
  isUsableAt,
  type SessionContext,
  type SessionInput,
  type TokenFacts,
} from "./SessionContext.ts"
import type { Refusal, SessionEvent } from "./SessionEvent.ts"

// --- what an event means for the context ----------------------------------------------------------------

/** Field by field: a wider object, with the token itself in it, must not get into a snapshot by a caller's mistake. */
const factsOf = (
  { issuedAt, dueAt, usableUntil, expiresAt }: TokenTimes,
  generation: number,
  via: TokenFacts["via"],
): TokenFacts => ({ issuedAt, dueAt, usableUntil, expiresAt, generation, via, rejected: false })

/** A token takes the number that a shared store counted, and never one that the session has used before. */
const tokenOf = (context: SessionContext, event: SessionEvent, via: TokenFacts["via"]): TokenFacts | null => {
  if (event.type === "Restored") return event.facts && factsOf(event.facts, event.facts.generation, event.facts.via)
  if (event.type !== "Issued" && event.type !== "Adopted") return null
  return factsOf(event.times, Math.max(event.generation ?? 0, context.generation + 1), via)
}

const settled = { presenting: null, retryAt: null } as const
const atEase = {
  refusal: null,
  signedOut: false,
  retryAt: null,
  next: "renewal",
  challenged: null,
  challengeUntil: null,
} as const

const own = (context: SessionContext, token: TokenFacts | null): Partial<SessionContext> => ({
  ...atEase,
  own: token,
  generation: Math.max(context.generation, token?.generation ?? 0),
})

const acting = (context: SessionContext, token: TokenFacts | null): Partial<SessionContext> => ({
  ...atEase,
  acting: token,
  generation: Math.max(context.generation, token?.generation ?? 0),
  renewedForActing: false,
})

/** A second factor where there is nobody to ask for one, or no grant that would take the answer, is a refusal. */
const refusalIn = (event: SessionEvent): Refusal | null => {
  const said = "refusal" in event ? event.refusal : event.type === "Rejected" ? event.doubt?.refusal : undefined
  if (said === undefined) return event.type === "Challenged" ? { code: "PasscodeRequired", remedy: "passcode" } : null
  const { code, remedy, toldUntil } = said
  return { code, remedy, ...(toldUntil !== undefined && { toldUntil }) }
}

/** A refused client or a wrong option is not mended by presenting it once more. */
const maySignInInstead = (context: SessionContext, refusal: Refusal | null): boolean =>
  context.unattended &&
  !context.child &&
  context.renewsWith === "refresh_token" &&
  context.next === "renewal" &&
  refusal?.remedy !== "configure"

const refused = (event: SessionEvent): Partial<SessionContext> => ({
  refusal: refusalIn(event),
  retryAt: "retryAt" in event ? event.retryAt : null,
})

interface Repetition {
  readonly retryAt: number | null
  readonly signInAt?: number
}

/** When a renewal that may have been carried out may be repeated. */
const repetitionIn = (event: SessionEvent): Repetition => {
  const told = event.type === "Restored" ? event.pending : event.type === "OutcomeUnknown" ? event : null
  return told ?? { retryAt: null }
}

/** A refresh token may be used up: who may sign in without a person does so in its place. */
const uncertain = (context: SessionContext, event: SessionEvent): Partial<SessionContext> => {
  const refusal: Refusal = refusalIn(event) ?? { code: "OutcomeUnknown", remedy: "sign_in" }
  const { retryAt, signInAt } = repetitionIn(event)
  return signInAt !== undefined && maySignInInstead(context, refusal)
    ? { refusal, retryAt: signInAt, next: "sign_in" }
    : { refusal, retryAt }
}

/** When something is to be done about a token: it is due, or, when nobody renews it, it is dead. */
export const endOf = (facts: TokenFacts | null): number | null => facts && (facts.dueAt ?? facts.expiresAt)

const ownIsDue = (context: SessionContext, now: number) =>
  context.own === null || context.own.rejected || reached(context.own.dueAt, now)

const now = (event: SessionEvent) => ("now" in event ? event.now : 0)

/**
 * A child has one way to a token: acting for its subject. To derive a subject's token again, the account's own must be alive: else it
 * is renewed first, but once, so that a provider that hands out dead tokens is not asked in a circle.
 */
const purposeOf = (context: SessionContext, purpose: Purpose | "next", now: number): Purpose => {
  if (context.child) return "act_as"
  if (purpose !== "next") return purpose
  if (context.renewedForActing || isUsableAt(context.own, now)) return "act_as"
  return context.next === "sign_in" ? "sign_in" : "renewal"
}

// --- what a command says --------------------------------------------------------------------------------

type Args = { readonly context: SessionContext }
const presentation = ({ context }: Args): RequestToken => ({
  attempt: context.attempt,
  purpose: context.presenting ?? "sign_in",
  subject: context.presenting === "act_as" ? context.subject : null,
  generation: (context.presenting === "act_as" ? context.acting : context.own)?.generation ?? 0,
})
const abandoned = ({ context }: Args): Abandon => ({ attempt: context.attempt })
export const wake = (at: (context: SessionContext) => number | null) => ({
  type: "wakeAt" as const,
  params: ({ context }: Args): WakeAt => ({ at: at(context), generation: currentGeneration(context) }),
})
export const presents = (purpose: Purpose | "next") =>
  [
    { type: "begin", params: { purpose } },
    { type: "requestToken", params: presentation },
  ] as const

export const abandon = { type: "abandon", params: abandoned } as const
export const discard = (scope: Discard["scope"]) => ({ type: "discard", params: { scope } }) as const
export const keepOwn = (via: "sign_in" | "renewal") => ({ type: "keepOwn", params: { via } }) as const
export const keepChallenge = (purpose: SessionContext["challenged"]) =>
  ({ type: "keepChallenge", params: { purpose } }) as const
export const next = (next: SessionContext["next"]) => ({ type: "setNext", params: { next } }) as const

// --- the vocabulary -----------------------------------------------------------------------------------------------------

/**
 * XState's `setup` with the same types, as far as `createMachine`. Its value holds the maker of every action that a chart may
 * have (to spawn, to send, to log): this one has none of them, and whoever loads it would load them all.
 */
const setUp = ((implementations: object) => ({
  createMachine: (chart: object) => createMachine(chart as never, implementations),
})) as unknown as typeof setup

const words = setUp({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
  },
  actions: {
    // Commands: whoever runs the chart carries them out. Here they do nothing.
    requestToken: (_, _command: RequestToken) => {},
    wakeAt: (_, _command: WakeAt) => {},
    abandon: (_, _command: Abandon) => {},
    discard: (_, _command: Discard) => {},

    // Memory.
    begin: assign(({ context, event }, { purpose }: { readonly purpose: Purpose | "next" }) => ({
      attempt: context.attempt + 1,
      retryAt: null,
      presenting: purposeOf(context, purpose, now(event)),
    })),
    settle: assign(settled),
    keepOwn: assign(({ context, event }, { via }: { readonly via: "sign_in" | "renewal" }) =>
      own(context, tokenOf(context, event, via)),
    ),
    keepActing: assign(({ context, event }) => acting(context, tokenOf(context, event, "act_as"))),
    keepChallenge: assign(({ context, event }, { purpose }: { readonly purpose: SessionContext["challenged"] }) => ({
      challengeUntil: event.type === "Challenged" ? event.challengeUntil : context.challengeUntil,
      challenged: purpose ?? context.challenged,
      refusal: null,
    })),
    endChallenge: assign(({ context, event }) => ({
      challenged: null,
      challengeUntil: null,
      refusal: event.type === "Due" ? ({ code: "ChallengeExpired", remedy: "passcode" } as const) : context.refusal,
    })),
    keepRefusal: assign(({ event }) => refused(event)),
    keepUncertain: assign(({ context, event }) => uncertain(context, event)),
    dropRefusal: assign({ refusal: null, signedOut: false }),
    setNext: assign((_, { next }: { readonly next: SessionContext["next"] }) => ({ next })),
    rejectOwn: assign(({ context }) => ({ own: context.own && { ...context.own, rejected: true } })),
    rejectActing: assign(({ context }) => ({ acting: context.acting && { ...context.acting, rejected: true } })),
    startActing: assign(({ event }) =>
      event.type === "ActAs" ? { subject: event.subject, acting: null, renewedForActing: false, refusal: null } : {},
    ),
    stopActing: assign({ acting: null, subject: null, retryAt: null, renewedForActing: false }),
    markOwnRenewed: assign({ renewedForActing: true }),
    resetOwnRenewed: assign({ renewedForActing: false }),
    forget: assign(({ context }) => ({
      own: null,
      acting: null,
      subject: context.child ? context.subject : null,
      challenged: null,
      challengeUntil: null,
      next: "renewal" as const,
      renewedForActing: false,
    })),
    signedOut: assign(({ event }) => ({
      signedOut: true,
      refusal: event.type === "SignOut" && event.elsewhere ? { code: "SignedOut", remedy: "sign_in" as const } : null,
      retryAt: null,
    })),
  },
  guards: {
    late: ({ context, event }) => "attempt" in event && event.attempt !== context.attempt,
    child: ({ context }) => context.child,
    mayActForOthers: ({ context }) => context.actsForOthers,
    actsForThis: ({ context, event }) => event.type === "ActAs" && event.subject === context.subject,
    presentingActAs: ({ context }) => context.presenting === "act_as",
    presentingOwn: ({ context }) => context.presenting !== null && context.presenting !== "act_as",
    retryIsSet: ({ context }) => context.retryAt !== null,
    challengedOnRenewal: ({ context }) => context.challenged === "renewal",
    ownIsKept: ({ context }) => context.own !== null,
    ownIsRenewed: ({ context }) => context.own?.via === "renewal",
    ownIsRejected: ({ context }) => context.own?.rejected === true,
    ownIsDue: ({ context, event }) => ownIsDue(context, now(event)),
    ownIsSpent: ({ context, event }) => !isUsableAt(context.own, now(event)),
    ownIsDead: ({ context, event }) => reached(context.own?.expiresAt ?? null, now(event)),
    actingIsDue: ({ context, event }) => reached(endOf(context.acting), now(event)),
    currentGeneration: ({ context, event }) => "generation" in event && event.generation === currentGeneration(context),
    ownGeneration: ({ context, event }) => "generation" in event && event.generation === context.own?.generation,
    ownIsStillTaken: ({ context }) => context.own?.rejected === false,
    actingGeneration: ({ context, event }) => "generation" in event && event.generation === context.acting?.generation,
    doubted: ({ event }) => event.type === "Rejected" && event.doubt !== undefined,
    retryIsDue: ({ context, event }) =>
      "generation" in event &&
      event.generation === currentGeneration(context) &&
      (context.retryAt === null || reached(context.retryAt, now(event))),
    challengeIsOver: ({ context, event }) => reached(context.challengeUntil, now(event)),
    mayNotRetry: ({ event }) =>
      event.type === "OutcomeUnknown" && event.retryAt === null && event.signInAt === undefined,
    mayRetryUnattended: ({ context, event }) => context.unattended && "retryAt" in event && event.retryAt !== null,
    maySignInInstead: ({ context, event }) =>
      maySignInInstead(context, "refusal" in event ? event.refusal : context.refusal),
    signsInAtOnce: ({ context, event }) =>
      reached(repetitionIn(event).signInAt ?? null, now(event)) && maySignInInstead(context, refusalIn(event)),
    mustNotRepeat: ({ context }) => context.retryAt === null,
    nextIsRenewal: ({ context }) => context.next === "renewal",
    nextIsSignIn: ({ context }) => context.next === "sign_in",
    nextIsNothing: ({ context }) => context.next === "nothing",
    passcodeIsWrong: ({ event }) => "refusal" in event && event.refusal.code === "BadPasscode",
    bearerIsDead: ({ context, event }) =>
      event.type === "Refused" &&
      event.bearer === "rejected" &&
      context.presenting === "act_as" &&
      !context.child &&
      !context.renewedForActing,
    isRestoredPending: ({ context, event }) =>
      event.type === "Restored" && event.facts !== null && event.pending !== null && !context.child,
    isRestoredEmpty: ({ event }) =>
      event.type === "Restored" &&
      (event.facts === null || (event.facts.dueAt === null && reached(event.facts.expiresAt, event.now))),
    isRestoredDue: ({ event }) => event.type === "Restored" && reached(event.facts?.dueAt ?? null, event.now),
    isRestoredRenewed: ({ event }) => event.type === "Restored" && event.facts?.via === "renewal",
    isLapsed: ({ event }) => event.type === "Restored" && reached(event.facts?.usableUntil ?? null, event.now),
  },
})

/** Draws the chart, with every action and every guard that it knows, by name. */
export const vocabulary: Pick<typeof words, "createMachine"> = words
