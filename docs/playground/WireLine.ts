/**
 * One exchange as the wire log shows it, from the emulator's journal. The journal holds no secret.
 */
import type { JournalEntry } from "@pbx-auth/emulator/Journal"

/** A part of an exchange: its name, and its fields with their values. */
export interface WirePart {
  readonly name: string
  readonly rows: ReadonlyArray<readonly [field: string, value: string]>
}

export interface WireLine {
  /** It counts from 1. */
  readonly n: number
  readonly at: number
  readonly method: string
  readonly path: string
  /** 0: no answer. */
  readonly status: number
  readonly outcome: string
  readonly grant?: string | undefined
  readonly fault?: string | undefined
  /** With a fault: whether the server carried the request out. */
  readonly acted?: boolean | undefined
  readonly parts: ReadonlyArray<WirePart>
  /** The sentence of the vendor's page that the reply follows. */
  readonly follows?: { readonly page: string; readonly sentence: string } | undefined
}

export const wireOf = (entry: JournalEntry, index: number): WireLine => {
  const { account, at, client, fault, acted, grant, method, outcome, path, status, subject } = entry
  const known = Object.entries({ client, account, subject }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return {
    n: index + 1,
    at,
    method,
    path,
    status,
    outcome,
    grant,
    fault,
    acted,
    parts: known.length > 0 ? [{ name: "Who", rows: known }] : [],
  }
}
