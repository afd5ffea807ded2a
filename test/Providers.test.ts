/**
 * A provider is one file. Every list of providers follows from the values, and no other code spells a vendor's id.
 *
 * The packages' own tests may: they try what a certain vendor's wire says. Everything else names that vendor's module. Pages are prose.
 */
import { globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { expect, it } from "vitest"
import { defaultWorld } from "../packages/emulator/src/world/World.ts"
import { families, providers } from "../packages/providers/src/vendors/Catalog.ts"
import * as Lists from "../scripts/providers.ts"
import { importsOf, root, sources, target } from "./Imports.ts"
import { type Spelt, spelt } from "./Spelt.ts"

const ids = Object.keys(providers)

it("there are providers, each by its own id", () => {
  expect(ids.length).toBeGreaterThanOrEqual(12)
  expect(families).toHaveLength(Lists.modules().length)
  expect(ids).toEqual(families.flat().map(({ id }) => id))
  for (const id of ids) expect(providers[id]?.id).toBe(id)
})

it("every list of providers is what follows from the values (else run: npm run providers -- --write)", async () => {
  expect((await Lists.outdated()).map(({ file }) => file.pathname)).toEqual([])
})

const mentions = new RegExp(ids.join("|"))
const words = new Set(ids)
/** The emulated world has fields of these names: `world: { ipex: { lifetime: 60 } }`. */
const fields = new Set(Object.keys(defaultWorld))

/** A command line in the help of the command is prose: it shows what a user types. */
const isTyped = ({ text }: Spelt) => /^(PBX_AUTH_\w+=\S+ )?pbx-auth /.test(text)

/** The places in some code where an id is spelt. */
const placesIn = (file: string, code: string): ReadonlyArray<string> =>
  (mentions.test(code) ? spelt(file, code, words) : [])
    .filter((one) => !(one.isKey && fields.has(one.word)) && !isTyped(one))
    .map(({ line, word }) => `${file}:${line}: ${word}`)

it("a place where an id is spelt is found: in a text, a pattern, a key, a type, and nothing else", () => {
  const code = [
    '/* "zoom" */ const a = "zoom"',
    "const table = { zoom: 1, ipex: 2, [zoom]: 3, '3cx': 4 }",
    'type Id = "8x8" | Other["ipex"]',
    "const b = `ringcentral` // yeastar",
    'const c = world.ipex + "?provider=ipex" + `a zoom` + zoom.zoom',
    "interface Of { readonly yeastar: string }",
    'import d from "./ipex/d.json"; const e = "ipex-password" + "pbx.skyswitch.com" + "sangoma-cx.ts" + "pbx-auth token zoom"',
    'const f = /provider="ipex"/ + `of a, landstar.`',
  ].join("\n")
  expect(placesIn("a.ts", code)).toEqual([
    "a.ts:1: zoom",
    ...["a.ts:2: zoom", "a.ts:2: 3cx"],
    ...["a.ts:3: 8x8", "a.ts:3: ipex"],
    "a.ts:4: ringcentral",
    ...["a.ts:5: ipex", "a.ts:5: zoom"],
    "a.ts:6: yeastar",
    ...["a.ts:8: ipex", "a.ts:8: landstar"],
  ])
  expect(placesIn("b.tsx", "const g = <p>by zoom</p>")).toEqual(["b.tsx:1: zoom"])
})

/** A vendor's own files are named after its value's: `Ipex.ts`, `IpexWorld.ts`, and its witness. */
const isOwn = (file: string) =>
  /^packages\/(providers|session|emulator)\/src\//.test(file) &&
  Lists.modules().some((name) => basename(file).startsWith(name))

it("no vendor's id is spelt outside of its own files", async () => {
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
  // A list that follows from the values is compared with them above.
  const lists = new Set(await Lists.listFiles())
  const places = files
    .filter((file) => !isOwn(file) && !lists.has(file) && file !== "test/Providers.test.ts")
    .flatMap((file) => placesIn(file, readFileSync(join(root, file), "utf8")))
  expect(places).toEqual([])
})

it("the emulator's own code names no vendor's file: which vendors there are follows from the files", async () => {
  const lists = new Set(await Lists.listFiles())
  const shared = sources().filter(
    (file) => file.startsWith("packages/emulator/src/") && !isOwn(file) && !lists.has(file),
  )
  expect(shared.length).toBeGreaterThan(30)
  const named = shared.flatMap(importsOf).filter((one) => isOwn(target(one) ?? ""))
  expect(named).toEqual([])
  expect(Lists.residentModules().length).toBe(Object.keys(defaultWorld).length)
})
