/** P6: how long the command takes to start. Built and timed by the programs of `release`. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as CommandLine from "release/src/CommandLine.ts"
import * as Start from "release/src/Start.ts"
import { packages } from "release/src/Workspace.ts"
import { type Bench, exactly, type Row } from "../Board.ts"
import { quartiles } from "../Sample.ts"

const LIMIT = 80

export const bench: Bench = {
  id: "P6",
  title: "start of the command line tool, over a bare Node",
  run: async (isSmall) => {
    const tool = packages.find(({ id }) => id === "cli")
    const [command, entry] = Object.entries(tool?.manifest.bin ?? {})[0] ?? []
    if (tool === undefined || command === undefined || entry === undefined) throw new Error("there is no command")
    const away = await mkdtemp(join(tmpdir(), "pbx-auth-bench-"))
    try {
      const file = join(away, `${command}.cjs`)
      const { bytes } = await CommandLine.write(join(tool.directory, entry), file)
      const medians = isSmall ? 1 : 7
      const runs = isSmall ? 1 : 7
      const bare: Array<number> = []
      const measured = async (name: string, args: ReadonlyArray<string>): Promise<Row> => {
        const sample: Array<number> = []
        for (let round = 0; round < medians; round++) {
          const start = await Start.measure(process.execPath, args, away, runs)
          bare.push(start.bare)
          sample.push(start.over)
        }
        return { name, estimate: quartiles(sample) }
      }
      const version = await measured(`${command} --version, over it`, [file, "--version"])
      const help = await measured(`${command} --help, over it`, [file, "--help"])
      const rows = [{ name: "node -e 0", estimate: quartiles(bare) }, version, help]
      return {
        tables: [
          { title: `start, Node ${process.versions.node}`, unit: "ms", spread: "quartiles", rows },
          { title: "the one file", unit: "kB", spread: "", rows: [{ name: command, estimate: exactly(bytes / 1000) }] },
        ],
        bars: [
          {
            says: `${command} --version: at most ${LIMIT} ms over a bare Node`,
            found: `${version.estimate.value.toFixed(0)} ms`,
            holds: version.estimate.value <= LIMIT,
          },
        ],
        notes: [`medians of ${medians} medians of ${runs} starts each, a bare Node and the command by turns`],
      }
    } finally {
      await rm(away, { recursive: true, force: true })
    }
  },
}
