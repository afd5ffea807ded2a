/** The results of a bench: tables whose rows can be compared, and the bars for some of them. */
import type { Contender } from "./Rounds.ts"
import { type Estimate, quartiles, ratio, type Sample } from "./Sample.ts"

export interface Row {
  readonly name: string
  readonly estimate: Estimate
  /** The ratio to the table's base; absent if that says nothing. */
  readonly ratio?: Estimate | undefined
  /** What a reader must not miss. */
  readonly remark?: string | undefined
}

export interface Table {
  readonly title: string
  /** `ns`, `ms`, `B`, `kB`, or nothing for a plain number. */
  readonly unit: string
  /** What the range of an estimate is. */
  readonly spread: string
  /** The row that the others are compared with. */
  readonly base?: string | undefined
  readonly rows: ReadonlyArray<Row>
}

/** What the design demands, what was measured, and whether that is enough. */
export interface Bar {
  readonly says: string
  readonly found: string
  readonly holds: boolean
}

export interface Board {
  readonly id: string
  readonly title: string
  readonly tables: ReadonlyArray<Table>
  readonly bars: ReadonlyArray<Bar>
  readonly notes: ReadonlyArray<string>
}

/** A bench, at its usual size or at a small one that only shows that it runs. */
export interface Bench {
  readonly id: string
  readonly title: string
  readonly run: (isSmall: boolean) => Promise<Omit<Board, "id" | "title">>
}

/** A number that was counted, not measured. */
export const exactly = (value: number): Estimate => ({ value, low: value, high: value })

/** A table of contenders that took turns. */
export const tableOf = (
  title: string,
  unit: string,
  contenders: ReadonlyArray<Contender & { readonly remark?: string }>,
  samples: ReadonlyMap<string, Sample>,
  base: string,
): Table => ({
  title,
  unit,
  spread: "quartiles",
  base,
  rows: contenders.map(({ name, remark }) => {
    const sample = samples.get(name) ?? []
    return {
      name,
      estimate: quartiles(sample),
      ratio: name === base ? undefined : ratio(sample, samples.get(base) ?? []),
      remark,
    }
  }),
})

const rowOf = ({ rows }: Table, name: string): Row | undefined => rows.find((row) => row.name === name)

/** Requires that a row's ratio does not exceed a limit. */
export const atMost = (table: Table, name: string, limit: number): Bar => {
  const found = rowOf(table, name)?.ratio
  return {
    says: `${name}: at most ${limit} × ${table.base}`,
    found: found === undefined ? "nothing" : `${found.value.toFixed(2)} ×`,
    holds: found !== undefined && found.value <= limit,
  }
}

/** Requires a limit against another contender in the same rounds, which need not be the table's base. */
export const atMostTimes = (samples: ReadonlyMap<string, Sample>, name: string, other: string, limit: number): Bar => {
  const { value } = ratio(samples.get(name) ?? [], samples.get(other) ?? [])
  return { says: `${name}: at most ${limit} × ${other}`, found: `${value.toFixed(2)} ×`, holds: value <= limit }
}

/** Requires that a row is below another one of its table. */
export const below = (table: Table, name: string, other: string): Bar => {
  const one = rowOf(table, name)?.estimate.value ?? Number.NaN
  const two = rowOf(table, other)?.estimate.value ?? Number.NaN
  return { says: `${name}: below ${other}`, found: `${(one / two).toFixed(2)} ×`, holds: one < two }
}
