/**
 * The kept tokens of the users whom a profile acts for. Each user has a record of its own, which is sealed as the profile's is. It ends
 * with the profile: a logout, or another login, removes it.
 *
 * Such a token has nothing to be renewed with. When it is due, the profile acts for the user again. Commands that need the same user's
 * token at the same time agree by an intent in the record: one of them asks, and the others take its result.
 */

import { type AuthError, fromReason, isAuthError } from "@pbx-auth/providers/AuthError"
import type { Inspection, Tokens } from "@pbx-auth/providers/Token"
import * as Bearer from "@pbx-auth/session/Bearer"
import * as TokenRecords from "@pbx-auth/session/TokenRecords"
import type { TokenRecord } from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Scope from "effect/Scope"
import { LoginNeeded } from "../failure/LoginNeeded.ts"
import * as KeptStore from "../kept/KeptStore.ts"
import { actingKey, recordKey, subjectOf } from "../profile/Place.ts"
import type { Profile } from "../profile/Profile.ts"
import { actingFor, cannot } from "../provider/ProviderChoice.ts"
import type * as Environment from "../shell/Environment.ts"
import * as ProfileSession from "./ProfileSession.ts"

/** How long a command may take beyond the patience of its user, in ms: to renew its own token, to act, and to store the result. */
const LONGEST = 45_000

/** How often a command looks for the result of another one, in ms. */
const POLL = 50

type Needs = Environment.Questioning | HttpClient.HttpClient

const none: TokenRecord = { generation: 0, via: "renewal", tokens: undefined, times: undefined, intent: undefined }

/** The bearer of a record, if it can be used at this moment; with `fresh`, if it is also not due. */
const bearerIn = (record: TokenRecord | undefined, now: number, fresh: boolean): Bearer.Bearer | undefined => {
  const { generation = 0, times, tokens } = record ?? {}
  if (tokens === undefined || times === undefined) return undefined
  const { dueAt, expiresAt, usableUntil } = times
  const isBefore = (moment: number | null) => moment === null || now < moment
  return isBefore(usableUntil) && (!fresh || isBefore(dueAt)) ? Bearer.of(tokens, { generation, expiresAt }) : undefined
}

/** Acts for the user, and returns what is to be kept. */
const acted = (kept: ProfileSession.Existing, store: KeptStore.KeptStore, subject: string, patience?: number) =>
  Effect.gen(function* () {
    const { session } = yield* ProfileSession.open(kept, store, patience)
    // First its own: it answers a second factor if that is possible.
    yield* session.bearer
    const source = yield* actingFor(session, subject)
    const { expiresAt, identity, scope, token: accessToken, tokenType } = yield* source.bearer
    const times = TokenRecords.timesOf(source)
    const lifetime = expiresAt === null || times === undefined ? Number.POSITIVE_INFINITY : expiresAt - times.issuedAt
    const given = { accessToken, tokenType, scope, identity, lifetime, details: {} }
    const tokens: Tokens = { ...given, refreshToken: undefined, refreshLifetime: undefined }
    return { tokens, times }
  }).pipe(Effect.scoped)

/** A token that is still usable is better than an error that passes. */
const passes = (error: unknown): boolean =>
  isAuthError(error) && (error.remedy === "retry" || error.remedy === "wait") && error.reason._tag !== "StoreFailed"

/** Nobody is signed in any more, or the account may not act for the user: then the kept token is nobody's. */
const ends = (error: unknown): boolean =>
  error instanceof LoginNeeded ||
  (isAuthError(error) && ["sign_in", "passcode", "ask_administrator"].includes(error.remedy))

/** Whether the provider has ended the kept token, or it is due: there is nothing to renew it with. */
const isOver = (error: ProfileSession.NotOpened): boolean =>
  error instanceof LoginNeeded || (isAuthError(error) && ["RenewalRefused", "SignedOut"].includes(error.reason._tag))

/** Keeps what came. If a logout came first, the token is nobody's. */
const keep = (
  { name, profile }: ProfileSession.Existing,
  store: KeptStore.KeptStore,
  key: string,
  version: string,
  record: TokenRecord,
) =>
  store.tokens.replace(key, version, record).pipe(
    Effect.catchTag("StoreConflict", () =>
      Effect.gen(function* () {
        const own = yield* store.tokens.read(recordKey(profile))
        if (own !== undefined && own.record !== undefined) return
        return yield* new LoginNeeded({ profile: name, because: `The profile ${name} is signed out.` })
      }),
    ),
    // It can be used all the same.
    Effect.catchTag("StoreFailed", () => Effect.void),
  )

/**
 * The kept bearer, or a new one. `rejected` is the generation of a kept one that is of no use any more.
 *
 * @category combinators
 */
export const bearerOf = (
  kept: ProfileSession.Existing,
  store: KeptStore.KeptStore,
  subject: string,
  patience: number | undefined,
  rejected?: number,
): Effect.Effect<Bearer.Bearer, ProfileSession.NotOpened, Needs> =>
  Effect.gen(function* () {
    const { tokens } = store
    const key = actingKey(kept.profile, subject)
    const holder = crypto.randomUUID()
    const isUnderWay = yield* TokenRecords.wait(tokens)
    const announced = yield* Effect.cached(tokens.presence?.announce(holder) ?? Effect.void)
    while (true) {
      const found = yield* Effect.mapError(tokens.read(key), fromReason)
      const { record } = found ?? {}
      const now = yield* Clock.currentTimeMillis
      const isRejected = record !== undefined && record.generation === rejected
      const fresh = isRejected ? undefined : bearerIn(record, now, true)
      if (fresh !== undefined) return fresh
      if (yield* isUnderWay(record)) {
        yield* Effect.sleep(POLL)
        continue
      }
      yield* announced
      const before = { ...(record ?? none), intent: undefined }
      const until = now + LONGEST + (patience ?? 0)
      const intent = { holder, purpose: "renewal", startedAt: now, until } as const
      const version = yield* tokens.replace(key, found?.version, { ...before, intent }).pipe(
        Effect.catchTag("StoreConflict", () => Effect.undefined),
        Effect.mapError(fromReason),
      )
      if (version === undefined) continue
      const restore = (next: TokenRecord) => Effect.ignore(tokens.replace(key, version, next))
      const next = yield* acted(kept, store, subject, patience).pipe(
        Effect.onInterrupt(() => restore(before)),
        Effect.catch((error) => {
          const usable = passes(error) && !isRejected ? bearerIn(before, now, false) : undefined
          const left = ends(error) ? none : before
          return Effect.andThen(restore(left), usable === undefined ? Effect.fail(error) : Effect.succeed(usable))
        }),
      )
      if ("token" in next) return next
      const generation = before.generation + 1
      yield* keep(kept, store, key, version, { ...none, ...next, generation })
      return Bearer.of(next.tokens, { generation, expiresAt: next.times?.expiresAt ?? null })
    }
  }).pipe(Effect.scoped)

/**
 * What hands out the bearers of the user whom the profile acts for. Keeps them.
 *
 * @category constructors
 */
export const source = (
  kept: ProfileSession.Existing,
  subject: string,
  patience: number | undefined,
): Effect.Effect<ActingSource, ProfileSession.NotOpened, Needs | Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* KeptStore.open(kept.directory)
    const context = yield* Effect.context<Needs | Scope.Scope>()
    const bearer = Effect.provide(bearerOf(kept, store, subject, patience), context)
    const key = actingKey(kept.profile, subject)
    const inspected = (rejected?: number): Effect.Effect<Inspection, ProfileSession.NotOpened, Needs> =>
      Effect.gen(function* () {
        if (rejected !== undefined) yield* bearerOf(kept, store, subject, patience, rejected)
        const { record, session } = yield* ProfileSession.open(kept, store, patience, key)
        const asked = session.inspect ?? cannot
        if (rejected !== undefined || record === undefined) return yield* asked
        // The session cannot renew it, so the account acts for the user again.
        return yield* Effect.catchIf(asked, isOver, () => inspected(record.generation))
      }).pipe(Effect.scoped)
    const inspect = inspected()
    return { bearer, inspect: Effect.provide(inspect, context) }
  })

/** It inspects the bearer that was handed out before. */
interface ActingSource {
  readonly bearer: Effect.Effect<Bearer.Bearer, ProfileSession.NotOpened>
  readonly inspect: Effect.Effect<Inspection, ProfileSession.NotOpened>
}

/**
 * The records of all users whom a profile acts for.
 *
 * @category getters
 */
export const all = (store: KeptStore.KeptStore, profile: Profile) =>
  Effect.map(store.names, (names) =>
    names.flatMap((name) => {
      const subject = subjectOf(profile, name)
      return subject === undefined ? [] : [{ subject, key: actingKey(profile, subject) }]
    }),
  )

/**
 * Those of them that can be read.
 *
 * @category getters
 */
export const records = (store: KeptStore.KeptStore, profile: Profile) =>
  Effect.gen(function* () {
    const readable: Array<{ readonly subject: string; readonly key: string; readonly record: TokenRecord }> = []
    for (const one of yield* all(store, profile)) {
      const found = yield* store.tokens.read(one.key).pipe(
        Effect.mapError(fromReason),
        Effect.catchIf(KeptStore.isLost, () => Effect.undefined),
      )
      if (found?.record !== undefined) readable.push({ ...one, record: found.record })
    }
    return readable
  })

/**
 * Removes those whose tokens have ended, unless a command is at work on them.
 *
 * @category combinators
 */
export const sweep = (store: KeptStore.KeptStore, profile: Profile) =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const { key, record } of yield* records(store, profile)) {
      const isOver = bearerIn(record, now, false) === undefined && (record.intent?.until ?? 0) <= now
      if (isOver) yield* store.forget(key)
    }
  })

/**
 * Removes all of them.
 *
 * @category combinators
 */
export const forget = (store: KeptStore.KeptStore, profile: Profile): Effect.Effect<void, AuthError> =>
  Effect.flatMap(all(store, profile), (records) =>
    Effect.forEach(records, ({ key }) => KeptStore.ifNotLost(store.forget(key)), { discard: true }),
  )
