/**
 * The claim: of all sessions that share a record, one presents, and the others adopt its result.
 *
 * An intent is compared-and-set into the record *before* presenting; its writer is the holder. The result is compared-and-set too. If
 * another writer has changed the record meanwhile, the higher generation stays: a slow holder that really got a token may have the
 * only live refresh token, so it is not turned away for being slow. A record that is gone was signed out, and that wins over both.
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
 * The outcome of a presentation. Times are the session clock's, epoch ms.
 *
 * - `Issued`: a token of ours. `generation` is its record's; absent if the token is not stored.
 * - `Adopted`: another holder's token, from the record.
 * - `Challenged`: a second factor is demanded, until `until`.
 * - `SignedOut`: the session was signed out elsewhere. `unused` is the token that the provider gave all the same.
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
 * What is presented under a claim, on which record, and by which session.
 *
 * @category models
 */
export interface ClaimOptions {
  readonly runtime: StoreAccess.Access & { readonly clock: SessionClock }
  readonly key: string
  /** A random name of this session, by which it knows its own intents. */
  readonly holder: string
  readonly purpose: Intent["purpose"]
  /** The generation of the record to be replaced, 0 for none. A living token of a higher generation is what the session wants. */
  readonly held: number
  /**
   * Whether a token that another holder got may be adopted. Not when a person signs in: the provider, and its second factor, must
   * check what the person gave.
   */
  readonly adopts: boolean
  /** Whether the record holds what is to be renewed. If not, the user signed out. */
  readonly isStored: boolean
  /** How long the presentation may take, in ms. The intent is valid for that long plus a margin. */
  readonly deadline: number
  /** An earlier renewal, so many ms ago, was never answered. May the same refresh token be presented now? */
  readonly mayRepeat: (elapsed: number) => boolean
  /** Whether the refresh token is at risk while the result of a renewal is unknown. */
  readonly isAtStake: boolean
  /** Whether a caller still waits for it. If not, what comes afterwards is not stored. */
  readonly wanted: () => boolean
  /** Presents, once. It is given the record that it replaces. */
  readonly present: (record: TokenRecord | undefined) => Effect.Effect<TokenReply, AuthError.AuthError>
  readonly times: (tokens: Tokens, startedAt: number) => TokenTimes
}

/** Between a request's deadline and the end of its intent, in ms: time to store the result. */
const SETTLING = 5_000

/** How often a session reads a record with another holder's intent, in ms. */
const POLL = 100

const blank: TokenRecord = {
  generation: 0,
  via: "sign_in",
  tokens: undefined,
  times: undefined,
  intent: undefined,
}

/**
 * The record of a refresh token that was obtained elsewhere, at `wall` (epoch ms). Its access token is dead, so it is renewed.
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

/** The same times, so many ms later. Only these four, whatever else the object has. */
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
 * Converts a record's times from the wall clock to the session's clock. The result is a copy: a store may return more than it was
 * given, and may go on using its object.
 *
 * @category getters
 */
export const timesOf = ({ times }: TokenRecord, clock: SessionClock): TokenTimes | undefined =>
  times && later(times, clock.fromWall(times.issuedAt) - times.issuedAt)

/** The other direction. The clocks mostly agree, and then the record needs no copy of its times. */
const wallTimesOf = (times: TokenTimes, clock: SessionClock): TokenTimes => {
  const ahead = clock.toWall(times.issuedAt) - times.issuedAt
  return ahead === 0 ? times : later(times, ahead)
}

/** The token in a record, if it is newer than a generation and alive. */
const living = (options: ClaimOptions, versioned: Versioned | undefined, than: number): Brought | undefined => {
  const record = versioned?.record
  if (!options.adopts || record === undefined || record.generation <= than) return undefined
  const { generation, tokens } = record
  const times = timesOf(record, options.runtime.clock)
  if (tokens === undefined || times === undefined || reached(times.usableUntil, options.runtime.clock.now()))
    return undefined
  return { _tag: "Adopted", tokens, times, generation }
}

const signedOut = (unused: Tokens | undefined): Brought => ({ _tag: "SignedOut", unused })

type Attempt = { readonly version: string; readonly seen: TokenRecord | undefined; readonly startedAt: number }

/** Writes the intent, or waits for the holder of another one and adopts its result. */
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
      // The user signed out, and this must not sign them in again.
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
        // A wall clock that was set back must not keep a lost holder alive. So a session waits for no holder longer than a
        // presentation may take.
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

/** Stores the token. If another writer came in between, the higher generation stays. */
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
        // While the store was writing, the callers may have stopped waiting.
        if (options.wanted()) return { _tag: "Issued", tokens, times, generation }
        version = written.success
        continue
      }
      const now = written.failure._tag === "StoreFailed" ? "failed" : yield* readAgain(options)
      // A store that fails now must not cost the token. The session serves it from memory, and the next renewal stores again.
      if (now === "failed") {
        yield* runtime.telemetry.warn("pbx-auth: a token could not be stored; it is kept in memory")
        return unstored
      }
      // A record that is gone, or that began again, was signed out meanwhile. That wins.
      if (now?.record === undefined || now.record.generation < base) return signedOut(tokens)
      const theirs = living(options, now, base)
      if (theirs !== undefined) return theirs
      version = now.version
      seen = now.record.generation
    }
  })

const readAgain = ({ key, runtime }: ClaimOptions): Effect.Effect<Versioned | undefined | "failed"> =>
  Effect.orElseSucceed(StoreAccess.read(runtime, key), () => "failed" as const)

/**
 * Restores the record as it was before the intent, unless it has moved on. The intent of an earlier renewal with an unknown result
 * stays, until the provider has decided about its refresh token (`isSettled`).
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
 * Presents under a claim. It can be interrupted while it waits for another holder, and while it presents a sign-in. It cannot be
 * interrupted between presenting a renewal and storing the result.
 *
 * Fails as the presentation fails. After a refusal it reads the record once more, because another holder may have renewed just
 * before; then it adopts that token. While the fate of a refresh token is unknown, the intent stays in the record for the next
 * session that reads it.
 *
 * @category combinators
 */
export const presentClaimed = (options: ClaimOptions): Effect.Effect<Brought, AuthError.AuthError> =>
  Effect.gen(function* () {
    const attempt = yield* options.runtime.telemetry.span("Session.claim", {}, claim(options))
    if ("_tag" in attempt) return attempt
    const giveUp = (isSettled = false) => release(options, attempt.version, attempt.seen, isSettled)
    // An interrupted renewal could lose the only refresh token. A sign-in may be interrupted at any moment.
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
