/** Where places are made: a directory of this machine, or a real server. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Postgres from "servers/src/Postgres.ts"
import * as Redis from "servers/src/Redis.ts"
import { notOurs, type Server, unavailable } from "servers/src/Server.ts"
import type { Kind, Place } from "./Place.ts"

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

let places = 0

const placesAt = (kind: Kind, at: string) => (): Place => {
  places += 1
  return { kind, at, name: `row_${process.pid}_${places}` }
}

/** A directory that is removed at the end. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "pbx-auth-rows-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** For as long as the scope is open. */
export const make = (kind: Kind): Effect.Effect<Ground, never, Scope.Scope> =>
  Effect.gen(function* () {
    if (kind === "file" || kind === "sqlite") {
      return { kind, place: placesAt(kind, yield* folder), server: undefined }
    }
    const { source, start } = servers[kind]
    if (source._tag === "Given") return { kind, place: placesAt(kind, source.url), server: undefined }
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => start()),
      (one) => Effect.promise(one.close),
    )
    return { kind, place: placesAt(kind, server.url), server }
  })
