/** How long a command waits for the end of an outage: `--wait 30s`. */

import * as Session from "@pbx-auth/session/Session"

const unit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * The milliseconds of a text that the grammar has accepted; `undefined` if there is none.
 *
 * @category conversions
 */
export const millis = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const [, count, of = ""] = /^(\d+)([a-z]+)$/.exec(text) ?? []
  return Number(count) * (unit[of] ?? Number.NaN)
}

/**
 * The session, which waits so long, in ms; without a time, as it is.
 *
 * @category combinators
 */
export const patient = <S extends object>(session: S, patience: number | undefined): S =>
  patience === undefined ? session : Session.withPatience(session, patience)
