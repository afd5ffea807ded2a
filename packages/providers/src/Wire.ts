/**
 * What goes to the wire and what comes back: the request, the reply, and why there is none.
 */
import type { ConnectionFailure } from "./ConnectionFailure.ts"

/** The largest body that is read, in bytes. A token reply has a few hundred. */
export const largestBody = 1_048_576

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
  /** Empty for a redirect, whose body is not read. */
  readonly text: string
  /** True when the body was larger than `largestBody`. The text is empty then. */
  readonly oversized: boolean
}

/**
 * Why no whole reply came. It never holds the error that the client threw: that one may hold the request. `failed` is a word for what
 * the runtime says.
 */
export type Fault =
  /** It is known that nothing was sent. `unreached`: no server had a part in it. */
  | { readonly _tag: "NotSent"; readonly unreached?: true; readonly failed?: ConnectionFailure }
  /** The request may have been received. `interim`: a server said `100 Continue` unasked, and the client gave up. */
  | { readonly _tag: "Lost"; readonly interim?: true; readonly failed?: ConnectionFailure }
  /** The client has a mistake in its code, and `did` this: `threw ReferenceError`. `unsent`: it is known that nothing was sent. */
  | { readonly _tag: "Mistake"; readonly did: string; readonly unsent: boolean }

/** Whether a client took an interim response for the reply, as workerd does with `100 Continue`. */
export const isInterim = (status: number): boolean => status >= 100 && status < 200

/** Whether a reply is a redirect. A browser shows one as the status 0. */
export const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400)

/** Collects a body as text, up to `largestBody`: neither a header nor a client's own limit can be relied on. */
export class BodyText {
  readonly #decoder = new TextDecoder()
  #size = 0
  #text = ""

  /** Takes the next bytes. False when the body has become too large. */
  add(chunk: Uint8Array): boolean {
    this.#size += chunk.byteLength
    if (this.#size > largestBody) return false
    this.#text += this.#decoder.decode(chunk, { stream: true })
    return true
  }

  /** The text, once all bytes were taken. */
  end(): string {
    return this.#text + this.#decoder.decode()
  }
}
