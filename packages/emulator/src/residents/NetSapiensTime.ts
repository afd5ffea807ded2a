/** Times as NetSapiens prints them. */
import * as DateTime from "effect/DateTime"
import { maxEpochMs } from "../time/SteerableClock.ts"

/** `2020-06-11 21:03:14` of epoch ms. The pages print no time zone, and which one is meant is unknown: here it is UTC. */
export const dateTime = (epochMs: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(Math.min(epochMs, maxEpochMs)))
    .slice(0, 19)
    .replace("T", " ")
