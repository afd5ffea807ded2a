/**
 * `check [--keep]`: builds and packs every package, and uses the tarballs as a user would, in empty folders outside the workspace:
 * with the oldest Node that they run on and with Node 24, with Vite and esbuild, under three compilers. Prints what was checked;
 * exits with 1 if something did not hold. With `--keep` the folders stay, so that you can look at them.
 */
import { rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as App from "./src/App.ts"
import * as Bundle from "./src/Bundle.ts"
import { must } from "./src/Command.ts"
import * as Declarations from "./src/Declarations.ts"
import { complaints } from "./src/Manifests.ts"
import * as Outside from "./src/Outside.ts"
import * as Programs from "./src/Programs.ts"
import * as Project from "./src/Project.ts"
import * as Report from "./src/Report.ts"
import * as Start from "./src/Start.ts"
import * as Table from "./src/Table.ts"
import { importable, pack } from "./src/Tarball.ts"
import { newest, nodes, surroundings, typescripts, vite } from "./src/Toolchain.ts"
import { ours } from "./src/Weighed.ts"
import { readManifest, root } from "./src/Workspace.ts"

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } })

const away = await mkdtemp(join(tmpdir(), "pbx-auth-release-"))
process.once("exit", () => {
  if (values.keep) Table.print(`kept: ${away}`)
  else rmSync(away, { recursive: true, force: true })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130))

const begun = performance.now()
await must("node", [join(root, "release/build.ts")], { cwd: root, shown: true })
const tarballs = await pack(join(away, "tarballs"))
const modules = tarballs.flatMap(importable)

const { devDependencies: tools = {} } = readManifest(join(root, "package.json"))
const isCommand = ({ manifest }: (typeof tarballs)[number]) => manifest.bin !== undefined
const libraries = tarballs.filter((tarball) => !isCommand(tarball))
const commands = tarballs.filter(isCommand)

const report = Report.make()
const { check } = report
const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`

// --- what a user installs ---------------------------------------------------------------------------------------------

const installed = new Map<string, Project.Project>()
const install = (name: string, dependencies: Readonly<Record<string, string>>, packed: typeof tarballs = []) =>
  check("npm install", name, async () => {
    installed.set(name, await Project.make(join(away, name), dependencies, packed))
    return [...Object.entries(dependencies).map((one) => one.join(" ")), ...packed.map(({ id }) => `${id}.tgz`)].join(
      ", ",
    )
  })
const project = (name: string): Project.Project => {
  const found = installed.get(name)
  if (found === undefined) throw new Error(`${name} could not be installed`)
  return found
}
const nodeOf = (version: string) => project(`node-${version}`).program("node/bin/node")

await Promise.all([
  ...nodes.map((version) => install(`node-${version}`, { node: version })),
  ...typescripts.map((version) => install(`typescript-${version}`, { typescript: version })),
  install("libraries", { ...Project.peersOf(libraries), "@types/node": tools["@types/node"] ?? "*" }, libraries),
  install("command line", {}, commands),
  ...ours.map(({ entry, packages }) => {
    const needed = Project.withNeeds(tarballs, ...packages)
    return install(entry, { ...Project.peersOf(needed), vite }, needed)
  }),
])
const programs = await Programs.setOut(project("libraries"), modules)
for (const { entry } of ours) App.setOut(project(entry), entry)

const lines: Array<Promise<void>> = [
  ...tarballs.map((tarball) =>
    check("publint, types, manifest", tarball.manifest.name, async () => {
      const found = await complaints(tarball)
      if (found.length > 0) throw new Error(found.join("\n"))
      return `${tarball.files.length} files, ${importable(tarball).length} modules, ${kB(tarball.bytes)}`
    }),
  ),
  check("one copy of each peer", "libraries", async () => {
    const names = Object.keys(Project.peersOf(libraries))
    const { copiesOf, versionOf } = project("libraries")
    const many = names.filter((name) => copiesOf(name) !== 1)
    if (many.length > 0) throw new Error(many.map((name) => `${name}: ${copiesOf(name)} copies`).join(", "))
    return (await Promise.all(names.map(async (name) => `${name} ${await versionOf(name)}`))).join(", ")
  }),
  check("the machine brings no effect", "Screen.ts", async () => {
    const copies = project("Screen.ts").copiesOf("effect")
    if (copies > 0) throw new Error(`${copies} copies of effect`)
    return "none"
  }),
]

// --- a provider of its own ------------------------------------------------------------------------------------------------

// One after the other: they share the folder, and each mistake changes a file in it.
lines.push(
  check("a package outside, with its own provider", "release/outside", async () => {
    const outside = await Outside.install(join(away, "acme-voice"), tarballs)
    const files = await Outside.compile(nodeOf(newest), outside)
    const found = []
    for (const version of nodes) {
      const { failed, passed } = await Outside.test(nodeOf(version), outside)
      if (failed.length > 0 || passed === 0) throw new Error(failed.join("\n") || "no test ran")
      found.push(`${passed} passed with Node ${version}`)
    }
    for (const mistake of Outside.mistakes) await Outside.finds(nodeOf(newest), outside, mistake)
    return `${files} files compiled, ${found.join(", ")}, ${Outside.mistakes.length} mistakes found`
  }),
)

// --- Node -----------------------------------------------------------------------------------------------------------------

for (const version of nodes) {
  const where = `Node ${version}`
  lines.push(
    check("import every module", where, async () => {
      const count = await Programs.importAll(nodeOf(version), project("libraries"))
      if (count !== modules.length) throw new Error(`${count} of ${modules.length}`)
      const { stdout } = await must(nodeOf(version), ["--version"], { cwd: away })
      return `${count} modules, ${stdout.trim()}`
    }),
    check("run a program per package", where, async () => {
      for (const program of programs.programs) await Programs.run(nodeOf(version), project("libraries"), program)
      return programs.programs.join(", ")
    }),
    check("run the documentation's examples", where, async () => {
      for (const program of programs.examples) await Programs.run(nodeOf(version), project("libraries"), program)
      const rest = programs.leftOut.length === 0 ? "" : `; not here: ${programs.leftOut.join(", ")}`
      return `${programs.examples.length} examples${rest}`
    }),
    check("pbx-auth tour", where, async () => {
      const { directory, program } = project("command line")
      const { stdout } = await must(nodeOf(version), [program(".bin/pbx-auth"), "tour"], { cwd: directory })
      return stdout.trim().split("\n").at(-1)?.trim() ?? ""
    }),
  )
}

// --- compilers ------------------------------------------------------------------------------------------------------------

for (const version of typescripts) {
  for (const { excused, files, name, options, shows } of surroundings) {
    lines.push(
      check("strict types", `TypeScript ${version}, ${shows}`, async () => {
        const compiler = project(`typescript-${version}`)
        const all = files === "programs" ? [...programs.modules, ...programs.programs] : programs[files]
        const verdict = await Declarations.check(compiler, project("libraries"), `${name}-${version}`, options, all)
        if (verdict.ours.length > 0) throw new Error(verdict.ours.join("\n"))
        const inexcusable = [...verdict.others.keys()].filter((owner) => !excused.some((name) => name === owner))
        if (inexcusable.length > 0) throw new Error(`errors in ${inexcusable.join(", ")}`)
        const aside = [...verdict.others].map(([owner, count]) => `, ${count} in ${owner}'s`).join("")
        return `${await compiler.versionOf("typescript")}: none in ${verdict.declarations} declarations of ours${aside}`
      }),
    )
  }
}

// --- browsers -------------------------------------------------------------------------------------------------------------

for (const { account, budget, ceiling, entry, mustNotAppear, shows, vendor } of ours) {
  const builders = { esbuild: App.withEsbuild, Vite: App.withVite }
  lines.push(
    check("weight and contents", shows, async () => {
      const bundle = await Bundle.bundle(entry, project(entry).directory)
      const unwanted = Bundle.findUnwanted(bundle, mustNotAppear)
      if (unwanted.length > 0) throw new Error(`must not be in it: ${unwanted.join(", ")}`)
      if (bundle.gzip > ceiling) throw new Error(`${kB(bundle.gzip)}, and ${kB(ceiling)} is the ceiling`)
      const over = bundle.gzip > budget ? `, ${kB(bundle.gzip - budget)} over its budget` : ""
      return `${kB(bundle.gzip)} gzip, at most ${kB(ceiling)}${over}`
    }),
    ...Object.entries(builders).map(([name, build]) =>
      check(`an app by ${name}, and run it`, shows, async () => {
        const built = await build(project(entry), entry)
        await App.run(nodeOf(newest), project(entry), built, project("libraries"), { account, vendor })
        return `${kB(built.gzip)} gzip`
      }),
    ),
  )
}

await Promise.all(lines)

// By itself, at the end: a time that is taken beside compilers says nothing.
for (const version of nodes) {
  await check("start of pbx-auth over a bare Node", `Node ${version}`, async () => {
    const { directory, program } = project("command line")
    const { bare, over } = await Start.measure(nodeOf(version), program(".bin/pbx-auth"), directory)
    const found = [...over].map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`).join(", ")
    const slowest = Math.max(...over.values())
    const verdict = slowest <= Start.BUDGET ? "" : `, MISSED by ${(slowest - Start.BUDGET).toFixed(0)} ms`
    return `${found}; a bare Node ${bare.toFixed(0)} ms; budget ${Start.BUDGET} ms each${verdict}`
  })
}

Report.print(report)
Table.print(`${((performance.now() - begun) / 1000).toFixed(0)} s`)
if (report.lines.some(({ failure }) => failure !== undefined)) process.exitCode = 1
