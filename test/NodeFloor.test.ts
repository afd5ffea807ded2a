/** There is one oldest Node: in every manifest, on every page, and above what the packages that we need ask for. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { root } from "./Imports.ts"

const manifestOf = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"))

const floor: string = manifestOf("package.json").engines.node.replace(/^>=/, "")

const isAtLeast = (version: string, least: string): boolean => {
  const [a = [], b = []] = [version, least].map((text) => text.split(".").map(Number))
  for (const at of [0, 1, 2]) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

it("is a version", () => expect(floor).toMatch(/^\d+\.\d+\.\d+$/))

it.each(globSync("packages/*/package.json", { cwd: root }))("is asked for by %s", (path) => {
  expect(manifestOf(path).engines.node).toBe(`>=${floor}`)
})

it.each(["effect", "@effect/platform-node"])("is not older than what %s asks for", (name) => {
  const [path = ""] = globSync(`{.,packages/cli}/node_modules/${name}/package.json`, { cwd: root })
  const asked = manifestOf(path).engines?.node?.replace(/^>=/, "") ?? "0"
  expect(isAtLeast(floor, asked)).toBe(true)
})

const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], { cwd: root, exclude: ["**/node_modules/**"] })

it.each(pages)("is what %s says, if it says one", (page) => {
  const text = readFileSync(join(root, page), "utf8").replace(/\s+/g, " ")
  const said = [
    ...text.matchAll(/\bNode (?:from (\d+(?:\.\d+)*) on\b|(\d+(?:\.\d+)*)(?: or (?:newer|later)|\+))/g),
  ].map(([, from, newer]) => from ?? newer)
  for (const one of said) expect(`${floor}`.startsWith(`${one}.`) && `${one}`.includes(".")).toBe(true)
})
