/**
 * A quota that processes share, for as long as it answers. While it does not, each process keeps to its own share of each limit.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Answer, MemoryQuota, type Request, type SharedQuota } from "../SharedQuota.ts"
import type { SessionClock } from "../time/SessionClock.ts"
import { shareOf } from "./Places.ts"
import type { Counting } from "./Quotas.ts"

/**
 * Who counts the requests:
 * - `process`: this process alone, because no quota was provided.
 * - `shared`: the quota that processes share.
 * - `share`: this process, within its own share, because the shared quota does not answer.
 *
 * @category models
 */
export type CountedBy = "process" | "shared" | "share"

/** How long a turn waits for the shared quota, in ms. Before its first answer nobody knows how many share it. */
const DEADLINE = 2_000
const FIRST_DEADLINE = 10_000

/** How often to ask again while it does not answer, in ms. */
const RETRY = 5_000

/**
 * @category models
 */
export class OwnShare implements Counting {
  readonly #shared: SharedQuota["Service"]
  readonly #clock: SessionClock
  /** All that this process took, so that it knows what is left of its share. */
  readonly #own = new MemoryQuota()
  /** How many processes asked for a client, at the last answer. */
  readonly #members = new Map<string, number>()
  #askAgainAt: number | undefined

  constructor(shared: SharedQuota["Service"], clock: SessionClock) {
    this.#shared = shared
    this.#clock = clock
  }

  get countedBy(): CountedBy {
    return this.#askAgainAt === undefined ? "shared" : "share"
  }

  readonly take = (request: Request): Effect.Effect<Answer> =>
    Effect.suspend(() => {
      if (this.#askAgainAt !== undefined && this.#clock.now() < this.#askAgainAt) return this.#takeOwn(request)
      const deadline = this.#members.size === 0 && this.#askAgainAt === undefined ? FIRST_DEADLINE : DEADLINE
      const asked = Effect.timeoutOption(this.#shared.take(request), deadline)
      return Effect.matchEffect(asked, {
        onSuccess: (answer) => (Option.isSome(answer) ? this.#took(request, answer.value) : this.#away(request)),
        onFailure: (failure) => this.#away(request, failure),
      })
    })

  #took(request: Request, answer: Answer): Effect.Effect<Answer> {
    const noted = answer.taken === undefined ? Effect.void : this.#own.note(request, answer.taken)
    const isBack = this.#askAgainAt !== undefined
    this.#askAgainAt = undefined
    this.#members.set(request.client, Math.max(1, answer.members))
    const told = isBack ? Effect.logInfo("pbx-auth: the shared quota answers again") : Effect.void
    return Effect.as(Effect.andThen(noted, told), answer)
  }

  /** What an operator must mend, such as a refused password, is told with its fix. */
  #away(request: Request, failure?: StoreFailed): Effect.Effect<Answer> {
    const isNew = this.#askAgainAt === undefined
    this.#askAgainAt = this.#clock.now() + RETRY
    const told = isNew
      ? Effect.logWarning(
          `pbx-auth: the shared quota does not answer; this process keeps to its own share, one of ${this.#membersOf(request)}. ${failure?.fix ?? ""}`.trim(),
        )
      : Effect.void
    return Effect.andThen(told, this.#takeOwn(request))
  }

  #takeOwn(request: Request): Effect.Effect<Answer> {
    return this.#own.take(shareOf(request, this.#membersOf(request)))
  }

  #membersOf({ client }: Request): number {
    return this.#members.get(client) ?? 1
  }
}
