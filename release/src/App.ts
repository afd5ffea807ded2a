/** An app for a browser around one of our bundles, built by a given bundler from what npm installed. */
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { build as esbuild, transformSync } from "esbuild"
import { must } from "./Command.ts"
import * as Emulated from "./Emulated.ts"
import type { Project } from "./Project.ts"
import type { Ours } from "./Weighed.ts"
import { root } from "./Workspace.ts"

export interface Built {
  /** Relative to the project. */
  readonly file: string
  readonly gzip: number
}

const name = (entry: string) => entry.replace(/\.ts$/, "")

/** Writes the app's sources into its project. */
export const setOut = (project: Project, entry: string): void => {
  const directory = join(project.directory, name(entry))
  mkdirSync(directory, { recursive: true })
  copyFileSync(join(root, "release/bundles", entry), join(project.directory, entry))
  writeFileSync(
    join(directory, "app.ts"),
    `import * as bundled from "../${entry}"\nObject.assign(globalThis, { bundled })\n`,
  )
  writeFileSync(join(directory, "index.html"), `<!doctype html>\n<script type="module" src="app.ts"></script>\n`)
  const runner = readFileSync(join(root, "release/consumer/browser/Bundled.ts"), "utf8")
  writeFileSync(join(project.directory, "Bundled.js"), transformSync(runner, { loader: "ts", format: "esm" }).code)
  // The preloading code would look for a document, and there is none where the app is run here.
  const config = { base: "./", build: { modulePreload: { polyfill: false }, emptyOutDir: true } }
  writeFileSync(join(directory, "vite.config.js"), `export default ${JSON.stringify(config)}\n`)
}

/** With the `esbuild` of this workspace. */
export const withEsbuild = async (project: Project, entry: string): Promise<Built> => {
  const file = join(name(entry), "esbuild.js")
  await esbuild({
    entryPoints: [join(name(entry), "app.ts")],
    absWorkingDir: project.directory,
    outfile: file,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
  })
  return { file, gzip: gzipSync(readFileSync(join(project.directory, file)), { level: 9 }).length }
}

/** With the Vite that npm installed. */
export const withVite = async (project: Project, entry: string): Promise<Built> => {
  const { stderr, stdout } = await must("node", [project.program("vite/bin/vite.js"), "build", name(entry)], {
    cwd: project.directory,
    within: 120_000,
  })
  const complaint = /externalized for browser compatibility|\(!\)|warning/i.exec(stdout + stderr)
  if (complaint !== null) throw new Error(`${stdout}${stderr}`)
  const files = globSync(`${name(entry)}/dist/assets/*.js`, { cwd: project.directory })
  const [file] = files
  if (file === undefined || files.length > 1) throw new Error(`Vite wrote ${files.join(", ") || "nothing"}`)
  return { file, gzip: gzipSync(readFileSync(join(project.directory, file)), { level: 9 }).length }
}

/** Runs what was built, in a Node, with an emulator from another project beside it. */
export const run = async (
  node: string,
  app: Project,
  { file }: Built,
  emulator: Project,
  { account = ["111@abc-company", "1234"], vendor }: Pick<Ours, "account" | "vendor"> = {},
): Promise<void> => {
  await using emulated = await Emulated.start(node, emulator, vendor)
  await must(node, ["Bundled.js"], {
    cwd: app.directory,
    env: { BUNDLED: join(app.directory, file), ACCOUNT: JSON.stringify([emulated.origin, ...account]) },
    within: 60_000,
  })
}
