/** P6: how long the command takes to start. Built and timed by the programs of `release`. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as CommandLine from "release/src/CommandLine.ts"
import * as Start from "release/src/Start.ts"
import { packages } from "release/src/Workspace.ts"
import { type Bench, exactly } from "../Board.ts"
import * as KeptToken from "../KeptToken.ts"
import { quartiles } from "../Sample.ts"

export const bench: Bench = {
  id: "P6",
  title: "start of the command line tool, over a bare Node",
  run: async (isSmall) => {
    const tool = packages.find(({ id }) => id === "cli")
    const [command, entry] = Object.entries(tool?.manifest.bin ?? {})[0] ?? []
    if (tool === undefined || command === undefined || entry === undefined) throw new Error("there is no command")
    const away = await mkdtemp(join(tmpdir(), "pbx-auth-bench-"))
    try {
      await writeFile(join(away, "package.json"), JSON.stringify({ type: "module" }))
      const { bytes, entryBytes } = await CommandLine.write(join(tool.directory, entry), away, command)
      const medians = isSmall ? 1 : 7
      const runs = isSmall ? 1 : 7
      const starts: Array<Start.Start> = []
      for (let round = 0; round < medians; round++) {
        starts.push(await Start.measure(process.execPath, join(away, `${command}.cjs`), away, runs))
      }
      const kept = await KeptToken.measure(join(away, `${command}.cjs`), away, isSmall ? 1 : 31)
      const rows = Start.ways.map(({ name }) => ({
        name: `${command} ${name}, over it`,
        estimate: quartiles(starts.map(({ over }) => over.get(name) ?? Number.NaN)),
      }))
      return {
        tables: [
          {
            title: `start, Node ${process.versions.node}`,
            unit: "ms",
            spread: "quartiles",
            rows: [{ name: "node -e 0", estimate: quartiles(starts.map(({ bare }) => bare)) }, ...rows],
          },
          kept.table,
          {
            title: "files",
            unit: "kB",
            spread: "",
            rows: [
              { name: "the one that is run", estimate: exactly(entryBytes / 1000) },
              { name: "all, most of which no start reads", estimate: exactly(bytes / 1000) },
            ],
          },
        ],
        bars: [
          ...rows.map(({ estimate, name }) => ({
            says: `${name}: at most ${Start.BUDGET} ms`,
            found: `${estimate.value.toFixed(0)} ms`,
            holds: estimate.value <= Start.BUDGET,
          })),
          kept.bar,
        ],
        notes: [
          `medians of ${medians} medians of ${runs} starts each, a bare Node and each way to begin by turns`,
          ...kept.notes,
        ],
      }
    } finally {
      await rm(away, { recursive: true, force: true })
    }
  },
}
