/**
 * The claim: of all who share a record, one presents, and the others take over what it brings.
 *
 * An intent is compared-and-set into the record *before* presenting; its writer is the holder. The result is
 * compared-and-set too. When that meets a record that somebody else has changed, the higher generation stays: a slow holder
 * that really got a token has perhaps the only live refresh token, so it is not turned away for being slow.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Challenge, TokenReply, Tokens } from "@pbx-auth/providers/Token"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { SessionClock } from "./SessionClock.ts"
import type { Intent, TokenRecord, TokenStore, Versioned } from "./TokenStore.ts"

/**
 * What came of a presentation: a token of ours, somebody else's, or a challenge. Times are the session clock's, epoch ms.
 *
 * @category models
 */
export type Brought =
  | { readonly _tag: "Issued"; readonly tokens: Tokens; readonly times: TokenTimes; readonly generation: number }
  | { readonly _tag: "Adopted"; readonly tokens: Tokens; readonly times: TokenTimes; readonly generation: number }
  | { readonly _tag: "Challenged"; readonly challenge: Challenge; readonly until: number }

/**
 * @category models
 */
export interface ClaimOptions {
  readonly store: TokenStore["Service"]
  readonly clock: SessionClock
  readonly key: string
  /** A random name of this session, to know its own intents by. */
  readonly holder: string
  readonly purpose: Intent["purpose"]
  /** The generation of the token to be replaced: a record beyond it has what we want. */
  readonly generation: number
  /** The session's own count, which includes tokens that are not stored. */
  readonly counted: number
  /** How long the presentation may take, in ms; the intent is good for that and a margin. */
  readonly deadline: number
  /** May what a lost holder presented be presented once more? `startedAt` is a wall time. */
  readonly mayRepeat: (startedAt: number) => boolean
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

const shift = (times: TokenTimes, by: (at: number) => number): TokenTimes => {
  const moved = (at: number | null) => (at === null ? null : by(at))
  return {
    issuedAt: by(times.issuedAt),
    dueAt: moved(times.dueAt),
    usableUntil: moved(times.usableUntil),
    expiresAt: moved(times.expiresAt),
  }
}

/**
 * A record's times, which are the wall clock's, by the session's clock.
 *
 * @category getters
 */
export const timesOf = (record: TokenRecord, clock: SessionClock): TokenTimes | undefined =>
  record.times && shift(record.times, clock.fromWall)

/** What stands in a record, if it is newer than a generation. */
const newer = (options: ClaimOptions, versioned: Versioned | undefined, than: number): Brought | undefined => {
  if (versioned === undefined || versioned.record.generation <= than) return undefined
  const { generation, tokens } = versioned.record
  const times = timesOf(versioned.record, options.clock)
  return tokens && times ? { _tag: "Adopted", tokens, times, generation } : undefined
}

const storeFailed = AuthError.refuse

type Attempt = { readonly version: string; readonly seen: TokenRecord | undefined; readonly startedAt: number }

/** Writes the intent, or waits for whoever has, and takes over what they brought. */
const claim = (options: ClaimOptions): Effect.Effect<Brought | Attempt, AuthError.AuthError> =>
  Effect.gen(function* () {
    const { clock, holder, key, store } = options
    while (true) {
      const versioned: Versioned | undefined = yield* Effect.mapError(store.read(key), storeFailed)
      const theirs = newer(options, versioned, options.generation)
      if (theirs !== undefined) return theirs
      const record = versioned?.record
      const startedAt = clock.now()
      const wall = clock.toWall(startedAt)
      const other = record?.intent !== undefined && record.intent.holder !== holder ? record.intent : undefined
      if (other !== undefined && other.until > wall) {
        yield* Effect.sleep(POLL)
        continue
      }
      if (other?.purpose === "renewal" && options.purpose === "renewal" && !options.mayRepeat(other.startedAt)) {
        return yield* AuthError.refuse(new AuthError.OutcomeUnknown({ grant: "RefreshToken" }))
      }
      const until = wall + options.deadline + SETTLING
      const intent: Intent = { holder, purpose: options.purpose, startedAt: wall, until }
      const version = yield* store.replace(key, versioned?.version, { ...(record ?? blank), intent }).pipe(
        Effect.catchTag("StoreConflict", () => Effect.succeed(undefined)),
        Effect.mapError(storeFailed),
      )
      if (version !== undefined) return { version, seen: record, startedAt }
    }
  })

/** Stores the token; where somebody else wrote in between, the higher generation stays. */
const keep = (options: ClaimOptions, attempt: Attempt, tokens: Tokens): Effect.Effect<Brought, AuthError.AuthError> =>
  Effect.gen(function* () {
    const { clock, key, store } = options
    const times = options.times(tokens, attempt.startedAt)
    let version: string | undefined = attempt.version
    let seen = attempt.seen
    while (true) {
      const generation: number = Math.max(seen?.generation ?? 0, options.generation, options.counted) + 1
      const next: TokenRecord = {
        generation,
        via: options.purpose,
        tokens,
        times: shift(times, clock.toWall),
        intent: undefined,
      }
      const written: Result.Result<string, { readonly _tag: string }> = yield* Effect.result(
        store.replace(key, version, next),
      )
      // A store that fails now must not cost the token: it is served from memory, and the next renewal stores again.
      if (Result.isSuccess(written) || written.failure._tag === "StoreFailed") {
        if (Result.isFailure(written))
          yield* Effect.logWarning("pbx-auth: a token could not be stored; it is kept in memory")
        return { _tag: "Issued", tokens, times, generation }
      }
      const now: Versioned | undefined = yield* Effect.orElseSucceed(store.read(key), () => undefined)
      // Somebody signed out in the meantime: that wins.
      if (now === undefined) return yield* AuthError.refuse(new AuthError.SignedOut({}))
      const theirs = newer(options, now, attempt.seen?.generation ?? 0)
      if (theirs !== undefined) return theirs
      version = now.version
      seen = now.record
    }
  })

/** Takes the intent back, unless the record has moved on. */
const release = (options: ClaimOptions, attempt: Attempt): Effect.Effect<void> =>
  Effect.ignore(
    options.store.replace(
      options.key,
      attempt.version,
      attempt.seen === undefined ? undefined : { ...attempt.seen, intent: undefined },
    ),
  )

/**
 * Presents under a claim.
 *
 * Fails as the presentation fails. After a refusal the record is read once more, because another holder may have renewed just
 * before: then its token is taken over. While the outcome is unknown the intent stays where it is, for whoever comes next.
 *
 * @category combinators
 */
export const presentClaimed = (options: ClaimOptions): Effect.Effect<Brought, AuthError.AuthError> =>
  Effect.gen(function* () {
    const attempt = yield* claim(options)
    if ("_tag" in attempt) return attempt
    const reply = yield* Effect.result(options.present(attempt.seen))
    if (Result.isSuccess(reply)) {
      if (reply.success._tag === "Issued") return yield* keep(options, attempt, reply.success.tokens)
      yield* release(options, attempt)
      const { challenge } = reply.success
      return { _tag: "Challenged", challenge, until: attempt.startedAt + challenge.lifetime }
    }
    const error = reply.failure
    if (error.reason._tag === "RenewalRefused") {
      const now = yield* Effect.orElseSucceed(options.store.read(options.key), () => undefined)
      const theirs = newer(options, now, attempt.seen?.generation ?? 0)
      if (theirs !== undefined) return theirs
    }
    if (error.reason._tag !== "OutcomeUnknown") yield* release(options, attempt)
    return yield* error
  })
