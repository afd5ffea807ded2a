/**
 * What the chart asks to be done. It does nothing itself: a driver takes the commands as values from `transition()`, or a
 * plain XState actor runs them as actions that `commandsOf` makes from a port.
 */
import type { SessionEvent } from "./SessionEvent.ts"

/**
 * What a presentation is for; it decides where a token leads.
 *
 * @category models
 */
export type Purpose = "sign_in" | "passcode" | "renewal" | "act_as"

/**
 * Ask the provider. Every outcome echoes `attempt`. `subject` is set for `act_as` alone. `generation` is that of the token
 * that is to be replaced, 0 when there is none.
 *
 * A renewal that is asked for while one of the same generation is still under way (somebody stopped acting in the middle of
 * it) is that renewal: answer the new attempt with its outcome, and do not present a refresh token twice.
 *
 * @category models
 */
export interface RequestToken {
  readonly attempt: number
  readonly purpose: Purpose
  readonly subject: string | null
  readonly generation: number
}

/**
 * Send `Due` with this generation at `at` (epoch ms), or at once if that has passed. A later `wakeAt` replaces an earlier
 * one; `null` only takes it back.
 *
 * @category models
 */
export interface WakeAt {
  readonly at: number | null
  readonly generation: number
}

/**
 * The presentation `attempt` is not awaited any more: drop what it brings, and what it left (a challenge to a second
 * factor). When nothing is under way there is nothing to do.
 *
 * @category models
 */
export interface Abandon {
  readonly attempt: number
}

/**
 * Forget what is kept: `all` of the session, or only the `acting` token.
 *
 * @category models
 */
export interface Discard {
  readonly scope: "all" | "acting"
}

/**
 * The commands as values. `transition()` types an action's `type` and `params` without telling which goes with which; this
 * union is what a driver casts to, once.
 *
 * @category models
 */
export type SessionCommand =
  | { readonly type: "requestToken"; readonly params: RequestToken }
  | { readonly type: "wakeAt"; readonly params: WakeAt }
  | { readonly type: "abandon"; readonly params: Abandon }
  | { readonly type: "discard"; readonly params: Discard }

/**
 * Plain functions that carry out the commands; what they return is not looked at, but awaited. `send` takes the outcome back to the actor, now or later. A function may be
 * async; what it throws or rejects with goes to `onDefect`, and a `requestToken` that does counts as `Unavailable`, so that no screen
 * waits for an answer that never comes.
 *
 * @category models
 */
export interface SessionPort {
  readonly requestToken: (command: RequestToken, send: (event: SessionEvent) => void) => unknown
  readonly wakeAt: (command: WakeAt, send: (event: SessionEvent) => void) => unknown
  readonly abandon: (command: Abandon) => unknown
  readonly discard: (command: Discard) => unknown
  readonly onDefect?: (defect: unknown) => void
}

/**
 * Makes the machine's actions from a port, for `createActor(sessionMachine.provide({ actions: commandsOf(port) }))`.
 *
 * A throwing action would stop an XState actor for good, and a rejected promise a whole process; see `SessionPort` for what
 * becomes of them.
 *
 * @category constructors
 */
export const commandsOf = (port: SessionPort) => {
  type Send = (event: SessionEvent) => void
  const guarded =
    <P>(run: (command: P, send: Send) => unknown, otherwise?: (command: P, send: Send) => void) =>
    ({ self }: { readonly self: { readonly send: Send } }, command: P): void => {
      const send: Send = (event) => self.send(event)
      const failed = (defect: unknown) => {
        otherwise?.(command, send)
        port.onDefect?.(defect)
      }
      try {
        Promise.resolve(run(command, send)).catch(failed)
      } catch (defect) {
        failed(defect)
      }
    }
  return {
    requestToken: guarded<RequestToken>(
      (command, send) => port.requestToken(command, send),
      // No time is known here; that of a failure decides nothing.
      ({ attempt }, send) =>
        send({
          type: "Unavailable",
          attempt,
          refusal: { code: "Unavailable", remedy: "retry" },
          retryAt: null,
          now: 0,
        }),
    ),
    wakeAt: guarded<WakeAt>((command, send) => port.wakeAt(command, send)),
    abandon: guarded<Abandon>((command) => port.abandon(command)),
    discard: guarded<Discard>((command) => port.discard(command)),
  }
}
