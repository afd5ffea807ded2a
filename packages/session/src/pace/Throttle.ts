/**
 * Whether a session may ask its provider now. A session and its children share one throttle; the whole process shares the pauses.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import { isUnsent, type Names, nameOf, type Pause, type Pauses, Probing } from "./Pauses.ts"

type Asking<A> = Effect.Effect<A, AuthError>

/** The caller, and the account or subject. */
interface Asked {
  /** What a person asked for, and not the session. */
  readonly userCall?: "sign_in" | "passcode" | undefined
  /** The user's name, where it is known. */
  readonly subscriber?: string | undefined
}

/**
 * @category models
 */
export class Throttle {
  readonly #pauses: Pauses
  readonly #account: Account
  /** The name of a pause for this session only. */
  readonly #own: string
  /** The pauses in which this session's probe brought a token or a challenge. What follows from that may go out. */
  #passed: ReadonlyArray<Pause> = []

  constructor(pauses: Pauses, account: Account, own: string) {
    this.#pauses = pauses
    this.#account = account
    this.#own = own
  }

  /** During a pause nothing is sent, and this fails as the provider did. A person's call (`userCall`) is let through once. */
  guard<A>(effect: Asking<A>, { subscriber, userCall }: Asked = {}): Asking<A> {
    return Effect.suspend(() => {
      const held = this.#held(subscriber)
      const asking = Effect.tapError(effect, (error) => Effect.sync(() => this.#note(error, subscriber)))
      if (held.length === 0) return asking
      const fresh = userCall === undefined ? [] : held.filter(({ isProbed }) => !isProbed)
      const mayPass = (pause: Pause) =>
        fresh.includes(pause) || (userCall !== "sign_in" && this.#passed.includes(pause))
      const stop = held.find((pause) => !mayPass(pause))
      if (stop !== undefined) return Effect.fail(this.#pauses.refusal(stop))
      const mark = (isProbed: boolean) => {
        for (const pause of fresh) pause.isProbed = isProbed
      }
      mark(true)
      return Effect.provideService(asking, Probing, true).pipe(
        Effect.tap(() => Effect.sync(() => (this.#passed = held))),
        Effect.tapError(({ reason }) => Effect.sync(() => (isUnsent(reason) ? mark(false) : undefined))),
      )
    })
  }

  /** Whether a new one would say the same. */
  get isOver(): boolean {
    return !this.#passed.some((pause) => this.#pauses.isOn(pause))
  }

  /** The pauses that are on, sorted so that the one that ends last comes first. */
  #held(subscriber: string | undefined): ReadonlyArray<Pause> {
    const held = Object.values(this.#names(subscriber)).flatMap((name) => this.#pauses.current(name) ?? [])
    return held.sort((a, b) => b.until - a.until)
  }

  #names(subscriber: string | undefined): Required<Names> {
    const session = this.#own
    return {
      session,
      subscriber: subscriber ? nameOf(this.#account, subscriber) : session,
      client: nameOf(this.#account),
    }
  }

  #note({ reason }: AuthError, subscriber: string | undefined): void {
    if (reason._tag !== "Throttled") return
    // If nothing was sent (a rate budget, a circuit breaker), this does not concern other sessions, and a person's call is not let
    // through.
    if (reason.status === undefined) this.#pauses.note(this.#own, reason).isProbed = true
    else {
      this.#passed = []
      this.#pauses.hold(reason, this.#names(subscriber), this.#account)
    }
  }
}
