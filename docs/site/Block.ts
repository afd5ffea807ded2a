/** A page in blocks: prose, and fenced code with what stands above it. */

export interface Prose {
  readonly kind: "prose"
  readonly text: string
}

export interface Code {
  readonly kind: "code"
  /** The whole block with its fences. */
  readonly text: string
  /** What follows the opening fence: `ts title="Effect"`. */
  readonly info: string
  readonly code: string
  /** The file that it quotes, by the comment above it: `<!-- from docs/examples/effect-app.ts -->`. */
  readonly from?: string
}

export type Block = Prose | Code

const fence = /^( *)(`{3,}|~{3,})([^\n]*)\n([\s\S]*?)^\1\2[ \t]*$\n?/gm
const quoted = /<!-- from (\S+?)(?:#\S+)?(?: \S+)* -->\s*$/

export const blocksOf = (text: string): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let end = 0
  for (const match of text.matchAll(fence)) {
    const [whole, , , info = "", code = ""] = match
    const before = text.slice(end, match.index)
    const from = quoted.exec(before)?.[1]
    blocks.push({ kind: "prose", text: from === undefined ? before : before.replace(quoted, "") })
    blocks.push({ kind: "code", text: whole, info: info.trim(), code, ...(from === undefined ? {} : { from }) })
    end = match.index + whole.length
  }
  blocks.push({ kind: "prose", text: text.slice(end) })
  return blocks
}

/** The same text, with each block as `draw` has it. */
export const withProse = (text: string, draw: (prose: string) => string): string =>
  blocksOf(text)
    .map((block) => {
      if (block.kind === "prose") return draw(block.text)
      return block.from === undefined ? block.text : `<!-- from ${block.from} -->\n\n${block.text}`
    })
    .join("")

/** A heading, a paragraph or a cell as plain words. */
export const plain = (markdown: string): string =>
  markdown
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/!?\[((?:`[^`]*`|[^[\]`])*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]|(?<!\w)_|_(?!\w)/g, "")
    .replace(/\s+/g, " ")
    .trim()

const heading = /^# (.+)$/m

export const titleOf = (text: string): string => {
  const [prose = ""] = blocksOf(text).flatMap((block) => (block.kind === "prose" ? [block.text] : []))
  const title = heading.exec(prose)?.[1]
  if (title === undefined) throw new Error(`a page begins with its title: # …, and this one with ${text.slice(0, 60)}`)
  return plain(title)
}

export const withoutTitle = (text: string): string => text.replace(heading, "").trimStart()

/** The first paragraph that is more than a word or two, as far as search results show it. */
export const descriptionOf = (text: string): string => {
  const [prose = ""] = blocksOf(withoutTitle(text)).flatMap((block) => (block.kind === "prose" ? [block.text] : []))
  const paragraphs = prose.split(/\n\s*\n/).filter((part) => /^[\p{L}`[*"]/u.test(part.trim()))
  const words = paragraphs.map(plain).find(({ length }) => length > 20) ?? ""
  return words.length <= 200 ? words : `${words.slice(0, 199).replace(/\s\S*$/, "")}…`
}
