/**
 * What goes to the wire and what comes back: the request, the reply, and why there is none.
 */
import type { ConnectionFailure } from "../error/ConnectionFailure.ts"

/**
 * How much of a body is read, in bytes. A token reply has a few hundred, and a longer body is not one. Then the status and the
 * beginning decide, because an error page may be larger.
 */
export const maxBodyBytes = 65_536

/** A request as it goes to the wire. Its secrets are in clear, so pass it only to a transport. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "DELETE"
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
  /** Empty for a redirect, whose body is not read; the beginning of a body that is larger than `maxBodyBytes`. */
  readonly text: string
}

/**
 * Why no complete reply came. It never holds the error that the client threw, because that one may hold the request. `failed` is a
 * word for what the runtime says.
 */
export type Fault =
  /** Nothing was sent, for certain. `unreachable`: no server was involved. */
  | { readonly _tag: "NotSent"; readonly unreachable?: true; readonly failed?: ConnectionFailure }
  /** The request may have been received. `interim`: a server sent an unrequested `100 Continue`, and the client gave up. */
  | { readonly _tag: "Lost"; readonly interim?: true; readonly failed?: ConnectionFailure }
  /** The client has a mistake in its code, and `did` this: `threw ReferenceError`. `unsent`: nothing was sent, for certain. */
  | { readonly _tag: "Mistake"; readonly did: string; readonly unsent: boolean }

/** Whether a client took an interim response for the reply, as workerd does with `100 Continue`. */
export const isInterim = (status: number): boolean => status >= 100 && status < 200

/** Whether a reply is a redirect. A browser shows one as the status 0. */
export const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400)

/** Collects a body as text, up to `maxBodyBytes`. Neither a header nor a client's own limit can be relied on. */
export class BodyText {
  readonly #decoder = new TextDecoder()
  /** The latest bytes wait for the end. Most bodies come in one piece, and Node decodes that far faster than a stream. */
  #last: Uint8Array | undefined
  #left = maxBodyBytes
  #text = ""

  /** Takes the next bytes, as far as there is room. False if no more are wanted. */
  add(chunk: Uint8Array): boolean {
    const before = this.#last
    this.#last = chunk.subarray(0, this.#left)
    this.#left -= chunk.byteLength
    if (before !== undefined) this.#text += this.#decoder.decode(before, { stream: true })
    return this.#left >= 0
  }

  /** The text of the bytes that were taken. */
  end(): string {
    return this.#text + this.#decoder.decode(this.#last)
  }
}
