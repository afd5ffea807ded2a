/**
 * Builds the command as it is installed, once before the tests, which start it many times: it takes half as long to start as its
 * sources.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as CommandLine from "../../../release/src/CommandLine.ts"
import { bin } from "./Process.ts"

export const setup = async (): Promise<void> => {
  const folder = dirname(bin)
  await mkdir(folder, { recursive: true })
  // As the package's own manifest says.
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  await CommandLine.write(fileURLToPath(new URL("../src/bin.ts", import.meta.url)), folder, basename(bin, ".cjs"))
}
