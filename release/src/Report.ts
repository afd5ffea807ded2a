/** What was checked, and the results. Ours: a test runner would show no figures beside the checks that held. */
import { availableParallelism } from "node:os"
import pLimit from "p-limit"
import * as Table from "./Table.ts"

interface Line {
  readonly what: string
  readonly where: string
  readonly seconds: number
  readonly found: string
  /** Why it failed, at full length; absent when it did not. */
  readonly failure?: string
}

export interface Report {
  /**
   * Checks something: what it returns goes into the table, what it throws is why it failed. As many run at once as the machine has
   * processors.
   */
  readonly check: (what: string, where: string, run: () => Promise<string>) => Promise<void>
  readonly lines: ReadonlyArray<Line>
}

export const make = (): Report => {
  // In the order in which the checks were asked for, whichever ends first.
  const slots: Array<Line | undefined> = []
  const inTurn = pLimit(availableParallelism())
  return {
    get lines() {
      return slots.filter((line) => line !== undefined)
    },
    check: (what, where, run) => {
      const slot = slots.push(undefined) - 1
      return inTurn(async () => {
        const begun = performance.now()
        const seconds = () => (performance.now() - begun) / 1000
        try {
          const found = await run()
          slots[slot] = { what, where, found, seconds: seconds() }
        } catch (error) {
          const failure = error instanceof Error ? error.message : String(error)
          slots[slot] = { what, where, found: "", failure, seconds: seconds() }
        }
      })
    },
  }
}

export const print = ({ lines }: Report): void => {
  const rows = lines.map(({ failure, found, seconds, what, where }) => [
    failure === undefined ? "ok" : "FAIL",
    what,
    where,
    `${seconds.toFixed(1)} s`,
    found,
  ])
  Table.print(Table.format(["", "what", "where", "took", "found"], rows))
  for (const { failure, what, where } of lines) {
    if (failure !== undefined) Table.print(`\n!! ${what}, ${where}\n${failure}`)
  }
  const failed = lines.filter(({ failure }) => failure !== undefined).length
  Table.print(`\n${lines.length - failed} held, ${failed} failed`)
}
