/**
 * What a screen takes home with the chart and its view: XState and this package, nothing else.
 */
import { gzipSync } from "node:zlib"
import { build } from "esbuild"
import { expect, it } from "vitest"

const bundle = async (source: string) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, sourcefile: "screen.ts", loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    metafile: true,
    write: false,
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error("esbuild wrote nothing")
  const packages = Object.keys(metafile.inputs)
    .filter((path) => !path.endsWith("screen.ts"))
    .map((path) => (path.includes("node_modules") ? /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] : path))
    .map((path) => (path?.includes("/src/") ? path.slice(path.indexOf("src/")) : path))
  return {
    packages: [...new Set(packages)].sort(),
    external: Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external)),
    gzip: gzipSync(output.contents, { level: 9 }).length,
  }
}

it("the machine and its view are XState and the files of this package", async () => {
  const { packages, external, gzip } = await bundle(`
    export { createActor } from "xstate"
    export { sessionMachine } from "@pbx-auth/machine/SessionMachine"
    export { SessionView } from "@pbx-auth/machine/SessionView"
    export { commandsOf } from "@pbx-auth/machine/SessionCommand"
  `)
  expect(packages).toEqual([
    "src/Renewal.ts",
    "src/SessionCommand.ts",
    "src/SessionContext.ts",
    "src/SessionGuards.ts",
    "src/SessionMachine.ts",
    "src/SessionStates.ts",
    "src/SessionView.ts",
    "src/SessionVocabulary.ts",
    "xstate",
  ])
  expect(external, "and nothing is left to be found at run time").toEqual([])
  expect(gzip, "bytes of a screen's bundle").toBeLessThanOrEqual(17_600)
})

it("the view alone needs no XState: a page that is sent snapshots takes the words only", async () => {
  const { packages } = await bundle(`export { SessionView } from "@pbx-auth/machine/SessionView"`)
  expect(packages).toEqual(["src/Renewal.ts", "src/SessionContext.ts", "src/SessionStates.ts", "src/SessionView.ts"])
})

it("a screen of a session on a server needs no XState either", async () => {
  const { packages, external, gzip } = await bundle(`
    export { openRemote } from "@pbx-auth/machine/RemoteSession"
    export { SessionView } from "@pbx-auth/machine/SessionView"
  `)
  expect(packages).toEqual([
    "src/RemoteSession.ts",
    "src/Renewal.ts",
    "src/SessionContext.ts",
    "src/SessionStates.ts",
    "src/SessionView.ts",
  ])
  expect(external).toEqual([])
  expect(gzip, "bytes of a screen's bundle").toBeLessThanOrEqual(3_200)
})
