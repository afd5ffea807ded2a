/**
 * How a request gets to a token endpoint and how its reply comes back.
 *
 * There are two transports. `FetchTransport` calls `fetch` and needs nothing of `effect/http`: the promise sessions and
 * tabs use it. `HttpClientTransport` uses the `HttpClient` of an Effect app.
 *
 * A transport sends a request once. It follows no redirect, reads no more than `largestBody`, and has no deadline of its
 * own: `TokenEndpoint` interrupts it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/**
 * How much of a body is read, in bytes. A token reply has a few hundred, and what is longer than this is none: then the status
 * and the beginning decide, because an error page may be larger.
 */
export const largestBody = 65_536

/** A request as it goes to the wire. Its secrets are in clear, so it goes to a transport and nowhere else. */
export interface WireRequest {
  readonly method: "GET" | "POST"
  /** With its query. */
  readonly url: URL
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What came back. */
export interface WireReply {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Empty for a redirect, whose body is not read; the beginning of a body that is larger than `largestBody`. */
  readonly text: string
}

/** Why no whole reply came. It never holds the error that the runtime threw: that one may hold the request. */
export type Fault =
  /** It is known that nothing was sent. `unreached`: no server had a part in it. */
  | { readonly _tag: "NotSent"; readonly unreached: boolean }
  /** The request may have been received. */
  | { readonly _tag: "Lost" }

/** Sends a request, once, and reads its whole reply. */
export class Transport extends Context.Service<
  Transport,
  { readonly send: (request: WireRequest) => Effect.Effect<WireReply, Fault> }
>()("@pbx-auth/providers/Transport") {}

/**
 * The `fetch` options of a token call. A followed redirect would re-send the password to wherever it points (307, 308).
 * Nothing of a token call belongs into a cache, a cookie jar or a `Referer`.
 */
export const fetchOptions: RequestInit = {
  redirect: "manual",
  cache: "no-store",
  credentials: "omit",
  referrerPolicy: "no-referrer",
}

/** Whether a reply is a redirect. A browser shows one as the status 0. */
export const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400)

/** Collects a body as text, up to `largestBody`: neither a header nor a client's own limit can be relied on. */
export class BodyText {
  readonly #decoder = new TextDecoder()
  #left = largestBody
  #text = ""

  /** Takes the next bytes, as far as there is room. False when no more are wanted. */
  add(chunk: Uint8Array): boolean {
    this.#text += this.#decoder.decode(chunk.subarray(0, this.#left), { stream: true })
    this.#left -= chunk.byteLength
    return this.#left >= 0
  }

  /** The text of the bytes that were taken. */
  end(): string {
    return this.#text + this.#decoder.decode()
  }
}
