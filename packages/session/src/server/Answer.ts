/** The answers of a server session. None may be cached, and none has a place for a secret. */

import type { Refusal } from "@pbx-auth/machine/SessionEvent"

/**
 * The headers of every answer.
 *
 * @category constants
 */
export const headers = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
}

/**
 * The headers of a stream. `no-transform` (RFC 9111 §5.2.2.6) keeps intermediaries from compressing it: a compressor holds events
 * back until it has enough of them. `x-accel-buffering` is nginx's own.
 *
 * @category constants
 */
export const streamHeaders = {
  ...headers,
  "cache-control": "no-store, no-transform",
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
}

/**
 * A request was accepted; the snapshots show its result.
 *
 * @category constructors
 */
export const taken = (): Response => new Response(null, { status: 202, headers })

/**
 * `detail` is for a developer, and is never shown to a person.
 *
 * @category constructors
 */
export const refuse = (
  status: number,
  refusal: Refusal & { readonly detail?: string },
  more?: Record<string, string>,
): Response => Response.json(refusal, { status, headers: { ...headers, ...more } })

/**
 * The caller's mistake, or the app's.
 *
 * @category constructors
 */
export const wrong = (status: number, more?: Record<string, string>): Response =>
  refuse(status, { code: "Misconfigured", remedy: "configure" }, more)

/**
 * The caller may not do that.
 *
 * @category constructors
 */
export const forbidden = (): Response => refuse(403, { code: "NotAllowed", remedy: "ask_administrator" })

/**
 * Sooner than the pace of a session; `wait` in ms.
 *
 * @category constructors
 */
export const tooOften = (wait: number): Response =>
  refuse(429, { code: "Throttled", remedy: "wait" }, { "retry-after": String(Math.ceil(wait / 1_000)) })

/**
 * The server cannot answer now.
 *
 * @category constructors
 */
export const down = (more?: Record<string, string>): Response =>
  refuse(503, { code: "Unavailable", remedy: "retry" }, more)
