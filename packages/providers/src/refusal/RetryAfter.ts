/**
 * Reads `Retry-After` in the standard form (RFC 9110 §10.2.3: seconds, or an HTTP date) and in forms that occur: doubled by a hop in
 * between (`300, 300`), with a unit (`300s`), as an ISO date, as a date with an offset (`+0200`), as epoch seconds.
 */

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** No meaningful header is longer. */
const longestText = 200

/** A larger number is no span but a moment: epoch seconds are above it, and no pause lasts 31 years. */
const firstEpoch = 1e9

/** A number from here on counts milliseconds. */
const firstEpochMillis = 1e11

/**
 * The span in ms that a header's value names; `undefined` without a value. Of several the longest counts. An unreadable one counts as
 * `otherwise`. A date is a moment of the server's clock, so it is measured against the reply's own `Date` if there is one, and else
 * against `now` (epoch ms).
 */
export const spanOf = (
  value: string | undefined,
  now: number,
  date: string | undefined,
  otherwise: number,
): number | undefined => {
  if (value === undefined) return undefined
  // A comma stands between two values, and after the weekday of a date.
  const parts = `,${value.slice(0, longestText)}`.match(/,(?: *(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,)?[^,]*/gi) ?? []
  const since = httpDate(date ?? "") ?? now
  return Math.max(...parts.map((part) => read(part.slice(1).trim(), since) ?? otherwise))
}

const read = (text: string, since: number): number | undefined => {
  const [, digits, unit = "s"] =
    /^"?(\d{1,20}(?:\.\d{1,20})?) ?(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)?"?$/i.exec(text) ?? []
  if (digits === undefined) {
    const then = httpDate(text)
    return then === undefined ? undefined : Math.max(0, then - since)
  }
  const count = Number(digits)
  const then = count < firstEpochMillis ? count * 1_000 : count
  return count >= firstEpoch && then > since ? then - since : count * (units[unit.charAt(0).toLowerCase()] ?? 0)
}

/**
 * The three forms of an HTTP date (RFC 9110 §5.6.7), which begin with a weekday, and ISO's, which begins with a year. Other texts are
 * not dates. Without a zone it is GMT. `Date.parse` reads only a text and no clock; Effect's DateTime would give the same result, and
 * add a kilobyte to every browser's bundle.
 */
const httpDate = (text: string): number | undefined => {
  const [, moment = "", sign, hours, minutes] =
    /^(.{8,40}?) ?(?:GMT|UTC?|Z)?(?:([+-])(\d\d):?(\d\d))?(?: ?\(.*\))?$/i.exec(text) ?? []
  const isIso = /^\d{4}-\d\d-\d\d(?:[t ][\d:.]+)?$/i.test(moment)
  if (!isIso && !/^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? [\w :-]+\d$/i.test(moment)) return undefined
  const iso = moment.length > 10 ? `${moment.replace(" ", "T")}Z` : moment
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -60_000 : 60_000)
  const at = Date.parse(isIso ? iso : `${moment} GMT`) - offset
  return Number.isNaN(at) ? undefined : at
}
