/**
 * What is kept, without secrets: for a list of profiles, for a status page, and to clear up.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Identity } from "@pbx-auth/providers/Token"
import type { Intent } from "@pbx-auth/session/TokenStore"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/**
 * One session's record. `key` is its name in the store: the provider's id, a hyphen, and a fingerprint. It reveals no account.
 *
 * - `Kept`: tokens, or the note that somebody is getting some. All times are epoch ms; `null` means "never".
 * - `SignedOut`: a tombstone: the session was signed out at `at` (epoch ms).
 * - `Unopened`: the record cannot be opened. `failure` says why, and what to do.
 *
 * @category models
 */
export type KeptRecord =
  /** Tokens, or the note that somebody is getting some. */
  | {
      readonly _tag: "Kept"
      /** Its name in the store. */
      readonly key: string
      /** The sealing key under which it is kept. */
      readonly keyId: string
      /** Counts the tokens of this record. */
      readonly generation: number
      /** How the tokens were got. */
      readonly via: "sign_in" | "renewal"
      /** Whether there is an access token. */
      readonly hasTokens: boolean
      /** Whether there is a refresh token. */
      readonly hasRefreshToken: boolean
      /** Life of the refresh token in ms from `times.issuedAt`, if the provider stated one. */
      readonly refreshLifetime: number | undefined
      /** The access level or the scopes; `null` if the reply had none. */
      readonly scope: string | null
      /** Whose tokens they are, as far as the reply said so. */
      readonly identity: Identity
      /** The edges of the access token's life, epoch ms. */
      readonly times: TokenTimes | undefined
      /** The process that presents something now, or died while it did. */
      readonly intent: Intent | undefined
    }
  /** A tombstone. */
  | {
      readonly _tag: "SignedOut"
      /** Its name in the store. */
      readonly key: string
      /** The sealing key under which it is kept. */
      readonly keyId: string
      /** When the session was signed out, epoch ms. */
      readonly at: number
    }
  /** A record that cannot be opened. */
  | {
      readonly _tag: "Unopened"
      /** Its name in the store. */
      readonly key: string
      /** Why, and what to do. */
      readonly failure: StoreFailed
    }

/**
 * How long a tombstone is kept by default, in ms: 90 days. A process that slept longer could take its session for one that
 * the store has lost.
 *
 * @category constants
 */
export const TOMBSTONE_LIFE = 90 * 24 * 60 * 60 * 1_000

/**
 * - `list` reads all records. It opens each, and changes none.
 * - `sweep` removes the tombstones that are older than `olderThan` ms (default: `TOMBSTONE_LIFE`), and returns how many.
 * - `forget` removes a record, whatever it is: one that cannot be opened, too. It signs nobody out at the provider.
 * - `keyId` is the id of the key that seals.
 *
 * @category services
 */
export class KeptRecords extends /* @__PURE__ */ Context.Service<
  KeptRecords,
  {
    /** Reads all records. It opens each, and changes none. */
    readonly list: Effect.Effect<ReadonlyArray<KeptRecord>, StoreFailed>
    /** Removes the tombstones older than `olderThan` ms (default: `TOMBSTONE_LIFE`), and returns how many. */
    sweep(olderThan?: number): Effect.Effect<number, StoreFailed>
    /** Removes a record, also one that cannot be opened. It signs nobody out at the provider. */
    forget(key: string): Effect.Effect<void, StoreFailed>
    /** The id of the key that seals. */
    readonly keyId: string
  }
>()("@pbx-auth/store/KeptRecords") {}
