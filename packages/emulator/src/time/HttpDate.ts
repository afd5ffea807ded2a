/**
 * A time in the three forms of HTTP (RFC 9110 section 5.6.7): servers send the first, clients have to read all.
 */
import * as DateTime from "effect/DateTime"
import { maxEpochMs } from "./SteerableClock.ts"

/** A time (epoch ms) to the second, e.g. `Sun, 06 Nov 1994 08:49:37 GMT`. */
export const imfFixdate = (epochMs: number): string =>
  DateTime.toDateUtc(DateTime.makeUnsafe(Math.max(-maxEpochMs, Math.min(maxEpochMs, epochMs)))).toUTCString()

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

/** The obsolete form of RFC 850, e.g. `Sunday, 06-Nov-94 08:49:37 GMT`. */
export const rfc850 = (epochMs: number): string => {
  const [day = "", date, month, year = "", time] = imfFixdate(epochMs).split(/,? /)
  return `${days.find((name) => name.startsWith(day))}, ${date}-${month}-${year.slice(-2)} ${time} GMT`
}

/** The obsolete form of C's asctime(), e.g. `Sun Nov  6 08:49:37 1994`. */
export const asctime = (epochMs: number): string => {
  const [day, date = "", month, year, time] = imfFixdate(epochMs).split(/,? /)
  return `${day} ${month} ${date.replace(/^0/, " ")} ${time} ${year}`
}
