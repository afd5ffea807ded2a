/**
 * The tables of docs/test-values.md, as the rows play. `node docs/test/TestValuesPage.ts` writes them; a test compares.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { pageOf } from "@pbx-auth/providers/AuthError"
import { ipex, landstar, type ProviderId, sangomaCx, skySwitch } from "../playground/Provider.ts"
import { put, table } from "./Generated.ts"
import { addressOf, rows, type TestRow } from "./TestRow.ts"
import { type Played, play } from "./TestStage.ts"

export const url = new URL("../test-values.md", import.meta.url)

/** A row with what it came to. */
export interface Shown {
  readonly row: TestRow
  readonly played: Played
}

/** All rows, played one after the other. */
export const playAll = async (): Promise<ReadonlyArray<Shown>> => {
  const shown: Array<Shown> = []
  for (const row of rows) shown.push({ row, played: await play(row) })
  return shown
}

const code = (text: string) => `\`${text}\``

const options = {
  client: "with a wrong client secret",
  subject: "for somebody unknown",
  scopes: "with a scope that is not granted",
  address: "with the address `http://pbx.example.com`",
} as const

const beyondOf = ({ beyond = {} }: TestRow): string =>
  [
    ...(beyond.fault === undefined ? [] : [`under ${code(`--fault ${beyond.fault}`)}`]),
    ...(beyond.world === undefined ? [] : [`in the world ${code(JSON.stringify(beyond.world))}`]),
    ...(beyond.option === undefined ? [] : [options[beyond.option]]),
  ].join(", ")

const stepsIn = (row: TestRow): string => {
  const address = addressOf(row)
  const words = row.steps.map(code).join(" ")
  return address === undefined ? words : `[${words}](${address})`
}

/** What is done: the words of the playground's address, which lead there, then what only the emulator's command can do. */
export const doneIn = (row: TestRow): string =>
  [
    stepsIn(row),
    ...(row.mode === "unattended" && row.provider !== sangomaCx ? ["unattended"] : []),
    ...(row.rotation === undefined ? [] : [`${row.rotation} rotation`]),
    ...(row.beyond === undefined ? [] : [beyondOf(row)]),
  ].join(", ")

export const stateIn = ({ state }: Played): string => (state === undefined ? "no session" : code(state))

const outcomeOf = ({ error, outcome }: Played): string =>
  error === undefined ? outcome : outcome.replace(error, `[${error}](${pageOf(error)}.md)`)

const tableOf = (shown: ReadonlyArray<Shown>): string =>
  table(
    ["account", "done", "outcome", "state", "the provider saw"],
    shown.map(({ played, row }) => [
      code(row.account),
      doneIn(row),
      outcomeOf(played),
      stateIn(played),
      played.seen.join("; ") || "nothing",
    ]),
  )

const providers: ReadonlyArray<ProviderId> = [skySwitch, landstar, ipex, sangomaCx]

export const rewritten = (page: string, shown: ReadonlyArray<Shown>): string =>
  providers.reduce(
    (text, id) => put(text, `played at ${id}`, tableOf(shown.filter(({ row }) => row.provider === id))),
    page,
  )

if (import.meta.main) {
  writeFileSync(url, rewritten(readFileSync(url, "utf8"), await playAll()))
}
