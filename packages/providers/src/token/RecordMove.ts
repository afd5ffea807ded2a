/**
 * Moves the record of an account that is stored under a name of an earlier version (`Provider.formerAccounts`). It comes with the value
 * (`OwnGrammar`), so it weighs nothing in an app of a provider that has no earlier version.
 *
 * A process of the earlier version may still work with the old record, and both would present the same refresh token. So the move is a
 * claim like any other, and the token is never under both names for others to use:
 *
 * 1. It waits until nobody presents under the old name, and writes an intent there. Others wait for it.
 * 2. It writes the record under the new name, with an intent of its own, so that nobody uses it yet.
 * 3. It leaves under the old name a record of a later generation without a living token. A session of the earlier version uses up the
 *    access token that it holds, and never presents the refresh token again.
 * 4. It ends its intent under the new name.
 *
 * If it dies, the intents end soon, and the next session that opens goes on, or one that is open and asks for a token: after step 3 the
 * new record counts, and before it the old one.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { StoreFailed } from "../error/AuthError.ts"
import type { StoredTimes } from "./StoredTimes.ts"
import type { Tokens } from "./Token.ts"

/** For so long a move may take, in ms. Afterwards it counts as given up. */
const MOVING = 5_000

/** How often it looks whether another holder is done, in ms. */
const POLL = 100

/** The holder of a move's intent. */
const MOVER = "move."

/** What stands in the old record instead of an access token. */
const MOVED = "moved"

// What follows of a record and a store is what this file reads and writes.

/** Times are epoch ms by the wall clock. */
interface Intent {
  readonly holder: string
  readonly purpose: "sign_in" | "renewal"
  readonly startedAt: number
  readonly until: number
  readonly afterSignOut?: true | undefined
}

/** Times are epoch ms by the wall clock. */
interface Stored {
  readonly generation: number
  readonly via: "sign_in" | "renewal"
  readonly tokens: Tokens | undefined
  readonly times: StoredTimes | undefined
  readonly intent: Intent | undefined
}

/** Without a record it is a tombstone: the user signed out. */
interface Versioned {
  readonly version: string
  readonly record: Stored | undefined
}

/** Another writer came in between. */
interface Conflict {
  readonly _tag: "StoreConflict"
}

/** What a move works with. The session gives it; you need not write one. */
export interface Mover {
  /** A name that no other session has. */
  readonly holder: string
  /** The wall clock, epoch ms. */
  readonly wall: () => number
  /** What is stored under a name. */
  readonly read: (name: string) => Effect.Effect<Versioned | undefined, StoreFailed>
  /** Writes over the version that was seen. Without a record it leaves a tombstone. */
  readonly replace: (
    name: string,
    seen: string | undefined,
    next: Stored | undefined,
  ) => Effect.Effect<string, StoreFailed | Conflict>
  /**
   * Waits for the holders of one record's intents. What it returns says whether such a holder may still present; no holder is waited for
   * longer than a presentation may take.
   */
  readonly wait: () => (record: Stored | undefined) => Effect.Effect<boolean>
}

const isMoved = ({ tokens }: Stored): boolean => tokens !== undefined && Redacted.value(tokens.accessToken) === MOVED

/** What stays under the old name. Its token has ended, so it is not handed out. */
const remains = (record: Stored, wall: number): Stored => ({
  generation: record.generation + 1,
  via: record.via,
  tokens: record.tokens && {
    ...record.tokens,
    accessToken: Redacted.make(MOVED),
    refreshToken: undefined,
    identity: {},
    details: {},
  },
  times: { issuedAt: wall, dueAt: wall, usableUntil: wall, expiresAt: wall },
  intent: undefined,
})

/** The same record when the move is over. A renewal with an unknown result was left behind before, and still counts as that. */
const settled = (record: Stored, wall: number): Stored => ({
  ...record,
  intent: record.intent?.purpose === "renewal" ? { ...record.intent, until: wall } : undefined,
})

/**
 * Whether the new name has a record that is no unfinished move. The intent of a first sign-in there is waited for. If its holder
 * dies, nothing has come of it, and the old record is still the account's. One after a sign-out says that the user signed out.
 */
const isTaken = (there: Versioned | undefined): boolean => {
  if (there === undefined) return false
  const { record } = there
  if (record === undefined) return true
  const { intent, tokens } = record
  return tokens === undefined ? intent?.afterSignOut === true : intent?.holder.startsWith(MOVER) !== true
}

/** Moves what is stored under former names of a record, the latest first. Fails only as `StoreFailed`. */
export type Arrive = (by: Mover, formerNames: ReadonlyArray<string>, to: string) => Effect.Effect<void, StoreFailed>

/** The latest wins: what it leaves under the new name stays. */
export const arrive: Arrive = (by, formerNames, to) =>
  Effect.gen(function* () {
    for (const name of formerNames) yield* move(by, name, to)
  })

/**
 * Moves what is stored under one name to another one, where nothing is yet. A tombstone is repeated there: a user that signed out stays
 * signed out.
 */
const move = (by: Mover, from: string, to: string): Effect.Effect<void, StoreFailed> =>
  Effect.gen(function* () {
    const [isBusyThere, isBusyHere] = [by.wait(), by.wait()]
    while (true) {
      const there = yield* by.read(to)
      if (isTaken(there)) return
      const old = yield* by.read(from)
      if (old === undefined) return
      if ((yield* isBusyThere(there?.record)) || (yield* isBusyHere(old.record))) {
        yield* Effect.sleep(POLL)
        continue
      }
      const isDone = yield* Effect.uninterruptible(moving(by, [from, old], [to, there])).pipe(
        Effect.catch((error) => (error._tag === "StoreConflict" ? Effect.succeed(false) : Effect.fail(error))),
      )
      if (isDone) return
    }
  })

/** One try. Fails as a conflict if another writer came in between: then it looks again. */
const moving = (
  by: Mover,
  [from, old]: readonly [string, Versioned],
  [to, there]: readonly [string, Versioned | undefined],
): Effect.Effect<boolean, Conflict | StoreFailed> =>
  Effect.gen(function* () {
    const { record } = old
    if (record === undefined) {
      yield* by.replace(to, there?.version, undefined)
      return true
    }
    const wall = by.wall()
    if (record.tokens === undefined || isMoved(record)) {
      // An earlier move came as far as this, or there is nothing to move.
      if (there?.record !== undefined) yield* by.replace(to, there.version, settled(there.record, wall))
      return true
    }
    const holder = MOVER + by.holder
    const until = wall + MOVING
    const claim = { holder, purpose: "sign_in" as const, startedAt: wall, until }
    const held = yield* by.replace(from, old.version, { ...record, intent: claim })
    const left = record.intent?.purpose === "renewal" ? record.intent : claim
    const moved = { ...record, intent: { ...left, holder, until } }
    const arrived = yield* by.replace(to, there?.version, moved)
    yield* Effect.catch(Effect.asVoid(by.replace(from, held, remains(record, wall))), (error) => {
      if (error._tag !== "StoreConflict") return Effect.fail(error)
      // It took too long, and somebody has taken the old record over. What arrived must not be used.
      const blank = { ...moved, tokens: undefined, times: undefined, intent: undefined }
      return Effect.andThen(by.replace(to, arrived, blank), Effect.fail(error))
    })
    yield* by.replace(to, arrived, settled(moved, wall))
    return true
  })
