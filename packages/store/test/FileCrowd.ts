/**
 * A process of a crowd that shares file cells. Arguments: directory, cell, how often, and one of
 * - `announce` and a holder's name
 * - `stop`: it stops itself just before its first write takes effect
 * - `owner`: it becomes the directory's owner
 */
import { statSync } from "node:fs"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as FileCells from "@pbx-auth/store/FileCells"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { crowd, say } from "./CellsCrowd.ts"

const [directory = "", name = "", times = "0", also = "", holder] = process.argv.slice(2)

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

await crowd(Layer.provide(FileCells.layer({ directory }), files), {
  ...{ name, times: Number(times), once: also === "stop" },
  holder: also === "announce" ? holder : undefined,
})
