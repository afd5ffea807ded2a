/**
 * Moves a record that is stored under a name of an earlier version (`Provider.formerAccounts`).
 *
 * A process of the earlier version may still work with the old record, and both would present the same refresh token. So the move is a
 * claim like any other (see `Claim`), and the token is never under both names for others to use:
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

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { StoreConflict, TokenRecord, Versioned } from "../TokenStore.ts"
import { wallNow } from "../time/SessionClock.ts"
import { nameOf } from "./Children.ts"
import * as LeftIntents from "./LeftIntents.ts"
import type { Keeper } from "./RecordKeeping.ts"
import * as SessionKey from "./SessionKey.ts"
import * as StoreAccess from "./StoreAccess.ts"
import { inTurn } from "./Turns.ts"

/** For so long a move may take, in ms. Afterwards it counts as given up. */
const MOVING = 5_000

/** How often it looks whether another holder is done, in ms. */
const POLL = 100

/** The holder of a move's intent. */
const MOVER = "move."

/** What stands in the old record instead of an access token. */
const MOVED = "moved"

const isMoved = ({ tokens }: TokenRecord): boolean =>
  tokens !== undefined && Redacted.value(tokens.accessToken) === MOVED

/** What stays under the old name. Its token has ended, so it is not handed out. */
const remains = (record: TokenRecord, wall: number): TokenRecord => ({
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
const settled = (record: TokenRecord, wall: number): TokenRecord => ({
  ...record,
  intent: record.intent?.purpose === "renewal" ? { ...record.intent, until: wall } : undefined,
})

/**
 * Whether something stands under the new name that is no unfinished move. The intent of a first sign-in there is waited for. If its holder
 * dies, nothing has come of it, and the old record is still the account's. One after a sign-out says that the user signed out.
 */
const isTaken = (there: Versioned | undefined): boolean => {
  if (there === undefined) return false
  const { record } = there
  if (record === undefined) return true
  const { intent, tokens } = record
  return tokens === undefined ? intent?.afterSignOut === true : intent?.holder.startsWith(MOVER) !== true
}

/**
 * Moves what is stored under one name to another one, where nothing is yet. A tombstone is repeated there: who signed out stays signed
 * out. Fails only as `StoreFailed`.
 */
const move = (session: Keeper, from: string, to: string): Effect.Effect<void, StoreFailed> =>
  Effect.gen(function* () {
    const [isBusyThere, isBusyHere] = [LeftIntents.wait(session), LeftIntents.wait(session)]
    while (true) {
      const there = yield* StoreAccess.read(session.runtime, to)
      if (isTaken(there)) return
      const old = yield* StoreAccess.read(session.runtime, from)
      if (old === undefined) return
      if ((yield* isBusyThere(there?.record)) || (yield* isBusyHere(old.record))) {
        yield* Effect.sleep(POLL)
        continue
      }
      const isDone = yield* Effect.uninterruptible(moving(session, [from, old], [to, there])).pipe(
        Effect.catch((error) => (error._tag === "StoreConflict" ? Effect.succeed(false) : Effect.fail(error))),
      )
      if (isDone) return
    }
  })

/**
 * Where the provider's value has changed what names a record: moves it from the names that it had. The latest wins. Fails only as
 * `StoreFailed`.
 *
 * @category combinators
 */
export const arrive = (
  session: Keeper,
  key: string,
  refreshToken: Redacted.Redacted<string> | undefined,
): Effect.Effect<void, StoreFailed> => {
  const { account, kept, runtime } = session
  if (account.provider.formerAccounts === undefined) return Effect.void
  return Effect.flatMap(SessionKey.formerNames(runtime.store, account, kept, refreshToken), (names) =>
    inTurn(names, (name) => move(session, name, key)),
  )
}

/**
 * A move that another process did not finish must be over before anything is presented: until then both names have the same refresh token.
 * Only the record of the account itself is looked after here. That of a refresh token which the session was given has other former names,
 * and is moved when the session opens. Fails only as `StoreFailed`.
 *
 * @category combinators
 */
export const finish = (session: Keeper, key: string): Effect.Effect<void, StoreFailed> => {
  const { account, kept, runtime } = session
  if (account.provider.formerAccounts === undefined) return Effect.void
  return Effect.flatMap(SessionKey.make(runtime.store, account, kept), (own) =>
    own === key ? Effect.interruptible(arrive(session, key, undefined)) : Effect.void,
  )
}

/** One try. Fails as `StoreConflict` if another writer came in between: then it looks again. */
const moving = (
  session: Keeper,
  [from, old]: readonly [string, Versioned],
  [to, there]: readonly [string, Versioned | undefined],
): Effect.Effect<boolean, StoreConflict | StoreFailed> =>
  Effect.gen(function* () {
    const { runtime } = session
    const { record } = old
    if (record === undefined) {
      yield* StoreAccess.replace(runtime, to, there?.version, undefined)
      return true
    }
    const wall = wallNow(runtime.clock)
    if (record.tokens === undefined || isMoved(record)) {
      // An earlier move came as far as this, or there is nothing to move.
      if (there?.record !== undefined) {
        yield* StoreAccess.replace(runtime, to, there.version, settled(there.record, wall))
      }
      return true
    }
    const holder = MOVER + nameOf(session)
    const until = wall + MOVING
    const claim = { holder, purpose: "sign_in" as const, startedAt: wall, until }
    const held = yield* StoreAccess.replace(runtime, from, old.version, { ...record, intent: claim })
    const left = record.intent?.purpose === "renewal" ? record.intent : claim
    const moved = { ...record, intent: { ...left, holder, until } }
    const arrived = yield* StoreAccess.replace(runtime, to, there?.version, moved)
    yield* Effect.catch(Effect.asVoid(StoreAccess.replace(runtime, from, held, remains(record, wall))), (error) => {
      if (error._tag !== "StoreConflict") return Effect.fail(error)
      // It took too long, and somebody has taken the old record over. What arrived must not be used.
      const blank = { ...moved, tokens: undefined, times: undefined, intent: undefined }
      return Effect.andThen(StoreAccess.replace(runtime, to, arrived, blank), Effect.fail(error))
    })
    yield* StoreAccess.replace(runtime, to, arrived, settled(moved, wall))
    return true
  })
