/**
 * `RuntimeErrors` in a tab: the Fetch Standard gives a `TypeError` for every failure, without a code, so there is nothing to read. A request
 * then counts as sent, which is the safe answer.
 */
import type * as Full from "./RuntimeErrors.ts"

export const stageOf: typeof Full.stageOf = () => undefined
export const isInterim: typeof Full.isInterim = () => false
export const failureOf: typeof Full.failureOf = () => undefined

const silent: ReturnType<typeof Full.watch> = { verdict: () => undefined, isUnsentYet: () => false, end: () => {} }
export const watch: typeof Full.watch = () => silent
