/** What a bench found: tables whose rows stand side by side, and the bars that some of them are held to. */
import type { Contender } from "./Rounds.ts"
import { type Estimate, quartiles, ratio, type Sample } from "./Sample.ts"

export interface Row {
  readonly name: string
  readonly estimate: Estimate
  /** How often the table's base goes into it; absent where that says nothing. */
  readonly ratio?: Estimate | undefined
  /** What the eye should not miss. */
  readonly remark?: string | undefined
}

export interface Table {
  readonly title: string
  /** `ns`, `ms`, `B`, `kB`, or nothing for a plain number. */
  readonly unit: string
  /** What the range of an estimate is. */
  readonly spread: string
  /** The row by which the others are measured. */
  readonly base?: string | undefined
  readonly rows: ReadonlyArray<Row>
}

/** What design says must be, what was found, and whether that will do. */
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

/** Something that can be measured, at its usual size or at a small one that only shows that it runs. */
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

/** Holds a row's ratio to what it must not exceed. */
export const atMost = (table: Table, name: string, limit: number): Bar => {
  const found = rowOf(table, name)?.ratio
  return {
    says: `${name}: at most ${limit} × ${table.base}`,
    found: found === undefined ? "nothing" : `${found.value.toFixed(2)} ×`,
    holds: found !== undefined && found.value <= limit,
  }
}

/** Holds a contender to so many times another one of its rounds, which need not be its table's base. */
export const atMostTimes = (samples: ReadonlyMap<string, Sample>, name: string, other: string, limit: number): Bar => {
  const { value } = ratio(samples.get(name) ?? [], samples.get(other) ?? [])
  return { says: `${name}: at most ${limit} × ${other}`, found: `${value.toFixed(2)} ×`, holds: value <= limit }
}

/** Holds a row to being below another one of its table. */
export const below = (table: Table, name: string, other: string): Bar => {
  const one = rowOf(table, name)?.estimate.value ?? Number.NaN
  const two = rowOf(table, other)?.estimate.value ?? Number.NaN
  return { says: `${name}: below ${other}`, found: `${(one / two).toFixed(2)} ×`, holds: one < two }
}
