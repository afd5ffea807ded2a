/** What a compiler says about our declarations in a user's project. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "./Command.ts"
import type { Project } from "./Project.ts"
import { strictest } from "./Toolchain.ts"

export interface Verdict {
  /** Errors in our declarations, in the project's own files, or in no file at all. */
  readonly ours: ReadonlyArray<string>
  /** How many errors other packages have in theirs. */
  readonly others: ReadonlyMap<string, number>
  /** How many of our declarations were checked. */
  readonly declarations: number
}

/** Checks files of a project, and every declaration that they reach, as strictly as can be. */
export const check = async (
  compiler: Project,
  project: Project,
  name: string,
  options: object,
  files: ReadonlyArray<string>,
): Promise<Verdict> => {
  const config = `tsconfig.${name}.json`
  writeFileSync(
    join(project.directory, config),
    JSON.stringify({ compilerOptions: { ...strictest, ...options }, files }),
  )
  const tsc = compiler.program("typescript/bin/tsc")
  const { code, stderr, stdout } = await run("node", [tsc, "-p", config, "--pretty", "false", "--listFiles"], {
    cwd: project.directory,
  })
  const lines = stdout.split("\n")
  const errors = lines.filter((line) => /(^|: )error TS\d+: /.test(line))
  const others = errors.map(ownerOf).filter((owner) => owner !== undefined)
  if (code !== 0 && errors.length === 0) throw new Error(`tsc ended with ${code}\n${stdout}${stderr}`)
  return {
    ours: errors.filter((line) => ownerOf(line) === undefined),
    others: new Map(
      Map.groupBy(others, (owner) => owner)
        .entries()
        .map(([owner, all]) => [owner, all.length]),
    ),
    declarations: lines.filter((line) => /@pbx-auth\/[^/]+\/dist\/.*\.d\.ts$/.test(line)).length,
  }
}

/** The package in whose declarations an error lies, when it is not one of ours. */
const ownerOf = (error: string): string | undefined => {
  const [, owner] = /^[^(]*node_modules\/((?:@[^/]+\/)?[^/(]+)\/[^(]*\(/.exec(error) ?? []
  return owner?.startsWith("@pbx-auth/") ? undefined : owner
}
