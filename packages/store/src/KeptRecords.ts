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
  | {
      readonly _tag: "Kept"
      readonly key: string
      /** The sealing key under which it is kept. */
      readonly keyId: string
      readonly generation: number
      readonly via: "sign_in" | "renewal"
      readonly hasTokens: boolean
      readonly hasRefreshToken: boolean
      /** Life of the refresh token in ms from `times.issuedAt`, if the provider stated one. */
      readonly refreshLifetime: number | undefined
      readonly scope: string | null
      readonly identity: Identity
      readonly times: TokenTimes | undefined
      readonly intent: Intent | undefined
    }
  | { readonly _tag: "SignedOut"; readonly key: string; readonly keyId: string; readonly at: number }
  | { readonly _tag: "Unopened"; readonly key: string; readonly failure: StoreFailed }

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
    readonly list: Effect.Effect<ReadonlyArray<KeptRecord>, StoreFailed>
    sweep(olderThan?: number): Effect.Effect<number, StoreFailed>
    forget(key: string): Effect.Effect<void, StoreFailed>
    readonly keyId: string
  }
>()("@pbx-auth/store/KeptRecords") {}
