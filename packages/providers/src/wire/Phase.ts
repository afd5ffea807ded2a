/**
 * How far a request got, and so whether it is certain that nothing was sent.
 *
 * The phase of the failure decides, if the runtime reports it: a system call, undici's events, Deno's words, a tab that is offline.
 * If it reports only a code, a list of codes decides. In doubt, the request counts as sent.
 *
 * `#RuntimeErrors` reads what a runtime says. A bundle for a tab gets `RuntimeErrorsOfTab`, as `imports` in package.json says.
 */
import * as RuntimeErrors from "#RuntimeErrors"
import { mistakeOf } from "./Mistake.ts"
import type { Fault, WireRequest } from "./Wire.ts"

/** Node, Bun and Deno do not say. */
const isOffline = (): boolean => globalThis.navigator?.onLine === false

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
    const failed = RuntimeErrors.failureOf(error)
    return failed === undefined ? fault : { ...fault, failed }
  } catch {
    return lost
  }
}

/** The phase of one request, from just before it goes to a client until its reply is there. */
export class Phase {
  readonly #wasOffline = isOffline()
  readonly #watch: ReturnType<typeof RuntimeErrors.watch>

  constructor({ method, url }: WireRequest) {
    this.#watch = RuntimeErrors.watch(method, url)
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
      if (verdict === "sent") return RuntimeErrors.isInterim(error) ? interim : lost
      const stage = RuntimeErrors.stageOf(error)
      // A request that fails while the tab is offline all along was not sent.
      if (stage === "unreachable" || (this.#wasOffline && isOffline())) return neverConnected
      if (verdict === "unsent" || stage === "refused") return notSent
      return RuntimeErrors.isInterim(error) ? interim : lost
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
