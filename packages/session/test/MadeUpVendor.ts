/** What the made-up vendors of tests have in common. A test adds what it is about. */
import type { Account, Capability, Provider } from "@pbx-auth/providers/Provider"

/** `Acme Voice`, of which nobody has a page: a client without a secret, and a person with a password. */
export const acmeVoice = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  addresses: { prefix: "", prefixOption: false },
  clientAuthentication: "none",
  clientSecret: "none",
  signsInWith: "password",
  scopes: "none",
  defaultLifetime: 3_600_000,
  renewsWith: "refresh_token",
  rotation: "strict",
  accessLevels: [],
} as const

/** An account there. */
export const accountOf = <C extends Capability>(provider: Provider<C>, origin: string): Account<C> => ({
  provider,
  address: { origin, prefix: "" },
  client: { id: "acme-app", secret: undefined },
  scopes: [],
  settings: { refreshMethod: "POST", passcodeRepeatsCredentials: false, basicEncoding: "raw", deadline: 5_000 },
})

/** What `defineProvider` is told of `Acme Voice`. A test adds an id, the grants, and what it is about. */
export const described = {
  name: acmeVoice.name,
  page: acmeVoice.page,
  addresses: {},
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "password",
  renewsWith: "refresh_token",
  defaultLifetime: 3_600_000,
} as const
