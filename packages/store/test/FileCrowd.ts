/**
 * A process that writes to file cells: it counts one cell up as often as told, and says each number once it was acknowledged.
 * Arguments: directory, cell, how often, and `announce` with a holder's name, `stop`, or `owner` (it becomes the directory's owner).
 */
import { statSync } from "node:fs"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Cells } from "@pbx-auth/store/Cells"
import * as FileCells from "@pbx-auth/store/FileCells"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"

const [directory = "", name = "", times = "0", also = "", holder = ""] = process.argv.slice(2)

const say = (line: string) => process.stdout.write(`${line}\n`)
const numberOf = (bytes: Uint8Array | undefined) => Number(new TextDecoder().decode(bytes ?? new Uint8Array(0)) || "0")

const wordsOf = (error: unknown) => {
  const { _tag, problem = "" } = error as { _tag: string; problem?: string }
  return `${_tag} ${problem}`.trim()
}

const count: Effect.Effect<number, unknown, Cells> = Effect.gen(function* () {
  const cells = yield* Cells
  const seen = yield* cells.read(name)
  const next = numberOf(seen?.bytes) + 1
  yield* cells.replace(name, seen?.version, new TextEncoder().encode(String(next)))
  return next
})

const counted: Effect.Effect<number, unknown, Cells> = Effect.catchIf(
  count,
  (error) => also !== "stop" && (error as { _tag?: string })._tag === "StoreConflict",
  () => counted,
)

/** Stops this process at its first link of a version, as a machine that falls asleep between the comparison and the write. */
const stopping = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (files) =>
    FileSystem.make({
      ...files,
      link: (from, to) =>
        Effect.andThen(
          Effect.sync(() => {
            if (!to.includes("/cell-")) return
            say("stopping")
            process.kill(process.pid, "SIGSTOP")
          }),
          files.link(from, to),
        ),
    }),
  ),
)

const files = also === "stop" ? Layer.provide(stopping, NodeFileSystem.layer) : NodeFileSystem.layer

// The superuser may write everywhere.
if (also === "owner" && process.getuid?.() === 0) process.setuid?.(statSync(directory).uid)

await Effect.gen(function* () {
  const { presence } = yield* Cells
  if (also === "announce") yield* presence?.announce(holder) ?? Effect.void
  say("ready")
  for (let time = 0; time < Number(times); time++) say(String(yield* counted))
  // A timer keeps a process alive; an effect that never ends does not.
  if (also === "announce") yield* Effect.sleep("1 hour")
}).pipe(
  Effect.scoped,
  Effect.provide(Layer.provide(FileCells.layer({ directory }), files)),
  Effect.catch((error) => Effect.sync(() => say(wordsOf(error)))),
  Effect.runPromise,
)
