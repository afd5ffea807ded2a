/**
 * The chart: what may happen to a session, and what is to be done then.
 *
 * Events in, commands out. It holds no promise, no timer, no clock and no secret, so it runs the same under the Effect
 * driver (`transition()` hands the commands out as values), under a plain `createActor(sessionMachine.provide(…))` in a UI,
 * and under `xstate/graph` in the tests. Read `setup` as the vocabulary and `states` as the story.
 *
 * Why no `invoke` and no `after`: an `after` beyond 2^31 ms fires at once, neither survives a snapshot, and an invoked
 * child's input, where a password would lie, is persisted.
 */
import { and, assign, not, setup } from "xstate"
import { reached, type TokenTimes } from "./Renewal.ts"
import type { Abandon, Discard, Present, Purpose, WakeAt } from "./SessionCommand.ts"
import {
  currentGeneration,
  initialContext,
  isUsableAt,
  type SessionContext,
  type SessionInput,
  type TokenFacts,
} from "./SessionContext.ts"
import type { Refusal, SessionEvent } from "./SessionEvent.ts"

// --- vocabulary: what an event means for the context ----------------------------------------------------------------

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
const atEase = { refusal: null, retryAt: null, next: "renewal", challenged: null, challengeUntil: null } as const

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
const refusalIn = (event: SessionEvent): Refusal | null =>
  "refusal" in event
    ? { code: event.refusal.code, remedy: event.refusal.remedy }
    : event.type === "Challenged"
      ? { code: "PasscodeRequired", remedy: "passcode" }
      : null

const refused = (event: SessionEvent): Partial<SessionContext> => ({
  refusal: refusalIn(event),
  retryAt: "retryAt" in event ? event.retryAt : null,
})

/** When something is to be done about a token: it is due, or, when nobody renews it, it is dead. */
const endOf = (facts: TokenFacts | null): number | null => facts && (facts.dueAt ?? facts.expiresAt)

const ownIsDue = (context: SessionContext, now: number) =>
  context.own === null || context.own.rejected || reached(context.own.dueAt, now)

const now = (event: SessionEvent) => ("now" in event ? event.now : 0)

/**
 * A child's only door is acting for its subject. To derive a subject's token again, the account's own must be alive: else it
 * is renewed first, but once, so that a provider that hands out dead tokens is not asked in a circle.
 */
const purposeOf = (context: SessionContext, purpose: Purpose | "next", now: number): Purpose => {
  if (context.child) return "act_as"
  if (purpose !== "next") return purpose
  return context.renewedForActing || isUsableAt(context.own, now) ? "act_as" : "renewal"
}

// --- vocabulary: what a command says --------------------------------------------------------------------------------

type Args = { readonly context: SessionContext }
const presentation = ({ context }: Args): Present => ({
  attempt: context.attempt,
  purpose: context.presenting ?? "sign_in",
  subject: context.presenting === "act_as" ? context.subject : null,
  generation: (context.presenting === "act_as" ? context.acting : context.own)?.generation ?? 0,
})
const abandoned = ({ context }: Args): Abandon => ({ attempt: context.attempt })
const wake = (at: (context: SessionContext) => number | null) => ({
  type: "wakeAt" as const,
  params: ({ context }: Args): WakeAt => ({ at: at(context), generation: currentGeneration(context) }),
})
const presents = (purpose: Purpose | "next") =>
  [
    { type: "begin", params: { purpose } },
    { type: "present", params: presentation },
  ] as const

const abandon = { type: "abandon", params: abandoned } as const
const discard = (what: Discard["what"]) => ({ type: "discard", params: { what } }) as const
const keepOwn = (via: "sign_in" | "renewal") => ({ type: "keepOwn", params: { via } }) as const
const keepChallenge = (of: SessionContext["challenged"]) => ({ type: "keepChallenge", params: { of } }) as const
const next = (next: SessionContext["next"]) => ({ type: "setNext", params: { next } }) as const

// --- vocabulary: where several states lead alike --------------------------------------------------------------------

/** A presentation's late outcome is swallowed before any other branch is asked. */
const late = { guard: "late" } as const

const IDLE = "#session.unauthenticated.idle"
const AWAITING_PASSCODE = "#session.mfa_required.awaiting_passcode"
const AUTHENTICATED = "#session.authenticated"
const REFRESHED = "#session.refreshed"
const LIVE = "#session.masqueraded.live"

/** What a first sign-in brought; a child session gets its token by acting for somebody from the start. */
const signedIn = [
  late,
  { guard: "child", target: LIVE, actions: "keepActing" },
  { target: AUTHENTICATED, actions: keepOwn("sign_in") },
] as const

/** A first sign-in that could not be had now: it waits by itself, unless a person is there to try again. */
const signInLater = [
  late,
  { guard: "mayRetryUnattended", target: "waiting", actions: "keepRefusal" },
  { target: "idle", actions: "keepRefusal" },
] as const

/** What the second factor brought: back to what it was demanded for. */
const verified = [
  late,
  { guard: "challengedOnRenewal", target: REFRESHED, actions: keepOwn("renewal") },
  { target: AUTHENTICATED, actions: keepOwn("sign_in") },
] as const

/** Out of the second factor without a token: what there was before it is still there. */
const leaveChallenge = [
  {
    guard: "ownIsKept",
    target: "#session.expiring.waiting",
    actions: [abandon, "keepRefusal", "endChallenge", next("nothing")],
  },
  { target: IDLE, actions: [abandon, "keepRefusal", "endChallenge"] },
] as const

const stopActing = ["keepRefusal", abandon, "stopActing", discard("acting")] as const

/** Acting ends, or never began: back to the account's own token as it is by now. */
const backToOwn = [
  { guard: "ownIsDue", target: "#session.expiring.renewing", actions: stopActing },
  { guard: "ownIsRenewed", target: REFRESHED, actions: stopActing },
  { target: AUTHENTICATED, actions: stopActing },
] as const

/** The subject's token. */
const derived = [late, { target: LIVE, actions: "keepActing" }] as const

/** The subject's token, derived anew; or the account's own, which had to be renewed first. */
const derivedAgain = [
  late,
  { guard: "presentingActAs", target: "live", actions: "keepActing" },
  { target: "renewing", reenter: true, actions: [keepOwn("renewal"), "ownIsRenewedForActing"] },
] as const

/**
 * A token of the account's own, at rest: until it is due, refused by an API, or put aside to act for somebody. One that
 * nobody renews is never due; it dies here.
 */
const atRest = {
  entry: wake((context) => endOf(context.own)),
  on: {
    Due: [
      { guard: and(["currentGeneration", "ownIsDue"]), target: "expiring.renewing" },
      { guard: and(["currentGeneration", "ownIsDead"]), target: IDLE },
    ],
    Rejected: { guard: "ownGeneration", target: "expiring.renewing", actions: "rejectOwn" },
    ActAs: { target: "masqueraded.starting", actions: "startActing" },
  },
} as const

const NOBODY: SessionInput = { unattended: false, renewsWith: "sign_in" }

/**
 * The lifecycle of one account's tokens. Its input is {@link SessionInput}.
 *
 * @category machines
 */
export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
  },
  actions: {
    // Commands: whoever runs the chart carries them out. Here they do nothing.
    present: (_, _command: Present) => {},
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
    keepChallenge: assign(({ context, event }, { of }: { readonly of: SessionContext["challenged"] }) => ({
      challengeUntil: event.type === "Challenged" ? event.challengeUntil : context.challengeUntil,
      challenged: of ?? context.challenged,
      refusal: null,
    })),
    endChallenge: assign(({ context, event }) => ({
      challenged: null,
      challengeUntil: null,
      refusal: event.type === "Due" ? ({ code: "ChallengeExpired", remedy: "passcode" } as const) : context.refusal,
    })),
    keepRefusal: assign(({ event }) => refused(event)),
    keepPending: assign(({ event }) =>
      event.type === "Restored"
        ? {
            refusal: { code: "OutcomeUnknown", remedy: "sign_in" as const },
            retryAt: event.pending?.retryAt ?? null,
          }
        : {},
    ),
    dropRefusal: assign({ refusal: null }),
    setNext: assign((_, { next }: { readonly next: SessionContext["next"] }) => ({ next })),
    rejectOwn: assign(({ context }) => ({ own: context.own && { ...context.own, rejected: true } })),
    rejectActing: assign(({ context }) => ({ acting: context.acting && { ...context.acting, rejected: true } })),
    startActing: assign(({ event }) => (event.type === "ActAs" ? { subject: event.subject, refusal: null } : {})),
    stopActing: assign({ acting: null, subject: null, retryAt: null, renewedForActing: false }),
    ownIsRenewedForActing: assign({ renewedForActing: true }),
    mayRenewOwnAgain: assign({ renewedForActing: false }),
    forget: assign(({ context }) => ({
      own: null,
      acting: null,
      subject: context.child ? context.subject : null,
      challenged: null,
      challengeUntil: null,
      next: "renewal" as const,
      renewedForActing: false,
    })),
    signedOut: assign({ refusal: { code: "SignedOut", remedy: "sign_in" as const }, retryAt: null }),
  },
  guards: {
    late: ({ context, event }) => "attempt" in event && event.attempt !== context.attempt,
    child: ({ context }) => context.child,
    presentingActAs: ({ context }) => context.presenting === "act_as",
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
    actingGeneration: ({ context, event }) => "generation" in event && event.generation === context.acting?.generation,
    retryIsDue: ({ context, event }) =>
      "generation" in event &&
      event.generation === currentGeneration(context) &&
      (context.retryAt === null || reached(context.retryAt, now(event))),
    challengeIsOver: ({ context, event }) => reached(context.challengeUntil, now(event)),
    mayRetry: ({ event }) => "retryAt" in event && event.retryAt !== null,
    mayRetryUnattended: ({ context, event }) => context.unattended && "retryAt" in event && event.retryAt !== null,
    // A refused client or a wrong option is not mended by presenting it once more.
    maySignInInstead: ({ context, event }) =>
      context.unattended &&
      context.renewsWith === "refresh_token" &&
      context.next === "renewal" &&
      ("refusal" in event ? event.refusal : context.refusal)?.remedy !== "configure",
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
}).createMachine({
  id: "session",
  // XState's `transition()` makes an actor without input for every step, and throws its snapshot away. An error there would cost
  // more than the step.
  context: ({ input }: { readonly input: SessionInput | undefined }) => initialContext(input ?? NOBODY),
  initial: "unauthenticated",
  on: {
    SignOut: { target: ".unauthenticated.idle", actions: [abandon, discard("all"), "signedOut"] },
  },
  states: {
    unauthenticated: {
      initial: "idle",
      states: {
        idle: {
          entry: ["forget", wake(() => null)],
          on: {
            SignIn: { target: "signing_in", actions: "dropRefusal" },
            Restored: [
              { guard: "isRestoredEmpty" },
              { guard: and(["child", "isLapsed"]) },
              { guard: "child", target: "#session.masqueraded.live", actions: "keepActing" },
              {
                guard: "isRestoredPending",
                target: "#session.expiring.recovering",
                actions: [keepOwn("renewal"), "keepPending"],
              },
              { guard: "isRestoredDue", target: "#session.expiring.renewing", actions: keepOwn("renewal") },
              { guard: "isRestoredRenewed", target: "#session.refreshed", actions: keepOwn("renewal") },
              { target: "#session.authenticated", actions: keepOwn("sign_in") },
            ],
          },
        },
        signing_in: {
          entry: presents("sign_in"),
          exit: "settle",
          on: {
            Issued: signedIn,
            Adopted: signedIn,
            Challenged: [
              late,
              { guard: "child", target: "idle", actions: "keepRefusal" },
              { target: AWAITING_PASSCODE, actions: keepChallenge("sign_in") },
            ],
            Refused: [late, { target: "idle", actions: "keepRefusal" }],
            Unavailable: signInLater,
            OutcomeUnknown: signInLater,
            Cancel: { target: "idle", actions: abandon },
          },
        },
        waiting: {
          entry: wake((context) => context.retryAt),
          on: {
            Due: { guard: "retryIsDue", target: "signing_in" },
            SignIn: "signing_in",
            Cancel: { target: "idle", actions: "settle" },
          },
        },
      },
    },

    mfa_required: {
      initial: "awaiting_passcode",
      on: {
        Rejected: { guard: "ownGeneration", actions: "rejectOwn" },
      },
      states: {
        awaiting_passcode: {
          entry: wake((context) => context.challengeUntil),
          on: {
            SubmitPasscode: { target: "verifying", actions: "dropRefusal" },
            Due: [{ guard: not(and(["currentGeneration", "challengeIsOver"])) }, ...leaveChallenge],
            Cancel: leaveChallenge,
          },
        },
        verifying: {
          entry: presents("passcode"),
          exit: "settle",
          on: {
            Issued: verified,
            Adopted: verified,
            Challenged: [late, { target: "awaiting_passcode", actions: keepChallenge(null) }],
            Refused: [
              late,
              { guard: "passcodeIsWrong", target: "awaiting_passcode", actions: "keepRefusal" },
              ...leaveChallenge,
            ],
            Unavailable: [late, { target: "awaiting_passcode", actions: "keepRefusal" }],
            OutcomeUnknown: [late, { target: "awaiting_passcode", actions: "keepRefusal" }],
            Cancel: leaveChallenge,
          },
        },
      },
    },

    authenticated: atRest,

    expiring: {
      initial: "renewing",
      on: {
        Rejected: { guard: "ownGeneration", actions: "rejectOwn" },
      },
      states: {
        renewing: {
          entry: presents("renewal"),
          exit: "settle",
          on: {
            Issued: [late, { target: REFRESHED, actions: keepOwn("renewal") }],
            Adopted: [late, { target: REFRESHED, actions: keepOwn("renewal") }],
            Challenged: [late, { target: AWAITING_PASSCODE, actions: keepChallenge("renewal") }],
            Refused: [
              late,
              { guard: "maySignInInstead", target: "signing_in", actions: ["keepRefusal", next("sign_in")] },
              { target: "waiting", actions: ["keepRefusal", next("nothing")] },
            ],
            Unavailable: [late, { target: "waiting", actions: "keepRefusal" }],
            OutcomeUnknown: [late, { target: "recovering", actions: "keepRefusal" }],
          },
        },
        signing_in: {
          entry: presents("sign_in"),
          exit: "settle",
          on: {
            Issued: [late, { target: AUTHENTICATED, actions: keepOwn("sign_in") }],
            Adopted: [late, { target: REFRESHED, actions: keepOwn("renewal") }],
            Challenged: [late, { target: AWAITING_PASSCODE, actions: keepChallenge("sign_in") }],
            Refused: [late, { target: "waiting", actions: ["keepRefusal", next("nothing")] }],
            Unavailable: [late, { target: "waiting", actions: "keepRefusal" }],
            OutcomeUnknown: [late, { target: "waiting", actions: "keepRefusal" }],
            Cancel: { target: "waiting", actions: [abandon, next("nothing")] },
          },
        },
        waiting: {
          entry: wake((context) => (context.next === "nothing" ? (context.own?.expiresAt ?? null) : context.retryAt)),
          always: { guard: and(["nextIsNothing", "ownIsRejected"]), target: IDLE },
          on: {
            Due: [
              { guard: and(["currentGeneration", "nextIsNothing", "ownIsDead"]), target: IDLE },
              { guard: and(["retryIsDue", "nextIsRenewal"]), target: "renewing" },
              { guard: and(["retryIsDue", "nextIsSignIn"]), target: "signing_in" },
            ],
            SignIn: { guard: "nextIsNothing", target: "signing_in" },
          },
        },
        recovering: {
          entry: wake((context) => context.retryAt),
          always: [
            { guard: and(["mustNotRepeat", "maySignInInstead"]), target: "signing_in", actions: next("sign_in") },
            { guard: "mustNotRepeat", target: "waiting", actions: next("nothing") },
          ],
          on: {
            Due: { guard: "retryIsDue", target: "renewing" },
          },
        },
      },
    },

    refreshed: atRest,

    masqueraded: {
      initial: "starting",
      on: {
        StopActing: [{ guard: "child" }, ...backToOwn],
        Rejected: [
          { guard: "actingGeneration", actions: "rejectActing" },
          { guard: "ownGeneration", actions: "rejectOwn" },
        ],
      },
      states: {
        starting: {
          entry: presents("act_as"),
          exit: "settle",
          on: {
            Issued: derived,
            Adopted: derived,
            Challenged: [late, ...backToOwn],
            Refused: [late, { guard: "bearerIsDead", target: "renewing", actions: "rejectOwn" }, ...backToOwn],
            Unavailable: [late, ...backToOwn],
            OutcomeUnknown: [late, ...backToOwn],
          },
        },
        live: {
          entry: wake((context) => endOf(context.acting)),
          on: {
            Due: [
              { guard: and(["currentGeneration", "actingIsDue"]), target: "renewing" },
              // Somebody needs the account's own bearer beside this, and it has lapsed.
              { guard: and(["ownGeneration", "ownIsSpent"]), target: "renewing" },
            ],
            Rejected: [
              { guard: "actingGeneration", target: "renewing", actions: "rejectActing" },
              { guard: "ownGeneration", actions: "rejectOwn" },
            ],
          },
        },
        renewing: {
          entry: presents("next"),
          exit: "settle",
          on: {
            Issued: derivedAgain,
            Adopted: derivedAgain,
            Challenged: [
              late,
              { guard: "child", target: IDLE, actions: "keepRefusal" },
              {
                guard: not("presentingActAs"),
                target: AWAITING_PASSCODE,
                // No `abandon` here: it would drop the challenge that has just come.
                actions: ["stopActing", discard("acting"), keepChallenge("renewal")],
              },
              ...backToOwn,
            ],
            Refused: [
              late,
              { guard: "child", target: IDLE, actions: "keepRefusal" },
              { guard: "bearerIsDead", target: "renewing", reenter: true, actions: "rejectOwn" },
              {
                guard: and([not("presentingActAs"), "maySignInInstead"]),
                target: "#session.expiring.signing_in",
                actions: [...stopActing, next("sign_in")],
              },
              {
                guard: not("presentingActAs"),
                target: "#session.expiring.waiting",
                actions: [...stopActing, next("nothing")],
              },
              ...backToOwn,
            ],
            Unavailable: [late, { target: "waiting", actions: "keepRefusal" }],
            OutcomeUnknown: [
              late,
              {
                guard: and([not("presentingActAs"), not("mayRetry")]),
                target: "#session.expiring.recovering",
                actions: stopActing,
              },
              { target: "waiting", actions: "keepRefusal" },
            ],
          },
        },
        waiting: {
          entry: ["mayRenewOwnAgain", wake((context) => context.retryAt)],
          on: {
            Due: { guard: "retryIsDue", target: "renewing" },
          },
        },
      },
    },
  },
})
