/**
 * Keeps a chart across a reload. Do not start an actor from a persisted snapshot: XState then runs no entry action, so nothing is
 * presented and no wake-up is set, and a screen would show "Signing in." for ever. Start a new actor with the same input, and send it
 * the event that `restoreEvent` makes:
 *
 * ```ts
 * import { commandsOf } from "@pbx-auth/machine/SessionCommand"
 * import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
 * import { restoreEvent } from "@pbx-auth/machine/SessionSnapshot"
 * import { createActor } from "xstate"
 *
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
 * The part of a snapshot that is needed of one that came through JSON.
 *
 * @category models
 */
export interface KeptSnapshot {
  /** The chart's state as XState writes it: a text, or an object of one key. */
  readonly value: unknown
  /** What the session remembered. */
  readonly context: SessionContext
}

/**
 * The event that tells a new actor what the one before it knew, at `now` (epoch ms).
 *
 * - Without a token: the session is signed out. A sign-in or a second factor that was under way begins again.
 * - With a token: the session goes on at rest, or renews if the token is due or an API has rejected it. Acting is over, unless the
 *   session is a child.
 * - If a renewal was under way, or its outcome was unknown: the refresh token may be used up. So it is not presented before the time
 *   that was set, or, without one, before the token must be replaced. An unattended session signs in instead.
 * - A pause before the next try is kept. So is the fact that nothing follows without a person.
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
  // A token that an API has rejected is not handed out again. It is replaced at once.
  const facts: KeptFacts = rejected ? { ...kept, dueAt: Math.min(kept.dueAt ?? now, now), usableUntil: now } : kept
  return {
    type: "Restored",
    facts,
    pending: pendingIn({ context, value }, facts.usableUntil ?? now),
    personNeededAt: context.personNeededAt,
    now,
  }
}

type Pending = { readonly retryAt: number | null; readonly signInAt?: number } | null

const pendingIn = ({ context, value }: KeptSnapshot, end: number): Pending => {
  const { next, presenting, retryAt } = context
  if (next === "nothing") return { retryAt: null }
  if (next === "sign_in") return { retryAt: retryAt ?? end, signInAt: retryAt ?? end }
  if (presenting === "renewal") return { retryAt: end, signInAt: end }
  const [top] = Object.entries(Object(value))
  // Acting waits for reasons of its own.
  return top?.[0] === "expiring" && retryAt !== null ? { retryAt } : null
}
