/**
 * What the chart asks for. The chart does nothing itself. A driver takes the commands as values from `transition()`, or a plain
 * XState actor runs them as actions that `commandsOf` makes from a port.
 */
import type { SessionEvent } from "./SessionEvent.ts"

/**
 * What a presentation is for. It decides where the token leads.
 *
 * @category models
 */
export type Purpose = "sign_in" | "passcode" | "renewal" | "act_as"

/**
 * Ask the provider. Every outcome echoes `attempt`. Only `act_as` has a `subject`. `generation` is that of the token to be replaced,
 * 0 when there is none.
 *
 * The chart may ask for a renewal while one of the same generation is still under way, for example when a user stops acting in the
 * middle of it. Answer the new attempt with the outcome of the first, and do not present a refresh token twice.
 *
 * @category models
 */
export interface RequestToken {
  /** The number of this presentation. Each outcome echoes it. */
  readonly attempt: number
  /** What to present: credentials, a passcode, a refresh token (or what the provider renews with), or a request to act. */
  readonly purpose: Purpose
  /** Whom to act for, as the provider writes users; `null` unless `purpose` is `act_as`. */
  readonly subject: string | null
  /** The generation of the token to be replaced, 0 when there is none. */
  readonly generation: number
}

/**
 * Send `Due` with this generation at `at` (epoch ms), or at once if that has passed. A later `wakeAt` replaces an earlier one; `null`
 * only cancels it.
 *
 * @category models
 */
export interface WakeAt {
  /** When to send `Due`, epoch ms; `null` cancels the wake-up. */
  readonly at: number | null
  /** What that `Due` names. */
  readonly generation: number
}

/**
 * The chart no longer waits for the presentation `attempt`. Drop what it brings, and what it left (a challenge to a second factor).
 * If nothing is under way, there is nothing to do.
 *
 * @category models
 */
export interface Abandon {
  /** The presentation that nobody waits for any more. */
  readonly attempt: number
}

/**
 * Forget the stored tokens: `all` of the session, or only the `acting` token.
 *
 * @category models
 */
export interface Discard {
  /** `all` forgets every token of the session, `acting` only the subject's. */
  readonly scope: "all" | "acting"
}

/**
 * The commands as values. `transition()` types an action's `type` and `params` but not which belong together; a driver casts to this
 * union once.
 *
 * @category models
 */
export type SessionCommand =
  /** Present something to the provider, and send the outcome back. */
  | {
      readonly type: "requestToken"
      /** What to present, and for which attempt. */
      readonly params: RequestToken
    }
  /** Set the one timer, or cancel it. */
  | {
      readonly type: "wakeAt"
      /** When, and what the `Due` names. */
      readonly params: WakeAt
    }
  /** Drop what a presentation brings. */
  | {
      readonly type: "abandon"
      /** Which one. */
      readonly params: Abandon
    }
  /** Forget stored tokens. */
  | {
      readonly type: "discard"
      /** Which of them. */
      readonly params: Discard
    }

/**
 * Plain functions that carry out the commands. What they return is awaited and then ignored. `send` takes the outcome back to the
 * actor, now or later. A function may be async. What it throws or rejects with goes to `onDefect`; a `requestToken` that fails so
 * counts as `Unavailable`, so no screen waits for an answer that never comes.
 *
 * @category models
 */
export interface SessionPort {
  /** Presents something to the provider. Answer with exactly one `Outcome` that echoes `command.attempt`. */
  readonly requestToken: (command: RequestToken, send: (event: SessionEvent) => void) => unknown
  /** Sets, moves or cancels the one timer. When it fires, send `Due` with `command.generation` and the time. */
  readonly wakeAt: (command: WakeAt, send: (event: SessionEvent) => void) => unknown
  /** Nobody waits for the presentation any more: drops what it brings, and its challenge. */
  readonly abandon: (command: Abandon) => unknown
  /** Forgets the stored tokens. */
  readonly discard: (command: Discard) => unknown
  /** Gets what one of the functions threw or rejected with. Default: it is dropped. */
  readonly onDefect?: (defect: unknown) => void
}

/**
 * Makes the machine's actions from a port, for `createActor(sessionMachine.provide({ actions: commandsOf(port) }))`.
 *
 * In XState, an action that throws stops the actor for good, and a rejected promise can end the whole process. `SessionPort` says
 * what happens to them here.
 *
 * @category constructors
 */
export const commandsOf = (port: SessionPort) => {
  type Send = (event: SessionEvent) => void
  const carryOut =
    <P>(name: SessionCommand["type"], otherwise?: (command: P, send: Send) => void) =>
    ({ self }: { readonly self: { readonly send: Send } }, command: P): void => {
      const send: Send = (event) => self.send(event)
      const failed = (defect: unknown) => {
        otherwise?.(command, send)
        port.onDefect?.(defect)
      }
      try {
        Promise.resolve(port[name](command as never, send)).catch(failed)
      } catch (defect) {
        failed(defect)
      }
    }
  return {
    // The time is not known here. For a failure it decides nothing.
    requestToken: carryOut<RequestToken>("requestToken", ({ attempt }, send) =>
      send({
        type: "Unavailable",
        attempt,
        refusal: { code: "Unavailable", remedy: "retry" },
        retryAt: null,
        now: 0,
      }),
    ),
    wakeAt: carryOut<WakeAt>("wakeAt"),
    abandon: carryOut<Abandon>("abandon"),
    discard: carryOut<Discard>("discard"),
  }
}
