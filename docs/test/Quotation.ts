/**
 * What a page quotes of an example. The comment above a block says from where, and the block is written from there:
 *
 *     <!-- from docs/examples/second-factor.ts#passcode -->      the region `passcode` of a file
 *     <!-- from docs/examples/second-factor.ts -->               the whole file, without its heading comment
 *     <!-- from b.ts against a.ts -->                            what changes from a to b, as a block of `diff`; regions too
 *
 * `npm run examples -- --write` writes all blocks of all pages anew. Without the flag it says which are not current, as the tests do.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { structuredPatch } from "diff"
import { type Page, pages, root } from "./Page.ts"

/** A line that begins or ends a region, as editors fold it: in TypeScript, in JSX, in HTML. */
const marker = /^\s*(?:\/\/|\{?\/\*|<!--)\s*#(?<end>end)?region(?: (?<name>[\w-]+))?\s*(?:\*\/\}?|-->)?$/

/** The comment that says what an example shows and how to run it: its first lines, or those below a component's `<script>`. */
const heading = /^(?<script><script[^>]*>\n)?(?:\/\/.*\n)+\n?/

/** An example, as a reader sees it, and the regions that it names. */
export interface Example {
  readonly path: string
  readonly heading: string
  readonly body: string
  readonly regions: ReadonlyMap<string, string>
  /** What is wrong with its marks. */
  readonly problems: ReadonlyArray<string>
}

/** Without the indentation that all lines share, and with one line feed at the end. */
const dedented = (lines: ReadonlyArray<string>): string => {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/))
  return `${lines.map((line) => line.slice(Math.min(...indents))).join("\n")}\n`
}

export const readExample = (path: string): Example => {
  const text = readFileSync(join(root, path), "utf8")
  const lines: Array<string> = []
  const open: Array<{ readonly name: string; readonly from: number }> = []
  const regions = new Map<string, string>()
  const problems: Array<string> = []
  for (const line of text.trimEnd().split("\n")) {
    const groups = marker.exec(line)?.groups
    if (groups === undefined) lines.push(line)
    else if (groups.end === undefined) {
      if (groups.name === undefined) problems.push(`${path}: a region without a name`)
      open.push({ name: groups.name ?? "", from: lines.length })
    } else {
      const region = open.pop()
      if (region === undefined) problems.push(`${path}: #endregion without a #region`)
      else if (regions.has(region.name)) problems.push(`${path}: two regions are called ${region.name}`)
      else regions.set(region.name, dedented(lines.slice(region.from)))
    }
  }
  for (const { name } of open) problems.push(`${path}: the region ${name} has no #endregion`)
  const whole = `${lines.join("\n")}\n`
  const head = heading.exec(whole)
  return {
    path,
    heading: (head?.[0] ?? "").slice(head?.groups?.script?.length ?? 0),
    body: whole.replace(heading, (_, script = "") => script),
    regions,
    problems,
  }
}

/** The programs and modules among the examples. */
export const examples: ReadonlyArray<string> = globSync(
  ["docs/examples/**/*.{ts,tsx,js}", "browser/examples/**/*.{ts,tsx,js,vue,svelte}"],
  { cwd: root, exclude: (path) => path.includes("node_modules") },
).sort()

/** What changes from one text to the other: two lines around each change, `…` between places that are apart. */
const difference = (before: string, after: string): string =>
  structuredPatch("", "", before, after, "", "", { context: 2 })
    .hunks.map(({ lines }) => `${lines.filter((line) => !line.startsWith("\\")).join("\n")}\n`)
    .join("  …\n")

type Found = { readonly text: string } | { readonly wrong: string }

/** What `path` or `path#region` names, or what is wrong with it. */
const find = (source: string): Found => {
  const [path = "", region] = source.split("#")
  if (!/^(docs|browser)\/examples\//.test(path)) return { wrong: `not from the examples: ${source}` }
  if (!existsSync(join(root, path))) return { wrong: `no such file: ${path}` }
  const { body, regions } = readExample(path)
  const text = region === undefined ? body : regions.get(region)
  return text === undefined ? { wrong: `${path} has no region ${region}` } : { text }
}

/** What a comment names: one place, or one `against` another. */
const quoted = (comment: string): Found => {
  const [source = "", base] = comment.split(" against ")
  const found = find(source)
  if (base === undefined || "wrong" in found) return found
  const before = find(base)
  return "wrong" in before ? before : { text: difference(before.text, found.text) }
}

const block = /(?:<!-- from (?<source>[^\n]+?) -->\n\s*)?^```(?<info>[^\n]*)\n(?<body>.*?)^```$/gms
const code = /^(ts|tsx|js|jsx|vue|svelte|html|diff)\b/

/** A page with its quotations written anew, and what cannot be written. */
export const written = ({ path, text }: Page): { readonly text: string; readonly problems: ReadonlyArray<string> } => {
  const problems: Array<string> = []
  const fresh = text.replace(block, (all, source: string | undefined, info: string, body: string) => {
    if (!code.test(info)) return all
    if (source === undefined) {
      problems.push(`${path}: not from a file: ${body.slice(0, 60)}`)
      return all
    }
    const found = quoted(source)
    if ("wrong" in found) {
      problems.push(`${path}: ${found.wrong}`)
      return all
    }
    if (source.includes(" against ") !== info.startsWith("diff"))
      problems.push(`${path}: ${source} in a block of ${info}`)
    return `${all.slice(0, all.length - body.length - 3)}${found.text}\`\`\``
  })
  return { text: fresh, problems }
}

/** Regions that no page quotes. */
export const unquoted = (all: ReadonlyArray<Page>): ReadonlyArray<string> => {
  const sources = new Set(
    all.flatMap(({ text }) =>
      [...text.matchAll(/<!-- from (.+?) -->/g)].flatMap(([, source = ""]) => source.split(" against ")),
    ),
  )
  return examples
    .flatMap((path) => [...readExample(path).regions.keys()].map((name) => `${path}#${name}`))
    .filter((source) => !sources.has(source))
}

if (import.meta.main) {
  for (const page of pages) {
    const { problems, text } = written(page)
    for (const problem of problems) console.error(problem)
    const isCurrent = text === page.text
    if (!isCurrent) console.log(`${page.path}: ${process.argv.includes("--write") ? "written" : "not current"}`)
    if (!isCurrent && process.argv.includes("--write")) writeFileSync(join(root, page.path), text)
    else if (!isCurrent) process.exitCode = 1
    if (problems.length > 0) process.exitCode = 1
  }
}
