/** @module-tag slow */
import { execFile } from "node:child_process"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

// TypeScript 7 has no JavaScript API yet. So tstyche gets the last version that has one, and need not fetch any.
const env = { ...process.env, NO_COLOR: "1", TSTYCHE_TYPESCRIPT_MODULE: import.meta.resolve("typescript-api") }

it("holds the type tests of all rooms", async () => {
  const tstyche = fileURLToPath(import.meta.resolve("tstyche/package.json").replace("package.json", "dist/bin.js"))
  const { stdout } = await promisify(execFile)(process.execPath, [tstyche], { cwd: root, env }).catch(
    (failed) => failed,
  )
  expect(stdout).toMatch(/Assertions:\s+\d+ passed, \d+ total/)
  expect(stdout).not.toMatch(/failed/)
}, 120_000)
