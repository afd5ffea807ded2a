/**
 * One process that renews for all that share a store: the part of it that a session needs.
 *
 * Without an owner each session claims its record by itself, and that is correct for any number of processes. An owner saves the race:
 * a session that is due asks it first, and then finds the new token in the store. The claim stays as it is, so nothing depends on the
 * owner. If it is away, or two processes believe that they own one record, compare-and-set decides as before.
 *
 * `@pbx-auth/cluster` finds the owner by Effect Cluster. You need this module only to write something like it.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { reject } from "./engine/BearerCalls.ts"
import { type Core, isPresenting } from "./engine/Core.ts"
import { Handle } from "./engine/Handle.ts"
import * as Steps from "./engine/Steps.ts"
import { atRest } from "./engine/Waiting.ts"
import { presentClaimed } from "./record/Claim.ts"
import type { Brought, ClaimOptions } from "./record/ClaimOptions.ts"
import type { Watcher } from "./Watcher.ts"

/**
 * A renewal that a session needs. Nothing of it is secret.
 *
 * @category models
 */
export interface Need {
  /** The name of the session's record in the store. */
  readonly key: string
  /** The generation of the record whose token is to be renewed. */
  readonly held: number
  /** Whether the token is renewed before it is due: an API rejected it. */
  readonly isEarly: boolean
}

/**
 * How the sessions of a runtime find the owner. Made by `make`.
 *
 * @category models
 */
export interface RenewalOwner {
  /** Asks the owner of a shared record first. Then it presents as a session without an owner does. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<Brought, AuthError>
  /** Sees the sessions, and passes everything on to the app's own watcher. */
  readonly watching: (next: Watcher | undefined) => Watcher
}

/**
 * The owner for the runtimes that are made while this is provided. By default there is none.
 *
 * @category services
 */
export const CurrentRenewalOwner = /* @__PURE__ */ Context.Reference<RenewalOwner | undefined>(
  "@pbx-auth/session/RenewalOwner",
  { defaultValue: () => undefined },
)

/**
 * Both ends of it, for the sessions of one process.
 *
 * @category models
 */
export interface Renewals {
  /** The side of the sessions: pass it as `CurrentRenewalOwner`. */
  readonly owner: RenewalOwner
  /**
   * Called in the process that owns the record: lets its session renew, and gives the generation of the record that it then holds.
   * `undefined` if no session of this process has that record. It does nothing if the session has a later token than the one that is
   * to be renewed.
   */
  readonly renew: (need: Need) => Effect.Effect<number | undefined>
  /** How many sessions of this process the owner can renew. */
  readonly size: Effect.Effect<number>
}

/** A session that sees an older record first adopts, and then renews. */
const ROUNDS = 2

/** Lets the session renew its own token, if it is the one that is meant. */
const trigger = (core: Core, { held, isEarly }: Need): void => {
  const { own } = core.context
  if (own === null || isPresenting(core)) return
  // This process' session may not have been due for as long as two clocks differ.
  if (!isEarly) Steps.send(core, { type: "Due", generation: own.generation, now: Math.max(core.now, own.dueAt ?? 0) })
  // A session that has not seen the rejected token yet has an older one. That one is not rejected for it.
  else if (core.stored === held) reject(core, own.generation)
}

/**
 * `ask` brings a need to the owner, wherever it is. It ends when the owner has answered, or when it is not worth waiting any longer:
 * it must be bounded, and it must not fail. It may be interrupted.
 *
 * @category constructors
 */
export const make = (ask: (need: Need) => Effect.Effect<void>): Renewals => {
  const sessions = new Map<string, Handle>()
  const names = new WeakMap<Handle, string>()
  /** Claims of this process that wait for the owner, by record. */
  const asking = new Map<string, Set<Deferred.Deferred<void>>>()
  /** Records that this process renews right now as their owner, and how often. Their claims ask nobody. */
  const owned = new Map<string, number>()

  const forget = (session: Handle) => {
    const name = names.get(session)
    if (name !== undefined && sessions.get(name) === session) sessions.delete(name)
    names.delete(session)
  }

  const watching: RenewalOwner["watching"] = (next) =>
    Object.assign(
      (session: Parameters<Watcher>[0], activity: Parameters<Watcher>[1]) => {
        if (session instanceof Handle) {
          const { key } = Handle.core(session)
          if (activity._tag === "Closed" || (key !== undefined && names.get(session) !== key)) forget(session)
          if (activity._tag !== "Closed" && key !== undefined) {
            names.set(session, key)
            if (!sessions.has(key)) sessions.set(key, session)
          }
        }
        next?.(session, activity)
      },
      { taken: () => next?.taken?.() },
    )

  const asked = (need: Need): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (owned.has(need.key)) return Effect.void
      const go = Deferred.makeUnsafe<void>()
      const waiting = asking.get(need.key) ?? new Set()
      asking.set(need.key, waiting.add(go))
      return Effect.raceFirst(ask(need), Deferred.await(go)).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            waiting.delete(go)
            if (waiting.size === 0 && asking.get(need.key) === waiting) asking.delete(need.key)
          }),
        ),
      )
    })

  const claim: RenewalOwner["claim"] = (options) => {
    const { key, purpose, session } = options
    const { isStored, runtime, times } = session
    // A token that the store could not take is newer than what the owner knows. Only this session can renew it.
    const isShared = purpose === "renewal" && key === session.key && isStored
    if (!isShared || times === undefined) return presentClaimed(options)
    const isEarly = (times.dueAt ?? Number.POSITIVE_INFINITY) > runtime.clock.now()
    return Effect.andThen(
      Effect.interruptible(asked({ key, held: session.stored, isEarly })),
      Effect.suspend(() => presentClaimed(options)),
    )
  }

  const renew: Renewals["renew"] = (need) =>
    Effect.suspend(() => {
      const { held, key } = need
      const session = sessions.get(key)
      if (session === undefined) return Effect.succeed(undefined)
      const core = Handle.core(session)
      owned.set(key, (owned.get(key) ?? 0) + 1)
      for (const go of asking.get(key) ?? []) Deferred.doneUnsafe(go, Effect.void)
      const round = Effect.suspend(() => {
        if (core.stored > held) return Effect.void
        trigger(core, need)
        return atRest(core)
      })
      return Effect.repeat(round, { times: ROUNDS - 1, until: () => core.stored > held }).pipe(
        Effect.map(() => (core.key === key ? core.stored : undefined)),
        Effect.ensuring(
          Effect.sync(() => {
            const left = (owned.get(key) ?? 1) - 1
            if (left === 0) owned.delete(key)
            else owned.set(key, left)
          }),
        ),
      )
    })

  return { owner: { claim, watching }, renew, size: Effect.sync(() => sessions.size) }
}
