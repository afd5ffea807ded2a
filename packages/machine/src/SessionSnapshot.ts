/**
 * A chart that is kept across a reload. Do not start an actor from a persisted snapshot: XState carries out no entry action then, so
 * nobody presents what was being presented, and no wake-up is set; a screen would show "Signing in." for ever. Start a new actor with
 * the same input, and send it the event that `restoreEvent` makes:
 *
 * ```ts
 * const actor = createActor(sessionMachine.provide({ actions: commandsOf(port) }), { input }).start()
 * actor.send(restoreEvent(JSON.parse(kept), Date.now()))
 * ```
 */
import type { SnapshotFrom } from "xstate"
import type { SessionContext } from "./SessionContext.ts"
import type { KeptFacts, SystemEvent } from "./SessionEvent.ts"
import type { sessionMachine } from "./SessionMachine.ts"

/**
 * A snapshot of the chart: plain JSON, with no secret in it.
 *
 * @category models
 */
export type SessionSnapshot = SnapshotFrom<typeof sessionMachine>

/**
 * As much of a snapshot as there is of one that came through JSON.
 *
 * @category models
 */
export interface KeptSnapshot {
  readonly value: unknown
  readonly context: SessionContext
}

/**
 * The event that says to a new actor what the one before it knew, at `now` (epoch ms).
 *
 * - Without a token: the session is signed out. A sign-in that was under way, or a second factor, begins anew.
 * - With one: it goes on at rest, or renews where that is due or an API has rejected the token. Acting for somebody is over, unless
 *   the session is a child.
 * - A renewal was under way, or its outcome was unknown: the refresh token may be used up, so it is not presented before the time that
 *   was set; where none was, not before the token has to be replaced. An unattended session signs in in its place.
 * - A pause before the next try is kept, and so is that nothing follows without a person.
 *
 * @category constructors
 */
export const restoreEvent = (
  { context, value }: KeptSnapshot,
  now: number,
): Extract<SystemEvent, { readonly type: "Restored" }> => {
  const token = context.child ? context.acting : context.own
  if (token === null) return { type: "Restored", facts: null, pending: null, now }
  const { rejected, ...kept } = token
  // A token that an API has rejected is not handed out again: it is replaced at once.
  const facts: KeptFacts = rejected ? { ...kept, dueAt: Math.min(kept.dueAt ?? now, now), usableUntil: now } : kept
  return { type: "Restored", facts, pending: pendingIn({ context, value }, facts.usableUntil ?? now), now }
}

type Pending = { readonly retryAt: number | null; readonly signInAt?: number } | null

const pendingIn = ({ context, value }: KeptSnapshot, end: number): Pending => {
  const { next, presenting, retryAt } = context
  if (next === "nothing") return { retryAt: null }
  if (next === "sign_in") return { retryAt: retryAt ?? end, signInAt: retryAt ?? end }
  if (presenting === "renewal") return { retryAt: end, signInAt: end }
  const [top] = Object.entries(Object(value))
  // Acting for somebody waits for its own reasons.
  return top?.[0] === "expiring" && retryAt !== null ? { retryAt } : null
}
