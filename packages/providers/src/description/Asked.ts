/** A complete reply, and what it answers. */
import type { Redacted } from "effect/Redacted"
import type { Purpose } from "../refusal/RefusalRule.ts"
import type { WireReply } from "../wire/Wire.ts"

/** A complete reply. */
export interface Reply extends WireReply {
  /** When all of it had come, epoch ms: what a server says about the next request counts from here. */
  readonly at: number
}

/** What the reply answers. `P` is a provider: `Provider.ts` imports this file. */
export interface Asked<P> {
  readonly provider: P
  readonly purpose: Purpose
  /** Whether the request carried `Authorization: Bearer`. */
  readonly bearerInHeader: boolean
  /** Where the request went: origin and path, without a query. */
  readonly url?: string | undefined
  /** The secrets of the request and of the session. If a reply echoes one of them, it is not kept. */
  readonly secrets: ReadonlyArray<Redacted<string>>
  /** Epoch ms, from before the request. */
  readonly now: number
}
