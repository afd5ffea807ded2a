/** The pages of the API, as `docs/reference/reference.ts` writes them from the docstrings. */
import { execFileSync } from "node:child_process"
import { existsSync, globSync, readFileSync, rmSync } from "node:fs"
import { join, posix } from "node:path"
import { blocksOf, titleOf } from "./Block.ts"
import { type Content, contentOf } from "./Content.ts"
import { linksOf } from "./Links.ts"
import type { Group } from "./Sidebar.ts"
import { pageOf, root, type SitePage } from "./SitePage.ts"

export interface Reference {
  readonly contents: ReadonlyArray<Content>
  /** Sources that the pages link to. */
  readonly sources: ReadonlyArray<SitePage>
  readonly group?: Group
}

const program = join(root, "docs", "reference", "reference.ts")

/** A page with its title as a heading, whether the program wrote it as front matter or as one. */
const withTitle = (text: string): string => {
  const [front = "", title] = /^---\n[\s\S]*?^title: *"?(.+?)"?$[\s\S]*?^---\n/m.exec(text) ?? []
  const rest = text.slice(front.length).trimStart()
  return title === undefined || /^# /.test(rest) ? rest : `# ${title}\n\n${rest}`
}

/** Has the pages written into a folder, and reads them. There are none while there is no such program. */
export const referenceOf = async (folder: string): Promise<Reference> => {
  if (!existsSync(program)) return { contents: [], sources: [] }
  rmSync(folder, { recursive: true, force: true })
  execFileSync(process.execPath, [program, "--out", folder], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
  const files = globSync("**/*.md", { cwd: folder })
    .map((file) => file.replaceAll("\\", "/"))
    .sort()
  const texts = files.map((file) => {
    const page = pageOf(`docs/reference/${file}`)
    return [page, withTitle(readFileSync(join(folder, file), "utf8"))] as const
  })
  const sources = texts.flatMap(([{ source }, text]) =>
    blocksOf(text).flatMap((block) => (block.kind === "prose" ? linksOf(source, block.text) : [])),
  )
  const packages = new Map<string, Group>()
  for (const [page, text] of texts) {
    const [, name = "", module] = page.slug.split("/")
    if (module === undefined) continue
    const group = packages.get(name) ?? { label: name, items: [], collapsed: true }
    packages.set(name, group)
    // Its group names the package.
    group.items.push({ label: titleOf(text).replace(`@pbx-auth/${name}/`, ""), slug: page.slug })
  }
  const overview = texts.flatMap(([{ slug }]) => (slug === "reference" ? [{ label: "Overview", slug }] : []))
  return {
    contents: await Promise.all(texts.map(([page, text]) => contentOf(page, text))),
    sources: sources.filter(({ source }) => posix.extname(source) !== ".md"),
    group: { label: "API", items: [...overview, ...packages.values()], collapsed: true },
  }
}
