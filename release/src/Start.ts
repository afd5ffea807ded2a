/** How long a command takes to start. */
import { must } from "./Command.ts"

const median = (numbers: ReadonlyArray<number>): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

export interface Start {
  /** Of a Node that does nothing, in ms. */
  readonly bare: number
  /** What the command takes beyond that, in ms. */
  readonly over: number
}

/** Medians of rounds in which the command and a Node that does nothing take turns. */
export const measure = async (node: string, args: ReadonlyArray<string>, cwd: string, rounds = 15): Promise<Start> => {
  const bare: Array<number> = []
  const whole: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    bare.push((await must(node, ["-e", "0"], { cwd })).millis)
    whole.push((await must(node, args, { cwd })).millis)
  }
  return { bare: median(bare), over: median(whole) - median(bare) }
}
