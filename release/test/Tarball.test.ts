/** Which modules of a packed package can be imported. */
import { expect, it } from "vitest"
import { importable } from "../src/Tarball.ts"

const files = ["Session", "testing/TokenStoreTest", "internal/Slot", "bin"].flatMap((name) => [
  `dist/${name}.js`,
  `dist/${name}.d.ts`,
  `dist/${name}.js.map`,
])

it("follows the exports map, and keeps shut what the map shuts", () => {
  const built = { types: "./dist/*.d.ts", default: "./dist/*.js" }
  const exports = {
    "./*": built,
    "./fixtures/*": "./fixtures/*",
    "./internal/*": null,
    "./bin": null,
    "./package.json": "./package.json",
  }
  const manifest = { name: "@pbx-auth/example", version: "0.0.0", exports }
  const tarball = { id: "example", manifest, file: "", files: [...files, "fixtures/page.json"], bytes: 0 }
  expect(importable(tarball)).toEqual(["@pbx-auth/example/Session", "@pbx-auth/example/testing/TokenStoreTest"])
})
