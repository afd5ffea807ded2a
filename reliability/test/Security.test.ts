/** The promises of SECURITY.md, each with tests that exist. */
import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"

const root = new URL("../../", import.meta.url)

const page = readFileSync(new URL("SECURITY.md", root), "utf8")

const section = page.split(/^## /m).find((part) => part.startsWith("What is promised")) ?? ""

/** Each promise by its bold words, with the tests that it names. */
const promises = section
  .split(/^\d+\. /m)
  .slice(1)
  .map((text) => ({
    promise: text.replace(/\s+/g, " ").match(/\*\*(.+?)\*\*/)?.[1] ?? text,
    tests: [...text.matchAll(/^ +- `([^`]+)`: "(.+)"$/gm)].map(([, file = "", title = ""]) => ({ file, title })),
  }))

/** Why a test that the page names does not hold the promise; nothing if it may. */
const missing = ({ file, title }: { readonly file: string; readonly title: string }) => {
  const path = new URL(file, root)
  if (!existsSync(path)) return [`${file}: no such file`]
  return readFileSync(path, "utf8").includes(`"${title}"`) ? [] : [`${file}: no test is called "${title}"`]
}

describe("SECURITY.md", () => {
  it("makes promises", () => {
    expect(promises.length).toBeGreaterThanOrEqual(12)
  })

  it.each(promises)("holds: $promise", ({ tests }) => {
    expect(tests).not.toEqual([])
    expect(tests.flatMap(missing)).toEqual([])
  })

  it("would be found to name a test that is not there", () => {
    expect(missing({ file: "packages/providers/test/Canary.test.ts", title: "no such test" })).toHaveLength(1)
    expect(missing({ file: "packages/providers/test/NoSuch.test.ts", title: "by what is answered" })).toHaveLength(1)
  })
})
