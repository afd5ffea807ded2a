/** The report as a page: what every run has to see again, and nothing that hangs on the machine. */
import { readFileSync } from "node:fs"
import type { Finding } from "./Finding.ts"
import { figuresOf } from "./Report.ts"
import type { Row } from "./Row.ts"

export const path = new URL("../../docs/reliability.md", import.meta.url)

export const read = (): string => readFileSync(path, "utf8")

export const command = "npm run reliability -- --write"

const cell = (words: string) => words.replaceAll("|", "\\|")

const line = (cells: ReadonlyArray<string>) => `| ${cells.map(cell).join(" | ")} |`

const seen = ({ figures, held }: Finding) => {
  const stable = figuresOf(figures.filter(({ isStable }) => isStable))
  return held ? stable || "held" : "**falls short**"
}

type Told = { readonly row: Row; readonly finding: Finding }

const isOfContract = ({ row }: Told) => row.id.startsWith("R")

export const render = (told: ReadonlyArray<Told>): string => {
  const contract = told.filter(isOfContract)
  const further = told.filter((one) => !isOfContract(one))
  return `# Reliability

<!-- Made by ${command}; a test says when it is stale. -->

Nothing that a server, a network or a clock does loses a session. Each row below is a promise with a bar, and a program that
sees for itself: it plays the fault with the emulator, over a real socket where the wire matters and under virtual time where
hours pass, and reports the figures that it saw.

\`\`\`sh
npm run reliability              # every row, at full length: a few minutes; ends with 1 if one falls short
npm run reliability -- --row R3  # one row
npm run reliability -- --json
\`\`\`

The same rows run in the tests, shortened, and beside each one a library with a deliberately broken part, which the row must
find. What of the figures hangs on the machine or on chance is printed by the command and left out here.

"Others" is what was measured of openid-client, oidc-client-ts, google-auth-library, Azure's token cycler,
@badgateway/oauth2-client, simple-oauth2 and supabase auth-js.

## The contract

${[
  line(["#", "fault", "bar", "seen", "others"]),
  line(["---", "---", "---", "---", "---"]),
  ...contract.map(({ finding, row }) => line([row.id, row.fault, row.bar, seen(finding), row.others ?? "–"])),
].join("\n")}

## Beyond it

${[
  line(["#", "fault", "bar", "seen"]),
  line(["---", "---", "---", "---"]),
  ...further.map(({ finding, row }) => line([row.id, row.fault, row.bar, seen(finding)])),
].join("\n")}

## What each row does

${told.map(({ row }) => `- **${row.id}** ${row.means}`).join("\n")}
`
}
