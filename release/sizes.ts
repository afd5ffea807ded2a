/** `sizes [--contents]`: prints the sizes of our bundles beside their peers', and with `--contents` what is in ours. */
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Bundle from "./src/Bundle.ts"
import * as Table from "./src/Table.ts"
import { ours, peers } from "./src/Weighed.ts"
import { root } from "./src/Workspace.ts"

const { values } = parseArgs({ options: { contents: { type: "boolean", default: false } } })

const directory = join(root, "release")
const weigh = (entry: string) => Bundle.bundle(join("bundles", entry), directory)
const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`

const weighed = await Promise.all(ours.map(async (one) => ({ ...one, bundle: await weigh(one.entry) })))
const beside = await Promise.all(peers.map(async (one) => ({ ...one, bundle: await weigh(one.entry) })))

Table.print(
  Table.format(
    ["bundle", "minified", "gzip", "budget", ""],
    [
      ...weighed.map(({ budget, bundle, ceiling, mustNotAppear, shows }) => {
        const unwanted = Bundle.findUnwanted(bundle, mustNotAppear)
        const verdict = [
          ...(bundle.gzip > ceiling ? [`above its ceiling of ${kB(ceiling)}`] : []),
          ...(bundle.gzip > budget ? [`${kB(bundle.gzip - budget)} over`] : []),
          ...(unwanted.length > 0 ? [`must not be in it: ${unwanted.join(", ")}`] : []),
        ]
        return [shows, kB(bundle.minified), kB(bundle.gzip), kB(budget), verdict.join("; ") || "ok"]
      }),
      ...beside.map(({ bundle, shows }) => [shows, kB(bundle.minified), kB(bundle.gzip), "", ""]),
    ],
  ),
)

const wrong = weighed.some(
  ({ bundle, ceiling, mustNotAppear }) =>
    bundle.gzip > ceiling || Bundle.findUnwanted(bundle, mustNotAppear).length > 0,
)
if (wrong) process.exitCode = 1

if (values.contents) {
  for (const { bundle, shows } of weighed) {
    const byPackage = Map.groupBy(bundle.modules, ([module]) => Bundle.packageOf(module))
    const rows = [...byPackage].map(([name, modules]) => {
      const bytes = modules.reduce((sum, [, share]) => sum + share, 0)
      const heaviest = modules.toSorted(([, a], [, b]) => b - a).slice(0, 8)
      return {
        name,
        bytes,
        heaviest: heaviest.map(([module, share]) => `${module.slice(name.length + 1)} ${kB(share)}`),
      }
    })
    const heavyFirst = rows.toSorted((a, b) => b.bytes - a.bytes)
    Table.print(
      `\n${Table.format(
        [shows, "minified", "heaviest"],
        heavyFirst.map((row) => [row.name, kB(row.bytes), row.heaviest.join(", ")]),
      )}`,
    )
  }
}
