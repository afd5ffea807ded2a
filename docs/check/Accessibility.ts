/** axe finds nothing that keeps somebody out: WCAG 2.1, A and AA. */
import { type Finding, none, type Site } from "./Finding.ts"
import { dresses, visits } from "./Visit.ts"

export const name = "accessibility by axe"

export async function* findings(site: Site): AsyncGenerator<Finding> {
  const all = await visits(site)
  yield { holds: all.length >= 40, says: `${all.length} visits, in ${dresses.length} dresses` }
  for (const dress of dresses) {
    yield none(
      `violations, ${dress.name}`,
      all
        .filter((visit) => visit.dress === dress)
        .flatMap(({ path, violations }) =>
          violations.map(
            ({ id, impact, nodes }) =>
              `${path} ${impact} ${id}: ${nodes.length}, the first ${nodes[0]?.target.join(" ")}`,
          ),
        ),
    )
  }
}
