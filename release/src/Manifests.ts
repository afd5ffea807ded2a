/** What publint and Are the types wrong? say about packages, and what a user must be able to rely on. */
import { readFile } from "node:fs/promises"
import { basename, dirname } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { run } from "./Command.ts"
import { importable, type Tarball } from "./Tarball.ts"

/** Complaints about a tarball; none is how it should be. */
export const complaints = async (tarball: Tarball): Promise<ReadonlyArray<string>> =>
  (await Promise.all([ofPublint(tarball), ofTypes(tarball), Promise.resolve(ofOurs(tarball))])).flat()

const ofPublint = async ({ file, manifest }: Tarball): Promise<ReadonlyArray<string>> => {
  const bytes = await readFile(file)
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const { messages } = await publint({ pack: { tarball }, strict: true })
  return messages
    .filter((message) => !isAboutTheRepository(message.args))
    .map((message) => `publint: ${formatMessage(message, manifest)}`)
}

// Only the publisher knows where the project lives: `publish.ts` asks for it then.
const isAboutTheRepository = (args: unknown) => JSON.stringify(args ?? "").includes("repository")

const ofTypes = async (tarball: Tarball): Promise<ReadonlyArray<string>> => {
  const { name } = tarball.manifest
  const entries = importable(tarball).map((specifier) => specifier.slice(name.length + 1))
  if (entries.length === 0) return []
  const args = [
    basename(tarball.file),
    "--profile",
    "esm-only",
    "--format",
    "ascii",
    "--no-color",
    "--entrypoints",
    ...entries,
  ]
  const { code, stderr, stdout } = await run("attw", args, { cwd: dirname(tarball.file) })
  return code === 0 ? [] : [`types: ${stdout}${stderr}`]
}

const ofOurs = (tarball: Tarball): ReadonlyArray<string> => {
  const { files, manifest } = tarball
  const asked = { ...manifest.dependencies, ...manifest.peerDependencies }
  const maps = files.filter((file) => /^dist\/.*(?<!\.d)\.[jt]s$/.test(file) && manifest.bin === undefined)
  return [
    ...Object.entries(asked)
      .filter(([, range]) => /^(workspace|catalog|file|link):/.test(range))
      .map(([name, range]) => `asks for ${name} ${range}, which no registry has`),
    ...(manifest.dependencies?.effect || manifest.dependencies?.xstate
      ? ["brings an effect or xstate of its own"]
      : []),
    ...maps.filter((file) => !files.includes(`${file}.map`)).map((file) => `${file} has no source map`),
    ...(files.includes("LICENSE") ? [] : ["has no LICENSE"]),
    ...(manifest.bin === undefined && importable(tarball).length === 0 ? ["has nothing to import"] : []),
    ...files
      .filter((file) => /(^|\/)(test|typetest|tsconfig.*|.*\.tsbuildinfo)(\/|$)/.test(file))
      .map((file) => `packs ${file}`),
  ]
}
