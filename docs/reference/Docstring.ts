/**
 * A docstring as it stands in the source: its words, and its tags.
 */
import type * as ts from "typescript-api"

/** The words of a docstring, without the stars. */
export interface Docstring {
  /** Markdown, with `{@link …}` as it was written. */
  readonly text: string
  /** What `@category` says. */
  readonly category: string | undefined
  /** `@internal`: exported for a neighbour, and not for you. */
  readonly internal: boolean
}

/** A docstring's text without its stars, parted into words and tags. */
const read = (inner: string): Docstring => {
  const lines = inner.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
  const tags = lines.filter((line) => /^\s*@\w+/.test(line)).map((line) => line.trim())
  return {
    text: lines
      .filter((line) => !/^\s*@\w+/.test(line))
      .join("\n")
      .trim(),
    category: tags
      .find((tag) => tag.startsWith("@category"))
      ?.slice("@category".length)
      .trim(),
    internal: tags.includes("@internal"),
  }
}

/**
 * The docstring that stands right before a node. A case of a union has its words before its `|`, where the compiler attaches none, so
 * the text before the node is read. Notes to tools may stand between (`// biome-ignore …`).
 */
export const before = (node: ts.Node): Docstring | undefined => {
  const source = node.getSourceFile()
  const lines = source.text
    .slice(0, node.getStart(source, false))
    .replace(/[ |]+$/, "")
    .split("\n")
  if (lines.at(-1) === "") lines.pop()
  while (/^\s*\/\//.test(lines.at(-1) ?? "")) lines.pop()
  const text = lines.join("\n")
  const opened = text.lastIndexOf("/**")
  const inner = text.slice(opened + 3, -2)
  return text.endsWith("*/") && opened >= 0 && !inner.includes("*/") ? read(inner) : undefined
}

/** The module's own comment: the first of the file, unless it is that of the first export. */
export const ofModule = (source: ts.SourceFile): Docstring | undefined => {
  const found = /^\s*\/\*\*((?:[^*]|\*(?!\/))*)\*\/(\n*)/.exec(source.text)
  if (found === null) return undefined
  const rest = source.text.slice(found[0].length)
  return found[2] === "\n" && !/^(import|\/\*\*)/.test(rest) ? undefined : read(found[1] ?? "")
}
