/**
 * What a reader can do, as words. They stand in the page's address (`do=`), in the tours, and on the buttons.
 */
import { type FaultId, faultIds } from "./Fault.ts"

export const calls = {
  "sign-in": "Sign in",
  "wrong-password": "Sign in with a wrong password",
  passcode: "Enter the passcode",
  "wrong-passcode": "Enter a wrong passcode",
  cancel: "Cancel",
  token: "Ask for a token",
  callers: "1 000 callers ask for a token",
  call: "Call the API",
  inspect: "Inspect the token",
  "act-as": "Act for somebody",
  "stop-acting": "Stop acting",
  "sign-out": "Sign out",
} as const

export const jumps = {
  minute: "A minute",
  due: "To due",
  end: "To its end",
  days: "281 days",
} as const

export type CallId = keyof typeof calls
export type JumpId = keyof typeof jumps
/** `fault.hang` arms a fault, `clear` disarms it. */
export type Action = CallId | JumpId | `fault.${FaultId}` | "clear"

const callIds = Object.keys(calls) as ReadonlyArray<CallId>
export const jumpIds = Object.keys(jumps) as ReadonlyArray<JumpId>

export const isCall = (action: string): action is CallId => action in calls
export const isJump = (action: string): action is JumpId => action in jumps

/** Every word that an address may have. */
export const actions: ReadonlySet<Action> = new Set<Action>([
  ...callIds,
  ...jumpIds,
  ...faultIds.map((id) => `fault.${id}` as const),
  "clear",
])

export const faultIn = (action: Action): FaultId | null =>
  action.startsWith("fault.") ? (action.slice("fault.".length) as FaultId) : null

export const day = 86_400_000
export const minute = 60_000
