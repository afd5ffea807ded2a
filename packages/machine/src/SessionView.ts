/**
 * What a screen shows of a session. It is made from a snapshot: plain JSON, without a clock and without a secret.
 *
 * `SessionView.of` returns the same object for the same snapshot, so you can use it as a selector (`useSelector(session.actor,
 * SessionView.of)`). It reads only `value` and `context`, so it shows a snapshot that came as JSON from a server as well as a live
 * one.
 *
 * All times are epoch milliseconds; `null` means "none" or "never".
 */
import { currentFacts, type SessionContext } from "./SessionContext.ts"
import type { Refusal } from "./SessionEvent.ts"
import { type Awaited, infoOf, type OfferedAction, states } from "./SessionStates.ts"

export type { Awaited, OfferedAction }

/**
 * The six states of the lifecycle.
 *
 * @category models
 */
export type SessionState =
  | "unauthenticated"
  | "mfa_required"
  | "authenticated"
  | "expiring"
  | "refreshed"
  | "masqueraded"

/**
 * What is wrong between this screen and the app's own server, if a session lives on one. A refusal, in contrast, is the provider's.
 * `unreachable` passes, and the screen shows what was known last. After `visit_ended` the person signs in to the app.
 *
 * @category models
 */
export interface Connection {
  /** `unreachable`: the server does not answer, and this side tries again. `visit_ended`: it answered 401. */
  readonly code: "unreachable" | "visit_ended"
}

/**
 * The same, with a sentence for people.
 *
 * @category models
 */
export interface ShownConnection extends Connection {
  /** One English sentence. */
  readonly message: string
}

/**
 * A refusal with a sentence for people. The `code` is stable, for a UI that has words of its own.
 *
 * @category models
 */
export interface ShownRefusal extends Refusal {
  /** One English sentence, without a secret and without the vendor's text. */
  readonly message: string
}

/**
 * What a screen shows.
 *
 * @category models
 */
export interface SessionView {
  /** Which of the six states. */
  readonly state: SessionState
  /** The inner state, such as `awaiting_passcode`; `null` for a state without one. */
  readonly substate: string | null
  /** Both, as in `mfa_required.awaiting_passcode`. */
  readonly path: string
  /** While something is wrong with the connection, this is its message: the rest may be out of date. */
  readonly label: string
  /** What a person may do now: a screen shows a button for each. */
  readonly actions: ReadonlyArray<OfferedAction>
  /** Who has to act next: the provider, a person, or a retry by the clock; `null` at rest. */
  readonly awaiting: Awaited
  /** `null` while all is well, and for a session in the tab. */
  readonly connection: ShownConnection | null
  /** When the token that would be handed out is to be renewed, epoch ms; `null` if it is never renewed, and if there is none. */
  readonly dueAt: number | null
  /** When the token that would be handed out dies, epoch ms. */
  readonly expiresAt: number | null
  /** When the session tries again by itself, epoch ms. */
  readonly retryAt: number | null
  /** Until when a passcode is taken, epoch ms. */
  readonly challengeUntil: number | null
  /** Until when a person may sign in at a browser, epoch ms. */
  readonly promptUntil: number | null
  /**
   * When the refresh token ends, epoch ms: then a person has to sign in, unless a renewal before brings a refresh token that lives
   * longer. `null` if the provider names no end, and for a session that signs in by itself.
   */
  readonly personNeededAt: number | null
  /** Whom the session acts for, or is about to. */
  readonly subject: string | null
  /** Counts the tokens of the session, own and acting. It never decreases. */
  readonly generation: number
  /** The last refusal, with its sentence. */
  readonly refusal: ShownRefusal | null
}

/**
 * The part of a snapshot that a view needs. A live one and one from JSON both fit.
 *
 * @category models
 */
export interface ViewedSnapshot {
  /** The chart's state as XState writes it. */
  readonly value: unknown
  /** What the session remembers. */
  readonly context: SessionContext
  /** `done`: the session is closed, and offers nothing any more. */
  readonly status?: string
  /** What this viewer may do. Left out: everything. */
  readonly may?: ReadonlyArray<OfferedAction>
  /** What is wrong with the way to the server; `null` or absent: nothing. */
  readonly connection?: Connection | null
}

/** Of refusals and of connections. By the code, and by the remedy where a code has several and the sentence names one. */
const sentences: Record<string, string> = {
  BadCredentials: "The user name or the password is wrong.",
  BadPasscode: "That passcode is wrong.",
  ChallengeExpired: "The time to answer is over; sign in again.",
  PasscodeRequired: "A passcode is needed.",
  ClientRefused: "The provider refused this application; check its client id and secret.",
  Misconfigured: "The configuration is wrong.",
  RenewalRefused: "The provider will not renew this sign-in; sign in again.",
  SignedOut: "Signed out.",
  NotAllowed: "This account may not do that; ask an administrator.",
  NotAllowedsign_in: "The provider refused this sign-in; sign in again.",
  Throttled: "Too many requests: wait a moment.",
  Unavailable: "The provider cannot be reached.",
  Unreadable: "The provider's answer could not be understood.",
  OutcomeUnknown: "The provider's answer was lost.",
  StoreFailed: "The token could not be stored.",
  toldUntil: "The provider asks for a very long wait; another try follows sooner.",
  unreachable: "Your server cannot be reached.",
  visit_ended: "Your visit has ended: sign in to the app.",
}

const shown = <Wrong extends Connection | Refusal>(
  wrong: Wrong | null,
): (Wrong & { readonly message: string }) | null => {
  if (wrong === null) return null
  const { code, remedy, toldUntil } = wrong as Wrong & Partial<Refusal>
  return { ...wrong, message: sentences[toldUntil ? "toldUntil" : code + remedy] ?? sentences[code] ?? code }
}

/**
 * The path of a snapshot's `value`, such as `expiring.renewing`. A driver that needs no more makes no view.
 *
 * @category getters
 */
export const pathOf = (value: unknown): string =>
  String(typeof value === "string" ? value : Object.entries(Object(value))).replace(",", ".")

const make = (snapshot: ViewedSnapshot): SessionView => {
  const { value, context, connection = null, may, status } = snapshot
  const path = pathOf(value)
  const [state, substate = null] = path.split(".")
  // A newer server may send a state that is not known here.
  const info = states[`${path}.${context.next}`] ?? states[path] ?? infoOf(path, ["sign_out"])
  const { tags = null } = info
  const broken = shown(connection)
  // All viewers get the same object.
  const facts = currentFacts(context)
  // An older server sends none.
  const { prompt = null } = context
  return Object.freeze({
    state: state as SessionState,
    substate,
    path,
    label: broken?.message ?? (prompt ? "Sign in at the browser." : info.description),
    // A child session offers nothing by itself: it acts by itself, and closing it ends it.
    actions: info.meta.actions.filter(
      (action) =>
        status !== "done" &&
        connection?.code !== "visit_ended" &&
        !context.child &&
        (context.actsForOthers || action !== "act_as") &&
        (may?.includes(action) ?? true),
    ),
    connection: broken,
    awaiting: prompt
      ? prompt.kind
      : tags === "busy"
        ? "provider"
        : tags === "retry" && context.retryAt === null
          ? null
          : tags,
    dueAt: facts?.dueAt ?? null,
    expiresAt: facts?.expiresAt ?? null,
    retryAt: context.retryAt,
    challengeUntil: context.challengeUntil,
    promptUntil: prompt?.until ?? null,
    personNeededAt: context.personNeededAt ?? null,
    subject: context.subject,
    generation: context.generation,
    refusal: shown(context.refusal),
  })
}

const views = new WeakMap<object, SessionView>()

/** Some screens (Solid) hold a snapshot in a store that changes in place: its fields are getters, so the view is made again. */
const isStill = (snapshot: ViewedSnapshot): boolean =>
  Object.getOwnPropertyDescriptor(snapshot, "value")?.get === undefined

/**
 * `of` makes the view of a snapshot. `secondsLeft` counts down, at `now` (epoch ms), to the next thing that a person waits for: the
 * end of the challenge, the next try, or the token's end. It is `null` when there is none, and while the connection is down. It is
 * apart from `of` so that a selector needs no clock.
 *
 * @category constructors
 */
export const SessionView = {
  /** The view of a snapshot: the same object for the same snapshot. */
  of: (snapshot: ViewedSnapshot): SessionView => {
    const known = views.get(snapshot)
    if (known !== undefined) return known
    const view = make(snapshot)
    if (isStill(snapshot)) views.set(snapshot, view)
    return view
  },
  /** Whole seconds to the next thing that a person waits for, at `now` (epoch ms). */
  secondsLeft: (view: SessionView, now: number): number | null => {
    const until = view.challengeUntil ?? view.promptUntil ?? view.retryAt ?? view.expiresAt
    return until === null || view.connection ? null : Math.max(0, Math.ceil((until - now) / 1000))
  },
} as const
