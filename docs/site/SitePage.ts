/** Which files of the repository are pages of the site, and where each of them stands there. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { basename, extname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** Markdown pages, examples, and sources that a page links to. */
export interface SitePage {
  /** From the repository's root, with slashes. */
  readonly source: string
  /** The address on the site, without slashes around it: `errors/otp-required`. */
  readonly slug: string
  readonly kind: "page" | "example" | "source"
}

/** The front page is the site's own, and no file of the repository. */
export const frontPage: SitePage = { source: "", slug: "", kind: "page" }

export const textOf = (source: string): string => readFileSync(join(root, source), "utf8")

/** Pages outside `docs`. */
const elsewhere: Readonly<Record<string, string>> = {
  "README.md": "overview",
  "CONTRIBUTING.md": "contributing",
  "SECURITY.md": "security",
}

const isBrowserExample = (source: string) => source.startsWith("browser/examples/")

export const pageOf = (source: string): SitePage => {
  const known = elsewhere[source]
  if (known !== undefined) return { source, slug: known, kind: "page" }
  if (source === "docs/README.md") return { source, slug: "docs", kind: "page" }
  if (extname(source) === ".md") {
    const path = source.replace(/^docs\//, "").replace(/(\/README)?\.md$/, "")
    return { source, slug: path.toLowerCase(), kind: "page" }
  }
  if (/^docs\/examples\/[^/]+\.ts$/.test(source)) {
    return { source, slug: `examples/${basename(source, ".ts")}`.toLowerCase(), kind: "example" }
  }
  if (isBrowserExample(source)) {
    return { source, slug: source.replace("browser/", "").toLowerCase(), kind: "example" }
  }
  return { source, slug: `source/${source.toLowerCase()}`, kind: "source" }
}

/** Every Markdown page that people read. Folders whose name begins with a dot hold what is generated. */
export const markdownPages = (): ReadonlyArray<SitePage> =>
  [
    ...Object.keys(elsewhere),
    ...globSync(["docs/**/*.md", "packages/*/README.md", "packages/*/fixtures/README.md"], {
      cwd: root,
      exclude: (path) => basename(path) === "node_modules",
    }),
  ]
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map(pageOf)

/** Every example: those of `docs`, and the browser's. Styles, pages and settings of compilers are pages when one links to them. */
export const examplePages = (): ReadonlyArray<SitePage> =>
  globSync(["docs/examples/*.ts", "browser/examples/**/*.{ts,tsx,vue,svelte}"], {
    cwd: root,
    exclude: (path) => basename(path) === "node_modules",
  })
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map(pageOf)

/** The API's pages are written when the site is built. */
const isGenerated = (path: string) => /^docs\/reference\/.+\.md$/.test(path)

/** What a link of a page leads to: a page of the site with its anchor, or a folder that is no page. */
export const targetOf = (
  from: string,
  link: string,
): { readonly page: SitePage; readonly anchor: string } | { readonly folder: string } => {
  const [file = "", hash] = link.split("#")
  const path = file === "" ? from : posix.join(posix.dirname(from), decodeURI(file)).replace(/\/$/, "")
  const anchor = hash === undefined ? "" : `#${hash}`
  if (isGenerated(path)) return { page: pageOf(path), anchor }
  if (!existsSync(join(root, path))) throw new Error(`${from} links to ${link}, and there is no such file`)
  if (!statSync(join(root, path)).isDirectory()) return { page: pageOf(path), anchor }
  if (existsSync(join(root, path, "README.md"))) return { page: pageOf(`${path}/README.md`), anchor }
  if (existsSync(join(root, `${path}.md`))) return { page: pageOf(`${path}.md`), anchor }
  if (path === "docs/decisions") return { page: pageOf("docs/README.md"), anchor: "#decisions" }
  return { folder: path }
}

/** The way from one page to another, as folders see it, so that the site works below any path. */
export const wayTo = (from: string, to: string): string => `${posix.relative(`/${from}`, `/${to}`) || "."}/`

/** The way from a page's Markdown to another page's. */
export const wayToMarkdown = (from: string, to: string): string =>
  posix.relative(posix.dirname(`/${from}`), `/${to}.md`)
