/** axe finds nothing that keeps somebody out: WCAG 2.1, A and AA. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { AxeResults, RunOptions } from "axe-core"
import { type Finding, none, type Site } from "./Finding.ts"
import { pagesOf, visits } from "./Visit.ts"

export const name = "accessibility by axe"

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8")

const rules: RunOptions = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"] }

declare const window: { readonly axe: { run(context: Document, options: RunOptions): Promise<AxeResults> } }

export async function* findings(site: Site): AsyncGenerator<Finding> {
  const found = new Map<string, Array<string>>()
  for await (const { page, path, dress } of visits(site)) {
    await page.evaluate(axe)
    const { violations } = await page.evaluate((options) => window.axe.run(document, options), rules)
    const lines = found.get(dress.name) ?? []
    found.set(dress.name, lines)
    for (const { id, impact, nodes } of violations) {
      lines.push(`${path} ${impact} ${id}: ${nodes.length}, the first ${nodes[0]?.target.join(" ")}`)
    }
  }
  const count = pagesOf(site).length
  yield { holds: count >= 10, says: `${count} pages were looked at, in ${found.size} dresses` }
  for (const [dress, lines] of found) yield none(`violations, ${dress}`, lines)
}
