import { describe, expect, it } from "vitest"
import { brokenLinks, missingPaths, pages, unknownCommands } from "./Page.ts"
import { examples, readExample, unquoted, written } from "./Quotation.ts"

describe.each(pages)("$path", (page) => {
  it("has links that lead somewhere", () => expect(brokenLinks(page)).toEqual([]))
  it("names files that are there", () => expect(missingPaths(page)).toEqual([]))
  it("tells commands that exist", () => expect(unknownCommands(page)).toEqual([]))
  // When this fails, run `npm run examples -- --write`.
  it("quotes code from examples that are run", () => expect(written(page)).toEqual({ text: page.text, problems: [] }))
})

describe.each(examples.map(readExample))("$path", ({ heading, path, problems }) => {
  it("says what it shows, and how to run it", () => {
    expect(heading).toMatch(/^\/\/ \S/)
    // What a browser shows is run by the tests of `browser`.
    if (path.startsWith("docs/")) expect(heading).toContain(`npm run node ${path} `.trimEnd())
  })
  it("has regions that end", () => expect(problems).toEqual([]))
})

it("no region is marked for nobody", () => expect(unquoted(pages)).toEqual([]))
