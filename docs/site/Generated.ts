/** Writes what the generator builds from: the pages, their Markdown, the sidebar. All of it lies in `docs/.site`. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { type Content, contentOf, fileContent } from "./Content.ts"
import { linksOf, picturesOf } from "./Links.ts"
import * as Llms from "./Llms.ts"
import { type Reference, referenceOf } from "./Reference.ts"
import { entriesOf, sidebar } from "./Sidebar.ts"
import { examplePages, markdownPages, root, type SitePage, textOf } from "./SitePage.ts"

export const generated = join(root, "docs", ".site")

const write = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** The pages of everything, with each file that one of them links to. */
const contentsOf = async (reference: Reference): Promise<ReadonlyArray<Content>> => {
  const pages = [...(await Promise.all(markdownPages().map((page) => contentOf(page)))), ...reference.contents]
  const files = new Map<string, SitePage>(examplePages().map((page) => [page.source, page]))
  const known = new Set(pages.map(({ page }) => page.source))
  const texts = [...markdownPages().map(({ source }) => [source, textOf(source)] as const)]
  for (const linked of [...texts.flatMap(([source, text]) => linksOf(source, text)), ...reference.sources]) {
    if (!known.has(linked.source)) files.set(linked.source, linked)
  }
  return [...pages, ...[...files.values()].map(fileContent)]
}

/** What a page with a table ends with. Its columns would jump while rows come in, so a browser that can waits for all of them. */
const end = '<span id="pbx-end"></span>'
const waits = `head: [{ tag: link, attrs: { rel: expect, href: "#pbx-end", blocking: render } }]`

const hasTable = ({ body }: Content) => /^\|/m.test(body)

const frontMatter = (content: Content, isListed: boolean): string => {
  const { page, title, description } = content
  const lines = [`title: ${JSON.stringify(title)}`, `slug: ${JSON.stringify(page.slug)}`]
  if (description !== "") lines.push(`description: ${JSON.stringify(description)}`)
  if (hasTable(content)) lines.push(waits)
  if (!isListed) lines.push("prev: false", "next: false")
  // Sources are found by the pages that speak of them.
  if (page.kind === "source") lines.push("pagefind: false", "tableOfContents: false")
  return `---\n${lines.join("\n")}\n---\n\n`
}

export const generate = async (): Promise<void> => {
  const source = join(generated, "src")
  const pages = join(source, "content", "docs")
  const files = join(generated, "public")
  rmSync(source, { recursive: true, force: true })
  rmSync(files, { recursive: true, force: true })

  const reference = await referenceOf(join(generated, "reference"))
  const contents = await contentsOf(reference)
  const groups = sidebar(reference.group)
  const listed = new Set(entriesOf(groups).map(({ slug }) => slug))
  for (const content of contents) {
    const { slug, source: from } = content.page
    write(
      join(pages, `${slug}.md`),
      `${frontMatter(content, listed.has(slug))}${content.body}${hasTable(content) ? `\n\n${end}\n` : ""}`,
    )
    write(join(files, `${slug}.md`), content.markdown)
    for (const picture of content.page.kind === "page" ? picturesOf(content.body) : []) {
      for (const folder of [pages, files]) {
        const to = join(folder, dirname(slug), picture)
        mkdirSync(dirname(to), { recursive: true })
        copyFileSync(join(root, posix.join(posix.dirname(from), picture)), to)
      }
    }
  }
  write(join(source, "content.config.ts"), `export { collections } from "../../site/content.config.ts"\n`)
  write(join(source, "content", "i18n", "en.json"), "{}")
  write(join(generated, "sidebar.json"), JSON.stringify(groups, null, 2))
  const bySlug = new Map(contents.map((content) => [content.page.slug, content]))
  write(join(files, "llms.txt"), Llms.index(groups, bySlug))
  write(join(files, "llms-small.txt"), Llms.small(contents))
  write(join(files, "llms-full.txt"), Llms.full(contents))
  copyFileSync(join(root, "docs", "site", "favicon.svg"), join(files, "favicon.svg"))
}
