/**
 * The machine's wall is the compiler: what its tsconfig does not name, the chart cannot name.
 *
 * @module-tag slow
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, expect, it } from "vitest"
import { root } from "./Imports.ts"

const config = join(root, "packages/machine/tsconfig.json")

it("the machine's tsconfig names the language alone", () => {
  const withoutComments = readFileSync(config, "utf8").replace(/^\s*\/\/.*$/gm, "")
  expect(JSON.parse(withoutComments)).toMatchObject({
    compilerOptions: { lib: ["ES2022"], types: [] },
    include: ["src"],
  })
})

const room = mkdtempSync(join(tmpdir(), "wall-"))
afterAll(() => rmSync(room, { recursive: true }))

const compile = async (source: string): Promise<string> => {
  writeFileSync(join(room, "Guest.mts"), source)
  writeFileSync(join(room, "tsconfig.json"), JSON.stringify({ extends: config, include: ["Guest.mts"] }))
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", room]).catch((failed) => failed)
  return stdout
}

it.each([
  ["a timer", "export const guest = () => setTimeout(() => {}, 1)", "setTimeout"],
  ["the network", `export const guest = () => fetch("https://example.test")`, "fetch"],
  ["the process", "export const guest = () => process.env", "process"],
  ["the screen", "export const guest = () => document.title", "document"],
  ["a console", `export const guest = () => console.log("")`, "console"],
  ["Node", `export { readFileSync } from "node:fs"`, "node:fs"],
])("it keeps out %s", async (_, source, name) => {
  expect(await compile(source)).toMatch(new RegExp(`error TS\\d+: Cannot find (name|module) '${name}'`))
})

it("it lets in the language", async () => {
  expect(await compile("export const guest = [1, 2].at(-1)")).toBe("")
})
