/**
 * The sidebar, as docs/README.md has it: its headings are groups, a paragraph that ends with a colon begins a group inside, and each
 * link to a page is an entry. A folder's index page brings the folder's other pages along, so a new page needs one link at most.
 */
import { posix } from "node:path"
import { plain, titleOf } from "./Block.ts"
import { linksOf, relink } from "./Links.ts"
import { examplePages, markdownPages, pageOf, type SitePage, textOf } from "./SitePage.ts"

export interface Entry {
  readonly label: string
  readonly slug: string
}

export interface Group {
  readonly label: string
  readonly items: Array<Entry | Group>
  readonly collapsed?: boolean
}

const INDEX = "docs/README.md"

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

export const isGroup = (item: Entry | Group): item is Group => "items" in item

export const entriesOf = (items: ReadonlyArray<Entry | Group>): ReadonlyArray<Entry> =>
  items.flatMap((item) => (isGroup(item) ? entriesOf(item.items) : [item]))

/** A line's links to pages, as entries. A link to a heading inside a page is none. */
const entriesIn = (line: string): ReadonlyArray<Listed> => {
  const found: Array<Listed> = []
  const marked = relink(INDEX, line, (page, anchor) => (anchor === "" ? `\0${page.source}\0` : ""))
  for (const [, words = "", source = ""] of marked.matchAll(/\[([^\]]*)\]\(\0([^\0]*)\0\)/g)) {
    const page = pageOf(source)
    if (page.kind !== "page") continue
    const number = /^(\d+)\. /.exec(line)?.[0] ?? ""
    // A file's name says less than its title.
    const label = /\.md$/.test(words) ? titleOf(textOf(source)) : capital(plain(words))
    found.push({ label: `${number}${label}`, slug: page.slug, source })
  }
  return found
}

interface Listed extends Entry {
  readonly source: string
}

const isIndex = (source: string) => source !== INDEX && /^docs\/.+\/README\.md$/.test(source)

/** The pages of an index page's folder that the index of all does not name. */
const restOf = (source: string, named: ReadonlySet<string>): ReadonlyArray<Entry> =>
  markdownPages()
    .filter((page) => posix.dirname(page.source) === posix.dirname(source) && !named.has(page.source))
    .map((page) => ({ label: titleOf(textOf(page.source)), slug: page.slug }))

/** An index page with its folder's pages, or the page alone. */
const withRest = (entry: Listed, named: ReadonlySet<string>): Entry | Group => {
  const { label, slug } = entry
  const rest = isIndex(entry.source) ? restOf(entry.source, named) : []
  return rest.length === 0 ? { label, slug } : { label, items: [{ label: "Overview", slug }, ...rest], collapsed: true }
}

/** An item that begins with an index page, and names others of its folder, is a group. */
const itemsOf = (entries: ReadonlyArray<Listed>, named: ReadonlySet<string>): ReadonlyArray<Entry | Group> => {
  const [first, ...others] = entries
  if (first === undefined) return []
  const inside = others.filter(({ source }) => posix.dirname(source) === posix.dirname(first.source))
  if (!isIndex(first.source) || inside.length < others.length || inside.length === 0) {
    return entries.map((entry) => withRest(entry, named))
  }
  const pages = inside.map(({ label, slug }) => ({ label, slug }))
  const items = [{ label: "Overview", slug: first.slug }, ...pages, ...restOf(first.source, named)]
  return [{ label: first.label, items, collapsed: items.length > 6 }]
}

/** The groups of docs/README.md. */
const groupsOfIndex = (): ReadonlyArray<Group> => {
  const text = textOf(INDEX)
  const named = new Set(linksOf(INDEX, text).map(({ source }) => source))
  const groups: Array<Group> = []
  let chapter: Group | undefined
  let inner: Group | undefined
  // An item's next lines are indented.
  for (const line of text.replace(/\n {2,}(?=\S)/g, " ").split("\n")) {
    const [, marks, heading] = /^(#{2,3}) (.+)$/.exec(line) ?? []
    if (heading !== undefined && marks === "##") {
      chapter = { label: plain(heading), items: [] }
      inner = undefined
      groups.push(chapter)
    } else if (heading !== undefined) {
      inner = { label: plain(heading), items: [], collapsed: true }
      chapter?.items.push(inner)
    } else if (/^\p{L}[^[]*:$/u.test(line)) {
      inner = { label: line.slice(0, -1), items: [] }
      chapter?.items.push(inner)
    } else if (chapter !== undefined) {
      // A paragraph stands for itself, outside the group before it.
      const into = /^([-*]|\d+\.) /.test(line) ? (inner ?? chapter) : chapter
      into.items.push(...itemsOf(entriesIn(line), named))
    }
  }
  return groups
}

/** The examples by task, as docs/examples.md has them, and those of a browser by folder. */
const examples = (): Group => {
  const source = "docs/examples.md"
  const tasks: Array<Group> = []
  for (const line of textOf(source).split("\n")) {
    const [, task, cell = ""] = /^\| (?:\*\*(.+?)\*\*)? *\| ([^|]+) \|/.exec(line) ?? []
    if (task !== undefined) tasks.push({ label: task, items: [] })
    const pages = linksOf(source, cell).filter(({ kind }) => kind === "example")
    tasks.at(-1)?.items.push(...pages.map(exampleEntry))
  }
  const inBrowser = examplePages().filter((page) => /^browser\/.*\.(tsx?|vue|svelte)$/.test(page.source))
  const listed = new Set(entriesOf(tasks).map(({ slug }) => slug))
  const others = examplePages().filter(({ slug, source }) => source.startsWith("docs/") && !listed.has(slug))
  if (others.length > 0) tasks.push({ label: "More", items: others.map(exampleEntry) })
  tasks.push({ label: "In a browser", items: inBrowser.map(exampleEntry) })
  return { label: "Examples", items: tasks.filter(({ items }) => items.length > 0), collapsed: true }
}

export const exampleEntry = ({ source, slug }: SitePage): Entry => ({
  label: source.startsWith("docs/") ? posix.basename(source, ".ts") : source.replace("browser/examples/", ""),
  slug,
})

/** The whole sidebar. `reference` is the group of the API's pages, when they were generated. */
export const sidebar = (reference?: Group): ReadonlyArray<Group> => {
  const [tutorial, ...others] = groupsOfIndex()
  if (tutorial === undefined) throw new Error(`${INDEX} has no chapters: ## Tutorial, ## How-to, …`)
  const first: Group = {
    label: "Start",
    items: [
      { label: "Overview", slug: pageOf("README.md").slug },
      ...tutorial.items,
      { label: "All pages", slug: pageOf(INDEX).slug },
    ],
  }
  const at = others.findIndex(({ label }) => label === "Reference")
  return [
    first,
    ...others.slice(0, at),
    examples(),
    ...others.slice(at, at + 1),
    ...(reference === undefined ? [] : [reference]),
    ...others.slice(at + 1),
  ]
}
