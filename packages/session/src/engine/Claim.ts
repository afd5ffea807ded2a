/**
 * The claim: of all who share a record, one presents, and the others take over what it brings.
 *
 * An intent is compared-and-set into the record *before* presenting; its writer is the holder. The result is
 * compared-and-set too. When that meets a record that somebody else has changed, the higher generation stays: a slow holder
 * that really got a token has perhaps the only live refresh token, so it is not turned away for being slow. A record that is
 * gone was signed out, and that wins over both.
 */

import { reached, type TokenTimes } from "@pbx-auth/machine/Renewal"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Challenge, TokenReply, Tokens } from "@pbx-auth/providers/Token"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Intent, TokenRecord, Versioned } from "../TokenStore.ts"
import type { SessionClock } from "../time/SessionClock.ts"
import * as LastChance from "./LastChance.ts"
import * as StoreAccess from "./StoreAccess.ts"

/**
 * What came of a presentation. Times are the session clock's, epoch ms.
 *
 * - `Issued`: a token of ours. `generation` is its record's; absent when it is not stored.
 * - `Adopted`: somebody else's, from the record.
 * - `Challenged`: a second factor is demanded, until `until`.
 * - `SignedOut`: the session was signed out elsewhere. `unused` is what the provider gave all the same.
 *
 * @category models
 */
export type Brought =
  | {
      readonly _tag: "Issued"
      readonly tokens: Tokens
      readonly times: TokenTimes
      readonly generation: number | undefined
    }
  | { readonly _tag: "Adopted"; readonly tokens: Tokens; readonly times: TokenTimes; readonly generation: number }
  | { readonly _tag: "Challenged"; readonly challenge: Challenge; readonly until: number }
  | { readonly _tag: "SignedOut"; readonly unused: Tokens | undefined }

/**
 * What is presented under a claim, on which record, and by whom.
 *
 * @category models
 */
export interface ClaimOptions {
  readonly runtime: StoreAccess.Access & { readonly clock: SessionClock }
  readonly key: string
  /** A random name of this session, to know its own intents by. */
  readonly holder: string
  readonly purpose: Intent["purpose"]
  /** The generation of the record that is to be replaced, 0 for none: a living token beyond it is what we want. */
  readonly held: number
  /**
   * May a token that somebody else got be taken over? Not by a person who signs in: the provider, and its second factor, must
   * look at what was given.
   */
  readonly adopts: boolean
  /** Is what is to be renewed in the record? If it is there no more, somebody signed out. */
  readonly isStored: boolean
  /** How long the presentation may take, in ms; the intent is good for that and a margin. */
  readonly deadline: number
  /** Somebody's renewal, so many ms ago, was never answered. May the same refresh token be presented now? */
  readonly mayRepeat: (elapsed: number) => boolean
  /** Is the refresh token at stake while nobody knows what came of a renewal? */
  readonly isAtStake: boolean
  /** Does anybody still wait for it? What comes afterwards is not stored. */
  readonly wanted: () => boolean
  /** Presents, once. It is given the record that it replaces. */
  readonly present: (record: TokenRecord | undefined) => Effect.Effect<TokenReply, AuthError.AuthError>
  readonly times: (tokens: Tokens, startedAt: number) => TokenTimes
}

/** Between a request's deadline and the end of its intent, in ms: room to store what came. */
const SETTLING = 5_000

/** How often a record with somebody else's intent is looked at, in ms. */
const POLL = 100

const blank: TokenRecord = {
  generation: 0,
  via: "sign_in",
  tokens: undefined,
  times: undefined,
  intent: undefined,
}

/**
 * The record of a refresh token that was obtained elsewhere, at `wall` (epoch ms): its access token is dead, so it is renewed.
 *
 * @category constructors
 */
export const adoption = (refreshToken: Redacted.Redacted<string>, wall: number): TokenRecord => ({
  ...blank,
  tokens: {
    accessToken: Redacted.make(""),
    refreshToken,
    tokenType: "Bearer",
    lifetime: 0,
    refreshLifetime: undefined,
    scope: null,
    identity: {},
    details: {},
  },
  times: { issuedAt: wall, dueAt: wall, usableUntil: wall, expiresAt: wall },
})

/** The same times so many ms later; these four alone, whatever else an object has. */
const later = ({ dueAt, expiresAt, issuedAt, usableUntil }: TokenTimes, by: number): TokenTimes => {
  const moved = (at: number | null) => (at === null ? null : at + by)
  return {
    issuedAt: issuedAt + by,
    dueAt: moved(dueAt),
    usableUntil: moved(usableUntil),
    expiresAt: moved(expiresAt),
  }
}

/**
 * A record's times, which are the wall clock's, by the session's clock. They are ours: a store may give back more than it was given,
 * and go on using it.
 *
 * @category getters
 */
export const timesOf = ({ times }: TokenRecord, clock: SessionClock): TokenTimes | undefined =>
  times && later(times, clock.fromWall(times.issuedAt) - times.issuedAt)

/** The other way. The clocks mostly agree, and then a record need not have times of its own. */
const wallTimesOf = (times: TokenTimes, clock: SessionClock): TokenTimes => {
  const ahead = clock.toWall(times.issuedAt) - times.issuedAt
  return ahead === 0 ? times : later(times, ahead)
}

/** What stands in a record, if it is newer than a generation and alive. */
const living = (options: ClaimOptions, versioned: Versioned | undefined, than: number): Brought | undefined => {
  if (!options.adopts || versioned === undefined || versioned.record.generation <= than) return undefined
  const { generation, tokens } = versioned.record
  const times = timesOf(versioned.record, options.runtime.clock)
  if (tokens === undefined || times === undefined || reached(times.usableUntil, options.runtime.clock.now()))
    return undefined
  return { _tag: "Adopted", tokens, times, generation }
}

const signedOut = (unused: Tokens | undefined): Brought => ({ _tag: "SignedOut", unused })

type Attempt = { readonly version: string; readonly seen: TokenRecord | undefined; readonly startedAt: number }

/** Writes the intent, or waits for whoever has, and takes over what they brought. */
const claim = (options: ClaimOptions): Effect.Effect<Brought | Attempt, AuthError.AuthError> =>
  Effect.gen(function* () {
    const { held, holder, key, purpose, runtime } = options
    const { clock } = runtime
    let watched: { readonly intent: Intent; readonly since: number } | undefined
    while (true) {
      const versioned: Versioned | undefined = yield* Effect.mapError(
        StoreAccess.read(runtime, key),
        AuthError.fromReason,
      )
      // Somebody signed out, and must not be signed in again by this.
      if (versioned === undefined && purpose === "renewal" && options.isStored) return signedOut(undefined)
      const theirs = living(options, versioned, held)
      if (theirs !== undefined) return theirs
      const record = versioned?.record
      const startedAt = clock.now()
      const wall = clock.toWall(startedAt)
      const intent = record?.intent
      if (intent !== undefined && intent.holder !== holder) {
        const isTheSame = watched?.intent.holder === intent.holder && watched.intent.startedAt === intent.startedAt
        if (watched === undefined || !isTheSame) watched = { intent, since: startedAt }
        // A wall clock that was set back must not keep a lost holder alive: nobody is watched for longer than it may take.
        const isAlive = intent.until > wall && startedAt - watched.since < intent.until - intent.startedAt
        if (isAlive) {
          if (!options.wanted()) return signedOut(undefined)
          yield* Effect.interruptible(Effect.sleep(POLL))
          continue
        }
        if (intent.purpose === "renewal" && purpose === "renewal" && !options.mayRepeat(wall - intent.startedAt)) {
          return yield* AuthError.fromReason(new AuthError.OutcomeUnknown({ grant: "RefreshToken" }))
        }
      }
      const until = wall + options.deadline + SETTLING
      const next: TokenRecord = { ...(record ?? blank), intent: { holder, purpose, startedAt: wall, until } }
      const version = yield* StoreAccess.replace(runtime, key, versioned?.version, next).pipe(
        Effect.catchTag("StoreConflict", () => Effect.succeed(undefined)),
        Effect.mapError(AuthError.fromReason),
      )
      if (version !== undefined) return { version, seen: record, startedAt }
    }
  })

/** Stores the token; where somebody else wrote in between, the higher generation stays. */
const keep = (options: ClaimOptions, attempt: Attempt, tokens: Tokens): Effect.Effect<Brought> =>
  Effect.gen(function* () {
    const { key, runtime } = options
    const times = options.times(tokens, attempt.startedAt)
    const unstored: Brought = { _tag: "Issued", tokens, times, generation: undefined }
    const base = attempt.seen?.generation ?? 0
    let version = attempt.version
    let seen = base
    while (true) {
      if (!options.wanted()) {
        yield* release(options, version, attempt.seen)
        return unstored
      }
      const generation = Math.max(seen, options.held) + 1
      const written: Result.Result<string, { readonly _tag: string }> = yield* Effect.result(
        StoreAccess.replace(runtime, key, version, {
          generation,
          via: options.purpose,
          tokens,
          times: wallTimesOf(times, runtime.clock),
          intent: undefined,
        }),
      )
      if (Result.isSuccess(written)) {
        // While the store was writing, somebody may have stopped waiting.
        if (options.wanted()) return { _tag: "Issued", tokens, times, generation }
        version = written.success
        continue
      }
      const now = written.failure._tag === "StoreFailed" ? "failed" : yield* readAgain(options)
      // A store that fails now must not cost the token: it is served from memory, and the next renewal stores again.
      if (now === "failed") {
        yield* runtime.telemetry.warn("pbx-auth: a token could not be stored; it is kept in memory")
        return unstored
      }
      // A record that is gone, or that began anew, was signed out in the meantime: that wins.
      if (now === undefined || now.record.generation < base) return signedOut(tokens)
      const theirs = living(options, now, base)
      if (theirs !== undefined) return theirs
      version = now.version
      seen = now.record.generation
    }
  })

const readAgain = ({ key, runtime }: ClaimOptions): Effect.Effect<Versioned | undefined | "failed"> =>
  Effect.orElseSucceed(StoreAccess.read(runtime, key), () => "failed" as const)

/**
 * Puts the record back as it was before the intent, unless it has moved on. An earlier renewal whose outcome nobody knows stays in it,
 * until the provider has said what becomes of its refresh token (`isSettled`).
 */
const release = (
  { key, runtime }: ClaimOptions,
  version: string,
  seen: TokenRecord | undefined,
  isSettled = false,
): Effect.Effect<void> => {
  const intent = !isSettled && seen?.intent?.purpose === "renewal" ? seen.intent : undefined
  const before = seen === undefined ? undefined : { ...seen, intent }
  return Effect.orElseSucceed(Effect.asVoid(StoreAccess.replace(runtime, key, version, before)), () => undefined)
}

/**
 * Presents under a claim. It can be interrupted while it waits for another holder, and while it presents a sign-in; between
 * presenting a renewal and storing what came of it, it cannot.
 *
 * Fails as the presentation fails. After a refusal the record is read once more, because another holder may have renewed just
 * before: then its token is taken over. While it is unknown what became of a refresh token the intent stays where it is, for
 * whoever comes next.
 *
 * @category combinators
 */
export const presentClaimed = (options: ClaimOptions): Effect.Effect<Brought, AuthError.AuthError> =>
  Effect.gen(function* () {
    const attempt = yield* options.runtime.telemetry.span("Session.claim", {}, claim(options))
    if ("_tag" in attempt) return attempt
    const giveUp = (isSettled = false) => release(options, attempt.version, attempt.seen, isSettled)
    // Cutting a renewal could lose the only refresh token; a sign-in may be cut at any moment.
    const present = options.present(attempt.seen)
    const reply = yield* Effect.result(options.purpose === "renewal" ? present : Effect.interruptible(present)).pipe(
      Effect.onInterrupt(() => giveUp()),
    )
    if (Result.isSuccess(reply)) {
      if (reply.success._tag === "Issued") return yield* keep(options, attempt, reply.success.tokens)
      yield* giveUp()
      const { challenge } = reply.success
      return { _tag: "Challenged" as const, challenge, until: attempt.startedAt + challenge.lifetime }
    }
    const error = reply.failure
    const isRefused = error.reason._tag === "RenewalRefused"
    if (isRefused) {
      const now = yield* readAgain(options)
      const theirs = now === "failed" ? undefined : living(options, now, attempt.seen?.generation ?? 0)
      if (theirs !== undefined) return theirs
    }
    if (!(options.isAtStake && LastChance.leavesOpen(error) && options.wanted())) yield* giveUp(isRefused)
    return yield* error
  }).pipe(Effect.uninterruptible)
