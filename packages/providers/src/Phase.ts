/**
 * How far a request got: whether it is known that nothing was sent.
 *
 * It is told by the phase in which the request failed, where the runtime tells that: a system call, undici's events, Deno's
 * words, a tab that is offline. Where it tells a code alone, a list of codes decides. When in doubt, the request was sent.
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

/** The codes of a certificate or a handshake that failed, and undici's of a proxy that gave no tunnel. */
const refused =
  /^(CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|HOSTNAME_MISMATCH|UND_ERR_PRX_(CONN|TLS))$/

type Stage = "unreachable" | "refused" | "unknown" | undefined

/** What the outermost error says that says anything. Of an aggregate, all must say it. */
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
    // Bun says by this code that a handshake failed, and Node that anything of TLS did.
    return refused.test(code) || (code === "EPROTO" && /handshake/.test(words)) ? "refused" : "unknown"
  }
  // Deno has no codes. It names the phase.
  const deno = /client error \((\w+)\)(: (tcp connect|dns) error)?/.exec(words)
  if (deno !== null) return deno[1] !== "Connect" ? "unknown" : deno[2] === undefined ? "refused" : "unreachable"
  return stageOf(cause, depth - 1)
}

/** Node, Bun and Deno do not say. */
const isOffline = (): boolean => globalThis.navigator?.onLine === false

/** Undici's words for `100 Continue` unasked: it gives up the connection, and the request was taken. */
const isInterim = (error: unknown, depth = 3): boolean => {
  if (typeof error !== "object" || error === null || depth === 0) return false
  const { cause, code, message } = error as Readonly<Record<string, unknown>>
  return (code === "UND_ERR_SOCKET" && message === "bad response") || isInterim(cause, depth - 1)
}

const lost: Extract<Fault, { _tag: "Lost" }> = { _tag: "Lost" }
/** A server said `100 Continue` unasked, and the client gave up. */
export const interim: Fault = { _tag: "Lost", interim: true }
const notSent: Extract<Fault, { _tag: "NotSent" }> = { _tag: "NotSent" }
const neverConnected: Fault = { _tag: "NotSent", unreachable: true }

const mistakeIn = (error: unknown, unsent: boolean): Fault | undefined => {
  const threw = mistakeOf(error)
  return threw === undefined ? undefined : { _tag: "Mistake", did: `threw ${threw}`, unsent }
}

/** Says what failed as well. The error of an app's own may do anything when it is looked at. */
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

/** Of one request, from just before it is handed to a client until its reply is there. */
export class Phase {
  readonly #wasOffline = isOffline()
  readonly #watch: UndiciEvents.Watch

  constructor({ method, url }: WireRequest) {
    this.#watch = UndiciEvents.watch(method, url)
  }

  /** No reply came within the deadline. `isEnded`: what was begun is ended by that, and cannot be sent afterwards. */
  late(isEnded: boolean): Fault {
    const isUnsent = this.#watch.verdict() === "unsent" || (isEnded && this.#watch.isUnsentYet())
    return { ...(isUnsent ? notSent : lost), failed: "timed_out" }
  }

  /** The client threw this instead of beginning. Nothing was sent, unless undici tells otherwise. */
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
      // A request that fails while the tab is offline all along did not get anywhere.
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
