/** Programs that use the installed packages: written into a project, and run by a given Node. */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { transform } from "esbuild"
import { must } from "./Command.ts"
import * as Emulated from "./Emulated.ts"
import type { Project } from "./Project.ts"
import { root } from "./Workspace.ts"

export interface Programs {
  /** Files that import every module: of all packages, and of only the machine. */
  readonly modules: ReadonlyArray<string>
  readonly chart: ReadonlyArray<string>
  /** Each imports one package and does something with it. */
  readonly programs: ReadonlyArray<string>
  /** The documentation's examples, as they stand there. */
  readonly examples: ReadonlyArray<string>
  /** Examples that want more than is installed. */
  readonly leftOut: ReadonlyArray<string>
}

const specifiers = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/^(?:import|\} from|export .* from)\b[^"]*"([^"]+)"/gm)].map(
    ([, name = ""]) => name,
  )

const isInstalled = (project: Project, specifier: string): boolean =>
  specifier.startsWith("node:") || existsSync(project.program(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier))

/** Writes the programs into a project, and beside each what a compiler makes of it for the oldest Node. */
export const setOut = async (project: Project, modules: ReadonlyArray<string>): Promise<Programs> => {
  const programs = globSync(join(root, "release/consumer/*.ts")).sort()
  const examples = globSync(join(root, "docs/examples/*.ts")).sort()
  const fits = (file: string) => specifiers(file).every((specifier) => isInstalled(project, specifier))
  const names = (files: ReadonlyArray<string>) => files.map((file) => basename(file))
  const write = async (name: string, text: string) => {
    const { code } = await transform(text, { loader: "ts", format: "esm", target: "node22" })
    writeFileSync(join(project.directory, name), text)
    writeFileSync(join(project.directory, compiled(name)), code)
  }
  const chart = modules.filter((specifier) => specifier.startsWith("@pbx-auth/machine/"))
  await write("Modules.ts", importsOf(modules))
  await write("Chart.ts", importsOf(chart))
  for (const file of [...programs, ...examples.filter(fits)]) await write(basename(file), readFileSync(file, "utf8"))
  return {
    modules: ["Modules.ts"],
    chart: ["Chart.ts"],
    programs: names(programs),
    examples: names(examples.filter(fits)),
    leftOut: names(examples.filter((file) => !fits(file))),
  }
}

const importsOf = (modules: ReadonlyArray<string>): string => {
  const imports = modules.map((specifier, at) => `import * as m${at} from "${specifier}"`)
  const entries = modules.map((specifier, at) => `  "${specifier}": m${at},`)
  return `${imports.join("\n")}\n\nexport const modules = {\n${entries.join("\n")}\n}\n`
}

const compiled = (name: string) => name.replace(/\.ts$/, ".js")

/** Imports every module; gives how many there were. */
export const importAll = async (node: string, project: Project): Promise<number> => {
  const program =
    'const { modules } = await import("./Modules.js"); process.stdout.write(String(Object.keys(modules).length))'
  const { stdout } = await must(node, ["--input-type=module", "-e", program], {
    cwd: project.directory,
    within: 60_000,
  })
  return Number(stdout)
}

/** Runs a program of a project with an emulator of its own beside it, and tells it the emulator's origin. */
export const run = async (node: string, project: Project, program: string): Promise<void> => {
  await using emulated = await Emulated.start(node, project)
  const { origin } = emulated
  await must(node, [compiled(program)], { cwd: project.directory, env: { PBX_AUTH_ADDRESS: origin }, within: 60_000 })
}
