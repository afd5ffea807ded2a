/**
 * One exchange as the wire log shows it, from the emulator's journal. The journal holds no secret.
 */
import type { JournalEntry } from "@pbx-auth/emulator/Journal"

export interface WireLine {
  /** It counts from 1. */
  readonly n: number
  readonly at: number
  readonly method: string
  readonly path: string
  /** 0: no answer. */
  readonly status: number
  readonly outcome: string
  readonly grant?: string
  readonly fault?: string
  /** With a fault: whether the server carried the request out. */
  readonly acted?: boolean
}

export const wireOf = (entry: JournalEntry, index: number): WireLine => ({ n: index + 1, ...entry })
