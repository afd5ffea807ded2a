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
import {
  abandon,
  contextOf,
  discard,
  keepChallenge,
  keepOwn,
  next,
  presents,
  vocabulary,
  wake,
  wakeAtEndOf,
} from "./SessionVocabulary.ts"

// --- where several states lead alike --------------------------------------------------------------------

/** A presentation's late outcome is swallowed before any other branch is asked. */
const late = { guard: "late" } as const
/** So is a wake-up about a token that is not the current one. */
const stale = { guard: "stale" } as const

const IDLE = "#session.unauthenticated.idle"
const AWAITING_PASSCODE = "#session.mfa_required.awaiting_passcode"
const AUTHENTICATED = "#session.authenticated"
const REFRESHED = "#session.refreshed"
const LIVE = "#session.masqueraded.live"

/** A token, whether the provider gave it or another process that was first. */
const token = <const Ways>(ways: Ways) => ({ Issued: ways, Adopted: ways }) as const
/** No token for now, whether or not the provider has acted. */
const notNow = <const Ways>(ways: Ways) => ({ Unavailable: ways, OutcomeUnknown: ways }) as const

const wait = { target: "waiting", actions: "keepRefusal" } as const
const tryAgain = [
  { guard: "signInIsDue", target: "signing_in" },
  { guard: "retryIsDue", target: "renewing" },
] as const
const askAgain = { target: "awaiting_passcode", actions: "keepRefusal" } as const
const renewed = { target: REFRESHED, actions: keepOwn("renewal") } as const
const childEnds = { guard: "child", target: IDLE, actions: "keepRefusal" } as const

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
  { guard: "challengedOnRenewal", ...renewed },
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
    guard: "ownAwaitsRetry",
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
  { guard: "presentingOwn", target: "renewing", reenter: true, actions: [keepOwn("renewal"), "markOwnRenewed"] },
  { target: "live", actions: "keepActing" },
] as const

/** The current token is rejected, and left in place: it has just replaced another one that was. */
const doubt = [{ guard: "doubtedNow", actions: "keepRefusal" }, { guard: "doubted" }] as const

/**
 * A token of the account's own, at rest: until it is due, refused by an API, or put aside to act for somebody. One that
 * nobody renews is never due; it dies here.
 */
const atRest = {
  entry: wakeAtEndOf("own"),
  on: {
    Due: [stale, { guard: "ownIsDue", target: "expiring.renewing" }, { guard: "ownIsDead", target: IDLE }],
    Rejected: [...doubt, { guard: "ownGeneration", target: "expiring.renewing", actions: "rejectOwn" }],
    ActAs: { guard: "actsForOthers", target: "masqueraded.starting", actions: "startActing" },
  },
} as const

// --- the chart --------------------------------------------------------------------------------------------------------

/**
 * The lifecycle of one account's tokens. Its input is {@link SessionInput}.
 *
 * @category machines
 */
export const sessionMachine = vocabulary.createMachine({
  id: "session",
  context: contextOf,
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
              { guard: "childHasLapsed" },
              { guard: "child", target: "#session.masqueraded.live", actions: "keepActing" },
              {
                guard: "restoredAtOnce",
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
            ...token(signedIn),
            Challenged: [
              late,
              { guard: "child", target: "idle", actions: "keepRefusal" },
              { target: AWAITING_PASSCODE, actions: keepChallenge("sign_in") },
            ],
            Refused: [late, { target: "idle", actions: "keepRefusal" }],
            ...notNow(signInLater),
            Cancel: { target: "idle", actions: abandon },
          },
        },
        waiting: {
          entry: wake((context) => context.retryAt),
          on: {
            Due: [stale, { guard: "retryIsDue", target: "signing_in" }],
            SignIn: "signing_in",
            Cancel: { target: "idle", actions: "settle" },
          },
        },
      },
    },

    mfa_required: {
      initial: "awaiting_passcode",
      on: {
        Rejected: { guard: "rejectsOwn", actions: "rejectOwn" },
      },
      states: {
        awaiting_passcode: {
          entry: wake((context) => context.challengeUntil),
          on: {
            SubmitPasscode: { target: "verifying", actions: "dropRefusal" },
            Due: [stale, { guard: "challengeIsOpen" }, ...leaveChallenge],
            Cancel: leaveChallenge,
          },
        },
        verifying: {
          entry: presents("passcode"),
          exit: "settle",
          on: {
            ...token(verified),
            Challenged: [late, { target: "awaiting_passcode", actions: keepChallenge(null) }],
            Refused: [late, { guard: "passcodeIsWrong", ...askAgain }, ...leaveChallenge],
            ...notNow([late, askAgain]),
            Cancel: leaveChallenge,
          },
        },
      },
    },

    authenticated: atRest,

    expiring: {
      initial: "renewing",
      on: {
        Rejected: { guard: "rejectsOwn", actions: "rejectOwn" },
      },
      states: {
        renewing: {
          entry: presents("renewal"),
          exit: "settle",
          on: {
            ...token([late, renewed]),
            Challenged: [late, { target: AWAITING_PASSCODE, actions: keepChallenge("renewal") }],
            Refused: [
              late,
              { guard: "maySignInInstead", target: "signing_in", actions: ["keepRefusal", next("sign_in")] },
              { target: "waiting", actions: ["keepRefusal", next("nothing")] },
            ],
            Unavailable: [late, wait],
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
            Adopted: [late, renewed],
            Challenged: [late, { target: AWAITING_PASSCODE, actions: keepChallenge("sign_in") }],
            Refused: [late, { target: "waiting", actions: ["keepRefusal", next("nothing")] }],
            ...notNow([late, wait]),
            Cancel: { target: "waiting", actions: [abandon, next("nothing")] },
          },
        },
        waiting: {
          entry: wake((context) => (context.next === "nothing" ? (context.own?.expiresAt ?? null) : context.retryAt)),
          always: { guard: "ownIsLost", target: IDLE },
          on: {
            Due: [stale, { guard: "ownIsOver", target: IDLE }, { guard: "nextIsNothing" }, ...tryAgain],
            SignIn: { guard: "nextIsNothing", target: "signing_in" },
          },
        },
        recovering: {
          entry: wake((context) => context.retryAt),
          always: [
            { guard: "mustSignInInstead", target: "signing_in", actions: next("sign_in") },
            { guard: "mustNotRepeat", target: "waiting", actions: next("nothing") },
          ],
          on: {
            Due: [stale, ...tryAgain],
            // A token that an API refuses is not worth waiting for.
            Rejected: [
              {
                guard: "rejectsOwnForSignIn",
                target: "signing_in",
                actions: "rejectOwn",
              },
              { guard: "rejectsOwnFirst", target: "renewing", actions: "rejectOwn" },
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
            ...token(derived),
            Challenged: [late, ...backToOwn],
            Refused: [late, { guard: "bearerIsDead", target: "renewing", actions: "rejectOwn" }, ...backToOwn],
            ...notNow([late, ...backToOwn]),
          },
        },
        live: {
          entry: wakeAtEndOf("acting"),
          on: {
            Due: [
              // Somebody needs the account's own bearer beside this, and it has lapsed.
              { guard: "ownIsNeeded", target: "renewing" },
              stale,
              { guard: "actingIsDue", target: "renewing" },
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
            ...token(derivedAgain),
            Challenged: [
              late,
              childEnds,
              {
                guard: "presentingOwn",
                target: AWAITING_PASSCODE,
                // No `abandon` here: it would drop the challenge that has just come.
                actions: ["stopActing", discard("acting"), keepChallenge("renewal")],
              },
              ...backToOwn,
            ],
            Refused: [
              late,
              childEnds,
              { guard: "bearerIsDead", target: "renewing", reenter: true, actions: "rejectOwn" },
              {
                guard: "ownMaySignInInstead",
                target: "#session.expiring.signing_in",
                actions: [...stopActing, next("sign_in")],
              },
              {
                guard: "presentingOwn",
                target: "#session.expiring.waiting",
                actions: [...stopActing, next("nothing")],
              },
              ...backToOwn,
            ],
            Unavailable: [late, wait],
            OutcomeUnknown: [
              late,
              {
                guard: "ownSignsInAtOnce",
                target: "renewing",
                reenter: true,
                actions: "keepUncertain",
              },
              {
                guard: "ownMayNotRetry",
                target: "#session.expiring.recovering",
                actions: stopActing,
              },
              { guard: "presentingOwn", target: "waiting", actions: "keepUncertain" },
              wait,
            ],
          },
        },
        waiting: {
          entry: ["resetOwnRenewed", wake((context) => context.retryAt)],
          on: {
            Due: [stale, { guard: "retryIsDue", target: "renewing" }],
          },
        },
      },
    },
  },
})
