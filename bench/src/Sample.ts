/** Repeated measurements, and what follows from them. */
import { median, quantile, sampleWithReplacement } from "simple-statistics"

/** One number per round. */
export type Sample = ReadonlyArray<number>

/** A value with the range that half of the rounds, or nineteen of twenty resamplings, lie in. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** The median, between the quartiles. */
export const quartiles = (sample: Sample): Estimate =>
  sample.length === 0
    ? { value: Number.NaN, low: Number.NaN, high: Number.NaN }
    : { value: median([...sample]), low: quantile([...sample], 0.25), high: quantile([...sample], 0.75) }

const RESAMPLINGS = 2_000

/**
 * The ratio of the first to the second, round by round: what slows a whole round down slows both. The median, with its 95 %
 * confidence interval by the bootstrap.
 */
export const ratio = (sample: Sample, by: Sample): Estimate => {
  const ratios = sample.map((value, round) => value / (by[round] ?? Number.NaN))
  if (ratios.length === 0) return quartiles(ratios)
  const medians = Array.from({ length: RESAMPLINGS }, () => median(sampleWithReplacement(ratios, ratios.length)))
  return { value: median(ratios), low: quantile(medians, 0.025), high: quantile(medians, 0.975) }
}

export { median }
