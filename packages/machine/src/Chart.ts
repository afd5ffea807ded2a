/**
 * The chart's arrows as data, read from the machine itself: for a page, an inspector or a test that draws them.
 */
import { sessionMachine } from "./SessionMachine.ts"
import type { SessionState } from "./SessionView.ts"

/**
 * One arrow of the chart, to another state.
 *
 * @category models
 */
export interface Arrow {
  /** The path of the state that it leaves, such as `expiring`. It may have inner states: the arrow leaves all of them. */
  readonly from: string
  /** The path of the state that it leads to, such as `expiring.renewing`. */
  readonly to: string
  /** The event; `at once` if it needs none. */
  readonly event: string
  /** Its condition in words; empty if there is none. */
  readonly when: string
}

/**
 * The usual ways from one of the six states to another: each event, with its condition in words.
 *
 * @category models
 */
export interface Way {
  /** The state that it leaves. */
  readonly from: SessionState
  /** The state that it leads to. */
  readonly to: SessionState
  /** The events that go this way. */
  readonly events: ReadonlyArray<Pick<Arrow, "event" | "when">>
}

type StateNode = (typeof sessionMachine)["root"]

/**
 * The guards in a reader's words. An empty one says nothing that the event does not say already: a wake-up that counts is one
 * that is due.
 */
const phrases: Readonly<Record<string, string>> = {
  actingGeneration: "",
  actingIsDue: "",
  actsForOthers: "where the provider has it",
  actsForThis: "same subject",
  bearerIsDead: "own token not taken",
  challengedOnRenewal: "of a renewal",
  child: "child",
  isRestoredDue: "due",
  isRestoredPending: "outcome unknown",
  isRestoredRenewed: "renewed",
  mayRetryUnattended: "unattended",
  maySignInInstead: "unattended",
  mustNotRepeat: "not to be repeated",
  mustSignInInstead: "not to be repeated, unattended",
  nextIsNothing: "",
  nextIsSignIn: "sign-in",
  ownAwaitsRetry: "own token lapsed, waiting for its time",
  ownGeneration: "",
  ownIsDead: "token dead",
  ownIsDue: "",
  ownIsKept: "token kept",
  ownIsLost: "token rejected",
  ownIsNeeded: "own token lapsed",
  ownIsOver: "token dead",
  ownIsRenewed: "",
  ownIsSpent: "own token lapsed",
  ownMayNotRetry: "of its own token, not to be repeated",
  ownMaySignInInstead: "of its own token, unattended",
  ownSignsInAtOnce: "of its own token, unattended, token rejected or near its end",
  passcodeIsWrong: "wrong passcode",
  presentingOwn: "of its own token",
  rejectsOwn: "",
  rejectsOwnFirst: "",
  rejectsOwnForSignIn: "sign-in",
  restoredAtOnce: "outcome unknown, unattended, token rejected or near its end",
  retryIsDue: "",
  signInIsDue: "sign-in",
  signsInAtOnce: "unattended, token rejected or near its end",
}

const whenOf = (guard: unknown): string => {
  if (guard === undefined) return ""
  const phrase = phrases[String(guard)]
  if (phrase === undefined)
    throw new Error(`Chart.ts has no phrase for the guard ${String(guard)}: give it a name and one`)
  return phrase
}

const nodesIn = (node: StateNode): ReadonlyArray<StateNode> => [
  node,
  ...Object.values(node.states).flatMap((inner) => nodesIn(inner as StateNode)),
]

/**
 * Every arrow that leads to another state. Arrows that change only the memory are left out, and so is the one out of every state:
 * `SignOut` leads from anywhere to `unauthenticated.idle`.
 *
 * @category getters
 */
export const arrows = (): ReadonlyArray<Arrow> =>
  nodesIn(sessionMachine.root)
    .filter((node) => node !== sessionMachine.root)
    .flatMap((node) =>
      [...[...node.transitions.values()].flat(), ...(node.always ?? [])].flatMap((transition) =>
        (transition.target ?? []).map((target) => ({
          from: node.path.join("."),
          to: (target as StateNode).path.join("."),
          event: transition.eventType || "at once",
          when: whenOf(transition.guard),
        })),
      ),
    )

/** The events that lead the usual way from one of the six to another. The rest is in {@link arrows}, which are complete. */
const usual: Readonly<Record<SessionState, ReadonlyArray<string>>> = {
  unauthenticated: ["Issued", "Challenged"],
  mfa_required: ["Issued"],
  authenticated: ["Due", "Rejected", "ActAs"],
  expiring: ["Issued", "Challenged"],
  refreshed: ["Due", "Rejected", "ActAs"],
  masqueraded: ["StopActing"],
}

const topOf = (path: string) => path.split(".")[0] as SessionState

/**
 * The usual ways between the six states, for a picture at one glance. Arrows between the same two are one way.
 *
 * @category getters
 */
export const ways = (): ReadonlyArray<Way> => {
  const found = new Map<string, Way & { readonly events: Array<Way["events"][number]> }>()
  for (const { event, from: inner, to: target, when: told } of arrows()) {
    const [from, to] = [topOf(inner), topOf(target)]
    if (from === to || to === "unauthenticated" || told === "child" || !usual[from].includes(event)) continue
    const when = told === "unattended" ? "" : told
    const way = found.get(`${from} ${to}`) ?? { from, to, events: [] }
    found.set(`${from} ${to}`, way)
    if (!way.events.some((one) => one.event === event && one.when === when)) way.events.push({ event, when })
  }
  return [...found.values()]
}

/**
 * The six states, and the inner states of each, as the machine names them.
 *
 * @category getters
 */
export const states = (): Readonly<Record<SessionState, ReadonlyArray<string>>> =>
  Object.fromEntries(
    Object.entries(sessionMachine.root.states).map(([name, { states: inner }]) => [name, Object.keys(inner)]),
  ) as Readonly<Record<string, ReadonlyArray<string>>> as Readonly<Record<SessionState, ReadonlyArray<string>>>
