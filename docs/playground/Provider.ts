/**
 * The providers as the playground offers them: the accounts of the emulator's default world, and what can be done with each.
 * Everything here is made up, or printed on the vendor's page. A test holds it against the emulator.
 */
import { ids } from "./ProviderId.ts"

/** An account that somebody can sign in with. */
export interface Account {
  /** The name to sign in with. It stands in addresses. */
  readonly login: string
  readonly password: string
  /** The right answer to its second factor. */
  readonly passcode?: string
  readonly about: string
}

/** One provider. */
export interface Provider {
  readonly name: string
  readonly accounts: readonly [Account, ...ReadonlyArray<Account>]
  /** Whether a person can sign in: with Sangoma CX only programs do. */
  readonly hasPersons: boolean
  /** For whom its accounts may act. */
  readonly subject?: string
  readonly hasPasscodes: boolean
  readonly inspects: boolean
  /** Whether it has refresh tokens, so that they can rotate. */
  readonly rotates: boolean
  /** The path of the endpoint that issues tokens. */
  readonly tokens: string
  /** The path of an API call. */
  readonly api: string
  /** What a session can do here, in one sentence. */
  readonly about: string
}

// The page draws before it loads a provider, so it has no value to read them from.
export const skySwitch = ids.SkySwitch
export const landstar = ids.Landstar
export const ipex = ids.Ipex
export const sangomaCx = ids.SangomaCx

export type ProviderId = typeof skySwitch | typeof landstar | typeof ipex | typeof sangomaCx

const subscribers = {
  plain: { login: "111@abc-company", password: "1234", about: "no second factor" },
  factor: { login: "222@abc-company", password: "5678", passcode: "246802", about: "with a second factor" },
} as const

const netsapiens = {
  hasPersons: true,
  inspects: true,
  rotates: true,
  tokens: "/ns-api/oauth2/token",
  api: "/ns-api/?object=subscriber&action=read",
}

export const providers: Readonly<Record<ProviderId, Provider>> = {
  [skySwitch]: {
    ...netsapiens,
    name: "SkySwitch",
    accounts: [
      subscribers.factor,
      subscribers.plain,
      { login: "1000@acmecorp", password: "mypassword", about: "may act for others" },
    ],
    subject: "1001@acmecorp.12345.service",
    hasPasscodes: true,
    about: "A password, a second factor, a refresh token, and acting for other users. Tokens live for an hour.",
  },
  [landstar]: {
    ...netsapiens,
    name: "Landstar",
    accounts: [subscribers.plain, subscribers.factor],
    hasPasscodes: false,
    about: "A password and a refresh token. Its page describes no second factor and no acting.",
  },
  [ipex]: {
    name: "IPEX",
    accounts: [
      { login: "api-user@example.test", password: "ipex-password", about: "may act for others" },
      { login: "someone@example.test", password: "other-password", about: "may not act" },
    ],
    hasPersons: true,
    subject: "someone@example.test",
    hasPasscodes: false,
    inspects: false,
    rotates: true,
    tokens: "/token",
    api: "/ipbx/calls",
    about: "A password, a refresh token, and acting for other users. Tokens live for 50 minutes.",
  },
  [sangomaCx]: {
    name: "Sangoma CX",
    accounts: [{ login: "sangoma-client-id", password: "sangoma-client-secret", about: "a program" }],
    hasPersons: false,
    hasPasscodes: false,
    inspects: false,
    rotates: false,
    tokens: "/oauth/token",
    api: "/cx/agent-calls",
    about: "Client credentials alone. A token lives for 281 days, and is replaced when it is dead.",
  },
}

export const providerIds = Object.keys(providers) as ReadonlyArray<ProviderId>

/** What the reader chooses before a session opens. */
export interface Settings {
  readonly provider: ProviderId
  /** The `login` of one of its accounts. */
  readonly account: string
  /** `person`: the password is typed at sign-in. `unattended`: the session has it, and signs in by itself. */
  readonly mode: "person" | "unattended"
  /** What a renewal does to the refresh token; `grace`: the old one holds for 30 s more. */
  readonly rotation: "none" | "grace" | "strict"
  /** How much later each answer comes, ms. */
  readonly latency: number
  /** What the clock shows at first, epoch ms; without it, the reader's own time. */
  readonly startsAt?: number
}

export const rotations = ["none", "grace", "strict"] as const
export const modes = ["person", "unattended"] as const
export const latencies = [0, 500, 2_000] as const

/** How a provider is shown at first. */
export const settingsOf = (provider: ProviderId): Settings => ({
  provider,
  account: providers[provider].accounts[0].login,
  mode: providers[provider].hasPersons ? "person" : "unattended",
  rotation: "none",
  latency: 0,
})

export const accountOf = ({ account, provider }: Settings): Account =>
  providers[provider].accounts.find(({ login }) => login === account) ?? providers[provider].accounts[0]
