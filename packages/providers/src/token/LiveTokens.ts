/**
 * Keeps the sessions of one process below a vendor's cap of living access tokens. A provider's value imports it if its vendor has such a
 * cap and can revoke a token, so it weighs nothing in an app of another provider.
 *
 * Before a session asks for a token that would be one too many, it revokes one that nobody here uses: the oldest that was replaced, or
 * else its own. It never revokes one that another session of this process uses, or that is stored for the next one.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type AuthError, fromReason, Misconfigured, type ProviderId } from "../error/AuthError.ts"
import { apartOf } from "./AccountIdentity.ts"
import type { StoredTimes } from "./StoredTimes.ts"
import type { TokenReply, Tokens } from "./Token.ts"

/** How long a revocation, or the search for a lost token, may take, in ms. Meanwhile other processes wait for the session that asks, and they do not wait for long. */
const PATIENCE = 3_000

// What follows of an account, a session and a record is what this file reads.

interface Account {
  readonly address: { readonly origin: string }
  readonly client: { readonly id: string }
  readonly identity?: Readonly<Record<string, string>> | undefined
  readonly provider: {
    readonly id: ProviderId
    readonly name: string
    readonly clientIdsBy?: "vendor" | "address" | undefined
    readonly ownGrammar?:
      | { readonly secrets: (account: never) => ReadonlyArray<readonly [name: string, value: string]> }
      | undefined
  }
}

/** Times are epoch ms by the session's clock. */
interface Session {
  readonly account: Account
  readonly key: string | undefined
  readonly isStored: boolean
  readonly own: Tokens | undefined
  readonly times: { readonly expiresAt: number | null } | undefined
  readonly context: { readonly own: { readonly rejected: boolean } | null }
}

/** Times are epoch ms by the wall clock. */
interface Stored {
  readonly tokens: Tokens | undefined
  readonly times: StoredTimes | undefined
}

/** The parts of a session's runtime that this file works with. The session gives them; you need not write one. */
export interface Capped {
  /** The session's clock. */
  readonly clock: {
    /** Now, epoch ms. */
    readonly now: () => number
    /** A moment of this clock by the wall clock, epoch ms. */
    readonly toWall: (at: number) => number
  }
  /** What revokes a token. */
  readonly endpoint: {
    /** Revokes an access token. */
    revoke(account: Account, bearer: Redacted.Redacted<string>): Effect.Effect<void, AuthError>
  }
  /** How a session begins and ends its record. */
  readonly records: {
    /** A session opens. */
    find(
      session: Session,
      key: string,
      given: Redacted.Redacted<string> | undefined,
    ): Effect.Effect<Pick<Stored, "tokens"> | undefined, unknown>
    /** A session signs out. */
    remove(session: Session, key: string): Effect.Effect<void>
    /** A session closes. */
    end(session: Session): Effect.Effect<void>
    /** Whether the app gave the store. */
    readonly isGiven?: boolean | undefined
  }
  /** Where the records are. */
  readonly store: {
    /** What is stored under a key. */
    read(key: string): Effect.Effect<{ version: string; record: Stored | undefined } | undefined, unknown>
    /** Writes over the version that was read. */
    replace(key: string, expected: string | undefined, next: Stored | undefined): Effect.Effect<unknown, unknown>
  }
  /** All runtimes with one clock have the same. */
  readonly pauses: object
  /** Presents something, once. */
  claim(options: {
    readonly session: Session
    present(record: undefined): Effect.Effect<TokenReply, AuthError>
  }): Effect.Effect<unknown, AuthError>
}

/** A token of a client. */
interface Known {
  readonly token: Redacted.Redacted<string>
  /** Epoch ms by the session's clock. */
  readonly until: number
  /** The last session that had it, at whose address it is revoked. */
  by: Session
  /** That session's runtime, by which it is revoked. */
  through: Capped
  /** The name of its record, if that is known. */
  key: string | undefined
  /**
   * `stored`: its session has closed, and it waits in a store for the next one. `leaving`: it is being revoked. `revoked`: it does not count
   * any more.
   */
  state: "held" | "stored" | "leaving" | "revoked"
}

/** The tokens of one client, the oldest first. */
interface Ledger {
  readonly sessions: Map<Session, Capped>
  /** The sessions that read their record as they open, and its name. */
  readonly opening: Map<Session, string>
  tokens: ReadonlyArray<Known>
  /** How many tokens are asked for now. */
  coming: number
}

const ledgers = new WeakMap<object, Map<string, Ledger>>()

/** Equal client ids of two issuers, or of two tenants, are two clients. The name stays in this process. */
const nameOf = (account: Account): string => {
  const { address, client, provider } = account
  const issuer = provider.clientIdsBy === "address" && address.origin
  return JSON.stringify([provider.id, client.id, issuer, ...apartOf(account)])
}

const ledgerOf = ({ pauses }: Capped, account: Account): Ledger => {
  const all = ledgers.get(pauses) ?? new Map<string, Ledger>()
  ledgers.set(pauses, all)
  const ledger = all.get(nameOf(account)) ?? { sessions: new Map(), opening: new Map(), tokens: [], coming: 0 }
  all.set(nameOf(account), ledger)
  return ledger
}

/** A client without sessions and tokens is forgotten. */
const dropped = ({ pauses }: Capped, account: Account, { coming, opening, sessions, tokens }: Ledger): void => {
  if (sessions.size + opening.size + tokens.length + coming === 0) ledgers.get(pauses)?.delete(nameOf(account))
}

const isOf = ({ own }: Pick<Session, "own">, { token }: Known): boolean =>
  own !== undefined && Redacted.value(own.accessToken) === Redacted.value(token)

const latestOf = (ledger: Ledger, session: Session): Known | undefined =>
  ledger.tokens.filter(({ by }) => by === session).at(-1)

const heldBy = (ledger: Ledger, session: Session): Known | undefined =>
  ledger.tokens.find((one) => one.state === "held" && isOf(session, one))

/** Notes what the sessions hold now, adopted tokens among it, and drops what has ended. */
const note = (ledger: Ledger, now: number): void => {
  for (const [by, through] of ledger.sessions) {
    const token = by.own?.accessToken
    // A refresh token that was obtained elsewhere has no access token yet.
    if (token === undefined || Redacted.value(token) === "") continue
    const known = ledger.tokens.find((one) => isOf(by, one))
    if (known?.state === "stored") Object.assign(known, { by, through, state: "held" })
    if (known !== undefined) {
      known.key = by.key ?? known.key
      continue
    }
    const until = by.times?.expiresAt ?? Number.POSITIVE_INFINITY
    ledger.tokens = [...ledger.tokens, { by, through, key: by.key, state: "held", token, until }]
  }
  ledger.tokens = ledger.tokens.filter(({ until }) => until > now)
}

const isFull = ({ coming, tokens }: Ledger, cap: number): boolean =>
  tokens.filter(({ state }) => state !== "revoked").length + coming >= cap

const isHeld = (ledger: Ledger, known: Known, but?: Session): boolean =>
  [...ledger.sessions.keys()].some((one) => one !== but && (isOf(one, known) || latestOf(ledger, one) === known))

/** A session that opens may have read the record already. Then it is about to use the token. */
const isUsed = (ledger: Ledger, known: Known, but?: Session): boolean =>
  isHeld(ledger, known, but) || [...ledger.opening.values()].some((key) => key === known.key)

/** A session has read its record, and uses from now on what it found. */
const found = (ledger: Ledger, by: Session, through: Capped, own: Tokens | undefined): void => {
  ledger.sessions.set(by, through)
  const known = ledger.tokens.find((one) => isOf({ own }, one))
  if (known?.state === "held" || known?.state === "stored") Object.assign(known, { by, through, state: "held" })
}

/** The token that is to go, for this session. */
const spare = (ledger: Ledger, session: Session): Known | undefined => {
  const free = ledger.tokens.filter((one) => one.state === "held" && !isUsed(ledger, one, session))
  return free.find((one) => !isOf(session, one)) ?? free[0]
}

/**
 * A token that waits in a store, and is not there any more: the record was lost, or has another token. A store that does not answer has
 * lost nothing.
 */
const lost = (ledger: Ledger): Effect.Effect<Known | undefined> =>
  Effect.gen(function* () {
    for (const known of ledger.tokens.filter(({ state }) => state === "stored")) {
      const { key = "", through } = known
      const seen = yield* through.store.read(key)
      if (isOf({ own: seen?.record?.tokens }, known)) continue
      // A session may have found it meanwhile.
      if (known.state === "stored" && !isUsed(ledger, known)) return known
    }
    return undefined
  }).pipe(
    Effect.timeout(PATIENCE),
    Effect.interruptible,
    Effect.catchCause(() => Effect.succeed(undefined)),
  )

/**
 * Revokes a token where it was issued, whichever session needs its place. It counts until the caller says otherwise. If it fails, the
 * vendor decides about the next token. If it is interrupted, the token may still live, so the next session that needs room revokes it again.
 */
const revoke = (known: Known): Effect.Effect<void> => {
  const { by, through, token } = known
  known.state = "leaving"
  return Effect.interruptible(Effect.suspend(() => through.endpoint.revoke(by.account, token))).pipe(
    Effect.timeoutOption(PATIENCE),
    Effect.catchCause(() => Effect.void),
    Effect.asVoid,
    Effect.onInterrupt(() =>
      Effect.sync(() => {
        known.state = "held"
      }),
    ),
  )
}

/** Makes room, asks for the token, and counts it. */
const presented = (
  cap: number,
  runtime: Capped,
  session: Session,
  present: Effect.Effect<TokenReply, AuthError>,
): Effect.Effect<TokenReply, AuthError> =>
  Effect.gen(function* () {
    const ledger = ledgerOf(runtime, session.account)
    ledger.sessions.set(session, runtime)
    note(ledger, runtime.clock.now())
    const isRejected = session.context.own?.rejected !== false
    const own = heldBy(ledger, session)
    // An API does not take it any more, but it may still count.
    let known = isRejected && own !== undefined && !isUsed(ledger, own, session) ? own : undefined
    while (known !== undefined || isFull(ledger, cap)) {
      known ??= spare(ledger, session) ?? (yield* lost(ledger))
      // A session may have found it since the store was read.
      if (known?.state === "held" && isUsed(ledger, known, session)) {
        known = undefined
        continue
      }
      if (known === undefined) {
        // It shares its token with another session, and goes on with it if the vendor refuses the next one.
        if (own !== undefined && !isRejected) break
        return yield* full(session, cap)
      }
      yield* revoke(known)
      // At once, so that no other session takes the place.
      known.state = "revoked"
      known = undefined
    }
    ledger.coming++
    const startedAt = runtime.clock.now()
    const reply = yield* Effect.ensuring(
      present,
      Effect.sync(() => ledger.coming--),
    )
    if (reply._tag === "Issued") {
      const { accessToken: token, lifetime } = reply.tokens
      const until = startedAt + lifetime
      ledger.tokens = [
        ...ledger.tokens,
        { by: session, through: runtime, key: session.key, state: "held", token, until },
      ]
    }
    return reply
  })

const full = ({ account: { provider } }: Session, cap: number) =>
  fromReason(
    new Misconfigured({
      provider: provider.id,
      field: "client",
      fix: `${provider.name} lets ${cap} access tokens of a client live at once, and other sessions use them all. Let sessions share one store, close one, or give this one a client of its own.`,
    }),
  )

/**
 * A store that the app gave is the app's: whoever reads it may use the token, in this process or another. A session's or a registry's
 * own is as good as none.
 */
const left = (runtime: Capped, ledger: Ledger, session: Session, known: Known) =>
  Effect.gen(function* () {
    const { isStored, key, own } = session
    if (runtime.records.isGiven === true) {
      // Nobody finds there what could not be stored, so it may be revoked for another token.
      if (isStored) known.state = "stored"
      return
    }
    const seen = key === undefined ? undefined : yield* runtime.store.read(key)
    const record = seen?.record
    // Another session of the same account may have stored a later token.
    if (seen !== undefined && key !== undefined && record?.times !== undefined && record.tokens === own) {
      const at = runtime.clock.toWall(runtime.clock.now())
      const times = { ...record.times, dueAt: at, usableUntil: at, expiresAt: at }
      // First, so that no session that opens meanwhile takes a token that is being revoked. If it fails, the token lives on: another
      // session may have written, and may use it.
      yield* runtime.store.replace(key, seen.version, { ...record, times })
    }
    // One that read the record before goes on with the token. Whoever needs room later may revoke it.
    if (isUsed(ledger, known)) return
    yield* revoke(known)
    known.state = "revoked"
  })

/** The session closes. A token that no app's store keeps would count to its end, and the session's app had it for its calls alone. */
const closed = (runtime: Capped, session: Session): Effect.Effect<void> =>
  Effect.gen(function* () {
    const ledger = ledgerOf(runtime, session.account)
    note(ledger, runtime.clock.now())
    ledger.sessions.delete(session)
    const known = heldBy(ledger, session)
    if (known !== undefined && !isHeld(ledger, known)) yield* left(runtime, ledger, session, known)
    dropped(runtime, session.account, ledger)
  }).pipe(Effect.catchCause(() => Effect.void))

/**
 * A cap that sessions keep: so many access tokens of one client may live at once. For a vendor that can revoke a token.
 *
 * A session revokes the oldest token that this process has replaced, or else the one that it is about to replace, before it asks for one
 * too many. It revokes at once what an API has rejected, and what it holds when it closes, unless you gave it a store: then the token is
 * yours, also if the store is in memory, as long as it is there. If other sessions use all tokens, it fails as `Misconfigured`, which says
 * the cap. What other processes hold is not known here: then the vendor refuses.
 */
export const keptBelow = (cap: number) => {
  const made = new WeakMap<Capped, Capped>()
  return {
    cap,
    /** The same runtime, for sessions that keep to the cap. */
    keep: <R extends Capped>(runtime: R): R => {
      const known = made.get(runtime)
      if (known !== undefined) return known as R
      const { claim, records } = runtime
      const keeping: R = {
        ...runtime,
        claim: (options: Parameters<Capped["claim"]>[0]) =>
          claim({
            ...options,
            // What is presented is made when there is room: a user may sign out while room is made.
            present: (record) =>
              presented(
                cap,
                runtime,
                options.session,
                Effect.suspend(() => options.present(record)),
              ),
          }),
        records: {
          ...records,
          find: (session: Session, key: string, given: Redacted.Redacted<string> | undefined) =>
            Effect.suspend(() => {
              const ledger = ledgerOf(runtime, session.account)
              ledger.opening.set(session, key)
              return records.find(session, key, given).pipe(
                Effect.tap((record) => Effect.sync(() => found(ledger, session, runtime, record?.tokens))),
                Effect.ensuring(
                  Effect.sync(() => {
                    ledger.opening.delete(session)
                    dropped(runtime, session.account, ledger)
                  }),
                ),
              )
            }),
          remove: (session: Session, key: string) => {
            const latest = latestOf(ledgerOf(runtime, session.account), session)
            // The sign-out does that.
            if (latest !== undefined) latest.state = "revoked"
            return records.remove(session, key)
          },
          end: (session: Session) => Effect.andThen(records.end(session), closed(runtime, session)),
        },
      }
      made.set(runtime, keeping).set(keeping, keeping)
      return keeping
    },
  }
}
