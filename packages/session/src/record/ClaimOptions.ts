/**
 * What is presented under a claim, and what comes of it.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Challenge, TokenReply, Tokens } from "@pbx-auth/providers/Token"
import type * as Effect from "effect/Effect"
import type { Intent } from "../TokenStore.ts"
import type { Keeper } from "./RecordKeeping.ts"

/**
 * The outcome of a presentation. Times are the session clock's, epoch ms.
 *
 * - `Issued`: a token of ours. `generation` is its record's; absent if the token is not stored.
 * - `Adopted`: another holder's token, from the record.
 * - `Challenged`: a second factor is demanded, until `until`.
 * - `SignedOut`: the session was signed out elsewhere. `unused` is the token that the provider gave all the same.
 *
 * @category models
 */
export type Brought =
  | {
      readonly _tag: "Issued"
      readonly tokens: Tokens
      readonly times: TokenTimes
      readonly generation: number | undefined
    }
  | { readonly _tag: "Adopted"; readonly tokens: Tokens; readonly times: TokenTimes; readonly generation: number }
  | { readonly _tag: "Challenged"; readonly challenge: Challenge; readonly until: number }
  | { readonly _tag: "SignedOut"; readonly unused: Tokens | undefined }

/**
 * What is in force when something is presented: the tokens, and their times by the session's clock, epoch ms.
 *
 * @category models
 */
export interface InForce {
  readonly tokens: Tokens | undefined
  readonly times: TokenTimes | undefined
}

/**
 * What is presented under a claim, on which record, and by which session.
 *
 * @category models
 */
export interface ClaimOptions {
  /** Its provider's rotation decides when a refresh token may be presented, its deadline how long an intent is valid. */
  readonly session: Keeper
  readonly key: string
  readonly purpose: Intent["purpose"]
  /**
   * Whether a token that another holder got may be adopted. Not when a person signs in: the provider, and its second factor, must
   * check what the person gave.
   */
  readonly adopts: boolean
  /** A person asked for it. What a session does by itself ends with a sign-out elsewhere, if the session holds a token. */
  readonly isUserCall: boolean
  /** Whether a caller still waits for it. If not, what comes afterwards is not stored. */
  readonly wanted: () => boolean
  /** Presents, once. It is given what the record says is in force. */
  readonly present: (held: InForce | undefined) => Effect.Effect<TokenReply, AuthError>
  readonly times: (tokens: Tokens, startedAt: number) => TokenTimes
}
