/** What a process of its own is told, and what it says. */
import type { Rotation } from "@pbx-auth/providers/Provider"
import type { Place } from "./Place.ts"

export interface Job {
  /** The module with the library's parts. */
  readonly module: string
  readonly place: Place
  readonly origin: string
  readonly rotation: Rotation
  /** As `Boot.Options` has it. */
  readonly refreshToken?: string | undefined
  /** How far its clocks are ahead, in ms. */
  readonly ahead: number
  /** Of a request, in ms. */
  readonly deadline?: number
  /** `rounds`: it signs in, and gets another token each time when it is told to go. */
  readonly does: "sign_in" | "renewal" | "acting" | "rounds"
  /** It kills itself at this step, counted from 1. */
  readonly killAt?: number
}

/** What a process did in a round. Times are epoch ms. */
export interface Round {
  /** When it asked, and when it had the token. */
  readonly askedAt: number
  readonly hadAt: number
  /** When its own token was stored; absent if it did not get it by itself. */
  readonly storedAt?: number
  readonly generation: number
  readonly token: string
  /** What it was told before. */
  readonly told: ReadonlyArray<string>
}

export type Said =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Presenting" }
  | { readonly _tag: "Round"; readonly round: Round }
  | { readonly _tag: "Ended"; readonly steps: number }

/** One line for each. */
export const lineOf = (said: Said): string => `${JSON.stringify(said)}\n`
