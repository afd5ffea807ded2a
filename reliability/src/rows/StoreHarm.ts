/** A store that fails while sessions use it. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { AuthError } from "@pbx-auth/providers/AuthError"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Notes } from "../Finding.ts"
import type { Lab } from "../Lab.ts"
import type { Row } from "../Row.ts"
import { boot, refreshTokenAt } from "../shared/Boot.ts"
import * as Ground from "../shared/Ground.ts"
import * as Harm from "../shared/Harm.ts"
import { titles } from "../shared/Place.ts"

const SECOND = 1_000

/** How long an outage lasts in the report, in ms. */
const OUTAGE = 60 * SECOND

/** How often a caller asks, in ms. */
const PACE = 25

/** How long to wait for what comes by itself, in tries of `PACE`. */
const TRIES = 400

/** What a failure is called. */
const tagOf = (error: unknown): string =>
  error instanceof AuthError ? error.reason._tag : String((error as { readonly _tag?: unknown } | null)?._tag)

/** A session that no one could sign in again, and what a store does to it. Gives how many tokens it lost. */
const undergo = (lab: Lab, harm: Harm.Harm, notes: Notes): Effect.Effect<number> =>
  Effect.gen(function* () {
    const on = harm.title
    const clock = yield* SteerableClock.make()
    const emulator = yield* Emulator.make({ world: yield* decodeWorld({ netsapiens: { rotation: "strict" } }) })
    const { origin } = yield* Server.serve({ port: 0, emulator })
    const place = yield* harm.place
    const options = { place, origin, rotation: "strict", refreshToken: yield* refreshTokenAt(origin), clock } as const
    const { cells, open } = yield* boot(lab, options)
    const session = yield* open
    const first = yield* session.bearer
    yield* emulator.clearJournal
    const asked = Effect.map(emulator.journal, (entries) => entries.flatMap(({ grant }) => (grant ? [grant] : [])))
    /** A process that has nothing in its memory. */
    const newcomer = Effect.scoped(
      Effect.flatMap(boot(lab, options), (one) => Effect.flatMap(one.open, ({ bearer }) => bearer)),
    ).pipe(Effect.result)

    let unserved = 0
    const serve = Effect.gen(function* () {
      const bearer = yield* Effect.result(session.bearer)
      if (Result.isFailure(bearer)) unserved += 1
      yield* Effect.sleep(PACE)
      return Result.isSuccess(bearer) ? bearer.success : undefined
    })

    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* harm.strike(place, cells)
        const begun = performance.now()
        for (let call = 0; call < 4; call++) yield* serve
        // The token is to be renewed, and lives.
        const { dueAt } = yield* session.view
        yield* clock.adjust((dueAt ?? 0) - clock.currentTimeMillisUnsafe() + SECOND)
        let isSeen = harm.how === "forgets"
        for (let call = 0; call < TRIES && !isSeen; call++) {
          yield* serve
          isSeen = (yield* session.view).refusal?.code === "StoreFailed"
        }
        notes.must(`everybody can see it (${on})`, isSeen)
        if (harm.how === "fails") {
          // What it does not know to be agreed with others, it does not show to a vendor that rotates strictly.
          notes.must(`nothing is presented meanwhile (${on})`, (yield* asked).length === 0)
          const one = yield* newcomer
          if (harm.told !== undefined) {
            const told = Result.isSuccess(one) ? "a token" : tagOf(one.failure)
            notes.must(`a new process is told what is wrong (${on})`, told === harm.told)
          } else notes.must(`a new process has the token (${on})`, isSame(one, first))
        }
        while (performance.now() - begun < harm.lasts) yield* serve
        notes.must(`living tokens are served throughout (${on})`, unserved === 0)
      }),
    )

    let latest = first
    for (let call = 0; call < TRIES && latest.generation === first.generation; call++) {
      latest = (yield* serve) ?? latest
      // The session tries again by itself, within a minute.
      if (call % 10 === 9) yield* clock.adjust(10 * SECOND)
    }
    notes
      .must(`it goes on afterwards (${on})`, latest.generation !== first.generation)
      .must(`nobody signs in, and one request is enough (${on})`, (yield* asked).join() === "refresh_token")
      .must(`a new process finds it (${on})`, isSame(yield* newcomer, latest))
    return unserved
  }).pipe(Effect.scoped, Effect.orDie)

type Held = { readonly token: Redacted.Redacted<string> }

const isSame = (one: Result.Result<Held, unknown>, held: Held) =>
  Result.isSuccess(one) && Redacted.value(one.success.token) === Redacted.value(held.token)

/** A process that was given another key. */
const wrongKey = (lab: Lab, ground: Ground.Ground, notes: Notes): Effect.Effect<void> =>
  Effect.gen(function* () {
    const on = `${titles[ground.kind]}, wrong key`
    const emulator = yield* Emulator.make({ world: yield* decodeWorld({ netsapiens: { rotation: "strict" } }) })
    const { origin } = yield* Server.serve({ port: 0, emulator })
    const place = ground.place()
    const options = { place, origin, rotation: "strict", refreshToken: yield* refreshTokenAt(origin) } as const
    const session = yield* Effect.flatMap(boot(lab, options), ({ open }) => open)
    const first = yield* session.bearer
    const other = { ...options, key: yield* KeyRing.generate }
    const stranger = yield* Effect.result(
      Effect.scoped(Effect.flatMap(boot(lab, other), ({ open }) => Effect.flatMap(open, ({ bearer }) => bearer))),
    )
    notes
      .must(
        `a process without the key is told so (${on})`,
        Result.isFailure(stranger) && tagOf(stranger.failure) === "StoreFailed",
      )
      .must(`whoever has the key goes on (${on})`, isSame(yield* Effect.result(session.bearer), first))
    const entries = yield* emulator.journal
    notes.must(
      `nothing is presented by it (${on})`,
      entries.filter(({ grant }) => grant === "refresh_token").length === 1,
    )
  }).pipe(Effect.scoped, Effect.orDie)

/** What is done in one place. */
const harmsOf = (lab: Lab, ground: Ground.Ground): Effect.Effect<ReadonlyArray<Harm.Harm>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { kind } = ground
    const lasts = lab.scale === "full" ? 2 * SECOND : 0
    if (lab.scale === "smoke") return [...Harm.records(ground, 0).slice(0, 1), Harm.moved(ground, 0)]
    const outage = lab.scale === "full" ? OUTAGE : SECOND
    return [
      ...Harm.records(ground, lasts),
      ...(kind === "file" ? [Harm.moved(ground, lasts), ...(yield* Harm.disks(lasts))] : []),
      ...(kind === "postgres" ? Harm.away(ground, outage) : []),
      ...(kind === "redis" ? [...Harm.flushed(ground, lasts), ...Harm.away(ground, lasts)] : []),
    ]
  })

export const storeHarmed: Row = {
  id: "R15",
  fault: "a store that is full, read-only, spoiled, flushed, killed, away, or sealed with another key",
  bar: "living tokens served from memory throughout, visibly degraded; nothing lost, nobody signed out",
  others: "throws or hangs",
  means:
    "A session that no person is there for uses the store. Then a disk is full or read-only, a directory is gone, a record is corrupt, truncated or another program's, Redis is flushed or killed, PostgreSQL is away for a minute. Meanwhile the token becomes due, callers ask for it forty times a second, and a new process begins. Afterwards the session renews once, and a new process finds its token.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let unserved = 0
      yield* Ground.each(lab, notes, (ground) =>
        Effect.gen(function* () {
          const { kind } = ground
          const harms = yield* harmsOf(lab, ground)
          for (const harm of harms) unserved += yield* undergo(lab, harm, notes)
          yield* wrongKey(lab, ground, notes)
          notes.measure(
            titles[kind],
            [...harms.map(({ title }) => title.replace(/^[^,]*, /, "")), "wrong key"].join(", "),
          )
          if (kind === "file" && lab.scale === "full" && !harms.some(({ title }) => title.includes("disk"))) {
            notes.measure("files, full and read-only disk", "skipped: this user may not mount a file system")
          }
          if ((kind === "postgres" || kind === "redis") && ground.server === undefined) {
            notes.measure(`${titles[kind]}, away`, `skipped: ${Ground.unstoppable(kind)}`)
          }
        }),
      )
      return notes.count("living tokens that were not served", unserved).finding
    }),
}
