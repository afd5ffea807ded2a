/** Builds the emulator as one file, once before the tests, which start it many times: it takes a fraction of the time of its sources. */
import { mkdir } from "node:fs/promises"
import { basename, dirname } from "node:path"
import { fileURLToPath } from "node:url"
import * as CommandLine from "../../../release/src/CommandLine.ts"

/** The program that is started. */
export const bin = fileURLToPath(new URL("../node_modules/.built/emulator.cjs", import.meta.url))

export const setup = async (): Promise<void> => {
  await mkdir(dirname(bin), { recursive: true })
  await CommandLine.write(fileURLToPath(new URL("../src/bin.ts", import.meta.url)), dirname(bin), basename(bin, ".cjs"))
}
