/** The emulator in a browser's tab: what it weighs, and that it needs nothing of Node. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import * as Bundle from "../src/Bundle.ts"
import { root } from "../src/Workspace.ts"

const bundle = Bundle.bundle("OpenEmulator.ts", join(root, "packages/emulator/src/emulator"))

it("bundles for a browser, without Node and without a server", async () => {
  const { external, gzip, modules } = await bundle
  expect(external).toEqual([])
  expect([...modules.keys()].filter((name) => /platform-node|HttpServer|^effect\/testing|Stream$/.test(name))).toEqual(
    [],
  )
  expect(gzip).toBeLessThanOrEqual(57_000)
})

it("asks for @effect/platform-node only where there is a server", () => {
  const manifest = JSON.parse(readFileSync(join(root, "packages/emulator/package.json"), "utf8"))
  expect(manifest.dependencies).toBeUndefined()
  expect(manifest.peerDependencies).toHaveProperty("@effect/platform-node")
  expect(manifest.peerDependenciesMeta).toEqual({ "@effect/platform-node": { optional: true } })
})
