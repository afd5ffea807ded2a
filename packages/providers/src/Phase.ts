/**
 * How far a request got, and so whether it is certain that nothing was sent.
 *
 * The phase of the failure decides, if the runtime reports it: a system call, undici's events, Deno's words, a tab that is offline.
 * If it reports only a code, a list of codes decides. In doubt, the request counts as sent.
 */
import * as ConnectionFailure from "./ConnectionFailure.ts"
import { mistakeOf } from "./Mistake.ts"
import * as UndiciEvents from "./UndiciEvents.ts"
import type { Fault, WireRequest } from "./Wire.ts"

/** The system calls of Node before there is a connection. */
const connecting = /^(connect|bind|getaddrinfo|query\w*)$/

/** The codes of a runtime for the same: no name, no route, refused, timed out before the connection stood. */
const unreachable =
  /^(ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|(UND_ERR|ERR_SOCKET)_CONNECT(ION)?_TIMEOUT|FailedToOpenSocket)$/

/** The codes of a failed certificate or handshake, and undici's for a proxy that opened no tunnel. */
const refused =
  /^(CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|HOSTNAME_MISMATCH|UND_ERR_PRX_(CONN|TLS))$/

type Stage = "unreachable" | "refused" | "unknown" | undefined

/** The answer of the outermost error that has one. For an aggregate, all its errors must agree. */
const stageOf = (error: unknown, depth = 5): Stage => {
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

/** Node, Bun and Deno do not say. */
const isOffline = (): boolean => globalThis.navigator?.onLine === false

/** Undici's words for an unrequested `100 Continue`: it closes the connection, but the server has accepted the request. */
const isInterim = (error: unknown, depth = 3): boolean => {
  if (typeof error !== "object" || error === null || depth === 0) return false
  const { cause, code, message } = error as Readonly<Record<string, unknown>>
  return (code === "UND_ERR_SOCKET" && message === "bad response") || isInterim(cause, depth - 1)
}

const lost: Extract<Fault, { _tag: "Lost" }> = { _tag: "Lost" }
/** A server sent an unrequested `100 Continue`, and the client gave up. */
export const interim: Fault = { _tag: "Lost", interim: true }
const notSent: Extract<Fault, { _tag: "NotSent" }> = { _tag: "NotSent" }
const neverConnected: Fault = { _tag: "NotSent", unreachable: true }

const mistakeIn = (error: unknown, unsent: boolean): Fault | undefined => {
  const threw = mistakeOf(error)
  return threw === undefined ? undefined : { _tag: "Mistake", did: `threw ${threw}`, unsent }
}

/** Says what failed as well. An app's own error may have getters that throw. */
const looking = (error: unknown, look: () => Fault): Fault => {
  try {
    const fault = look()
    if (fault._tag === "Mistake") return fault
    const failed = ConnectionFailure.of(error)
    return failed === undefined ? fault : { ...fault, failed }
  } catch {
    return lost
  }
}

/** The phase of one request, from just before it goes to a client until its reply is there. */
export class Phase {
  readonly #wasOffline = isOffline()
  readonly #watch: UndiciEvents.Watch

  constructor({ method, url }: WireRequest) {
    this.#watch = UndiciEvents.watch(method, url)
  }

  /** No reply came within the deadline. `isEnded`: the deadline ends the request, so it cannot be sent afterwards. */
  late(isEnded: boolean): Fault {
    const isUnsent = this.#watch.verdict() === "unsent" || (isEnded && this.#watch.isUnsentYet())
    return { ...(isUnsent ? notSent : lost), failed: "timed_out" }
  }

  /** The client threw this instead of beginning. Nothing was sent, unless undici says otherwise. */
  thrown(error: unknown): Fault {
    return looking(error, () => {
      if (this.#watch.verdict() === "sent") return this.failed(error)
      return mistakeIn(error, true) ?? notSent
    })
  }

  /** The client failed with this before there was a reply. */
  failed(error: unknown): Fault {
    return looking(error, () => {
      const verdict = this.#watch.verdict()
      const mistake = mistakeIn(error, verdict === "unsent")
      if (mistake !== undefined) return mistake
      if (verdict === "sent") return isInterim(error) ? interim : lost
      const stage = stageOf(error)
      // A request that fails while the tab is offline all along was not sent.
      if (stage === "unreachable" || (this.#wasOffline && isOffline())) return neverConnected
      if (verdict === "unsent" || stage === "refused") return notSent
      return isInterim(error) ? interim : lost
    })
  }

  /** The client failed with this while the reply was read. */
  broken(error: unknown): Fault {
    return looking(error, () => mistakeIn(error, false) ?? lost)
  }

  end(): void {
    this.#watch.end()
  }
}
