/**
 * The requests that the emulator got, and their outcomes.
 *
 * A test or a tour reads here how often a client really asked the vendor. An entry can hold no secret, because no text of a request
 * gets in: paths are the emulator's own route patterns, grants and outcomes are words of this file, and names (client, account,
 * subject) are copied from the world after the request was matched to them.
 */

/** The provider that was asked. SkySwitch and Landstar are one NetSapiens world, so a request does not tell them apart. */
export type ProviderName = (typeof providerNames)[number]
/** The providers, as the journal and a rule's `match` name them. */
export const providerNames = ["netsapiens", "ipex", "sangoma-cx"] as const

/** The grants that the four pages know. */
export type GrantName = (typeof grantNames)[number]
/** The grants, as the journal and a rule's `match` name them. */
export const grantNames = [
  "password",
  "mfa",
  "refresh_token",
  "masquerade",
  "client_credentials",
  "impersonation",
] as const

/** Why the emulator refused. One word list for all providers; each provider has its own way to say it on the wire. */
export type RefusalReason =
  | "bad client"
  | "bad credentials"
  | "bad refresh token"
  | "bad challenge"
  | "bad passcode"
  | "bad subject"
  | "bad scope"
  | "bad token"
  | "bad request"
  | "unknown grant"
  | "not allowed"
  | "too early"
  | "too many requests"
  | "wrong method"
  | "no such endpoint"

/** The outcome of a request. */
export type Outcome =
  | "issued"
  | "challenged"
  | "renewed"
  | "masqueraded"
  | "impersonated"
  | "given again"
  | "inspected"
  | "version told"
  | "revoked"
  | `api call as ${string}`
  | `refused: ${RefusalReason}`
  | "not carried out"

/** What a route knows about a request after it has answered it. */
export interface Finding {
  /** What was presented, if it could be read. */
  readonly grant?: GrantName
  /** Client id, if the world knows it. */
  readonly client?: string
  /** The account that signed in: a uid, or an e-mail; none for client credentials. */
  readonly account?: string
  /** The subject that the account acts for. */
  readonly subject?: string
  /** What came of it. */
  readonly outcome: Outcome
}

/** One request and its answer. */
export interface JournalEntry extends Finding {
  /** Epoch ms by the emulator's clock. */
  readonly at: number
  /** Who was asked. */
  readonly provider: ProviderName
  /** The HTTP method; `OTHER` for one that RFC 9110 and RFC 5789 do not know. */
  readonly method: string
  /** The route's path as it was called (with or without the slash at its end), or its pattern (`/cx/*`); no query. */
  readonly path: string
  /** The HTTP status of the answer; 0 if none was sent. */
  readonly status: number
  /** Names of the faults that hit the exchange, joined by `+`. */
  readonly fault?: string
  /** Set with a fault: whether the request was carried out, and changed the world. */
  readonly acted?: boolean
}

/** A journal of bounded length, which forgets its oldest entries first. */
export interface Journal {
  /** Appends an entry. At the limit the oldest goes. */
  add(entry: JournalEntry): void
  /** Forgets all entries. */
  clear(): void
  /** All entries that are kept, the oldest first. */
  entries(): ReadonlyArray<JournalEntry>
}

/** Makes an empty journal that keeps the last `limit` entries. */
export const make = (limit = 100_000): Journal => {
  let ring: Array<JournalEntry> = []
  let oldest = 0
  return {
    add: (entry) => {
      if (ring.length < limit) {
        ring.push(entry)
        return
      }
      ring[oldest] = entry
      oldest = (oldest + 1) % limit
    },
    clear: () => {
      ring = []
      oldest = 0
    },
    entries: () => [...ring.slice(oldest), ...ring.slice(0, oldest)],
  }
}
