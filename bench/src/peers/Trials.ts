/** Runs each row with each library. */

import { fileURLToPath } from "node:url"
import * as Bundle from "release/src/Bundle.ts"
import { peers, rows } from "./All.ts"
import { apiPath, type Peer } from "./Peer.ts"
import { type Row, type Seen, type Trial, wait } from "./Row.ts"
import { open } from "./Stage.ts"

/** What a cell of the table says. */
export type Cell = Seen & { readonly byYourCode: boolean }

/** No trial takes so long, ms. */
const bound = 60_000

const tried = async (row: Row, peer: Peer): Promise<Cell> => {
  const stage = await open(row.world ?? {}, row.person)
  const trial: Trial = {
    peer,
    stage,
    open: ({ origin = stage.origin, saved, strict = false } = {}) =>
      peer.open({ ...stage.setting, origin, ...(saved !== undefined && { saved }) }, { strict }),
    statusOf: async (token) =>
      (await fetch(stage.origin + apiPath, { headers: { authorization: `Bearer ${token}` } })).status,
    count: async (grant) => (await stage.journal()).filter((entry) => entry.grant === grant).length,
  }
  try {
    const late: Seen = { good: false, seen: "hangs" }
    const seen = await Promise.race([row.run(trial), wait(bound).then(() => late)])
    return { ...seen, byYourCode: row.needs !== undefined && peer.leaves.has(row.needs) }
  } finally {
    await stage.close()
  }
}

/** A row of the table: its words, and a cell for each library. */
export interface Line {
  readonly says: string
  readonly cells: ReadonlyArray<Cell>
}

const lineOf = async (row: Row): Promise<Line> => {
  const cells: Array<Cell> = []
  if (row.alone === true) for (const peer of peers) cells.push(await tried(row, peer))
  else cells.push(...(await Promise.all(peers.map((peer) => tried(row, peer)))))
  return { says: row.says, cells }
}

const plain = (seen: string): Cell => ({ good: true, seen, byYourCode: false })

/** The library and what its trial uses of it, as one file for a browser. */
const weightOf = async (file: string): Promise<Cell> => {
  const directory = fileURLToPath(new URL(".", import.meta.url))
  try {
    const { external, gzip } = await Bundle.bundle(file, directory)
    return external.length > 0 ? plain("Node alone") : plain(`${(gzip / 1_000).toFixed(1)} kB`)
  } catch {
    return plain("Node alone")
  }
}

const rounds = 40

/** The lower quartile of the time from nothing to a first token: what a quiet machine takes. The libraries take turns, so that other work of the machine strikes all of them. */
const times = async (): Promise<ReadonlyArray<Cell>> => {
  const stages = await Promise.all(peers.map(() => open({})))
  const taken = peers.map((): Array<number> => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, peer] of peers.entries()) {
      const setting = stages[index]?.setting
      if (setting === undefined) continue
      const began = performance.now()
      const held = await peer.open(setting)
      await held.signIn()
      await held.token()
      // Not the first ones, which load and compile.
      if (round >= rounds / 4) taken[index]?.push(performance.now() - began)
      await held.close()
    }
  for (const stage of stages) await stage.close()
  return taken.map((all) => {
    const sorted = all.toSorted((a, b) => a - b)
    return plain(`${(sorted[Math.floor(sorted.length / 4)] ?? 0).toFixed(1)} ms`)
  })
}

/** Rows of figures: there is nothing to hold. */
const figures: ReadonlyArray<readonly [string, () => Promise<ReadonlyArray<Cell>>]> = [
  [
    "Weight in a browser, gzip, with what the trials use of it",
    () => Promise.all(peers.map(({ file }) => weightOf(file))),
  ],
  ["From nothing to a token, over loopback", times],
]

/** All lines. `tell` hears of each when it is there. */
export const run = async (tell: (line: Line) => void, only?: string): Promise<ReadonlyArray<Line>> => {
  const lines: Array<Line> = []
  const add = (line: Line) => {
    lines.push(line)
    tell(line)
  }
  const isWanted = (says: string) => only === undefined || says.includes(only)
  for (const row of rows) if (isWanted(row.says)) add(await lineOf(row))
  for (const [says, measure] of figures) if (isWanted(says)) add({ says, cells: await measure() })
  return lines
}
