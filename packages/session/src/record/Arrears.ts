/**
 * What a session owes to its store: a token that could not be stored, or a tombstone that could not be written. It is written when the
 * store is back, as long as the process lives. If both are owed, the later one counts.
 */

import { fromReason, StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Retry from "@pbx-auth/providers/Retry"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { StoreConflict, Versioned } from "../TokenStore.ts"
import { wallNow } from "../time/SessionClock.ts"
import type { StoreFailure } from "../Watcher.ts"
import { tell } from "../watcher/Report.ts"
import type { Keeper } from "./RecordKeeping.ts"
import { nameOf } from "./SessionName.ts"
import * as StoreAccess from "./StoreAccess.ts"
import * as Succession from "./Succession.ts"

interface Debt {
  readonly what: StoreFailure
  readonly key: string
  /** When the user signed out, or the token came: epoch ms of the wall clock. */
  readonly at: number
  /** A sign-in while the store was away. It writes over a tombstone; a renewal does not. */
  readonly isNew: boolean
  fiber: Fiber.Fiber<void> | undefined
}

/** An idle session owes nothing, and so has no field for it. */
const debts = new WeakMap<Keeper, Debt>()

/** How often a debt is tried, for about a day: after pauses of 1 s, 2 s, … 60 s, each ±20 %, and then each minute. */
const TRIES = 1_440

/** For the schedule. */
const AWAY = /* @__PURE__ */ fromReason(/* @__PURE__ */ new StoreFailed({ remedy: "retry" }))

/**
 * A token has come. One that is not stored is owed; one that is stored ends a debt.
 *
 * @category combinators
 */
export const kept = (session: Keeper): void => {
  const owed = debts.get(session)
  if (session.isStored) {
    if (owed !== undefined) settled(session, owed)
    return
  }
  const isNew = owed !== undefined && (owed.isNew || isSignIn(session))
  owe(session, { what: "store", key: session.key ?? "", at: wallNow(session.runtime.clock), isNew, fiber: undefined })
}

/**
 * The tombstone of a sign-out at a moment (epoch ms of the wall clock) could not be written.
 *
 * @category combinators
 */
export const oweTombstone = (session: Keeper, key: string, at: number): void =>
  owe(session, { what: "remove", key, at, isNew: false, fiber: undefined })

const isSignIn = ({ context }: Keeper): boolean => context.own?.via === "sign_in"

const owe = (session: Keeper, debt: Debt): void => {
  const before = debts.get(session)
  before?.fiber?.interruptUnsafe()
  if (before !== undefined && before.what !== debt.what)
    tell(session, () => ({ _tag: "StoreRecovered", what: before.what }))
  debts.set(session, debt)
  tell(session, () => ({ _tag: "StoreFailed", what: debt.what }))
  debt.fiber = session.runtime.fork(settling(session, debt))
}

const settled = (session: Keeper, debt: Debt): void => {
  if (debts.get(session) !== debt) return
  debts.delete(session)
  debt.fiber?.interruptUnsafe()
  tell(session, () => ({ _tag: "StoreRecovered", what: debt.what }))
}

const settling = (session: Keeper, debt: Debt): Effect.Effect<void> =>
  Effect.gen(function* () {
    const pauseAfter = Retry.pausesAt(session.runtime.random)
    for (let tries = 0; tries < TRIES; tries++) {
      yield* Effect.sleep(pauseAfter(AWAY, 0) ?? Retry.maxBackoff)
      if (yield* tried(session, debt)) return
    }
  })

/** One try. It is not interrupted: what was written is noted. */
const tried = (session: Keeper, debt: Debt): Effect.Effect<boolean> =>
  (debt.what === "store" ? storing(session, debt) : removing(session, debt)).pipe(
    Effect.catchCause(() => Effect.succeed(false)),
    Effect.tap((isDone) => Effect.sync(() => isDone && settled(session, debt))),
    Effect.uninterruptible,
  )

/**
 * The session closes: the last try.
 *
 * @category combinators
 */
export const end = (session: Keeper): Effect.Effect<void> =>
  Effect.suspend(() => {
    const debt = debts.get(session)
    if (debt === undefined) return Effect.void
    debt.fiber?.interruptUnsafe()
    return Effect.asVoid(tried(session, debt))
  })

type Tried = Effect.Effect<boolean, StoreFailed | StoreConflict>

/** Stores the token, unless a later one is stored. A tombstone that somebody wrote meanwhile ends the session. */
const storing = (session: Keeper, debt: Debt): Tried =>
  Effect.gen(function* () {
    const own = Succession.ownRecord(session, session.runtime.clock)
    if (own === undefined || session.isStored || session.key !== debt.key) return true
    // A renewal is on its way, and writes the record itself.
    if (session.context.presenting !== null) return false
    const holder = nameOf(session)
    const seen: Versioned | undefined = yield* StoreAccess.read(session.runtime, debt.key)
    const record = seen?.record
    if (Succession.isSignedOut(seen, holder) && !debt.isNew && !isSignIn(session)) {
      session.runtime.fork(session.holder.signOut)
      return true
    }
    // The next renewal adopts it.
    if (Succession.inForce(record, own) !== own) return true
    const intent = record?.intent?.holder === holder ? undefined : record?.intent
    yield* StoreAccess.replace(session.runtime, debt.key, seen?.version, { ...own, intent })
    if (session.own === own.tokens) {
      session.stored = own.generation
      session.isStored = true
    }
    return true
  })

/**
 * Writes the tombstone of a sign-out at a moment, unless somebody has signed in since. What was renewed since belongs to the session
 * that was signed out. It is also written where nothing is: another session may hold the tokens, and would write them again.
 *
 * @category combinators
 */
export const removing = ({ runtime }: Keeper, { at, key }: Pick<Debt, "at" | "key">): Tried =>
  Effect.gen(function* () {
    const seen = yield* StoreAccess.read(runtime, key)
    const { times, via } = seen?.record ?? {}
    const isThere = seen !== undefined && seen.record === undefined
    if (isThere || (via === "sign_in" && times !== undefined && times.issuedAt > at)) return true
    yield* StoreAccess.replace(runtime, key, seen?.version, undefined)
    return true
  })
