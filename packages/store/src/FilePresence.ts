/**
 * Which holders' processes are dead, on Linux: a file per holder says which process it is, and `/proc` says whether that lives.
 *
 * A process is its number, its start time, and the place that both count in: this boot of this kernel, and this container's namespaces.
 * A holder of another place, or on a system without `/proc`, is never called gone. Its intent ends by time.
 */
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { Presence } from "./Cells.ts"
import { fileNameOf } from "./file/FileNames.ts"
import { sweepOld } from "./PrivateFiles.ts"

interface Process {
  readonly place: string
  readonly pid: number
  /** In clock ticks since boot. */
  readonly started: string
}

/** proc(5): the command's name stands in parentheses and may hold any letter, so the fields are counted from its end. */
const statOf = (files: FileSystem, pid: number | "self") =>
  Effect.map(files.readFileString(`/proc/${pid}/stat`), (text) => {
    const [state = "", ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { pid: Number.parseInt(text, 10), state, threads: Number(fields[16]), started: fields[18] ?? "" }
  })

/** This process, if it can be told. */
const self = (files: FileSystem) =>
  Effect.gen(function* () {
    // Where other users' processes are hidden (`hidepid`), a process that is not seen may live.
    yield* files.stat("/proc/1/stat")
    const boot = yield* files.readFileString("/proc/sys/kernel/random/boot_id")
    const pids = yield* files.readLink("/proc/self/ns/pid")
    const times = yield* Effect.orElseSucceed(files.readLink("/proc/self/ns/time"), () => "")
    const { pid, started } = yield* statOf(files, "self")
    return { place: `${boot.trim()} ${pids} ${times}`, pid, started }
  }).pipe(Effect.option)

const isDead = (files: FileSystem, { pid, started }: Process) =>
  statOf(files, pid).pipe(
    // A process that ended and that its parent has not asked about is a zombie.
    Effect.map((now) => now.started !== started || (/[ZX]/.test(now.state) && now.threads <= 1)),
    // Reading may also fail for other reasons, which say nothing.
    Effect.catch(() => Effect.map(files.exists(`/proc/${pid}`), (there) => !there)),
    Effect.andThen((dead) => (dead ? Effect.as(files.stat("/proc/1/stat"), true) : Effect.succeed(false))),
    Effect.orElseSucceed(() => false),
  )

/**
 * `holders` is the directory of the holders' files. It is made when the first holder is announced.
 *
 * @category constructors
 */
export const make = (files: FileSystem, holders: string): Effect.Effect<Presence> =>
  Effect.gen(function* () {
    const me = yield* Effect.cached(self(files))
    const fileOf = (holder: string) => Effect.map(fileNameOf("holder", holder), (name) => `${holders}/${name}`)

    /** Whether the process of a holder's file is surely dead. */
    const isGone = (file: string) =>
      Effect.gen(function* () {
        const here = Option.getOrUndefined(yield* me)
        if (here === undefined) return false
        const process: Process = JSON.parse(yield* files.readFileString(file))
        return process.place === here.place && (yield* isDead(files, process))
      }).pipe(Effect.catchCause(() => Effect.succeed(false)))

    /** A dead holder's file is kept for an hour, for those who still ask. */
    const sweep = sweepOld(files, holders, () => true, isGone)

    /** Once per process, when it first has something to say. */
    const begin = yield* Effect.cached(
      files.makeDirectory(holders, { recursive: true, mode: 0o700 }).pipe(Effect.andThen(sweep), Effect.ignore),
    )

    const announce = (holder: string) =>
      Effect.gen(function* () {
        const here = Option.getOrUndefined(yield* me)
        if (here === undefined) return
        yield* begin
        const file = yield* fileOf(holder)
        yield* Effect.acquireRelease(
          Effect.ignore(files.writeFileString(file, JSON.stringify(here), { mode: 0o600 })),
          () => Effect.ignore(files.remove(file, { force: true })),
        )
      })

    return { announce, isGone: (holder) => Effect.flatMap(fileOf(holder), isGone) }
  })
