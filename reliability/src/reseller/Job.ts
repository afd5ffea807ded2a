/** What a process of a reseller is given to do, and what it says. */
import { rateLimits } from "@pbx-auth/providers/NetSapiens"
import type { RateLimit } from "@pbx-auth/providers/Provider"
import type { Place } from "../shared/Place.ts"

export interface Job {
  /** Where the processes share their quota: Redis or PostgreSQL. */
  readonly place: Place
  readonly origin: string
  readonly subjects: ReadonlyArray<string>
  /** As each subject. */
  readonly calls: number
  /** How long a published minute is here, in s. */
  readonly window: number
}

/** First that it is signed in, then what came of its part. */
export type Said =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Ended"; readonly failed: number; readonly countedBy: "process" | "shared" | "share" }

const MINUTE = 60_000

/** The published limits, with shorter windows. */
export const limitsOf = (window: number): ReadonlyArray<RateLimit> =>
  rateLimits.map((limit) => ({ ...limit, window: (limit.window / MINUTE) * window * 1_000 }))
