/** P4 and P5: what a browser downloads. Weighed by the same program that `release` weighs with. */
import { join } from "node:path"
import * as Bundle from "release/src/Bundle.ts"
import { ours, peers } from "release/src/Weighed.ts"
import { root } from "release/src/Workspace.ts"
import { type Bench, below, exactly, type Row } from "../Board.ts"

/** Bytes of gzip, if the limit is lower here than in `release`; and the peer that the bundle must be smaller than. */
const held: Readonly<Record<string, { readonly most: number; readonly below: string }>> = {
  "PromiseClient.ts": { most: 64_000, below: "@auth0/auth0-spa-js" },
}

const directory = join(root, "release")

const row = async (entry: string, name: string): Promise<Row> => {
  const { gzip } = await Bundle.bundle(join("bundles", entry), directory)
  return { name, estimate: exactly(gzip / 1000) }
}

export const bench: Bench = {
  id: "P4 P5",
  title: "what a browser downloads",
  run: async (isSmall) => {
    const weighed = isSmall ? ours.slice(0, 1) : ours
    const rows = await Promise.all(weighed.map(({ entry, shows }) => row(entry, shows)))
    const beside = await Promise.all((isSmall ? [] : peers).map(({ entry, shows }) => row(entry, shows)))
    const table = { title: "minified and gzipped", unit: "kB", spread: "", rows: [...rows, ...beside] }
    return {
      tables: [table],
      bars: weighed.flatMap(({ budget, entry, shows }, at) => {
        const kB = rows[at]?.estimate.value ?? Number.NaN
        const { below: other, most = budget } = held[entry] ?? {}
        const bar = {
          says: `${shows}: at most ${most / 1000} kB`,
          found: `${kB.toFixed(1)} kB`,
          holds: kB * 1000 <= most,
        }
        return other === undefined ? [bar] : [bar, below(table, shows, other)]
      }),
      notes: ["what is in each: npm run sizes -- --contents"],
    }
  },
}
