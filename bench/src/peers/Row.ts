/** A row of docs/peers.md: what is tried with each library, and what a cell says of it. */
import { apiPath, type Held, type Part, type Peer } from "./Peer.ts"
import type { Stage } from "./Stage.ts"

/** What came of a trial. */
export interface Seen {
  readonly good: boolean
  /** A few words. */
  readonly seen: string
}

export interface Trial {
  readonly peer: Peer
  readonly stage: Stage
  readonly open: (how?: {
    readonly saved?: unknown
    readonly origin?: string
    readonly strict?: boolean
  }) => Promise<Held>
  /** The status with which the API answers to a token. */
  readonly statusOf: (token: string) => Promise<number>
  /** How often a grant was presented. */
  readonly count: (grant: string) => Promise<number>
}

export interface Row {
  readonly says: string
  /** Whose work it is: a library that leaves it to the app is tried with the app's code. */
  readonly needs?: Part
  /** What the emulated NetSapiens platform does: its life of tokens is in seconds. */
  readonly world?: object
  readonly person?: Stage["setting"]["person"]
  /** Not beside another one: it changes the process. */
  readonly alone?: true
  readonly run: (trial: Trial) => Promise<Seen>
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The error of a promise, or nothing. */
export const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error ?? new Error("nothing was thrown"),
  )

/** Tokens live so many seconds, and are dead after `afterLife`. */
export const life = 2
export const afterLife = life * 1_000 + 200

/** Lets a library present a secret: the password, or the refresh token if it leaves the sign-in to the app. */
export const present = async ({ peer, stage }: Trial, held: Held): Promise<unknown> => {
  if (!peer.leaves.has("sign_in")) return held.signIn()
  await wait(afterLife)
  return peer.renewsOnCall ? held.call(stage.origin + apiPath) : held.token()
}

/** A library without a sign-in of its own begins with tokens. */
export const begun = async (trial: Trial): Promise<Held> => {
  const held = await trial.open()
  if (trial.peer.leaves.has("sign_in")) await held.signIn()
  return held
}
