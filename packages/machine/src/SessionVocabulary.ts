/**
 * The vocabulary of the chart: what an event does to the context, and what a command says. `SessionMachine` draws the chart with it
 * and with the conditions of `SessionGuards`.
 */
import { assign, StateMachine, type setup } from "xstate"
import type { Abandon, Discard, Purpose, RequestToken, WakeAt } from "./SessionCommand.ts"
import {
  currentGeneration,
  endOf,
  fresh,
  initialContext,
  isUsableAt,
  type SessionContext,
  type SessionInput,
  settled,
  type TokenFacts,
} from "./SessionContext.ts"
import type { KeptFacts, SessionEvent } from "./SessionEvent.ts"
import { type Carried, guards, maySignInInstead, now, refusalIn, repetitionIn, type Step } from "./SessionGuards.ts"
import { type StateMeta, type StateTag, withInfo } from "./SessionStates.ts"

// --- what an event does to the context ------------------------------------------------------------------

/** Field by field, so that a caller that passes a wider object, with the token in it, puts no secret into a snapshot. */
const factsOf = ({ issuedAt, dueAt, usableUntil, expiresAt, generation, via }: KeptFacts): TokenFacts => ({
  issuedAt,
  dueAt,
  usableUntil,
  expiresAt,
  generation,
  via,
  rejected: false,
})

/**
 * A token replaces the one before it, and what went wrong meanwhile is over. It takes the number that a shared store counted, but
 * never one that the session has used before. An own token that comes while the session acts was renewed for that.
 */
const kept = ({ context, event }: Step, { via }: { readonly via: TokenFacts["via"] }): Partial<SessionContext> => {
  const { facts, generation = 0, times, personNeededAt = null } = event as Carried
  const known = facts ?? (times && { ...times, generation: Math.max(generation, context.generation + 1), via })
  const token = known ? factsOf(known) : null
  return {
    ...fresh,
    refusal: null,
    signedOut: false,
    retryAt: null,
    ...(via === "act_as"
      ? { acting: token }
      : { own: token, renewedForActing: context.subject !== null, personNeededAt }),
    generation: Math.max(context.generation, known?.generation ?? 0),
  }
}

const rejected = (facts: TokenFacts | null): TokenFacts | null => facts && { ...facts, rejected: true }

/** A refresh token may be used up. A session that may sign in without a person does so instead. */
const uncertain = ({ context, event }: Step): Partial<SessionContext> => {
  const { retryAt, signInAt } = repetitionIn(event)
  return {
    refusal: refusalIn(event) ?? { code: "OutcomeUnknown", remedy: "sign_in" },
    ...(signInAt !== undefined && maySignInInstead({ context, event })
      ? { retryAt: signInAt, next: "sign_in" }
      : { retryAt }),
  }
}

/**
 * A child has one way to a token: acting for its subject. To get a subject's token again, the account's own must be alive. Otherwise it
 * is renewed first, but only once: a provider that issues dead tokens would be asked for ever.
 */
const purposeOf = (context: SessionContext, purpose: Purpose | "next", now: number): Purpose => {
  if (context.child) return "act_as"
  if (purpose !== "next") return purpose
  if (context.renewedForActing || isUsableAt(context.own, now)) return "act_as"
  return context.next === "sign_in" ? "sign_in" : "renewal"
}

/**
 * What a session remembers at its start. XState's `transition()` makes an actor without input for every step, and throws its snapshot
 * away. An error there would cost more than the step.
 */
export const contextOf = ({ input }: { readonly input: SessionInput | undefined }): SessionContext =>
  initialContext(input)

// --- what a command says --------------------------------------------------------------------------------

type Args = { readonly context: SessionContext }
const presentation = ({ context }: Args): RequestToken => ({
  attempt: context.attempt,
  // `begin` has just set it.
  purpose: context.presenting as Purpose,
  subject: context.presenting === "act_as" ? context.subject : null,
  generation: (context.presenting === "act_as" ? context.acting : context.own)?.generation ?? 0,
})
const abandoned = ({ context }: Args): Abandon => ({ attempt: context.attempt })
export const wake = (at: (context: SessionContext) => number | null) => ({
  type: "wakeAt" as const,
  params: ({ context }: Args): WakeAt => ({ at: at(context), generation: currentGeneration(context) }),
})
/** The wake-up for the account's own token, or for the subject's. */
export const wakeAtEndOf = (token: "own" | "acting") => wake((context) => endOf(context[token]))
/** A state in which the provider is asked. With `next` it depends on what the session has. */
export const presents = (purpose: Purpose | "next") =>
  ({
    entry: [
      { type: "begin", params: { purpose } },
      { type: "requestToken", params: presentation },
    ],
    exit: "settle",
  }) as const

export const abandon = { type: "abandon", params: abandoned } as const
export const discard = (scope: Discard["scope"]) => ({ type: "discard", params: { scope } }) as const
export const keepOwn = (via: "sign_in" | "renewal") => ({ type: "keepOwn", params: { via } }) as const
export const keepChallenge = (purpose: SessionContext["challenged"]) =>
  ({ type: "keepChallenge", params: { purpose } }) as const
export const next = (next: SessionContext["next"]) => ({ type: "setNext", params: { next } }) as const

// --- the vocabulary -----------------------------------------------------------------------------------------------------

/**
 * XState's `setup` for its types. Its value holds the maker of every action that a chart may have (to spawn, to send, to log). This
 * one gives back what it gets, so an app loads none of them.
 */
function typed(words: unknown) {
  return words
}

const words = (typed as typeof setup)({
  types: {} as {
    context: SessionContext
    events: SessionEvent
    input: SessionInput
    meta: StateMeta
    tags: StateTag
  },
  actions: {
    // Commands: a driver carries them out. Here they do nothing.
    requestToken: (_, _command: RequestToken) => {},
    wakeAt: (_, _command: WakeAt) => {},
    abandon: (_, _command: Abandon) => {},
    discard: (_, _command: Discard) => {},

    // Changes of the context.
    begin: assign(({ context, event }, { purpose }: { readonly purpose: Purpose | "next" }) => ({
      attempt: context.attempt + 1,
      retryAt: null,
      presenting: purposeOf(context, purpose, now(event)),
    })),
    settle: assign(settled),
    keepOwn: assign(kept),
    keepActing: assign((step) => kept(step, { via: "act_as" })),
    keepChallenge: assign(({ context, event }, { purpose }: { readonly purpose: SessionContext["challenged"] }) => ({
      challengeUntil: (event as Carried).challengeUntil ?? context.challengeUntil,
      challenged: purpose ?? context.challenged,
      refusal: null,
    })),
    keepPrompt: assign(({ event }) => {
      const { kind, until } = event as Extract<SessionEvent, { readonly type: "Prompted" }>
      return { prompt: { kind, until }, refusal: null }
    }),
    endChallenge: assign(({ context, event }) => ({
      challenged: null,
      challengeUntil: null,
      refusal: event.type === "Due" ? ({ code: "ChallengeExpired", remedy: "passcode" } as const) : context.refusal,
    })),
    keepRefusal: assign(({ event }) => ({ refusal: refusalIn(event), retryAt: repetitionIn(event).retryAt })),
    keepUncertain: assign(uncertain),
    dropRefusal: assign({ refusal: null, signedOut: false }),
    setNext: assign((_, { next }: { readonly next: SessionContext["next"] }) => ({ next })),
    rejectOwn: assign(({ context }) => ({ own: rejected(context.own) })),
    rejectActing: assign(({ context }) => ({ acting: rejected(context.acting) })),
    startActing: assign(({ event }) => ({
      subject: (event as Extract<SessionEvent, { readonly type: "ActAs" }>).subject,
      acting: null,
      renewedForActing: false,
      refusal: null,
    })),
    stopActing: assign({ acting: null, subject: null, retryAt: null, renewedForActing: false }),
    resetOwnRenewed: assign({ renewedForActing: false }),
    forget: assign(({ context }) => ({
      ...fresh,
      personNeededAt: null,
      own: null,
      acting: null,
      subject: context.child ? context.subject : null,
    })),
    signedOut: assign(({ event }) => ({
      signedOut: true,
      refusal: (event as Carried).elsewhere ? { code: "SignedOut", remedy: "sign_in" as const } : null,
      retryAt: null,
    })),
  },
  guards,
})

/**
 * What XState's `setup` returns for this vocabulary.
 *
 * @category models
 */
export type SessionSetup = typeof words

/** Makes the chart, with every action and every guard that it knows, by name. */
export const createChart = ((chart: object) =>
  new StateMachine(withInfo(chart) as never, words as never)) as unknown as SessionSetup["createMachine"]
