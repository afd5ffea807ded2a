/**
 * Contenders take turns, so that disturbances of the machine affect all of them alike. Ours, because tinybench and mitata run one
 * contender to its end before the next begins, and a ratio then says what the machine did in between.
 */
import type { Sample } from "./Sample.ts"

export interface Contender {
  readonly name: string
  /** Runs once and returns the cost, in the unit of its table. */
  readonly run: () => number | Promise<number>
}

export interface Size {
  readonly rounds: number
  /** Rounds before those that count: until then code is compiled, and caches fill. */
  readonly warmUp: number
}

/** Each round begins with another contender: the first one pays for what the last one left behind. */
export const race = async (
  contenders: ReadonlyArray<Contender>,
  { rounds, warmUp }: Size,
): Promise<ReadonlyMap<string, Sample>> => {
  const samples = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = -warmUp; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + round + warmUp) % contenders.length]
      if (contender === undefined) continue
      const took = await contender.run()
      if (round >= 0) samples.get(contender.name)?.push(took)
    }
  }
  return samples
}
