/**
 * A sign-in that a person allows at a browser. The engine knows only this: the way runs inside the sign-in that the chart asked for,
 * shows a prompt, and brings the provider's reply. The ways themselves are modules of their own (`DeviceSignIn`, `RedirectSignIn`), so
 * an app that does not use them does not load them.
 */

import type { Prompted } from "@pbx-auth/machine/SessionEvent"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Grant from "@pbx-auth/providers/Grant"
import type { Account } from "@pbx-auth/providers/Provider"
import type { TokenReply } from "@pbx-auth/providers/Token"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"

/**
 * What the person needs. All of it is secret: whoever has it can take part in the sign-in. `session.prompt` hands it out, and nothing
 * else shows it.
 *
 * @category models
 */
export interface Prompt extends Prompted {
  /** Where the person goes. */
  readonly url: Redacted.Redacted<string>
  /** What the person enters there; only for `device`. */
  readonly userCode?: Redacted.Redacted<string> | undefined
  /** The address with the code in it, for a link or a picture, if the provider gives one. */
  readonly completeUrl?: Redacted.Redacted<string> | undefined
}

/**
 * What a way works with.
 *
 * @category models
 */
export interface Signing {
  readonly account: Account
  /** Presents a grant, once. */
  readonly present: (grant: Grant.Grant) => Effect.Effect<TokenReply, AuthError>
  /** Shows the prompt. */
  readonly prompt: (prompt: Prompt) => void
  /** Waits for the person. Only meanwhile does a cancel end the way at once. */
  readonly wait: <A>(waiting: Effect.Effect<A>) => Effect.Effect<A>
  /** Now, by the session's clock, epoch ms. */
  readonly now: () => number
}

/**
 * What a way brings: the provider's reply, and when its request was begun (epoch ms, by the session's clock).
 *
 * @category models
 */
export interface Allowed {
  readonly startedAt: number
  readonly reply: TokenReply
}

/**
 * A way to sign in at a browser. Give it to `session.signIn`.
 *
 * @category models
 */
export class BrowserWay {
  readonly run: (signing: Signing) => Effect.Effect<Allowed, AuthError>

  constructor(run: BrowserWay["run"]) {
    this.run = run
  }
}
