/**
 * A sign-in that a person allows at a browser: something that is begun for each sign-in, runs inside it, shows a
 * prompt, and brings the provider's reply. The ways themselves are modules of their own (`DeviceSignIn`, `RedirectSignIn`), so an app
 * that does not use them does not load them. These are types only.
 */

import type { Prompted } from "@pbx-auth/machine/SessionEvent"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Grant from "@pbx-auth/providers/Grant"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
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
  /** Tells the chart that a person is waited for. */
  readonly prompted: (prompted: Prompted) => void
  /** Now, by the session's clock, epoch ms. */
  readonly now: () => number
  /** While it `waits` for a person, a cancel ends the way at once. */
  readonly flight: { readonly abandoned: boolean; waits: boolean }
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
 * One sign-in at a browser.
 *
 * @category models
 */
export interface BrowserSignIn {
  readonly run: (signing: Signing) => Effect.Effect<Allowed, AuthError>
  /** Waits until there is a prompt. Fails as the sign-in does, if that ends before. */
  readonly prompt: Effect.Effect<Prompt, AuthError>
}

/**
 * A way to sign in at a browser. Give it to `session.signIn`, as often as you like.
 *
 * @category models
 */
export interface BrowserWay {
  /** Begins one sign-in. */
  readonly begin: () => BrowserSignIn
}

/**
 * Whether it is a way, and no username and password.
 *
 * @category guards
 */
export const isWay = (given: Credentials | BrowserWay | undefined): given is BrowserWay =>
  typeof (given as Partial<BrowserWay> | undefined)?.begin === "function"
