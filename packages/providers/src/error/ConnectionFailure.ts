/**
 * A word for why there was no connection, or no answer on it.
 *
 * A runtime's errors stop here, because they may hold the request. Only their codes are read, never their texts.
 */
import { hasProperty, isString } from "effect/Predicate"

/** The middle of the sentence for each word. */
const sentences = {
  /** The name server does not know the host. */
  name_not_found: "cannot be reached: its name was not found. Try again later; check the address and DNS.",
  /** The host is there, but nothing listens on the port. */
  refused: "cannot be reached: the connection was refused. Try again later; check host and port.",
  /** There is no route to the host, as without a network. */
  unreachable: "cannot be reached: there is no way to it. Try again later; check the network.",
  /** Nothing came in time. */
  timed_out: "gave no answer in time. Try again later; check the network.",
  /** The proxy on the way opened no tunnel. */
  proxy: "cannot be reached: the proxy gave no tunnel. Try again later; check the proxy.",
  /** The server's certificate or its TLS was not accepted; nothing was sent to it. */
  tls: "is not trusted, and nothing was sent: its TLS or its certificate was not accepted. Try again later; check the address (http:// or https://), the certificates and the proxy.",
  /** The connection was closed or reset. */
  closed: "closed the connection and gave no answer. Try again later; check the proxy.",
}

/** `name_not_found`, `refused`, `unreachable`, `timed_out`, `proxy`, `tls`, or `closed`. */
export type ConnectionFailure = keyof typeof sentences

/** All words. */
export const words = Object.keys(sentences) as ReadonlyArray<ConnectionFailure>

/** Whether a value is one of the words. */
export const is = (u: unknown): u is ConnectionFailure => words.includes(u as ConnectionFailure)

/** A sentence for people about this host, with what to do. */
export const inWords = (failure: ConnectionFailure, host: string): string => `${host} ${sentences[failure]}`

/** The codes of Node, undici, Deno and Bun for each word. Browsers give no code. */
const codes: Readonly<Record<ConnectionFailure, RegExp>> = {
  name_not_found: /^(ENOTFOUND|EAI_\w+)$/,
  refused: /^(ECONNREFUSED|ConnectionRefused)$/,
  unreachable: /^(EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|FailedToOpenSocket)$/,
  timed_out: /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/,
  proxy: /^UND_ERR_PRX_(CONN|TLS)$/,
  tls: /^(CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/,
  closed: /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|ConnectionClosed)$/,
}

/** An error has a few causes. A chain without an end is not followed. */
const deepest = 5

/**
 * What failed: the first known code in an error, in its causes, and in the errors of several tries (`AggregateError`). `undefined` if
 * there is none.
 */
export const of = (error: unknown, depth = deepest): ConnectionFailure | undefined => {
  if (depth === 0) return undefined
  const code = hasProperty(error, "code") && isString(error.code) ? error.code : ""
  const known = words.find((word) => codes[word].test(code))
  if (known !== undefined) return known
  const below = [
    ...(hasProperty(error, "cause") ? [error.cause] : []),
    ...(hasProperty(error, "errors") && Array.isArray(error.errors) ? error.errors.slice(0, deepest) : []),
  ]
  for (const one of below) {
    const found = of(one, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}
