/**
 * What a session keeps when nothing is under way. A hundred thousand may be idle at once, and few of them are looked at. So a session
 * drops what it can make again.
 */

import type { TokenFacts } from "@pbx-auth/machine/SessionContext"
import type { Snapshot } from "./Chart.ts"
import { atRestOf, type Core, isClosed, isPresenting } from "./Core.ts"
import { isOver } from "./Work.ts"

/**
 * Drops what can be made again. With a listener nothing is dropped: a snapshot stays the same object until the next step.
 *
 * @category combinators
 */
export const compact = (core: Core): void => {
  const { work } = core
  if (
    work === undefined ||
    work.inbox !== undefined ||
    work.listeners !== undefined ||
    isClosed(core) ||
    isPresenting(core)
  )
    return
  work.snapshot = undefined
  if (work.removal?.pollUnsafe() !== undefined) work.removal = undefined
  if (work.rejections?.isOver(core.now) === true) work.rejections = undefined
  if (work.context !== undefined && keep(core, work.context)) work.context = undefined
  if (isOver(work)) core.work = undefined
}

/** Keeps what is left of the chart's memory at rest, if the chart is at rest. */
const keep = (core: Core, context: Snapshot["context"]): boolean => {
  const { attempt, generation, own } = context
  const resting = { ...atRestOf(core), own, generation, attempt }
  const keys = Object.keys(resting) as Array<keyof typeof resting>
  if (keys.some((key) => resting[key] !== context[key])) return false
  core.facts = own !== null && isOfRecord(core, own, generation) ? own.via : own
  core.generation = generation
  core.attempt = attempt
  return true
}

/** Whether a token's facts follow from what is kept with the token itself. */
const isOfRecord = ({ times }: Core, own: TokenFacts, generation: number): boolean =>
  times !== undefined &&
  !own.rejected &&
  own.generation === generation &&
  own.issuedAt === times.issuedAt &&
  own.dueAt === times.dueAt &&
  own.usableUntil === times.usableUntil &&
  own.expiresAt === times.expiresAt
