/** What a Markdown page claims of the repository: links, paths, commands, quotations of examples. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { meant } from "../reference/PublicModule.ts"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Page {
  /** From the repository's root. */
  readonly path: string
  readonly text: string
  /** The text without its fenced blocks. */
  readonly prose: string
}

const fence = /^```.*?^```$/gms

const read = (path: string): Page => {
  const text = readFileSync(join(root, path), "utf8")
  return { path, text, prose: text.replace(fence, "") }
}

export const pages: ReadonlyArray<Page> = ["*.md", "docs/**/*.md", "packages/*/README.md"]
  .flatMap((glob) => globSync(glob, { cwd: root }))
  .filter((path) => !path.includes("node_modules"))
  .sort()
  .map(read)

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-")

const anchorsOf = (path: string): ReadonlyArray<string> =>
  [...read(path).prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading))

/** Why a relative link of a page leads nowhere; nothing when it does, or leads out of the repository. */
export const brokenLinks = ({ path, prose }: Page): ReadonlyArray<string> =>
  [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].flatMap(([, markdown, html]) => {
    const link = markdown ?? html ?? ""
    if (/^(https?|mailto):/.test(link)) return []
    // An address of the playground, on the site's front page.
    if (/^\/\?provider=[a-z-]+(&[a-z]+=[\w.,@-]+)*$/.test(link)) return []
    const [file = "", anchor] = link.split("#")
    const target = file === "" ? path : join(dirname(path), file)
    if (!existsSync(join(root, target))) return [`${link}: no such file`]
    if (anchor === undefined) return []
    return anchorsOf(target).includes(anchor) ? [] : [`${link}: no such heading`]
  })

/** `@pbx-auth/session/SkySwitch` is a file; so is `packages/session/src/SkySwitch.ts`. */
const fileOf = (span: string): string | undefined => {
  if (/^@pbx-auth\/\w+\/\w+$/.test(span)) return meant("", span)
  return /^(packages|docs|browser|scripts|test)\/[\w./-]+$/.test(span) ? span : undefined
}

/** What a build makes, and a fresh clone does not have. */
const isGenerated = (file: string): boolean => file.startsWith("docs/.site")

/** Paths and modules that a page names in code type, and that are not there. */
export const missingPaths = ({ prose }: Page): ReadonlyArray<string> =>
  [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = ""]) => {
    const file = fileOf(span)
    return file === undefined || isGenerated(file) || existsSync(resolve(root, file)) ? [] : [span]
  })

export const scripts: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
).scripts

/** Commands that a page tells to type, and that are no script of the workspace. A flag without `--` before it would be npm's. */
export const unknownCommands = ({ text }: Page): ReadonlyArray<string> => [
  ...[...text.matchAll(/npm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)].flatMap(([, script, short]) => {
    const name = script ?? short ?? ""
    return name in scripts ? [] : [name]
  }),
  ...[...text.matchAll(/npm (?:run (?:--silent )?[\w:-]+|start|test)(?: (?!-)[\w./@-]+)* --?[\w]+/g)].map(
    ([found]) => found,
  ),
  ...[...text.matchAll(/npx (?:--yes )?pnpm\S*/g)].map(([found]) => found),
  ...[...text.matchAll(/npm run (?:--silent )?node ([\w./-]+\.ts)\b/g)].flatMap(([found, file = ""]) =>
    existsSync(join(root, file)) ? [] : [found],
  ),
]
