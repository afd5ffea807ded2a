/**
 * What the errors and events of Node, Bun, Deno and undici say about a request. In a bundle for a tab, `RuntimeErrorsOfTab` stands in its
 * place.
 */
import * as ConnectionFailure from "../error/ConnectionFailure.ts"
import * as UndiciEvents from "./UndiciEvents.ts"

/** What failed, as a word. */
export const failureOf = ConnectionFailure.of

/** Watches a request from now on. */
export const watch = UndiciEvents.watch

/** The system calls of Node before there is a connection. */
const connecting = /^(connect|bind|getaddrinfo|query\w*)$/

/** The codes of a runtime for the same: no name, no route, refused, timed out before the connection stood. */
const unreachable =
  /^(ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|(UND_ERR|ERR_SOCKET)_CONNECT(ION)?_TIMEOUT|FailedToOpenSocket)$/

/** The codes of a failed certificate or handshake, and undici's for a proxy that opened no tunnel. */
const refused =
  /^(CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|HOSTNAME_MISMATCH|UND_ERR_PRX_(CONN|TLS))$/

/** Where a request failed, as far as an error says. */
export type Stage = "unreachable" | "refused" | "unknown" | undefined

/** The answer of the outermost error that has one. For an aggregate, all its errors must agree. */
export const stageOf = (error: unknown, depth = 5): Stage => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  const { cause, code, errors, message, syscall } = error as Readonly<Record<string, unknown>>
  if (Array.isArray(errors) && errors.length > 0) {
    const stages = errors.map((one) => stageOf(one, depth - 1))
    if (stages.every((one) => one === "unreachable")) return "unreachable"
    return stages.every((one) => one === "unreachable" || one === "refused") ? "refused" : "unknown"
  }
  if (typeof syscall === "string" && connecting.test(syscall)) return "unreachable"
  const words = typeof message === "string" ? message : ""
  if (typeof code === "string") {
    if (unreachable.test(code)) return "unreachable"
    // Bun uses this code for a failed handshake, but Node for any failure of TLS.
    return refused.test(code) || (code === "EPROTO" && /handshake/.test(words)) ? "refused" : "unknown"
  }
  // Deno has no codes. It names the phase.
  const deno = /client error \((\w+)\)(: (tcp connect|dns) error)?/.exec(words)
  if (deno !== null) return deno[1] !== "Connect" ? "unknown" : deno[2] === undefined ? "refused" : "unreachable"
  return stageOf(cause, depth - 1)
}

/** Undici's words for an unrequested `100 Continue`: it closes the connection, but the server has accepted the request. */
export const isInterim = (error: unknown, depth = 3): boolean => {
  if (typeof error !== "object" || error === null || depth === 0) return false
  const { cause, code, message } = error as Readonly<Record<string, unknown>>
  return (code === "UND_ERR_SOCKET" && message === "bad response") || isInterim(cause, depth - 1)
}
