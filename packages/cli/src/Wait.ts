/** How long a command waits for the end of an outage: `--wait 30s`. */

const unit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * The milliseconds of a text that the grammar has accepted.
 *
 * @category conversions
 */
export const millis = (text: string): number => {
  const [, count, of = ""] = /^(\d+)([a-z]+)$/.exec(text) ?? []
  return Number(count) * (unit[of] ?? Number.NaN)
}
