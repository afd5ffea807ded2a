/**
 * A package outside the workspace, with a provider of its own (`release/outside`): copied into an empty folder, with our packages from their
 * tarballs beside it, type-checked and tested there.
 */
import { cpSync, globSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { isAbsolute, join, sep } from "node:path"
import { run } from "./Command.ts"
import * as Project from "./Project.ts"
import type { Tarball } from "./Tarball.ts"
import { readManifest, root } from "./Workspace.ts"

const source = join(root, "release/outside")

/** Copies the package, and installs what its manifest names: ours from the tarballs, the others as pinned. */
export const install = async (directory: string, tarballs: ReadonlyArray<Tarball>): Promise<Project.Project> => {
  const { dependencies = {}, devDependencies = {} } = readManifest(join(source, "package.json"))
  const named = Object.entries({ ...dependencies, ...devDependencies })
  const ours = named.flatMap(([name]) => (name.startsWith("@pbx-auth/") ? [name] : []))
  const others = named.filter(([name]) => !ours.includes(name))
  const project = await Project.make(directory, Object.fromEntries(others), Project.withNeeds(tarballs, ...ours))
  for (const name of ["fixtures", "src", "test", "tsconfig.json"]) {
    cpSync(join(source, name), join(directory, name), { recursive: true })
  }
  return project
}

/** The files that are not within a folder. */
export const strangers = (directory: string, files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const within = `${realpathSync(directory)}${sep}`
  return files.filter((file) => !realpathSync(file).startsWith(within))
}

/** Compiles it. Throws if a file that took part is not the project's own. Gives how many did. */
export const compile = async (node: string, { directory, program }: Project.Project): Promise<number> => {
  const { code, stdout } = await run(node, [program("typescript/bin/tsc"), "--noEmit", "--listFiles"], {
    cwd: directory,
  })
  const lines = stdout.trim().split("\n")
  const files = lines.filter((line) => isAbsolute(line))
  if (code !== 0) throw new Error(lines.filter((line) => !files.includes(line)).join("\n"))
  const others = strangers(directory, [...files, ...globSync(join(directory, "node_modules/@pbx-auth/*"))])
  if (others.length > 0) throw new Error(`not of this package: ${others.join(", ")}`)
  return files.length
}

/** What its own tests said. */
export interface Tested {
  readonly passed: number
  /** By name. */
  readonly failed: ReadonlyArray<string>
}

/** Runs its tests. */
export const test = async (node: string, { directory, program }: Project.Project): Promise<Tested> => {
  const args = [program("vitest/vitest.mjs"), "run", "--reporter=json", "--outputFile=results.json"]
  const { code, stderr, stdout } = await run(node, args, { cwd: directory, within: 300_000 })
  const file = globSync(join(directory, "results.json"))[0]
  if (file === undefined) throw new Error(`vitest ended with ${code}\n${stdout}${stderr}`)
  const { numPassedTests, testResults } = JSON.parse(readFileSync(file, "utf8")) as Results
  const failed = testResults.flatMap(({ assertionResults, message, name, status }) => {
    const tests = assertionResults.filter((one) => one.status === "failed")
    if (tests.length > 0) return tests.map(({ failureMessages, fullName }) => `${fullName}: ${failureMessages[0]}`)
    return status === "failed" ? [`${name}: ${message}`] : []
  })
  if (code !== 0 && failed.length === 0) failed.push(`vitest ended with ${code}\n${stdout}${stderr}`)
  return { passed: numPassedTests, failed }
}

interface Results {
  readonly numPassedTests: number
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string
      readonly status: string
      readonly failureMessages: ReadonlyArray<string>
    }>
  }>
}

/**
 * Mistakes in the provider's file, each of which its tests or its types must find. Without them nobody knew whether those can fail.
 */
export const mistakes: ReadonlyArray<{
  readonly name: string
  readonly right: string
  readonly wrong: string
  readonly foundBy: "compile" | "test"
}> = [
  { name: "tenants that share a key", right: "identifies: true", wrong: "identifies: false", foundBy: "test" },
  { name: "an undeclared code", right: 'codes: ["ACME-1017", "ACME-1031"]', wrong: "codes: []", foundBy: "test" },
  { name: "another field", right: '["username", username]', wrong: '["user", username]', foundBy: "test" },
  { name: "another capability", right: '["revoke"]', wrong: '["revoke", "inspect"]', foundBy: "compile" },
]

/** Whether a mistake is found. */
export const finds = async (
  node: string,
  project: Project.Project,
  { foundBy, name, right, wrong }: (typeof mistakes)[number],
): Promise<void> => {
  const file = join(project.directory, "src/Acme.ts")
  const text = readFileSync(file, "utf8")
  if (!text.includes(right)) throw new Error(`${right} is not in ${file}`)
  writeFileSync(file, text.replace(right, wrong))
  try {
    const isFound =
      foundBy === "test"
        ? (await test(node, project)).failed.length > 0
        : (await run(node, [project.program("typescript/bin/tsc"), "--noEmit"], { cwd: project.directory })).code !== 0
    if (!isFound) throw new Error(`nothing found this mistake: ${name}`)
  } finally {
    writeFileSync(file, text)
  }
}
