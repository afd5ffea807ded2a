/** How many of some moments lie together. */

/** The most of them in any span of so many ms, wherever it begins; its end is not in it. The moments stand in order. */
export const mostWithin = (moments: ReadonlyArray<number>, span: number): number => {
  let first = 0
  let most = 0
  moments.forEach((moment, index) => {
    while (moment - (moments[first] ?? moment) >= span) first += 1
    most = Math.max(most, index - first + 1)
  })
  return most
}

/**
 * How far they are from being evenly spread from `begin` to `end`, at most: 0 for evenly, 1 for all at one end. It is the distance
 * of Kolmogorov and Smirnov, so chance alone makes it about 1 / √n. The moments stand in order.
 */
export const unevenness = (moments: ReadonlyArray<number>, begin: number, end: number): number =>
  moments.reduce((furthest, moment, index) => {
    const even = (moment - begin) / (end - begin)
    const { length } = moments
    return Math.max(furthest, Math.abs(even - index / length), Math.abs(even - (index + 1) / length))
  }, 0)
