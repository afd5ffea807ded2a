/**
 * The rows of docs/test-values.md: who signs in, what is done, and what goes wrong. Their words are those of the playground's address,
 * so a row can be opened there.
 */
import type { Fault } from "@pbx-auth/emulator/Fault"
import { ipex, landstar, type ProviderId, sangomaCx, skySwitch } from "../playground/Provider.ts"

/** The faults that an address can arm, as the emulator knows them. */
export const faults = {
  "drop-reply": { _tag: "drop_reply" },
  "bad-gateway": { _tag: "server_error", status: 502, acts: true },
  unavailable: { _tag: "retry_after", status: 503, seconds: 30 },
  hang: { _tag: "hang" },
  html: { _tag: "html_200" },
  firewall: { _tag: "firewall" },
  "early-death": { _tag: "early_death", which: "access", seconds: 0 },
} as const satisfies Record<string, Fault>

export type FaultId = keyof typeof faults

/** What is done, one after the other. A jump of time is `due` or `end`: of the token that is handed out. */
export type Step =
  | "sign-in"
  | "wrong-password"
  | "passcode"
  | "wrong-passcode"
  | "token"
  | "call"
  | "inspect"
  | "act-as"
  | "sign-out"
  | "due"
  | "end"
  | `fault.${FaultId}`

export interface TestRow {
  readonly provider: ProviderId
  readonly account: string
  /** `person`: the session has no password of its own. */
  readonly mode: "person" | "unattended"
  /** What a renewal does to the refresh token. Default: `none`. */
  readonly rotation?: "none" | "strict"
  readonly steps: ReadonlyArray<Step>
  /** What the address of the playground cannot say; then the row has none. */
  readonly beyond?: Beyond
}

/** A fault by the name that the emulator's command takes, or an option that is wrong. */
interface Beyond {
  /** Armed before the last step, in the command's notation. */
  readonly fault?: string
  /** A part of the emulator's world, as JSON. */
  readonly world?: object
  /** A wrong option of the session. */
  readonly option?: "client" | "subject" | "scopes" | "address"
}

type Part = Pick<TestRow, "steps"> & Partial<Omit<TestRow, "provider">>

const of = (provider: ProviderId, account: string, parts: ReadonlyArray<Part>): ReadonlyArray<TestRow> =>
  parts.map((part) => ({ provider, account, mode: provider === sangomaCx ? "unattended" : "person", ...part }))

const faultIds = Object.keys(faults) as ReadonlyArray<FaultId>
/** What strikes a sign-in or a renewal. A token that dies early strikes a call instead. */
const striking = faultIds.filter((id) => id !== "early-death")

/** The faults that only the emulator's command has, each as its answer to a request for a token. */
const others = [
  "reset_on_accept",
  "reset_after_read",
  "reset_in_body",
  "server_error:status=500",
  "rate_limit",
  "redirect:to=https://elsewhere.example/",
  "empty_200",
  "error_in_200",
  "reply:status=404",
  "reply:status=405",
  "cut_json",
  "invalid_utf8",
  "wrong_type",
  "expires_in",
  "no_refresh_token",
  "endless_body",
]

const unattended = { mode: "unattended" } as const

const atSignIn = striking.map((id): Part => ({ steps: [`fault.${id}`, "sign-in"] }))
const atRenewal = striking.map((id): Part => ({ steps: ["sign-in", `fault.${id}`, "due"], rotation: "strict" }))
const atCall: ReadonlyArray<Part> = [
  { steps: ["sign-in", "call"] },
  { steps: ["fault.early-death", "sign-in", "call"] },
  { steps: ["sign-in", "due"] },
  { steps: ["sign-in", "due"], rotation: "strict" },
  { steps: ["sign-in", "sign-out", "token"] },
]
/** The refresh token is dead when the renewal comes. */
const dead: Part = {
  steps: ["sign-in", "due"],
  beyond: { world: { netsapiens: { refreshLifetime: 60 }, ipex: { refreshLifetime: 60 } } },
}
const beyond = (steps: ReadonlyArray<Step>) => others.map((fault): Part => ({ steps, beyond: { fault } }))
const option = (name: NonNullable<Beyond["option"]>, steps: ReadonlyArray<Step> = ["sign-in"]): Part => ({
  steps,
  beyond: { option: name },
})

export const rows: ReadonlyArray<TestRow> = [
  ...of(skySwitch, "111@abc-company", [
    { steps: ["sign-in"] },
    { steps: ["wrong-password"] },
    { steps: ["token"] },
    { steps: ["token"], ...unattended },
    { steps: ["sign-in", "inspect"] },
    { steps: ["sign-in", "act-as"] },
    ...atCall,
  ]),
  ...of(skySwitch, "222@abc-company", [
    { steps: ["sign-in"] },
    { steps: ["sign-in", "passcode"] },
    { steps: ["sign-in", "wrong-passcode"] },
    { steps: ["sign-in", "wrong-passcode", "passcode"] },
    { steps: ["sign-in", "fault.drop-reply", "passcode"] },
    { steps: ["token"], ...unattended },
    {
      steps: ["sign-in", "wrong-passcode", "passcode"],
      beyond: { world: { netsapiens: { challenge: { wrongPasscodeSpends: true } } } },
    },
  ]),
  ...of(skySwitch, "1000@acmecorp", [
    { steps: ["sign-in", "act-as"] },
    { steps: ["sign-in", "fault.drop-reply", "act-as"] },
    option("subject", ["sign-in", "act-as"]),
  ]),
  ...of(skySwitch, "111@abc-company", [
    ...atSignIn,
    ...atRenewal,
    dead,
    option("client"),
    option("address"),
    ...beyond(["sign-in"]),
  ]),
  ...of(landstar, "111@abc-company", [
    { steps: ["sign-in"] },
    { steps: ["wrong-password"] },
    { steps: ["sign-in", "inspect"] },
    ...atCall,
  ]),
  ...of(landstar, "222@abc-company", [{ steps: ["sign-in"] }]),
  ...of(landstar, "111@abc-company", [...atSignIn, ...atRenewal, dead, option("client")]),
  ...of(ipex, "api-user@example.test", [
    { steps: ["sign-in"] },
    { steps: ["wrong-password"] },
    { steps: ["sign-in", "act-as"] },
    option("subject", ["sign-in", "act-as"]),
    ...atCall,
  ]),
  ...of(ipex, "someone@example.test", [{ steps: ["sign-in", "act-as"] }, { steps: ["sign-in", "call"] }]),
  ...of(ipex, "api-user@example.test", [...atSignIn, ...atRenewal, dead]),
  ...of(sangomaCx, "sangoma-client-id", [
    { steps: ["sign-in"] },
    { steps: ["sign-in", "call"] },
    { steps: ["fault.early-death", "sign-in", "call"] },
    { steps: ["sign-in", "end", "token"] },
    ...striking.map((id): Part => ({ steps: [`fault.${id}`, "sign-in"] })),
    option("client"),
    option("scopes"),
  ]),
]

/** The address of a row in the playground, as docs/playground/README.md documents it; none for what an address cannot say. */
export const addressOf = ({
  account,
  beyond,
  mode,
  provider,
  rotation = "none",
  steps,
}: TestRow): string | undefined => {
  if (beyond !== undefined) return undefined
  const query = [
    `provider=${provider}`,
    `account=${account}`,
    ...(mode === "unattended" && provider !== sangomaCx ? ["mode=unattended"] : []),
    ...(rotation === "none" ? [] : [`rotation=${rotation}`]),
    `do=${steps.join()}`,
  ]
  return `/?${query.join("&")}`
}
