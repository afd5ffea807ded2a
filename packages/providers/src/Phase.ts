/**
 * How far a request got, told from the error that ended it.
 */
import { hasProperty, isString } from "effect/Predicate"
import type { Fault } from "./Transport.ts"

/** The codes by which Node, undici, Deno and Bun say so: no name, no route, refused, timed out before it stood. Browsers give none. */
const unreached =
  /^(ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|FailedToOpenSocket)$/

/** The codes of a certificate that was not accepted: a server was met, and nothing was sent to it. */
const untrusted =
  /^(CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/

/** The codes by which undici says that a proxy gave no tunnel: what goes through it was not begun. */
const untunnelled = /^UND_ERR_PRX_(CONN|TLS)$/

/** What is known of a request that ended with this error. When in doubt, it was sent. */
export const faultOf = (error: unknown): Fault => {
  if (hasCode(error, unreached, 5)) return { _tag: "NotSent", unreached: true }
  return [untrusted, untunnelled].some((codes) => hasCode(error, codes, 5))
    ? { _tag: "NotSent", unreached: false }
    : { _tag: "Lost" }
}

const hasCode = (cause: unknown, codes: RegExp, depth: number): boolean =>
  depth > 0 &&
  ((hasProperty(cause, "code") && isString(cause.code) && codes.test(cause.code)) ||
    (hasProperty(cause, "cause") && hasCode(cause.cause, codes, depth - 1)))
