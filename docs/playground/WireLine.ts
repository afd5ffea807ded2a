/**
 * One exchange as the wire log shows it, from the emulator's journal. The journal holds no secret.
 */
import type { JournalEntry, Wire } from "@pbx-auth/emulator/Journal"

type Fields = Wire["request"]["fields"]

/** A part of an exchange: its name, and its fields with their values. */
interface WirePart {
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
  /** The line of the vendor's page that the reply follows. */
  readonly follows?: JournalEntry["follows"]
}

const part = (name: string, fields: Fields | undefined): ReadonlyArray<WirePart> => {
  const rows = Object.entries(fields ?? {}).map(([field, value]) => [field, String(value)] as const)
  return rows.length === 0 ? [] : [{ name, rows }]
}

const ends = {
  answered: "answered",
  lost: "the connection was lost",
  "given up": "the client gave up",
} as const

/** A line, and its place among those of the journal. */
export const wireOf = (entry: JournalEntry, index: number): WireLine => {
  const { at, fault, acted, follows, grant, method, outcome, path, status, wire } = entry
  const { end, reply, request, took = 0 } = wire ?? {}
  const after = took === 0 ? "" : ` after ${took / 1000} s`
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
    follows,
    parts: [
      ...part("Request", { ...request?.headers, ...request?.query }),
      ...part("Its form or JSON", request?.fields),
      ...part("Reply", {
        ...(status > 0 && { status }),
        ...reply?.headers,
        ...(reply && { body: reply.body }),
        end: end === undefined ? "under way" : `${ends[end]}${after}`,
      }),
      ...part("Its JSON", reply?.fields),
    ],
  }
}
