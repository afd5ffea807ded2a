/**
 * The chart: what may happen to a session, and what is to be done then.
 *
 * Events in, commands out. It holds no promise, no timer, no clock and no secret, so it runs the same under the Effect
 * driver (`transition()` hands the commands out as values), under a plain `createActor(sessionMachine.provide(…))` in a UI,
 * and under `xstate/graph` in the tests. Its words stand in `SessionVocabulary`; this is the story.
 *
 * Why no `invoke` and no `after`: an `after` beyond 2^31 ms fires at once, neither survives a snapshot, and an invoked
 * child's input, where a password would lie, is persisted.
 */
import { and, not } from "xstate"
import { initialContext, type SessionInput } from "./SessionContext.ts"
import {
  abandon,
  discard,
  endOf,
  keepChallenge,
  keepOwn,
  next,
  presents,
  vocabulary,
  wake,
} from "./SessionVocabulary.ts"

// --- where several states lead alike --------------------------------------------------------------------

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

const changeSubject = [abandon, discard("acting"), "startActing"] as const

/**
 * One subject after the other: the first one's token is gone at once. An own token that has lapsed meanwhile is renewed first; where
 * that is under way already it goes on, for its refresh token may be used up; where it waits for its time it goes on waiting.
 */
const actForAnother = [
  { guard: "child" },
  { guard: "actsForThis" },
  { guard: "presentingOwn", actions: [discard("acting"), "startActing"] },
  {
    guard: and(["ownIsSpent", "retryIsSet"]),
    target: "#session.masqueraded.waiting",
    reenter: true,
    actions: [discard("acting"), "startActing"],
  },
  { guard: "ownIsSpent", target: "#session.masqueraded.renewing", reenter: true, actions: changeSubject },
  { target: "#session.masqueraded.starting", reenter: true, actions: changeSubject },
] as const

/** The subject's token. */
const derived = [late, { target: LIVE, actions: "keepActing" }] as const

/** The subject's token, derived anew; or the account's own, which had to be renewed first. */
const derivedAgain = [
  late,
  { guard: "presentingActAs", target: "live", actions: "keepActing" },
  { target: "renewing", reenter: true, actions: [keepOwn("renewal"), "markOwnRenewed"] },
] as const

/** The current token is rejected, and left in place: it has just replaced another one that was. */
const doubt = [{ guard: and(["currentGeneration", "doubted"]), actions: "keepRefusal" }, { guard: "doubted" }] as const

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
    Rejected: [...doubt, { guard: "ownGeneration", target: "expiring.renewing", actions: "rejectOwn" }],
    ActAs: { guard: "mayActForOthers", target: "masqueraded.starting", actions: "startActing" },
  },
} as const

const NOBODY: SessionInput = { unattended: false, renewsWith: "sign_in" }

// --- the chart --------------------------------------------------------------------------------------------------------

/**
 * The lifecycle of one account's tokens. Its input is {@link SessionInput}.
 *
 * @category machines
 */
export const sessionMachine = vocabulary.createMachine({
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
                guard: and(["isRestoredPending", "signsInAtOnce"]),
                target: "#session.expiring.signing_in",
                actions: [keepOwn("renewal"), "keepUncertain"],
              },
              {
                guard: "isRestoredPending",
                target: "#session.expiring.recovering",
                actions: [keepOwn("renewal"), "keepUncertain"],
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
        Rejected: { guard: and(["ownGeneration", not("doubted")]), actions: "rejectOwn" },
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
        Rejected: { guard: and(["ownGeneration", not("doubted")]), actions: "rejectOwn" },
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
            OutcomeUnknown: [
              late,
              { guard: "signsInAtOnce", target: "signing_in", actions: "keepUncertain" },
              { target: "recovering", actions: "keepUncertain" },
            ],
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
            Due: [
              { guard: and(["retryIsDue", "nextIsSignIn"]), target: "signing_in" },
              { guard: "retryIsDue", target: "renewing" },
            ],
            // A token that an API refuses is not worth waiting for.
            Rejected: [
              {
                guard: and(["ownGeneration", "ownIsStillTaken", "nextIsSignIn"]),
                target: "signing_in",
                actions: "rejectOwn",
              },
              { guard: and(["ownGeneration", "ownIsStillTaken"]), target: "renewing", actions: "rejectOwn" },
            ],
          },
        },
      },
    },

    refreshed: atRest,

    masqueraded: {
      initial: "starting",
      on: {
        StopActing: [
          { guard: "child" },
          { guard: "nextIsSignIn", target: "#session.expiring.signing_in", actions: stopActing },
          ...backToOwn,
        ],
        ActAs: actForAnother,
        Rejected: [
          { guard: "doubted" },
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
              ...doubt,
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
                guard: and([not("presentingActAs"), "signsInAtOnce"]),
                target: "renewing",
                reenter: true,
                actions: "keepUncertain",
              },
              {
                guard: and([not("presentingActAs"), "mayNotRetry"]),
                target: "#session.expiring.recovering",
                actions: stopActing,
              },
              { guard: not("presentingActAs"), target: "waiting", actions: "keepUncertain" },
              { target: "waiting", actions: "keepRefusal" },
            ],
          },
        },
        waiting: {
          entry: ["resetOwnRenewed", wake((context) => context.retryAt)],
          on: {
            Due: { guard: "retryIsDue", target: "renewing" },
          },
        },
      },
    },
  },
})
