/**
 * Draws the Mermaid diagrams of the pages, as far as this repository writes them: `stateDiagram-v2` and `flowchart TD`. Mermaid itself
 * needs a browser to draw, and its script is ten times as heavy as a page. Graphviz draws when the site is built.
 */
import { instance, type Viz } from "@viz-js/viz"

interface Shape {
  readonly label: string
  readonly dashed: boolean
}

const quote = (text: string) => `"${text.replaceAll('"', '\\"').replaceAll("<br/>", "\\n")}"`

/** The diagram in Graphviz' language; nothing when it has a line that is not understood. */
export const dotOf = (mermaid: string): string | undefined => {
  const [first = "", ...lines] = mermaid.trim().split("\n")
  if (!/^(stateDiagram-v2|flowchart)/.test(first)) return undefined
  const shapes = new Map<string, Shape>()
  const arrows: Array<string> = []
  const clusters: Array<{ readonly label: string; readonly inside: Array<string> }> = []
  let open: { readonly label: string; readonly inside: Array<string> } | undefined
  let direction = /flowchart LR/.test(first) ? "LR" : "TB"
  const shape = (id: string, label = id) => {
    const name = id === "[*]" ? "start" : id
    if (!shapes.has(name) || label !== id) shapes.set(name, { label, dashed: shapes.get(name)?.dashed ?? false })
    open?.inside.push(name)
    return name
  }
  for (const line of lines.map((each) => each.trim()).filter((each) => each !== "" && !each.startsWith("%%"))) {
    const arrow = /^(\S+) -->(?:\|([^|]*)\|)? (\S+)(?: : (.+))?$/.exec(line)
    const state = /^state "(.+)" as (\S+)$/.exec(line)
    const node = /^(\w+)\[(.+)\]$/.exec(line)
    const group = /^subgraph \w+ \["(.+)"\]$/.exec(line)
    const dashed = /^class (\S+) elsewhere$/.exec(line)
    if (arrow !== null) {
      const [, from = "", between, to = "", label = between ?? ""] = arrow
      arrows.push(`${quote(shape(from))} -> ${quote(shape(to))} [label=${quote(label === "" ? "" : ` ${label} `)}]`)
    } else if (state !== null) shape(state[2] ?? "", state[1])
    else if (node !== null) shape(node[1] ?? "", node[2])
    else if (group !== null) {
      open = { label: group[1] ?? "", inside: [] }
      clusters.push(open)
    } else if (line === "end") open = undefined
    else if (dashed !== null) {
      for (const id of dashed[1]?.split(",") ?? []) shapes.set(id, { label: shapes.get(id)?.label ?? id, dashed: true })
    } else if (/^direction /.test(line)) direction = /LR/.test(line) ? "LR" : "TB"
    else if (!/^classDef /.test(line)) return undefined
  }
  const nodes = [...shapes].map(([id, { label, dashed }]) =>
    id === "start"
      ? `start [shape=circle label="" width=0.16 style=filled fillcolor=black]`
      : `${quote(id)} [label=${quote(label)} style="rounded${dashed ? ",dashed" : ""}"]`,
  )
  const groups = clusters.map(
    ({ label, inside }, at) =>
      `subgraph cluster_${at} { label=${quote(label)} labeljust=l ${inside.map((id) => quote(id)).join(" ")} }`,
  )
  return `digraph { rankdir=${direction} bgcolor=transparent fontname=Helvetica fontsize=11 pad=0.2
node [shape=box fontname=Helvetica fontsize=12 margin="0.16,0.08"]
edge [fontname=Helvetica fontsize=10.5 arrowsize=0.7]
${nodes.join("\n")}\n${groups.join("\n")}\n${arrows.join("\n")} }`
}

let viz: Promise<Viz> | undefined

/** A wider drawing scrolls, because its letters would get too small. In Graphviz' points. */
const FITS = 800

/** The diagram for who does not see it: its arrows as sentences. */
const spoken = (mermaid: string): string =>
  [...mermaid.matchAll(/^\s*(\S+) --> (\S+)(?: : (.+))?$/gm)]
    .map(([, from = "", to = "", by]) =>
      `${from} to ${to}${by === undefined ? "" : ` by ${by}`}`.replace(/<br\/>/g, ", "),
    )
    .join("; ")
    .replace(/[<>&"]/g, "")

/** The diagram as one block of HTML, or nothing. */
export const drawingOf = async (mermaid: string): Promise<string | undefined> => {
  const dot = dotOf(mermaid)
  if (dot === undefined) return undefined
  viz ??= instance()
  const svg = (await viz).renderString(dot, { format: "svg" })
  const width = Number(/<svg width="(\d+)/.exec(svg)?.[1] ?? 0)
  const drawn = svg
    .slice(svg.indexOf("<svg"))
    .trimEnd()
    .replace(/<title>[\s\S]*?<\/title>|<!--[\s\S]*?-->/g, "")
    .replace(
      "<svg ",
      `<svg role="img" aria-label="${spoken(mermaid)}"${width > FITS ? ' class="wide"' : ` style="min-width:min(${width}pt,34rem)"`} `,
    )
    .replace(/ font-family="[^"]*"/g, "")
    .replace(/\n\s*(?=<)/g, "")
    .replace(/\n\s*/g, " ")
    // Graphviz knows no `currentColor`.
    .replace(/(stroke|fill)="black"/g, '$1="currentColor"')
    .replace(/<text(?! fill)/g, '<text fill="currentColor"')
  return `<div class="pbx-diagram not-content">${drawn}</div>`
}
