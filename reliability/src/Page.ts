/** The report as a page: what every run must find again, and nothing that depends on the machine. */
import { readFileSync } from "node:fs"
import type { Finding } from "./Finding.ts"
import { figuresOf } from "./Report.ts"
import type { Row } from "./Row.ts"
import * as RuntimeTable from "./runtimes/RuntimeTable.ts"

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

/** `runtimes` is the table of the other command, which stays as it is. */
export const render = (told: ReadonlyArray<Told>, runtimes: string = RuntimeTable.read(read())): string => {
  const contract = told.filter(isOfContract)
  const further = told.filter((one) => !isOfContract(one))
  return `# Reliability

<!-- Made by ${command}; a test says when it is stale. -->

No fault of a server, a network, a clock or a store loses a session. Each row below is a promise with a bar, and a program that checks
it. The program plays the fault with the emulator: over a real socket where the wire matters, and under virtual time where hours pass.
Where processes share tokens, it starts real ones, over files, SQLite, PostgreSQL and Redis. It reports the figures that it saw.

\`\`\`sh
npm run reliability              # every row, at full length: half an hour; ends with 1 if one falls short
npm run reliability -- --row R3  # one row
npm run reliability -- --json
\`\`\`

\`npm test\` tries a few cases of each row. \`npm run test:matrix\` tries the shortened rows with all their cases, and each row against
a library with a deliberately broken part, which the row must find. The command above prints all figures. This page leaves out those that depend on the machine or on chance.

The report starts PostgreSQL and Redis by itself, if they are installed, or uses those of \`PBX_TEST_POSTGRES_URL\` and
\`PBX_TEST_REDIS_URL\`. What it has to leave out it names, with the reason.

"Others" is what we measured with openid-client, oidc-client-ts, google-auth-library, Azure's token cycler,
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

## Known not to be sent, in each runtime

After a failed renewal, one question decides whether the session may present the refresh token again: is it known that nothing was sent?
Each runtime tells that in its own way, and some do not tell it. We played each failure below to a renewal in each runtime.

\`\`\`sh
npm run runtimes                   # in all of them, which npm installs; Chromium is this machine's
npm run runtimes -- --only deno
\`\`\`

- \`Unavailable\`: it is known that nothing was sent. The session tries again.
- \`OutcomeUnknown\`: the vendor may have received the request.
- \`Misconfigured\`: the error names what to correct.
- ¹: nothing was sent, but the runtime does not say so. The session treats it with the same care as a lost reply.
- **wrong**: the request arrived, and the runtime reported it as not sent. The command then ends with 1.
- –: only another runtime can have this failure.

After \`100 Continue\` unasked, Node's \`fetch\` gives up although the vendor has taken the request, and workerd takes it for the reply. If a server
does that, use [a fetch of your own](network.md#a-server-that-says-100-continue-unasked).

${runtimes}

## What each row does

${told.map(({ row }) => `- **${row.id}** ${row.means}`).join("\n")}
`
}
