/**
 * A provider is one file. Every list of providers follows from the values, and no other code spells a vendor's id.
 *
 * The packages' own tests may: they try what a certain vendor's wire says. Everything else names that vendor's module.
 */
import { globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { expect, it } from "vitest"
import { defaultWorld } from "../packages/emulator/src/World.ts"
import { providers } from "../packages/providers/src/Catalog.ts"
import * as Lists from "../scripts/providers.ts"
import { root } from "./Imports.ts"
import { spelt } from "./Spelt.ts"

const ids = Object.keys(providers)

it("there are providers, each by its own id", () => {
  expect(ids.length).toBeGreaterThanOrEqual(12)
  expect(ids).toHaveLength(Lists.modules().length)
  for (const id of ids) expect(providers[id]?.id).toBe(id)
})

it("every list of providers is what follows from the values (else run: npm run providers -- --write)", async () => {
  expect((await Lists.outdated()).map(({ file }) => file.pathname)).toEqual([])
})

const mentions = new RegExp(ids.join("|"))
const words = new Set(ids)
/** The emulated world has fields of these names: `world: { ipex: { lifetime: 60 } }`. */
const fields = new Set(Object.keys(defaultWorld))

/** The places in some code where an id is spelt. */
const placesIn = (file: string, code: string): ReadonlyArray<string> =>
  (mentions.test(code) ? spelt(file, code, words) : [])
    .filter(({ isKey, word }) => !(isKey && fields.has(word)))
    .map(({ line, word }) => `${file}:${line}: ${word}`)

it("a place where an id is spelt is found: a text, a key, a type, and nothing else", () => {
  const code = [
    '/* "zoom" */ const a = "zoom"',
    "const table = { zoom: 1, ipex: 2, [zoom]: 3, '3cx': 4 }",
    'type Id = "8x8" | Other["ipex"]',
    "const b = `ringcentral` // yeastar",
    'const c = world.ipex + "?provider=ipex" + `a zoom` + zoom.zoom',
    "interface Of { readonly yeastar: string }",
  ].join("\n")
  expect(placesIn("a.ts", code)).toEqual([
    "a.ts:1: zoom",
    ...["a.ts:2: zoom", "a.ts:2: 3cx"],
    ...["a.ts:3: 8x8", "a.ts:3: ipex"],
    "a.ts:4: ringcentral",
    "a.ts:6: yeastar",
  ])
})

/** A vendor's own files are named after its value's: `Ipex.ts`, `IpexWorld.ts`, and its witness. */
const isOwn = (file: string) =>
  /^packages\/(providers|session|emulator)\/src\//.test(file) &&
  Lists.modules().some((name) => basename(file).startsWith(name))

/** Where an id has to stand, with the reason. */
const excused: Readonly<Record<string, ReadonlyArray<string>>> = {
  // The playground draws before it loads a provider. A test compares these with the values.
  "docs/playground/Provider.ts": ["skyswitch", "landstar", "ipex", "sangoma-cx"],
  // The name of an example's file.
  "docs/site/Play.ts": ["sangoma-cx"],
}

it("no vendor's id is spelt outside of its own files", () => {
  const everywhere = "{docs,reliability,browser,servers,bench,release,scripts,test}/**/*.{ts,tsx,mjs}"
  const files = globSync(["packages/*/src/**/*.{ts,tsx}", everywhere], {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist|\.\w+)$/.test(path),
  })
  expect(files.length).toBeGreaterThan(600)
  for (const folder of [
    "packages/emulator/src/",
    "docs/playground/",
    "reliability/src/",
    "bench/src/",
    "browser/src/",
  ]) {
    expect(files.filter((file) => file.startsWith(folder)).length, folder).toBeGreaterThan(5)
  }
  const places = files
    .filter((file) => !isOwn(file) && file !== "test/Providers.test.ts")
    .flatMap((file) => placesIn(file, readFileSync(join(root, file), "utf8")))
  const found = Object.entries(excused).flatMap(([file, words]) => words.map((word) => `${file}: ${word}`))
  expect(places.map((place) => place.replace(/:\d+: /, ": ")).sort()).toEqual(found.sort())
})
