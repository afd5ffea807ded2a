/**
 * Every link and every anchor of the built pages leads somewhere on the site, and every page is reached. Ours, because a link checker
 * follows links: it never sees a page to which none leads.
 */
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { join, posix } from "node:path"
import { type Finding, none, type Site } from "./Finding.ts"

export const name = "links"

interface Html {
  /** As the site serves it: `/errors/otp-required/`. */
  readonly address: string
  readonly ids: ReadonlySet<string>
  readonly links: ReadonlyArray<string>
}

const unescaped = (text: string) => text.replaceAll("&amp;", "&").replaceAll("&#38;", "&").replaceAll("&quot;", '"')

const htmlOf = (dist: string, file: string): Html => {
  const text = readFileSync(join(dist, file), "utf8").replace(/<script[\s\S]*?<\/script>/g, "")
  return {
    address: `/${file.replace(/(^|\/)index\.html$/, "$1")}`,
    ids: new Set([...text.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id = ""]) => unescaped(id))),
    links: [...text.matchAll(/<(?:a|link|img|source)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, to = ""]) =>
      unescaped(to),
    ),
  }
}

const exists = (dist: string, path: string) =>
  existsSync(join(dist, path)) &&
  (!statSync(join(dist, path)).isDirectory() || (path.endsWith("/") && existsSync(join(dist, path, "index.html"))))

/** The relative links of a Markdown file, outside its code. */
const markdownLinks = (text: string) =>
  [
    ...text.replace(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2/gm, "").matchAll(/(?<!`)\]\((?![a-z]+:|#)([^)\s]+)\)/g),
  ].map(([, link = ""]) => link)

export async function* findings({ dist }: Site): AsyncGenerator<Finding> {
  const pages = globSync("**/*.html", { cwd: dist })
    .filter((file) => statSync(join(dist, file)).isFile())
    .map((file) => htmlOf(dist, file.replaceAll("\\", "/")))
    .filter(({ address }) => address !== "/404.html")
  const byAddress = new Map(pages.map((page) => [page.address, page]))
  const broken: Array<string> = []
  const outside: Array<string> = []
  const reached = new Set<string>()
  let count = 0
  for (const { address, links } of pages) {
    for (const link of links) {
      if (/^(https:|mailto:|data:)|^http:\/\/(127\.0\.0\.1|[\w.]*example\.com)[:/]/.test(link)) continue
      const { origin, pathname, hash } = new URL(link, `http://site.invalid${address}`)
      const path = decodeURIComponent(pathname)
      count++
      if (origin !== "http://site.invalid") outside.push(`${address}: ${link}`)
      else if (!exists(dist, path)) broken.push(`${address}: ${link}`)
      else if (hash !== "" && byAddress.get(path)?.ids.has(decodeURIComponent(hash.slice(1))) !== true) {
        broken.push(`${address}: ${link}: no such anchor`)
      }
      if (path !== address) reached.add(path)
    }
  }
  yield { holds: pages.length > 150, says: `${pages.length} pages and ${count} links were read` }
  yield none("links and anchors that lead nowhere", [...new Set(broken)])
  yield none("links that are not by TLS", outside)
  yield none(
    "pages that no other links to",
    [...byAddress.keys()].filter((address) => !reached.has(address)),
  )
  yield none(
    "pages without their Markdown beside them",
    [...byAddress.keys()].filter((address) => address !== "/" && !existsSync(join(dist, `${address.slice(0, -1)}.md`))),
  )
  const markdown = ["llms.txt", ...globSync("**/*.md", { cwd: dist })]
    .filter((file) => statSync(join(dist, file)).isFile())
    .map((file) => file.replaceAll("\\", "/"))
  yield none(
    "links of the Markdown that lead nowhere",
    markdown.flatMap((file) =>
      markdownLinks(readFileSync(join(dist, file), "utf8"))
        .map((link) =>
          posix.join(link.startsWith("/") ? "" : posix.dirname(file), decodeURI(link.replace(/[#?].*$/, ""))),
        )
        .filter((path) => !existsSync(join(dist, path)))
        .map((path) => `${file}: ${path}`),
    ),
  )
}
