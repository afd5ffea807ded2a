/** Where places are made: a directory of this machine, or a real server. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Postgres from "servers/src/Postgres.ts"
import * as Redis from "servers/src/Redis.ts"
import { notOurs, type Server, unavailable } from "servers/src/Server.ts"
import type { Notes } from "../Finding.ts"
import type { Lab } from "../Lab.ts"
import { type Kind, kinds, type Place, titles } from "./Place.ts"

export interface Ground {
  readonly kind: Kind
  /** A new, empty place. */
  readonly place: () => Place
  /** The server, if it is one that may be stopped. */
  readonly server: Server | undefined
}

const servers = { postgres: Postgres, redis: Redis }

/** Why there is no such ground here. */
export const missing = (kind: Kind): string | undefined =>
  kind === "postgres" || kind === "redis" ? unavailable(servers[kind].source) : undefined

/** Why its server cannot be stopped. */
export const unstoppable = (kind: "postgres" | "redis"): string | undefined => notOurs(servers[kind].source)

/** A new, empty place there. */
export const placeAt = (kind: Kind, at: string): Place => ({ kind, at, name: `row_${crypto.randomUUID().slice(0, 8)}` })

/** A directory that is removed at the end. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "pbx-auth-rows-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** For as long as the scope is open. */
export const make = (kind: Kind): Effect.Effect<Ground, never, Scope.Scope> =>
  Effect.gen(function* () {
    const at = (where: string, server?: Server): Ground => ({ kind, place: () => placeAt(kind, where), server })
    if (kind === "file" || kind === "sqlite") return at(yield* folder)
    const { source, start } = servers[kind]
    if (source._tag === "Given") return at(source.url)
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => start()),
      (one) => Effect.promise(one.close),
    )
    return at(server.url, server)
  })

/** On each ground in the report, on files alone in the tests. One that is missing here is noted. */
export const each = (
  lab: Lab,
  notes: Notes,
  body: (ground: Ground) => Effect.Effect<void, never, Scope.Scope>,
): Effect.Effect<void> =>
  Effect.forEach(
    lab.scale === "full" ? kinds : (["file"] as const),
    (kind) => {
      const without = missing(kind)
      return without === undefined
        ? Effect.scoped(Effect.flatMap(make(kind), body))
        : Effect.sync(() => void notes.measure(titles[kind], `skipped: ${without}`))
    },
    { discard: true },
  )
