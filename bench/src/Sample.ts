/** Numbers that were measured again and again, and what may be said of them. */

/** One number per round. */
export type Sample = ReadonlyArray<number>

/** A value with the range that half of the rounds, or nineteen of twenty resamplings, lie in. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

const quantile = (sorted: Sample, share: number): number => {
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

const ascending = (sample: Sample): Sample => sample.toSorted((a, b) => a - b)

export const median = (sample: Sample): number => quantile(ascending(sample), 0.5)

/** The median, between the quartiles. */
export const quartiles = (sample: Sample): Estimate => {
  const sorted = ascending(sample)
  return { value: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

/** Always the same sequence, so that a table can be made again from its numbers. */
const dice = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}

const RESAMPLINGS = 2_000

/**
 * How often the second goes into the first, round by round: what slows a whole round down slows both. The median, in its 95 %
 * confidence interval by the bootstrap.
 */
export const ratio = (sample: Sample, by: Sample): Estimate => {
  const ratios = sample.map((value, round) => value / (by[round] ?? Number.NaN))
  const random = dice(1)
  const medians = Array.from({ length: RESAMPLINGS }, () =>
    median(ratios.map(() => ratios[Math.floor(random() * ratios.length)] ?? Number.NaN)),
  )
  const sorted = ascending(medians)
  return { value: median(ratios), low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) }
}
