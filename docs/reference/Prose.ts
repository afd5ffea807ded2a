/**
 * A docstring's words as Markdown: its links, and the names in code type, lead to what they name.
 */

/** Names in prose: `{@link Name}`, `` `Name` ``, `` `Name.of(…)` ``. One that is a link already stays as it is. */
const names = /\{@link ([\w.]+)\}|(?<![[`])`([A-Za-z][\w.]*)(\([^`]*\))?`(?![`\]])/g

/** A text with its names linked. `wayTo` gives the link of a name, or `undefined` for a word that names nothing. Code blocks stay. */
export const linked = (text: string, wayTo: (name: string) => string | undefined): string =>
  text
    .split(/(^```[\s\S]*?^```)/m)
    .map((part) => (part.startsWith("```") ? part : part.replace(names, (...found) => link(found, wayTo))))
    .join("")

const link = (
  [whole, asked, spoken, call = ""]: ReadonlyArray<string | undefined>,
  wayTo: (name: string) => string | undefined,
): string => {
  const name = asked ?? spoken ?? ""
  const way = wayTo(name)
  if (way !== undefined) return `[\`${name}${call}\`](${way})`
  return asked === undefined ? (whole ?? "") : `\`${name}\``
}

/** The first sentence of a docstring, in one line, without links. */
export const firstSentence = (text: string): string => {
  const [paragraph = ""] = text.replace(/\{@link ([^}]+)\}/g, "$1").split(/\n\n|\n- /)
  const line = paragraph.replace(/\s+/g, " ")
  return /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line.replace(/:$/, ".")
}
