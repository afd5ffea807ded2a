/**
 * The API reference: each export and each member that a user can reach has words, and each link of its pages leads somewhere. The types
 * that only the compiler knows are left out here, because it takes seconds to ask it.
 */
import { readFileSync } from "node:fs"
import { join, posix } from "node:path"
import GithubSlugger from "github-slugger"
import { describe, expect, it } from "vitest"
import { declarationsOf } from "../reference/Declaration.ts"
import * as ModulePage from "../reference/ModulePage.ts"
import { publicModules, root } from "../reference/PublicModule.ts"
import { count } from "../reference/Undocumented.ts"

const modules = publicModules()

describe("docstrings", () => {
  it("say something of every module, export and member", () => {
    const { exports, members, undocumented } = count(modules)
    expect(undocumented).toEqual([])
    // Whoever reads nothing misses nothing.
    expect(exports).toBeGreaterThan(450)
    expect(members).toBeGreaterThan(900)
  })

  it("are missed where there are none, one by one", () => {
    const { undocumented } = count([{ file: "docs/test/Silent.ts" }])
    expect(undocumented.map((line) => line.replace(/^docs\/test\/Silent\.ts:\d+ /, "")).sort()).toEqual(
      [
        "(the module)",
        "Kept.lives",
        "Options.client.id",
        "Outcome.Lost",
        "Outcome.Lost.at",
        "Rule.times",
        "Silent",
        "Silent.layer",
        "Silent.own",
        "Told.message",
        "limit",
      ].sort(),
    )
  })

  it.each(modules)("are read of each export of $specifier", ({ file }) => {
    const text = readFileSync(join(root, file), "utf8")
    const written = [...text.matchAll(/^export (?:const|class|interface|type|function) (\w+)/gm)].flatMap((found) => {
      const before = text.slice(0, found.index).trimEnd()
      const isInternal = before.endsWith("*/") && before.slice(before.lastIndexOf("/**")).includes("@internal")
      return isInternal ? [] : [found[1]]
    })
    const read = declarationsOf({ file }).map(({ name }) => name)
    expect(written.length + read.length).toBeGreaterThan(0)
    expect(written.filter((name = "") => !read.includes(name))).toEqual([])
  })
})

describe("the pages", () => {
  const pages = modules.map((module) => ModulePage.make(module, () => "unknown"))
  const prose = (markdown: string) => markdown.replace(/^```[\s\S]*?^```/gm, "")
  const headings = new Map(
    pages.map(({ markdown, path }) => {
      const slugger = new GithubSlugger()
      const anchors = [...prose(markdown).matchAll(/^#{2,4} (.+)$/gm)].map(([, heading = ""]) => slugger.slug(heading))
      return [path, new Set(anchors)] as const
    }),
  )

  it("have each a title, and a first sentence as their description", () => {
    expect(pages.map(({ path }) => path).sort()).toEqual(
      modules.map(({ library, name }) => `${library}/${name}.md`).sort(),
    )
    for (const { description, markdown, module } of pages) {
      expect(markdown.startsWith(`---\ntitle: ${JSON.stringify(module.specifier)}\n`)).toBe(true)
      expect(description).not.toBe("")
    }
  })

  it("have a heading for each anchor, and words below it", () => {
    const lost = pages.flatMap(({ anchors, path }) =>
      anchors
        .filter(({ anchor, words }) => words === "" || headings.get(path)?.has(anchor) !== true)
        .map(({ name }) => `${path} ${name}`),
    )
    expect(lost).toEqual([])
  })

  it("link to pages and headings that are there", () => {
    const links = pages.flatMap(({ markdown, path }) =>
      [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => ({ path, link })),
    )
    const broken = links.filter(({ link, path }) => {
      const [file = "", anchor] = link.split("#")
      const there = headings.get(file === "" ? path : posix.join(posix.dirname(path), file))
      return !/^https?:/.test(link) && (there === undefined || (anchor !== undefined && !there.has(anchor)))
    })
    expect(links.length).toBeGreaterThan(500)
    expect(broken).toEqual([])
  })

  it("resolve what a docstring links to", () => {
    expect(pages.filter(({ markdown }) => markdown.includes("{@link"))).toEqual([])
    const remote = pages.find(({ path }) => path === "machine/RemoteSession.md")
    expect(remote?.markdown).toContain("Rejects with [`NoFirstSnapshot`](#nofirstsnapshot)")
  })
})
