import { describe, expect, it } from "vitest"
import { brokenLinks, looseBlocks, missingPaths, pages, unknownCommands } from "./Page.ts"

describe.each(pages)("$path", (page) => {
  it("has links that lead somewhere", () => expect(brokenLinks(page)).toEqual([]))
  it("names files that are there", () => expect(missingPaths(page)).toEqual([]))
  it("tells commands that exist", () => expect(unknownCommands(page)).toEqual([]))
  it("quotes TypeScript from examples that are run", () => expect(looseBlocks(page)).toEqual([]))
})
