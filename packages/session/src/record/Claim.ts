/**
 * The claim: of all sessions that share a record, one presents, and the others adopt its result.
 *
 * An intent is compared-and-set into the record *before* presenting; its writer is the holder. The result is compared-and-set too. If
 * another writer has changed the record meanwhile, the higher generation stays: a slow holder that really got a token may have the
 * only live refresh token, so it is not turned away for being slow. A tombstone says that the user signed out, and that wins over both.
 * A record that is absent was lost by the store, and is written again with the next intent.
 */

import { reached } from "@pbx-auth/machine/Renewal"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Intent, StoreConflict, TokenRecord, Versioned } from "../TokenStore.ts"
import * as LastChance from "../time/LastChance.ts"
import { wallNow } from "../time/SessionClock.ts"
import type { Brought, ClaimOptions } from "./ClaimOptions.ts"
import * as FormerRecord from "./FormerRecord.ts"
import * as Hints from "./Hints.ts"
import * as KeptTimes from "./KeptTimes.ts"
import * as KeptTokens from "./KeptTokens.ts"
import * as LeftIntents from "./LeftIntents.ts"
import * as Permission from "./Permission.ts"
import type { Keeper } from "./RecordKeeping.ts"
import { timesOf, wallTimesOf } from "./RecordTimes.ts"
import { nameOf } from "./SessionName.ts"
import * as StoreAccess from "./StoreAccess.ts"
import * as Succession from "./Succession.ts"
import * as Unshared from "./Unshared.ts"

/** Between a request's deadline and the end of its intent, in ms: time to store the result. */
const SETTLING = 5_000

/** How often a session reads a record with another holder's intent, in ms. */
const POLL = 100

/** A claim that was won: the record that is in force, and the session's own, if it holds one. */
interface Attempt {
  readonly version: string
  readonly base: TokenRecord
  /** The session's own record, when the claim began. */
  readonly own: TokenRecord | undefined
  /** The session's own intent, as it was written. */
  readonly intent: Intent
  /** Whether the intent stands over a tombstone. */
  readonly afterSignOut: boolean
  readonly startedAt: number
  /** Takes back that its holder was announced. */
  readonly takeBack: Effect.Effect<unknown>
}

/** The token in a record, if it is later than the session's and alive. Times that no token can have are not believed. */
const living = (
  options: ClaimOptions,
  record: TokenRecord | undefined,
  than: number,
  own: TokenRecord | undefined,
): Brought | undefined => {
  if (!options.adopts || record === undefined || !Succession.isLater(record, than, own)) return undefined
  const { generation, times, tokens } = record
  if (tokens === undefined || times === undefined || !Succession.isPlausible(times)) return undefined
  const { clock } = options.session.runtime
  const here = timesOf(record, clock)
  if (here === undefined || reached(here.usableUntil, clock.now())) return undefined
  return { _tag: "Adopted", tokens, times: here, generation }
}

/** Presents without a claim. What comes is stored when the store is back (see `Arrears`). */
const alone = (options: ClaimOptions): Effect.Effect<Brought, AuthError.AuthError> =>
  Effect.andThen(
    options.session.runtime.telemetry.warn("pbx-auth: the token store failed; presented without a claim"),
    Effect.map(Unshared.claim(options), (brought) =>
      brought._tag === "Issued" ? { ...brought, generation: undefined } : brought,
    ),
  )

const signedOut = (unused: Tokens | undefined): Brought => ({ _tag: "SignedOut", unused })

/** What the session holds of this record. A later, living token in the store is what it wants. */
const heldBy = ({ key, session }: ClaimOptions): Keeper | undefined => (key === session.key ? session : undefined)

const storedBy = (options: ClaimOptions): number => heldBy(options)?.stored ?? 0

/** Writes the intent, or waits for the holder of another one and adopts its result. */
const claim = (options: ClaimOptions): Effect.Effect<Brought | Attempt, AuthError.AuthError, Scope.Scope> =>
  Effect.gen(function* () {
    const { key, purpose, session } = options
    const { account, runtime } = session
    const holder = nameOf(session)
    const { clock } = runtime
    const own = Succession.ownRecord(heldBy(options), clock)
    const goesOn = purpose === "renewal" || (own !== undefined && !options.isUserCall)
    const bell = Hints.bell(runtime.store, key)
    let waited: LeftIntents.Waiting | undefined
    while (true) {
      bell.listen()
      const versioned: Versioned | undefined = yield* Effect.mapError(
        StoreAccess.read(runtime, key),
        AuthError.fromReason,
      )
      const afterSignOut = Succession.isSignedOut(versioned, holder)
      // The user signed out, and this must not sign them in again.
      if (afterSignOut && goesOn) return signedOut(undefined)
      const record = versioned?.record
      const theirs = living(options, record, storedBy(options), own)
      if (theirs !== undefined) return theirs
      const startedAt = clock.now()
      const wall = clock.toWall(startedAt)
      const intent = record?.intent
      if (intent !== undefined && intent.holder !== holder) {
        waited = LeftIntents.waiting(waited, intent, startedAt)
        if (yield* LeftIntents.isBusy(session, waited)) {
          if (!options.wanted()) return signedOut(undefined)
          yield* Effect.interruptible(bell.heard(POLL))
          continue
        }
        yield* LeftIntents.report(session, intent, wall)
        if (
          intent.purpose === "renewal" &&
          purpose === "renewal" &&
          !Permission.mayRepeat(session, wall - intent.startedAt)
        ) {
          return yield* AuthError.fromReason(new AuthError.OutcomeUnknown({ grant: "RefreshToken" }))
        }
      }
      const takeBack = yield* Hints.announce(runtime.store, holder)
      const until = wall + account.settings.deadline + SETTLING
      const base = { ...Succession.inForce(record, own), intent }
      const mark = afterSignOut || intent?.afterSignOut === true
      const mine: Intent = { holder, purpose, startedAt: wall, until, ...(mark && { afterSignOut: true as const }) }
      const version = yield* StoreAccess.replace(runtime, key, versioned?.version, { ...base, intent: mine }).pipe(
        Effect.catch((error) =>
          // Take the announcement back now: this session may go on waiting for another holder.
          Effect.andThen(
            takeBack,
            error._tag === "StoreConflict" ? Effect.succeed(undefined) : Effect.fail(AuthError.fromReason(error)),
          ),
        ),
      )
      if (version !== undefined) return { version, base, own, intent: mine, afterSignOut: mark, startedAt, takeBack }
    }
  })

/** Stores the token. If another writer came in between, the higher generation stays. */
const keep = (options: ClaimOptions, attempt: Attempt, issued: Tokens): Effect.Effect<Brought> =>
  Effect.gen(function* () {
    const { key, session } = options
    const { runtime } = session
    const { base } = attempt
    const tokens = KeptTokens.of(issued)
    const times = KeptTimes.of(options.times(tokens, attempt.startedAt))
    const unstored: Brought = { _tag: "Issued", tokens, times, generation: undefined }
    let version: string | undefined = attempt.version
    let seen = base.generation
    while (true) {
      if (!options.wanted()) {
        yield* release(options, attempt, version)
        return unstored
      }
      const generation = Math.max(seen, base.generation, storedBy(options)) + 1
      const written: string | AuthError.StoreFailed | StoreConflict = yield* StoreAccess.replace(
        runtime,
        key,
        version,
        {
          generation,
          via: options.purpose,
          tokens,
          times: wallTimesOf(times, runtime.clock),
          intent: undefined,
        },
      ).pipe(Effect.catch(Effect.succeed))
      if (typeof written === "string") {
        // While the store was writing, the callers may have stopped waiting.
        if (options.wanted()) return { _tag: "Issued", tokens, times, generation }
        version = written
        continue
      }
      const now: Versioned | "failed" | undefined =
        written._tag === "StoreFailed" ? "failed" : yield* readAgain(options)
      // A store that fails now must not cost the token. The session serves it from memory, and the next renewal stores again.
      if (now === "failed") {
        yield* runtime.telemetry.warn("pbx-auth: a token could not be stored; it is kept in memory")
        return unstored
      }
      // The user signed out meanwhile, and may have signed in again. That wins.
      const record = now?.record
      if (Succession.isSignedOut(now, nameOf(session))) return signedOut(tokens)
      if (record !== undefined && record.generation <= base.generation && Succession.beganAgain(record, base)) {
        return signedOut(tokens)
      }
      const theirs = living(options, record, base.generation, undefined)
      if (theirs !== undefined) return theirs
      version = now?.version
      seen = record?.generation ?? 0
    }
  })

const readAgain = ({ key, session: { runtime } }: ClaimOptions): Effect.Effect<Versioned | undefined | "failed"> =>
  Effect.catch(StoreAccess.read(runtime, key), () => Effect.succeed("failed" as const))

/** Writes it, unless the record has moved on. */
const write = (
  { key, session: { runtime } }: ClaimOptions,
  version: string | undefined,
  next: TokenRecord | undefined,
): Effect.Effect<void> =>
  Effect.catch(Effect.asVoid(StoreAccess.replace(runtime, key, version, next)), () => Effect.void)

/**
 * Restores what was before the intent, unless the record has moved on. The intent of an earlier renewal with an unknown result stays,
 * until the provider has decided about its refresh token (`refused`). Then the record loses that refresh token: no session presents it
 * again, and whoever reads the record sees that a sign-in is needed. An old token that came back (`sameToken`) says nothing about it.
 */
const release = (
  options: ClaimOptions,
  { afterSignOut, base }: Attempt,
  version: string | undefined,
  refused?: AuthError.RenewalRefused,
): Effect.Effect<void> => {
  const intent = refused === undefined && base.intent?.purpose === "renewal" ? base.intent : undefined
  const tokens =
    base.tokens && refused && !refused.sameToken
      ? KeptTokens.of({ ...base.tokens, refreshToken: undefined, refreshLifetime: undefined })
      : base.tokens
  return write(options, version, afterSignOut ? undefined : { ...base, tokens, intent })
}

/** The intent stays, because the fate of the refresh token is open. Its time is over, so nobody waits for its holder. */
const leave = (options: ClaimOptions, { base, intent, version }: Attempt): Effect.Effect<void> => {
  const { clock } = options.session.runtime
  return write(options, version, { ...base, intent: { ...intent, until: wallNow(clock) } })
}

/**
 * Presents under a claim. It can be interrupted while it waits for another holder, and while it presents a sign-in. It cannot be
 * interrupted between presenting a renewal and storing the result.
 *
 * Fails as the presentation fails. After a refusal it reads the record once more, because another holder may have renewed just
 * before; then it adopts that token. Else the record loses the refresh token that was refused. While the fate of a refresh token is
 * unknown, the intent stays in the record for the next session that reads it.
 *
 * @category combinators
 */
export const presentClaimed = (options: ClaimOptions): Effect.Effect<Brought, AuthError.AuthError> =>
  Effect.gen(function* () {
    const { key, purpose, session } = options
    const won = Effect.andThen(
      Effect.mapError(FormerRecord.finish(session, key), AuthError.fromReason),
      Hints.scoped(claim(options)),
    )
    const attempt = yield* session.runtime.telemetry
      .span("Session.claim", {}, won)
      .pipe(
        Effect.catch((error) =>
          error.reason._tag === "StoreFailed" && Permission.mayPresentAlone(session, purpose)
            ? alone(options)
            : Effect.fail(error),
        ),
      )
    if ("_tag" in attempt) return attempt
    yield* Effect.addFinalizer(() => attempt.takeBack)
    const giveUp = (refused?: AuthError.RenewalRefused) => release(options, attempt, attempt.version, refused)
    // An interrupted renewal could lose the only refresh token. A sign-in may be interrupted at any moment.
    const { tokens } = attempt.base
    const present = options.present({ tokens, times: timesOf(attempt.base, session.runtime.clock) })
    const reply = yield* (purpose === "renewal" ? present : Effect.interruptible(present)).pipe(
      Effect.catch(Effect.succeed),
      Effect.onInterrupt(() => giveUp()),
    )
    if (reply._tag === "Issued") return yield* keep(options, attempt, reply.tokens)
    if (reply._tag === "Challenged") {
      yield* giveUp()
      const { challenge } = reply
      return { _tag: "Challenged" as const, challenge, until: attempt.startedAt + challenge.lifetime }
    }
    const { reason } = reply
    // A sign-in presented no refresh token, whatever a vendor's row says of its refusal.
    const refused = purpose === "renewal" && reason._tag === "RenewalRefused" ? reason : undefined
    if (refused) {
      const now = yield* readAgain(options)
      const theirs = now === "failed" ? undefined : living(options, now?.record, attempt.base.generation, attempt.own)
      if (theirs !== undefined) return theirs
    }
    const isOpen = Permission.isAtStake(session, purpose) && LastChance.leavesOpen(reply) && options.wanted()
    yield* isOpen ? leave(options, attempt) : giveUp(refused)
    return yield* reply
  }).pipe(Effect.scoped, Effect.uninterruptible)
