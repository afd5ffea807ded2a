/**
 * What each state of the chart tells a person: its label, what may be done there, and what it waits for. The chart carries it as
 * `description`, `meta` and `tags`, so an inspector and a screen of your own show it. `SessionView` reads it from here, so a page
 * without XState shows it as well.
 */

/**
 * What a person may do now.
 *
 * @category models
 */
export type OfferedAction = "sign_in" | "submit_passcode" | "cancel" | "act_as" | "stop_acting" | "sign_out"

/**
 * What the session waits for: `provider` (a reply), `passcode` (a person), `device` or `redirect` (a person at a browser, until
 * `promptUntil`), `retry` (until `retryAt`), or nothing.
 *
 * @category models
 */
export type Awaited = "provider" | "passcode" | "device" | "redirect" | "retry" | null

/**
 * A state's tag: `snapshot.hasTag("busy")` while the provider is asked, `passcode` while a person is asked, `retry` until the next
 * try.
 *
 * @category models
 */
export type StateTag = "busy" | "passcode" | "retry"

/**
 * A state's `meta`, as `snapshot.getMeta()` of XState gives it.
 *
 * @category models
 */
export interface StateMeta {
  readonly actions: ReadonlyArray<OfferedAction>
}

/**
 * What a state says, in the form of XState's configuration: the label is its `description`.
 *
 * @category models
 */
export interface StateInfo {
  readonly description: string
  readonly meta: StateMeta
  readonly tags: StateTag | undefined
}

/**
 * What a state says.
 *
 * @category constructors
 */
export const infoOf = (description: string, actions: ReadonlyArray<OfferedAction>, tags?: StateTag): StateInfo => ({
  description,
  meta: { actions },
  tags,
})

/**
 * By the path of a state, and by what comes next (`SessionContext.next`) if that makes a difference to a person.
 *
 * @category constants
 */
export const states: Readonly<Record<string, StateInfo>> = {
  "unauthenticated.idle": infoOf("Signed out.", ["sign_in"]),
  "unauthenticated.signing_in": infoOf("Signing in.", ["cancel", "sign_out"], "busy"),
  "unauthenticated.waiting": infoOf(
    "Not signed in yet; another try follows.",
    ["sign_in", "cancel", "sign_out"],
    "retry",
  ),
  "mfa_required.awaiting_passcode": infoOf(
    "A passcode is needed.",
    ["submit_passcode", "cancel", "sign_out"],
    "passcode",
  ),
  "mfa_required.verifying": infoOf("Checking the passcode.", ["cancel", "sign_out"], "busy"),
  authenticated: infoOf("Signed in.", ["act_as", "sign_out"]),
  "expiring.renewing": infoOf("Renewing the token.", ["sign_out"], "busy"),
  "expiring.signing_in": infoOf("Signing in again.", ["cancel", "sign_out"], "busy"),
  "expiring.waiting": infoOf("The token could not be renewed yet.", ["sign_out"], "retry"),
  "expiring.recovering": infoOf("It is not known whether the token was renewed.", ["sign_out"], "retry"),
  refreshed: infoOf("Signed in, with a renewed token.", ["act_as", "sign_out"]),
  "masqueraded.starting": infoOf("Starting to act for somebody.", ["act_as", "stop_acting", "sign_out"], "busy"),
  "masqueraded.live": infoOf("Acting for somebody.", ["act_as", "stop_acting", "sign_out"]),
  "masqueraded.renewing": infoOf("Renewing the token to act with.", ["act_as", "stop_acting", "sign_out"], "busy"),
  "masqueraded.waiting": infoOf(
    "The token to act with could not be renewed yet.",
    ["act_as", "stop_acting", "sign_out"],
    "retry",
  ),
  "expiring.waiting.nothing": infoOf("The token will not be renewed; sign in again.", ["sign_in", "sign_out"]),
}

interface Node {
  readonly states?: Readonly<Record<string, Node>>
}

/**
 * Adds to a chart's configuration what its states say.
 *
 * @category combinators
 */
export const withInfo = (node: Node, path = ""): object => ({
  ...node,
  ...states[path.slice(1)],
  states:
    node.states &&
    Object.fromEntries(Object.entries(node.states).map(([name, one]) => [name, withInfo(one, `${path}.${name}`)])),
})
