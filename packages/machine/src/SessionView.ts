/**
 * What a screen shows of a session: made from a snapshot, plain JSON, with no clock in it and no secret.
 *
 * `SessionView.of` returns the same object for the same snapshot, so that it can be a selector
 * (`useSelector(session.actor, SessionView.of)`), and it reads nothing but `value` and `context`, so that a snapshot that
 * came as JSON from a server shows as well as a live one.
 *
 * All times are epoch milliseconds; `null` stands for "none" or "never".
 */
import { currentFacts, type SessionContext } from "./SessionContext.ts"
import type { Refusal } from "./SessionEvent.ts"

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
 * What a person may do now.
 *
 * @category models
 */
export type OfferedAction = "sign_in" | "submit_passcode" | "cancel" | "act_as" | "stop_acting" | "sign_out"

/**
 * What the session waits for: `provider` (a reply), `passcode` (a person), `retry` (until `retryAt`), or nothing.
 *
 * @category models
 */
export type Awaited = "provider" | "passcode" | "retry" | null

/**
 * What is wrong between this screen and the app's own server, where a session lives on one. It is apart from a refusal, which is
 * the provider's: `unreachable` passes, and what is shown is what was known last; after `visit_ended` a person signs in to the
 * app.
 *
 * @category models
 */
export interface Connection {
  readonly code: "unreachable" | "visit_ended"
}

/**
 * The same with words that a person understands.
 *
 * @category models
 */
export interface ShownConnection extends Connection {
  readonly message: string
}

/**
 * A refusal with words that a person understands. The `code` is stable, for a UI that has words of its own.
 *
 * @category models
 */
export interface ShownRefusal extends Refusal {
  readonly message: string
}

/**
 * @category models
 */
export interface SessionView {
  readonly state: SessionState
  /** The state inside, such as `awaiting_passcode`; `null` for a state with nothing inside. */
  readonly substate: string | null
  /** Both, as in `mfa_required.awaiting_passcode`. */
  readonly path: string
  /** While something is wrong with the connection this is its message: what was known last may be out of date. */
  readonly label: string
  readonly actions: ReadonlyArray<OfferedAction>
  readonly awaiting: Awaited
  /** `null` while all is well, and for a session in the tab. */
  readonly connection: ShownConnection | null
  /** When the token that would be handed out is to be renewed; `null` where nobody renews it, and where there is none. */
  readonly dueAt: number | null
  /** When the token that would be handed out dies. */
  readonly expiresAt: number | null
  readonly retryAt: number | null
  readonly challengeUntil: number | null
  readonly subject: string | null
  readonly generation: number
  readonly refusal: ShownRefusal | null
}

/**
 * As much of a snapshot as a view needs; a live one and one from JSON both fit.
 *
 * @category models
 */
export interface ViewedSnapshot {
  readonly value: unknown
  readonly context: SessionContext
  /** `done`: the session is closed, and offers nothing any more. */
  readonly status?: string
  /** What whoever looks may do; left out: everything. */
  readonly may?: ReadonlyArray<OfferedAction>
  readonly connection?: Connection | null
}

interface Shown {
  readonly label: string
  readonly actions: ReadonlyArray<OfferedAction>
  readonly awaiting: Awaited
}

const shown = (label: string, actions: ReadonlyArray<OfferedAction>, awaiting: Awaited = null): Shown => ({
  label,
  actions,
  awaiting,
})

const states: Record<string, Shown> = {
  "unauthenticated.idle": shown("Signed out.", ["sign_in"]),
  "unauthenticated.signing_in": shown("Signing in.", ["cancel", "sign_out"], "provider"),
  "unauthenticated.waiting": shown(
    "Not signed in yet; another try follows.",
    ["sign_in", "cancel", "sign_out"],
    "retry",
  ),
  "mfa_required.awaiting_passcode": shown(
    "A passcode is needed.",
    ["submit_passcode", "cancel", "sign_out"],
    "passcode",
  ),
  "mfa_required.verifying": shown("Checking the passcode.", ["cancel", "sign_out"], "provider"),
  authenticated: shown("Signed in.", ["act_as", "sign_out"]),
  "expiring.renewing": shown("Renewing the token.", ["sign_out"], "provider"),
  "expiring.signing_in": shown("Signing in again.", ["cancel", "sign_out"], "provider"),
  "expiring.waiting": shown("The token could not be renewed yet.", ["sign_out"], "retry"),
  "expiring.recovering": shown("It is not known whether the token was renewed.", ["sign_out"], "retry"),
  refreshed: shown("Signed in, with a renewed token.", ["act_as", "sign_out"]),
  "masqueraded.starting": shown("Starting to act for somebody.", ["act_as", "stop_acting", "sign_out"], "provider"),
  "masqueraded.live": shown("Acting for somebody.", ["act_as", "stop_acting", "sign_out"]),
  "masqueraded.renewing": shown("Renewing the token to act with.", ["act_as", "stop_acting", "sign_out"], "provider"),
  "masqueraded.waiting": shown(
    "The token to act with could not be renewed yet.",
    ["act_as", "stop_acting", "sign_out"],
    "retry",
  ),
}

const endOfTheRoad = shown("The token will not be renewed; sign in again.", ["sign_in", "sign_out"])

const refusals: Record<string, string> = {
  BadCredentials: "The user name or the password is wrong.",
  BadPasscode: "That passcode is wrong.",
  ChallengeExpired: "The time for the passcode is over; sign in again.",
  PasscodeRequired: "A passcode is needed.",
  ClientRefused: "The provider does not know this application; check its client id and secret.",
  Misconfigured: "The configuration is wrong.",
  RenewalRefused: "The provider will not renew this sign-in; sign in again.",
  SignedOut: "Signed out.",
  NotAllowed: "This account is not allowed to do that; an administrator can change it.",
  Throttled: "Too many requests: wait a moment.",
  Unavailable: "The provider cannot be reached.",
  Unreadable: "The provider's answer could not be understood.",
  OutcomeUnknown: "The provider's answer was lost.",
  StoreFailed: "The token could not be stored.",
}

const connections: Readonly<Record<Connection["code"], string>> = {
  unreachable: "Your server cannot be reached.",
  visit_ended: "Your visit has ended: sign in to the app.",
}

const pathOf = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? Object.entries(value)
        .map(([state, substate]) => `${state}.${pathOf(substate)}`)
        .join()
    : String(value)

/** A child session has no way of its own to do anything: it acts by itself, and closing it is its end. */
const isOffered =
  ({ connection, context, may, status }: ViewedSnapshot) =>
  (action: OfferedAction): boolean =>
    status !== "done" &&
    connection?.code !== "visit_ended" &&
    !context.child &&
    (context.actsForOthers || action !== "act_as") &&
    (may?.includes(action) ?? true)

const make = (snapshot: ViewedSnapshot): SessionView => {
  const { value, context, connection = null } = snapshot
  const path = pathOf(value)
  const [state, substate = null] = path.split(".")
  const { label, actions, awaiting } =
    path === "expiring.waiting" && context.next === "nothing"
      ? endOfTheRoad
      : (states[path] ?? shown(path, ["sign_out"]))
  // All who look are shown the same one.
  const facts = currentFacts(context)
  return Object.freeze({
    state: state as SessionState,
    substate,
    path,
    label: connection === null ? label : connections[connection.code],
    actions: actions.filter(isOffered(snapshot)),
    connection: connection && { ...connection, message: connections[connection.code] },
    awaiting: awaiting === "retry" && context.retryAt === null ? null : awaiting,
    dueAt: facts?.dueAt ?? null,
    expiresAt: facts?.expiresAt ?? null,
    retryAt: context.retryAt,
    challengeUntil: context.challengeUntil,
    subject: context.subject,
    generation: context.generation,
    refusal: context.refusal && {
      ...context.refusal,
      message:
        context.refusal.toldUntil === undefined
          ? (refusals[context.refusal.code] ?? context.refusal.code)
          : "The provider asks to wait for very long; the next try comes sooner than that.",
    },
  })
}

const views = new WeakMap<object, SessionView>()

/** Some screens (Solid) hold a snapshot in a store that changes in place: its fields are getters, and its view is made anew. */
const isStill = (snapshot: ViewedSnapshot): boolean =>
  Object.getOwnPropertyDescriptor(snapshot, "value")?.get === undefined

/**
 * `of` makes the view of a snapshot. `secondsLeft` counts down, at `now` (epoch ms), to the next thing that a person
 * waits for: the end of the challenge, the next try, or the token's end; `null` when there is none, and while the connection tells
 * nothing of it. It is apart from `of` so that a selector needs no clock.
 *
 * @category constructors
 */
export const SessionView = {
  of: (snapshot: ViewedSnapshot): SessionView => {
    const known = views.get(snapshot)
    if (known !== undefined) return known
    const view = make(snapshot)
    if (isStill(snapshot)) views.set(snapshot, view)
    return view
  },
  secondsLeft: (view: SessionView, now: number): number | null => {
    const until = view.challengeUntil ?? view.retryAt ?? view.expiresAt
    return until === null || view.connection ? null : Math.max(0, Math.ceil((until - now) / 1000))
  },
} as const
