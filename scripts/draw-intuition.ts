/**
 * Draws docs/intuition.svg from docs/intuition.dot. Graphviz lays it out; the colours are ours, because Graphviz knows no dark mode.
 * Run it after the description has changed:
 *
 *     npm run node scripts/draw-intuition.ts
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { instance } from "@viz-js/viz"

/** How the picture is drawn anew. */
export const command = "npm run node scripts/draw-intuition.ts"

const docs = join(import.meta.dirname, "..", "docs")

const words =
  "pbx-auth in one picture. Above, facts: a screen, the machine, the providers. Below, secrets: your app, the session, the token endpoint, and beyond it the vendor or the emulator. Events go up to the machine, commands come down from it."

interface Colours {
  readonly text: string
  readonly line: string
  readonly fact: string
  readonly secret: string
  /** What is behind: the two areas, and the boxes in them. */
  readonly facts: string
  readonly secrets: string
  readonly box: string
}

const light: Colours = {
  text: "#1f2328",
  line: "#59636e",
  fact: "#0969da",
  secret: "#bc4c00",
  facts: "#f0f7ff",
  secrets: "#fff6ee",
  box: "#ffffff",
}

const dark: Colours = {
  text: "#f0f6fc",
  line: "#9198a1",
  fact: "#58a6ff",
  secret: "#f0883e",
  facts: "#0f1c2e",
  secrets: "#271a10",
  box: "#0d1117",
}

const rulesOf = ({ box, fact, facts, line, secret, secrets, text }: Colours): string =>
  [
    `text{fill:${text}}`,
    `.cluster text{font-weight:600}`,
    `.facts path{fill:${facts};stroke:${fact};stroke-opacity:.35}.facts text{fill:${fact}}`,
    `.secrets path{fill:${secrets};stroke:${secret};stroke-opacity:.35}.secrets text{fill:${secret}}`,
    `.node path{fill:${box};stroke:${line}}`,
    `.edge path{stroke:${line}}.edge polygon{fill:${line};stroke:${line}}`,
    `.node.fact path{stroke:${fact}}.node.secret path{stroke:${secret}}`,
    `.edge.fact path{stroke:${fact}}.edge.fact polygon{fill:${fact};stroke:${fact}}.edge.fact text{fill:${fact}}`,
    `.edge.secret path{stroke:${secret}}.edge.secret polygon{fill:${secret};stroke:${secret}}.edge.secret text{fill:${secret}}`,
  ].join("")

const style = `<style>${rulesOf(light)}@media (prefers-color-scheme:dark){${rulesOf(dark)}}</style>`

/** How far the outline of a box or an area goes, from left to right. */
const extentOf = (drawn: string): { readonly left: number; readonly right: number } => {
  const [, outline = ""] = /<path [^>]*\bd="([^"]*)"/.exec(drawn) ?? []
  const across = [...outline.matchAll(/(-?[\d.]+),-?[\d.]+/g)].map(([, x]) => Number(x))
  return { left: Math.min(...across), right: Math.max(...across) }
}

/**
 * Graphviz places text by its own estimate of the width, and fonts differ. So each line of a box is centred in it, and the name of an
 * area begins at its left, whatever their real widths are.
 */
const anchored = (svg: string): string =>
  svg
    .replace(/<g [^>]*class="node.*?<\/g>/gs, (box) => {
      const { left, right } = extentOf(box)
      return box.replace(/text-anchor="\w+" x="[^"]*"/g, `text-anchor="middle" x="${((left + right) / 2).toFixed(2)}"`)
    })
    .replace(/<g [^>]*class="cluster.*?<\/g>/gs, (area) =>
      area.replace(/text-anchor="\w+" x="[^"]*"/g, `text-anchor="start" x="${(extentOf(area).left + 18).toFixed(2)}"`),
    )

/** The picture of a description, as SVG. */
export const draw = async (description: string): Promise<string> => {
  const svg = (await instance()).renderString(description, { format: "svg" })
  const drawn = anchored(svg.slice(svg.indexOf("<svg")))
    // Graphviz's names for the boxes, which a browser would show as tooltips.
    .replace(/<title>[^<]*<\/title>\n/g, "")
    .replace(/<!--.*?-->\n/gs, "")
    .replace(
      /<svg [^>]*?viewBox="([^"]*)"[^>]*>/,
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="$1" role="img">\n<title>${words}</title>\n${style}`,
    )
  return `${drawn.trim()}\n`
}

/** Where the description and the picture are. */
export const files = { description: join(docs, "intuition.dot"), picture: join(docs, "intuition.svg") }

if (import.meta.main) writeFileSync(files.picture, await draw(readFileSync(files.description, "utf8")))
