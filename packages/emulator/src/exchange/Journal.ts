/**
 * The requests that the emulator got, and their outcomes.
 *
 * A test or a tour reads here how often a client really asked the vendor. An entry can hold no secret, because no text of a request
 * gets in: paths are the emulator's own route patterns, grants and outcomes are words of this file, and names (client, account,
 * subject) are copied from the world after the request was matched to them; a name that is none of the world's words is `<redacted>`
 * (`Shown.ts`). The lines of `wire` are redacted (`Wire.ts`).
 */

/** The id of the witness that was asked. SkySwitch and Landstar are one NetSapiens world, so a request does not tell them apart. */
export type ProviderName = string

/** A grant: one of `grantNames`, or one that a witness declares. */
export type GrantName = (typeof grantNames)[number] | (string & {})
/** The grants that every witness may name. */
export const grantNames = [
  "password",
  "mfa",
  "refresh_token",
  "masquerade",
  "client_credentials",
  "impersonation",
] as const

/** Why the emulator refused. One word list for all providers; each provider has its own way to say it on the wire. */
export type RefusalReason = (typeof refusalReasons)[number]
/** The reasons. */
export const refusalReasons = [
  "bad client",
  "bad credentials",
  "bad refresh token",
  "bad challenge",
  "bad passcode",
  "bad subject",
  "bad scope",
  "bad token",
  "bad request",
  "unknown grant",
  "not allowed",
  "too early",
  "too many requests",
  "wrong method",
  "no such endpoint",
] as const

/** The outcome of a request. */
export type Outcome =
  | (typeof outcomes)[number]
  | `api call as ${string}`
  | `refused: ${RefusalReason}`
  | "not carried out"
/** The outcomes without a part of their own. */
export const outcomes = [
  "issued",
  "challenged",
  "prompted",
  "decided",
  "renewed",
  "masqueraded",
  "impersonated",
  "given again",
  "inspected",
  "version told",
  "revoked",
] as const

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

/** A line of a vendor's page. */
export interface Citation {
  /** The folder of the transcription, whose README names the page; for the emulator's own vendors, one in `fixtures`. */
  readonly page: string
  /** The address of the page. */
  readonly url: string
  /** The file in the folder. */
  readonly fixture: string
  /** The line, or a part of it, as the file has it. */
  readonly sentence: string
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
  /** The line of the vendor's page that the reply follows. Only in a journal with `wire`, and not under a fault. */
  readonly follows?: Citation
  /** The lines that were sent. Only if the emulator was made with `wire`. */
  readonly wire?: Wire
}

/** Names and values; a value that is not shown is `<redacted>`. */
export type Fields = Readonly<Record<string, string | number | boolean | null>>

/** A request's lines. */
export interface WireRequest {
  /** Method and route, without the query: `POST /ns-api/oauth2/token/`. */
  readonly line: string
  /** Header fields, by lower-case name. */
  readonly headers: Fields
  /** The parameters of the URL. */
  readonly query: Fields
  /** The form's or the JSON's fields. */
  readonly fields: Fields
}

/** A reply's lines. */
export interface WireReply {
  /** The HTTP status. */
  readonly status: number
  /** Header fields, by lower-case name. */
  readonly headers: Fields
  /** What the body is; `stream` is one that is made while it is read. Only JSON has fields. */
  readonly body: "json" | "html" | "text" | "empty" | "stream"
  /** The fields of its JSON. */
  readonly fields: Fields
}

/** A request and its reply as they were sent, without a secret. */
export interface Wire {
  /** The number of the exchange, from 1: the same each time that a listener hears of it. */
  readonly id: number
  /** What was asked, without a secret. */
  readonly request: WireRequest
  /** Absent if none was sent. */
  readonly reply?: WireReply
  /** How it ended; absent while it is under way. `lost`: a fault ended the connection. `given up`: the client, or the emulator, did. */
  readonly end?: "answered" | "lost" | "given up"
  /** Ms from the request to its end, by the emulator's clock; without the time in which a client reads a body in pieces. */
  readonly took?: number
}

/** A journal of bounded length, which forgets its oldest entries first. */
export interface Journal {
  /** Appends an entry. At the limit the oldest goes. */
  add(entry: JournalEntry): void
  /** Puts an entry in the place of an earlier one, if that one is still kept. */
  replace(earlier: JournalEntry, entry: JournalEntry): void
  /** Calls a listener with each entry that is added or that replaces another. The result ends it. */
  subscribe(listener: (entry: JournalEntry) => void): () => void
  /** Forgets all entries. */
  clear(): void
  /** All entries that are kept, the oldest first. */
  entries(): ReadonlyArray<JournalEntry>
}

/** Makes an empty journal that keeps the last `limit` entries. */
export const make = (limit = 100_000): Journal => {
  let ring: Array<JournalEntry> = []
  let oldest = 0
  const listeners = new Set<(entry: JournalEntry) => void>()
  const tell = (entry: JournalEntry) => {
    for (const listener of listeners) {
      try {
        listener(entry)
      } catch (error) {
        // A listener's error is the listener's: it may not change an answer.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
  return {
    add: (entry) => {
      if (ring.length < limit) {
        ring.push(entry)
      } else {
        ring[oldest] = entry
        oldest = (oldest + 1) % limit
      }
      tell(entry)
    },
    replace: (earlier, entry) => {
      const at = ring.lastIndexOf(earlier)
      if (at < 0) return
      ring[at] = entry
      tell(entry)
    },
    subscribe: (listener) => {
      const own = (entry: JournalEntry) => listener(entry)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    clear: () => {
      ring = []
      oldest = 0
    },
    entries: () => [...ring.slice(oldest), ...ring.slice(0, oldest)],
  }
}
