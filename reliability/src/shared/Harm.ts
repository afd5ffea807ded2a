/** What can happen to a place where tokens are shared. */
import { execFileSync } from "node:child_process"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Cells } from "@pbx-auth/store/Cells"
import { createClient } from "@redis/client"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Ground from "./Ground.ts"
import { type Place, titles } from "./Place.ts"

export interface Harm {
  readonly title: string
  /** Where the tokens are. It may be a place of its own. */
  readonly place: Effect.Effect<Place, never, Scope.Scope>
  /** Begins, and ends with the scope. */
  readonly strike: (place: Place, cells: Cells["Service"]) => Effect.Effect<void, never, Scope.Scope>
  /** `fails`: whoever reads or writes is told. `forgets`: what was there is not there any more, without an error. */
  readonly how: "fails" | "forgets"
  /** What a new process is told of it; `undefined` if it may go on. */
  readonly told: "StoreFailed" | undefined
  /** How long it lasts, in ms. */
  readonly lasts: number
}

const during = (begin: () => unknown, end: () => unknown) =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.promise(async () => void (await begin())),
      () => Effect.promise(async () => void (await end())),
    ),
  )

// --- of records -------------------------------------------------------------------------------------------------------

const spoiled = (
  name: string,
  ground: Ground.Ground,
  lasts: number,
  change: (bytes: Uint8Array) => Uint8Array,
): Harm => ({
  title: `${titles[ground.kind]}, ${name} record`,
  place: Effect.sync(ground.place),
  how: "fails",
  told: "StoreFailed",
  lasts,
  strike: (_, cells) => {
    const rewrite = (next: (bytes: Uint8Array) => Uint8Array) =>
      Effect.gen(function* () {
        for (const one of yield* cells.list("record.")) {
          const cell = yield* cells.read(one)
          if (cell !== undefined) yield* cells.replace(one, cell.version, next(cell.bytes))
        }
      }).pipe(Effect.orDie)
    let right = new Uint8Array(0)
    const spoil = (bytes: Uint8Array) => {
      right = Uint8Array.from(bytes)
      return change(bytes)
    }
    return Effect.asVoid(Effect.acquireRelease(rewrite(spoil), () => rewrite(() => right)))
  },
})

export const records = (ground: Ground.Ground, lasts: number): ReadonlyArray<Harm> => [
  spoiled("corrupt", ground, lasts, (bytes) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))),
  spoiled("truncated", ground, lasts, (bytes) => bytes.slice(0, bytes.length >> 1)),
  spoiled("foreign", ground, lasts, () => new TextEncoder().encode('{"session":"of another program"}')),
]

// --- of disks ---------------------------------------------------------------------------------------------------------

const mount = (at: string, ...args: ReadonlyArray<string>) => execFileSync("mount", [...args, at], { stdio: "ignore" })

/** A file system of its own, or `undefined` if this user may not mount one. */
const mounted = Effect.gen(function* () {
  const at = yield* Ground.folder
  const isMounted = yield* Effect.acquireRelease(
    Effect.sync(() => {
      try {
        mount(at, "-t", "tmpfs", "-o", "size=4m,mode=700", "none")
        return true
      } catch {
        return false
      }
    }),
    (is) => Effect.sync(() => void (is && execFileSync("umount", [at]))),
  )
  return isMounted ? at : undefined
})

/** A directory goes away, something else is in its place, and it comes back. */
export const moved = (ground: Ground.Ground, lasts: number): Harm => ({
  title: "files, directory replaced",
  place: Effect.sync(ground.place),
  how: "fails",
  told: "StoreFailed",
  lasts,
  strike: ({ at, name }) =>
    during(
      () => {
        renameSync(join(at, name), join(at, `${name}.away`))
        writeFileSync(join(at, name), "")
      },
      () => {
        rmSync(join(at, name))
        renameSync(join(at, `${name}.away`), join(at, name))
      },
    ),
})

/** A full disk, and one that is mounted read-only; none where this user may not mount one. */
export const disks: (lasts: number) => Effect.Effect<ReadonlyArray<Harm>, never, Scope.Scope> = (lasts) =>
  Effect.map(mounted, (at) => {
    if (at === undefined) return []
    const place = Effect.sync(() => Ground.placeAt("file", at))
    const filler = join(at, "filler")
    const fill = () => {
      try {
        writeFileSync(filler, new Uint8Array(8 * 1024 * 1024))
      } catch {
        // That is how it becomes full.
      }
    }
    const both = { place, how: "fails", told: undefined, lasts } as const
    return [
      { ...both, title: "files, full disk", strike: () => during(fill, () => rmSync(filler)) },
      {
        ...both,
        title: "files, read-only disk",
        strike: () =>
          during(
            () => mount(at, "-o", "remount,ro"),
            () => mount(at, "-o", "remount,rw"),
          ),
      },
    ]
  })

// --- of servers -------------------------------------------------------------------------------------------------------

/** A server that is killed, and started after a while. */
export const away = (ground: Ground.Ground, lasts: number): ReadonlyArray<Harm> => {
  const { kind, place, server } = ground
  if (server === undefined) return []
  const one: Harm = {
    title: `${titles[kind]}, killed, away for ${lasts / 1_000} s`,
    place: Effect.sync(place),
    how: "fails",
    told: "StoreFailed",
    lasts,
    strike: () => during(server.kill, server.start),
  }
  return [one]
}

/** Redis loses everything. */
export const flushed = (ground: Ground.Ground, lasts: number): ReadonlyArray<Harm> => {
  const { place, server } = ground
  if (server === undefined) return []
  const flush = async () => {
    const client = createClient({ url: server.url })
    await client.connect()
    await client.flushAll()
    client.destroy()
  }
  return [
    {
      title: "Redis, flushed",
      place: Effect.sync(place),
      how: "forgets",
      told: undefined,
      lasts,
      strike: () => Effect.promise(flush),
    },
  ]
}
