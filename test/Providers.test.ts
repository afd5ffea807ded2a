/**
 * A provider is one file. Every list of providers follows from the values, and no other code spells a vendor's id.
 *
 * Reliability's rows, the playground and the emulator's first platforms are about certain vendors, as tests and examples are. They
 * may name them.
 */
import { globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { expect, it } from "vitest"
import { providers } from "../packages/providers/src/Catalog.ts"
import * as Lists from "../scripts/providers.ts"
import { root } from "./Imports.ts"

const ids = Object.keys(providers)

it("there are providers, each by its own id", () => {
  expect(ids.length).toBeGreaterThanOrEqual(12)
  expect(ids).toHaveLength(Lists.modules().length)
  for (const id of ids) expect(providers[id]?.id).toBe(id)
})

it("every list of providers is what follows from the values (else run: npm run providers -- --write)", async () => {
  expect((await Lists.outdated()).map(({ file }) => file.pathname)).toEqual([])
})

/** Code without its comments, with the line ends in their places. */
const withoutComments = (code: string): string =>
  code.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, "")).replace(/^\s*\/\/.*$/gm, "")

/** A whole literal, or the key of an object. */
const spelt = new RegExp(`(["'\`])(?:${ids.join("|")})\\1|^\\s*(?:${ids.join("|")}):`)

const own = new Set(Lists.modules().map((name) => `packages/providers/src/${name}.ts`))

/** The places in some code where an id is spelt. */
const placesIn = (file: string, code: string): ReadonlyArray<string> =>
  withoutComments(code)
    .split("\n")
    .flatMap((line, at) => (spelt.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : []))

it("a place where an id is spelt is found", () => {
  expect(placesIn("a.ts", '/* "zoom" */\nconst a = "zoom"\n  ipex: 1,\n// "ipex"\nconst b = `8x8`')).toHaveLength(3)
})

it("no vendor's id is spelt outside of its own files", () => {
  const files = ["packages/*/src/**/*.{ts,tsx}", "release/src/**/*.ts", "bench/src/**/*.ts", "scripts/*.{ts,mjs}"]
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !own.has(file) && !file.startsWith("packages/emulator/"))
  expect(files.length).toBeGreaterThan(200)
  expect(files.map((file) => basename(file))).toContain("ProviderTable.ts")
  expect(files.flatMap((file) => placesIn(file, readFileSync(join(root, file), "utf8")))).toEqual([])
})
