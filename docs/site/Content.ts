/** A file of the repository as a page of the site: Markdown for the generator, and Markdown for who copies it. */
import { posix } from "node:path"
import { type Block, blocksOf, type Code, descriptionOf, plain, titleOf, withoutTitle, withProse } from "./Block.ts"
import { choicesOf, type Face, faces } from "./Choice.ts"
import { drawingOf } from "./Diagram.ts"
import { relink, type Way } from "./Links.ts"
import { playOf } from "./Play.ts"
import { pageOf, type SitePage, textOf, wayTo, wayToMarkdown } from "./SitePage.ts"

export interface Content {
  readonly page: SitePage
  readonly title: string
  readonly description: string
  /** For the generator: without title, with links from address to address. */
  readonly body: string
  /** For readers of Markdown: with its title, and links from one `.md` to the other. */
  readonly markdown: string
}

/** A comment, with the blank lines below it if it has a line of its own. */
const comments = /^<!--(?! from )[\s\S]*?-->\n+|<!--(?! from )[\s\S]*?-->/gm

const face = (chosen: Face) =>
  `<button type="button" data-choose="${chosen}" aria-pressed="${chosen === "effect"}">${faces[chosen]}</button>`

const buttons = `<p class="pbx-faces" role="group" aria-label="Effect or promises">${face("effect")}${face("promises")}</p>`

/** A block of code, and below it where it is from. */
const codeOf = async (block: Code, way: Way): Promise<string> => {
  const drawn = /^mermaid\b/.test(block.info) ? await drawingOf(block.code) : undefined
  const text = drawn === undefined ? block.text : `${drawn}\n`
  if (block.from === undefined) return text
  return `${text}\n<p class="pbx-from">From <a href="${way(pageOf(block.from), "")}">${block.from}</a></p>\n`
}

const bodyOf = async (source: string, blocks: ReadonlyArray<Block>, way: Way): Promise<string> => {
  const drawn = choicesOf(blocks).map(async (block) => {
    if (block.kind === "prose") return relink(source, block.text.replace(comments, ""), way)
    if (block.kind === "code") return codeOf(block, way)
    const ways = block.ways.map(
      async (each) =>
        `<div data-face="${each.face}">\n<p class="pbx-face-name">${faces[each.face]}</p>\n\n${await codeOf(each.block, way)}\n</div>`,
    )
    return `\n<div class="pbx-choice">\n${buttons}\n${(await Promise.all(ways)).join("\n")}\n</div>\n`
  })
  return (await Promise.all(drawn)).join("")
}

/** A Markdown page. */
export const contentOf = async (page: SitePage, text = textOf(page.source)): Promise<Content> => {
  const toSite: Way = (to, anchor) =>
    to.slug === page.slug && anchor !== "" ? anchor : `${wayTo(page.slug, to.slug)}${anchor}`
  const toMarkdown: Way = (to, anchor) =>
    to.slug === "" ? `${wayTo(posix.dirname(page.slug), "")}${anchor}` : `${wayToMarkdown(page.slug, to.slug)}${anchor}`
  return {
    page,
    title: titleOf(text),
    description: descriptionOf(text),
    body: await bodyOf(page.source, blocksOf(withoutTitle(text)), toSite),
    markdown: withProse(text, (prose) => relink(page.source, prose.replace(comments, ""), toMarkdown)),
  }
}

const languages: Readonly<Record<string, string>> = { mjs: "js", cjs: "js" }

const languageOf = (source: string) => {
  const ending = posix.extname(source).slice(1)
  return ending === "" ? "text" : (languages[ending] ?? ending)
}

const fenced = (source: string, text: string) => `\`\`\`\`\`${languageOf(source)}\n${text.trimEnd()}\n\`\`\`\`\`\n`

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

/** A source without colours, because hundreds of coloured ones take half of the time to build the site. */
const listing = (text: string) => `<pre class="pbx-source" tabindex="0">${escaped(text.trimEnd())}</pre>\n`

/** The first comment of an example, as sentences. Its indented lines are commands. */
export const commentOf = (text: string): { readonly words: string; readonly commands: ReadonlyArray<string> } => {
  const lines = (/^(?:\/\/.*\n)+/.exec(text)?.[0] ?? /^\/\*\*?([\s\S]*?)\*\//.exec(text)?.[1] ?? "")
    .split("\n")
    .map((line) => line.replace(/^\s*(\/\/|\*)? ?/, ""))
  const commands = lines.filter((line) => /^ {2,}\S/.test(line)).map((line) => line.trim())
  return { words: plain(lines.filter((line) => !/^ {2,}\S/.test(line)).join(" ")), commands }
}

/** How to run what a browser shows. */
const inPage = ({ slug, source }: SitePage): string =>
  source.startsWith("browser/examples/first-screen/")
    ? `[Your first screen](${wayTo(slug, "first-screen")}) says how, in five ways. [The playground](${wayTo(slug, "")}${playOf("second-factor")}) takes the same steps.`
    : "It is a part of a page. The tests open the page in Chromium: `npm test -- --project browser`, or `npm run test:matrix` for all of them."

/** An example with the commands that run it, or a source that a page links to. */
export const fileContent = (page: SitePage): Content => {
  const { source, kind, slug } = page
  const text = textOf(source)
  const name = kind === "example" ? posix.basename(source) : source
  const { words, commands } = commentOf(text)
  const play = kind === "example" ? playOf(posix.basename(source, ".ts")) : undefined
  // `npm run emulator    in one terminal`: what follows the command is a remark.
  const run = commands
    .filter((command) => /^(npm|\w+=)/.test(command))
    .map((line) => line.replace(/ {2,}(?=\S)/, "  # "))
  const beside = `The file is \`${source}\` in the repository.`
  const played = play === undefined ? "" : `[Open it in the playground](${wayTo(slug, "")}${play})\n\n`
  const commanded = `\`\`\`sh\n${(run.length > 0 ? run : [`npm run node ${source}`]).join("\n")}\n\`\`\``
  const running =
    kind === "source"
      ? ""
      : `## Run it\n\n${played}${source.startsWith("docs/") ? commanded : inPage(page)}\n\n## The example\n\n`
  const intro = words === "" || kind === "source" ? "" : `${words}\n\n`
  const body = `${intro}${beside}\n\n${running}${kind === "source" ? listing(text) : fenced(source, text)}`
  return {
    page,
    title: name,
    description: words === "" ? beside : words.slice(0, 200),
    body,
    markdown: `# ${name}\n\n${beside}\n\n${fenced(source, text)}`,
  }
}
