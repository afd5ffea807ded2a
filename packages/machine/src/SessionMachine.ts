/**
 * The chart: what may happen to a session, and what to do then.
 *
 * Events in, commands out. It holds no promise, no timer, no clock and no secret. So it runs the same under the Effect driver
 * (`transition()` returns the commands as values), under a plain `createActor(sessionMachine.provide(…))` in a UI, and under
 * `xstate/graph` in the tests. Its actions are in `SessionVocabulary`.
 *
 * It uses no `invoke` and no `after`. An `after` beyond 2^31 ms fires at once, neither survives a snapshot, and the input of an
 * invoked child, where a password would be, is persisted.
 */
import {
  abandon,
  contextOf,
  createChart,
  discard,
  keepChallenge,
  keepOwn,
  next,
  presents,
  wake,
  wakeAtEndOf,
} from "./SessionVocabulary.ts"

// --- transitions that several states share ----------------------------------------------------------------

/** A presentation's late outcome is dropped before any other branch is tried. */
const late = { guard: "late" } as const
/** A wake-up about another token than the current one is dropped too. */
const stale = { guard: "stale" } as const

const IDLE = "#session.unauthenticated.idle"
const AWAITING_PASSCODE = "#session.mfa_required.awaiting_passcode"
const AUTHENTICATED = "#session.authenticated"
const REFRESHED = "#session.refreshed"
const LIVE = "#session.masqueraded.live"

/** A token, from the provider or from another process that was first. */
const token = <const Ways>(ways: Ways) => ({ Issued: ways, Adopted: ways }) as const
/** No token for now, whether or not the provider has acted. */
const notNow = <const Ways>(ways: Ways) => ({ Unavailable: ways, OutcomeUnknown: ways }) as const

/** The presentation goes on while a person is at a browser. */
const prompted = { Prompted: [late, { actions: "keepPrompt" }] } as const

const wait = { target: "waiting", actions: "keepRefusal" } as const
const tryAgain = [
  { guard: "signInIsDue", target: "signing_in" },
  { guard: "retryIsDue", target: "renewing" },
] as const
const askAgain = { target: "awaiting_passcode", actions: "keepRefusal" } as const
const renewed = { target: REFRESHED, actions: keepOwn("renewal") } as const
const childEnds = { guard: "child", target: IDLE, actions: "keepRefusal" } as const

/** The outcomes of a first sign-in. A child session gets its token by acting from the start. */
const signedIn = [
  late,
  { guard: "child", target: LIVE, actions: "keepActing" },
  { target: AUTHENTICATED, actions: keepOwn("sign_in") },
] as const

/** A first sign-in that is not possible now. The session waits by itself, unless a person is there to try again. */
const signInLater = [
  late,
  { guard: "mayRetryUnattended", target: "waiting", actions: "keepRefusal" },
  { target: "idle", actions: "keepRefusal" },
] as const

/** The outcomes of the second factor: back to what it was demanded for. */
const verified = [
  late,
  { guard: "challengedOnRenewal", ...renewed },
  { target: AUTHENTICATED, actions: keepOwn("sign_in") },
] as const

const endChallenge = [abandon, "keepRefusal", "endChallenge"] as const
/** Out of the second factor without a token: the earlier token, if any, is still there. */
const leaveChallenge = [
  {
    guard: "ownIsKept",
    target: "#session.expiring.waiting",
    actions: [...endChallenge, next("nothing")],
  },
  { target: IDLE, actions: endChallenge },
] as const

const stopActing = ["keepRefusal", abandon, "stopActing", discard("acting")] as const

/** Acting ends, or never began: back to the account's own token as it is now. */
const backToOwn = [
  { guard: "ownIsDue", target: "#session.expiring.renewing", actions: stopActing },
  { guard: "ownIsRenewed", target: REFRESHED, actions: stopActing },
  { target: AUTHENTICATED, actions: stopActing },
] as const

const startAnother = [discard("acting"), "startActing"] as const
const changeSubject = [abandon, ...startAnother] as const

/**
 * One subject after the other: the first one's token is dropped at once. An own token that has lapsed meanwhile is renewed first. If
 * that renewal is already under way it goes on, because its refresh token may be used up; if it waits for its time it goes on
 * waiting.
 */
const actForAnother = [
  { guard: "child" },
  { guard: "actsForThis" },
  { guard: "presentingOwn", actions: startAnother },
  {
    guard: "ownAwaitsRetry",
    target: "#session.masqueraded.waiting",
    reenter: true,
    actions: startAnother,
  },
  { guard: "ownIsSpent", target: "#session.masqueraded.renewing", reenter: true, actions: changeSubject },
  { target: "#session.masqueraded.starting", reenter: true, actions: changeSubject },
] as const

/** The subject's token. */
const derived = [late, { target: LIVE, actions: "keepActing" }] as const

/** The subject's token, got again; or the account's own, which had to be renewed first. */
const derivedAgain = [
  late,
  { guard: "presentingOwn", target: "renewing", reenter: true, actions: keepOwn("renewal") },
  { target: "live", actions: "keepActing" },
] as const

/** The current token is rejected but stays: it has just replaced another rejected one. */
const doubt = { guard: "doubtedNow", actions: "keepRefusal" } as const

/**
 * A token of the account's own, at rest: until it is due, an API rejects it, or the session begins to act. A token that is never
 * renewed is never due; it dies here.
 */
const atRest = {
  entry: wakeAtEndOf("own"),
  on: {
    Due: [stale, { guard: "ownIsDue", target: "expiring.renewing" }, { guard: "ownIsDead", target: IDLE }],
    Rejected: [doubt, { guard: "ownGeneration", target: "expiring.renewing", actions: "rejectOwn" }],
    ActAs: { guard: "actsForOthers", target: "masqueraded.starting", actions: "startActing" },
  },
} as const

// --- the chart --------------------------------------------------------------------------------------------------------

/**
 * The lifecycle of one account's tokens. Its input is {@link SessionInput}.
 *
 * @category machines
 */
export const sessionMachine = createChart({
  id: "session",
  context: contextOf,
  initial: "unauthenticated",
  on: {
    SignOut: { target: IDLE, actions: [abandon, discard("all"), "signedOut"] },
    // What follows depends on the state. A state that does nothing about it only remembers that the token was rejected.
    Rejected: [
      { guard: "rejectsActing", actions: "rejectActing" },
      { guard: "rejectsOwn", actions: "rejectOwn" },
    ],
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
              { guard: "child", target: LIVE, actions: "keepActing" },
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
              { guard: "isRestoredRenewed", target: REFRESHED, actions: keepOwn("renewal") },
              { target: AUTHENTICATED, actions: keepOwn("sign_in") },
            ],
          },
        },
        signing_in: {
          ...presents("sign_in"),
          on: {
            ...prompted,
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
          ...presents("passcode"),
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
      states: {
        renewing: {
          ...presents("renewal"),
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
          ...presents("sign_in"),
          on: {
            ...prompted,
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
            // Waiting is no use for a token that an API rejects.
            Rejected: [
              { guard: "rejectsOwnForSignIn", target: "signing_in", actions: "rejectOwn" },
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
      },
      states: {
        starting: {
          ...presents("act_as"),
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
              // A caller needs the account's own bearer as well, and it has lapsed.
              { guard: "ownIsNeeded", target: "renewing" },
              stale,
              { guard: "actingIsDue", target: "renewing" },
            ],
            Rejected: [doubt, { guard: "actingGeneration", target: "renewing", actions: "rejectActing" }],
          },
        },
        renewing: {
          ...presents("next"),
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
              { guard: "ownSignsInAtOnce", target: "renewing", reenter: true, actions: "keepUncertain" },
              { guard: "ownMayNotRetry", target: "#session.expiring.recovering", actions: stopActing },
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
