/**
 * `build`: makes what goes to npm. Every published package with a `tsconfig.build.json` is compiled file by file; one with a
 * command is bundled, with everything that it needs.
 */
import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { must } from "./src/Command.ts"
import * as CommandLine from "./src/CommandLine.ts"
import * as Table from "./src/Table.ts"
import { packages, root } from "./src/Workspace.ts"

// The earlier build is removed first: a file that is gone from `src` must not be packed.
for (const { directory } of packages) {
  await rm(join(directory, "dist"), { recursive: true, force: true })
  await rm(join(directory, "tsconfig.build.tsbuildinfo"), { force: true })
}

const projects = packages.map(({ directory }) => join(directory, "tsconfig.build.json")).filter(existsSync)
await must("tsc", ["-b", ...projects], { cwd: root })
for (const { directory, manifest } of packages) {
  if (existsSync(join(directory, "tsconfig.build.json"))) Table.print(`${manifest.name}  dist/`)
}

for (const { directory, manifest } of packages) {
  for (const [command, entry] of Object.entries(manifest.bin ?? {})) {
    const { bytes, entryBytes, packages } = await CommandLine.write(
      join(directory, entry),
      join(directory, "dist"),
      command,
    )
    const kB = (bytes: number) => `${Math.round(bytes / 1000)} kB`
    Table.print(`${manifest.name}  dist/${command}.cjs  ${kB(entryBytes)} of ${kB(bytes)}, with ${packages.join(", ")}`)
  }
}
