/**
 * Intents that a holder left behind: it died, or its store or network failed, before it could say what became of its presentation.
 * Operators are told of each once.
 */

import * as Effect from "effect/Effect"
import type { Intent, TokenRecord } from "../TokenStore.ts"
import { tell } from "../watcher/Report.ts"
import * as Hints from "./Hints.ts"
import type { Keeper } from "./RecordKeeping.ts"

/** A reader of the records of a store. */
interface Reader {
  readonly runtime: Pick<Keeper["runtime"], "clock" | "store">
}

/** The last one that a session told of. */
const told = new WeakMap<Keeper, string>()

/**
 * Whether the holder of an intent presents no more: its time is over (`wall`, epoch ms of the wall clock), or it is surely dead.
 *
 * @category guards
 */
export const isLost = ({ runtime }: Reader, { holder, until }: Intent, wall: number): Effect.Effect<boolean> =>
  until <= wall ? Effect.succeed(true) : Hints.isGone(runtime.store, holder)

/** An intent of another holder, and since when a session waits for it, epoch ms by the session's clock. */
export interface Waiting {
  readonly intent: Intent
  readonly since: number
}

/**
 * Waits for the same intent as before, or from now on for another one.
 *
 * @category constructors
 */
export const waiting = (before: Waiting | undefined, intent: Intent, now: number): Waiting =>
  before?.intent.holder === intent.holder && before.intent.startedAt === intent.startedAt
    ? before
    : { intent, since: now }

/**
 * Whether the holder may still present. A wall clock that was set back must not keep a lost holder alive. So a session waits for no holder
 * longer than a presentation may take.
 *
 * @category guards
 */
export const isBusy = (reader: Reader, { intent, since }: Waiting): Effect.Effect<boolean> => {
  const { clock } = reader.runtime
  const now = clock.now()
  return now - since >= intent.until - intent.startedAt
    ? Effect.succeed(false)
    : Effect.map(isLost(reader, intent, clock.toWall(now)), (lost) => !lost)
}

/**
 * Reads one record again and again: whether its holder may still present. It remembers since when it waits for that one.
 *
 * @category constructors
 */
export const wait = (reader: Reader): ((record: TokenRecord | undefined) => Effect.Effect<boolean>) => {
  let waited: Waiting | undefined
  return (record) => {
    const intent = record?.intent
    if (intent === undefined) return Effect.succeed(false)
    waited = waiting(waited, intent, reader.runtime.clock.now())
    return isBusy(reader, waited)
  }
}

/**
 * Reports an abandoned intent.
 *
 * @category combinators
 */
export const report = (session: Keeper, { holder, purpose, startedAt }: Intent, wall: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const name = `${holder} ${startedAt}`
    if (told.get(session) === name) return Effect.void
    told.set(session, name)
    const age = Math.max(0, wall - startedAt)
    tell(session, () => ({ _tag: "IntentLeft", holder, purpose, age }))
    const what = `${purpose.replace("_", "-")} ${Math.round(age / 1_000)} s ago`
    return session.runtime.telemetry.warn(`pbx-auth: another process began a ${what}; its result is unknown`)
  })
