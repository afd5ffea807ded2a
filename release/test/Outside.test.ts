/** The package outside the workspace stays outside, and its versions are the workspace's. `npm run outside` runs it. */
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { importsIn } from "../../test/Imports.ts"
import * as Outside from "../src/Outside.ts"
import { packages, readManifest, root } from "../src/Workspace.ts"

const read = (file: string) => readFileSync(join(root, "release/outside", file), "utf8")
const { dependencies = {}, devDependencies = {} } = readManifest(join(root, "release/outside/package.json"))
const named = { ...dependencies, ...devDependencies }

it("is no member of the workspace", () => {
  const [, members = ""] =
    /^packages:\n((?: {2}- .*\n)+)/.exec(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")) ?? []
  const patterns = members
    .trim()
    .split("\n")
    .map((line) => line.replace(/^\s*- /, ""))
  expect(patterns).toContain("release")
  const folders = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }))
  expect(folders.filter((folder) => folder.includes("outside"))).toEqual([])
})

it("names each version: ours as they are, and the others as the workspace has them installed", () => {
  const installed = (name: string) =>
    globSync(`{,release/,packages/*/}node_modules/${name}/package.json`, { cwd: root }).map(
      (file) => readManifest(join(root, file)).version,
    )
  for (const [name, version] of Object.entries(named)) {
    const ours = packages.find(({ manifest }) => manifest.name === name)
    if (ours) expect([name, version]).toEqual([name, `^${ours.manifest.version}`])
    else expect(new Set(installed(name)), name).toEqual(new Set([version]))
  }
})

it("has a witness that knows nothing of the client", () => {
  const specifiers = importsIn("AcmeWitness.ts", read("src/AcmeWitness.ts")).map(({ specifier }) => specifier)
  expect(specifiers.length).toBeGreaterThan(3)
  expect(specifiers.filter((name) => !/^(@pbx-auth\/emulator|effect)\/./.test(name))).toEqual([])
})

it("imports what its manifest names, and nothing of the repository by a path", () => {
  const files = globSync("{src,test}/**/*.ts", { cwd: join(root, "release/outside") })
  const specifiers = files.flatMap((file) => importsIn(file, read(file)).map(({ specifier }) => specifier))
  const foreign = specifiers.filter((name) => !/^(node:|\.\/|\.\.\/(src|fixtures)\/)/.test(name))
  expect(foreign.map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0]).filter((name = "") => !(name in named))).toEqual([])
})

it("a file from elsewhere is noticed, also behind a link", () => {
  const folder = mkdtempSync(join(tmpdir(), "pbx-auth-outside-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  symlinkSync(join(root, "packages/session"), join(folder, "session"))
  writeFileSync(join(folder, "own.ts"), "")
  const [own, linked] = [join(folder, "own.ts"), join(folder, "session/src/Session.ts")]
  expect(Outside.strangers(folder, [own, linked, join(root, "package.json")])).toEqual([
    linked,
    join(root, "package.json"),
  ])
})
