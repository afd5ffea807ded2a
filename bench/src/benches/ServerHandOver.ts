/** P11: how long a change takes to reach another process that waits for it, by a hint and by asking again. */

import type { Cells } from "@pbx-auth/store/Cells"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Postgres from "servers/src/Postgres.ts"
import * as Redis from "servers/src/Redis.ts"
import { quantile } from "simple-statistics"
import type { Bar, Bench, Row } from "../Board.ts"
import { type Served, urlOf } from "../Places.ts"
import { type Contender, race } from "../Rounds.ts"
import { quartiles } from "../Sample.ts"

/** As a session that waits for another holder asks, in ms. */
const POLL = 100

/** A sealed record has some 600 bytes. */
const RECORD = new Uint8Array(600).fill(7)

/** What the design demands of a hand-over with hints, in ms. */
const HANDED_OVER = 10

interface Place {
  readonly name: string
  /** Two of them, as two processes have them. */
  readonly cells: readonly [Cells["Service"], Cells["Service"]]
  readonly close: () => Promise<void>
}

interface Kind extends Served {
  readonly name: string
  readonly make: (url: Redacted.Redacted, name: string) => Effect.Effect<Cells["Service"], unknown, Scope.Scope>
}

const kinds: ReadonlyArray<Kind> = [
  {
    name: "PostgreSQL",
    source: Postgres.source,
    start: () => Postgres.start(),
    make: (url, table) => PostgresCells.make({ url, table }),
  },
  {
    name: "Redis, appendfsync always",
    source: Redis.source,
    start: () => Redis.start(),
    make: (url, name) => RedisCells.make({ url, prefix: `${name}:` }),
  },
  {
    name: "Redis, appendfsync everysec",
    source:
      Redis.source._tag === "Given"
        ? { _tag: "Missing", reason: "the server that is given is not ours to set" }
        : Redis.source,
    start: () => Redis.start({ appendfsync: "everysec" }),
    make: (url, name) => RedisCells.make({ url, prefix: `${name}:` }),
  },
]

const open = async (kind: Kind): Promise<Place> => {
  const { make, name } = kind
  const scope = Scope.makeUnsafe()
  const one = `bench_${crypto.randomUUID().slice(0, 8)}`
  const url = await Effect.runPromise(Scope.provide(urlOf(kind), scope))
  const cells = () =>
    make(url, one).pipe(
      // The first access makes tables, and warns of a server that may lose something. The figures are what is printed here.
      Effect.tap(({ list }) => list("")),
      Effect.provide(Logger.layer([])),
      Scope.provide(scope),
      Effect.runPromise,
    )
  return {
    name,
    cells: [await cells(), await cells()],
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  }
}

/** From a holder's write until one who waits has read it. */
const handOvers = ({ cells: [cells, other], name }: Place): ReadonlyArray<Contender> => {
  let turns = 0
  const handedOver = async (wait: Effect.Effect<unknown>): Promise<number> => {
    turns += 1
    const cell = `handed over ${turns}`
    let begun = 0
    const holder = Effect.gen(function* () {
      // At any moment of the other one's pause.
      yield* Effect.sleep(Math.random() * POLL)
      begun = performance.now()
      yield* cells.replace(cell, undefined, RECORD)
    })
    const waiter = Effect.repeat(Effect.andThen(wait, other.read(cell)), { until: (seen) => seen !== undefined })
    await Effect.runPromise(Effect.all([holder, waiter], { concurrency: 2 }))
    return performance.now() - begun
  }
  const hinted = Effect.runSync(Scope.make())
  return [
    {
      name: `${name}: by a hint`,
      run: async () => {
        const scope = Effect.runSync(Scope.fork(hinted))
        const watch = other.watch?.(`handed over ${turns + 1}`) ?? Effect.succeed(Effect.never)
        const change = await Effect.runPromise(Scope.provide(watch, scope))
        const took = await handedOver(change)
        await Effect.runPromise(Scope.close(scope, Exit.void))
        return took
      },
    },
    { name: `${name}: asking every ${POLL} ms`, run: () => handedOver(Effect.sleep(POLL)) },
  ]
}

/** The median and the quartiles, and what one of a hundred exceeds. */
const rows = (samples: ReadonlyMap<string, ReadonlyArray<number>>): ReadonlyArray<Row> =>
  [...samples].map(([name, sample]) => ({
    name,
    estimate: quartiles(sample),
    remark: `p99 ${quantile([...sample], 0.99).toFixed(1)}`,
  }))

export const bench: Bench = {
  id: "P11",
  title: "a change in a shared store, until another process that waits has read it",
  run: async (isSmall) => {
    const there = kinds.filter(({ source }) => source._tag !== "Missing")
    const places = await Promise.all(there.map(open))
    try {
      const handed = await race(
        places.flatMap(handOvers),
        isSmall ? { rounds: 3, warmUp: 1 } : { rounds: 60, warmUp: 3 },
      )
      const bars: ReadonlyArray<Bar> = places.map(({ name }) => {
        const { value } = quartiles(handed.get(`${name}: by a hint`) ?? [])
        return {
          says: `${name}: a change reaches who waits in at most ${HANDED_OVER} ms`,
          found: `${value.toFixed(1)} ms`,
          holds: value <= HANDED_OVER,
        }
      })
      return {
        tables: [
          {
            title: "a change, from its write to the other's read",
            unit: "ms",
            spread: "quartiles",
            rows: rows(handed),
          },
        ],
        bars,
        notes: kinds.flatMap(({ name, source }) =>
          source._tag === "Missing" ? [`${name} was not measured: ${source.reason}`] : [],
        ),
      }
    } finally {
      await Promise.all(places.map(({ close }) => close()))
    }
  },
}
