/** What a check finds, line by line. */
import type { Browser } from "playwright-core"

export interface Finding {
  readonly holds: boolean
  readonly says: string
}

/** The built site, served on this machine. */
export interface Site {
  /** Without a slash at its end. */
  readonly address: string
  /** The folder that is served. */
  readonly dist: string
  readonly browser: Browser
}

export interface Check {
  readonly name: string
  readonly findings: (site: Site) => AsyncIterable<Finding>
}

/** One line for all of a kind: that there is none, or the first few of them. */
export const none = (what: string, found: ReadonlyArray<string>): Finding => {
  const few = found.slice(0, 20).map((each) => `\n           ${each}`)
  const more = found.length > few.length ? `\n           and ${found.length - few.length} more` : ""
  return { holds: found.length === 0, says: `${what}: ${found.length === 0 ? "none" : `${few.join("")}${more}`}` }
}

/** A number that may not be above another. */
export const atMost = (what: string, measured: number, limit: number, unit: string): Finding => ({
  holds: measured <= limit,
  says: `${what}: ${measured.toFixed(unit === "" ? 4 : 1)}${unit && ` ${unit}`}, at most ${limit}${unit && ` ${unit}`}`,
})
