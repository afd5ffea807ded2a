/**
 * The parts of a provider's page that are taken from its value, so that page and code cannot drift apart: the facts, the
 * requests, the quirks. `node docs/test/ProviderPage.ts` writes them into the pages; a test compares.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { type Documented, providers } from "@pbx-auth/providers/Catalog"
import * as Grant from "@pbx-auth/providers/Grant"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import {
  type Account,
  grantRequest,
  inspectionRequest,
  type Quirk,
  revocationRequest,
} from "@pbx-auth/providers/Provider"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import type { Challenge } from "@pbx-auth/providers/Token"
import type { TokenRequest } from "@pbx-auth/providers/TokenRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { put, table } from "./Generated.ts"

const client = { id: "an-id", secret: "a-secret" }

/** An account with what is known of its provider. */
export interface Described extends Account {
  readonly provider: Documented
}

/** An account at each provider, as its own options make it. */
const accounts: ReadonlyArray<Described> = [
  SkySwitch.configure({ client }),
  Landstar.configure({ client }),
  Ipex.configure(),
  SangomaCx.configure({ client, scopes: SangomaCx.provider.accessLevels.slice(0, 2) }),
].map((configured) => {
  const { account } = Result.getOrThrow<{ readonly account: Account }, unknown>(configured)
  const provider = providers[account.provider.id]
  if (provider === undefined) throw new Error("The catalog does not list it.")
  return { ...account, provider }
})

export const pages = accounts.map((account) => ({
  account,
  id: account.provider.id,
  url: new URL(`../providers/${account.provider.id}.md`, import.meta.url),
}))

// --- facts ----------------------------------------------------------------------------------------------------------

const code = (text: string): string => `\`${text}\``

const seconds = (ms: number): string => `${(ms / 1_000).toLocaleString("en-US").replaceAll(",", " ")} s`

const inWords = {
  clientAuthentication: {
    form: "id and secret in the form",
    basic: "HTTP Basic, `id:secret` as it stands",
    none: "its id alone; there is no secret",
  },
  signsInWith: {
    password: "user name and password",
    client: "the client's own credentials",
    browser: "a person at a browser",
  },
  renewsWith: { refresh_token: "the refresh token", sign_in: "a new sign-in; there is no refresh token" },
  capability: {
    passcode: "a second factor (`submitPasscode`)",
    act_as: "acting for others (`actAs`)",
    inspect: "inspection (`inspect`)",
    revoke: "revocation at sign-out",
    browser: "a sign-in at a browser (`prompt`)",
  },
} as const

const addressOf = ({ address, provider }: Account): string => {
  const suffix = provider.addresses.resellerSuffix
  const standard = code(`${address.origin}${address.prefix}`)
  return suffix === undefined
    ? standard
    : `${standard}, a branded host, or ${code(`https://<reseller id>${suffix}${address.prefix}`)}`
}

const renewalOf = ({ provider: { renewal, renewsWith } }: Account): string => {
  const by = `by ${inWords.renewsWith[renewsWith]}`
  switch (renewal.policy) {
    case "before_expiry": {
      const { margin, window } = renewal
      const share = (part: { fraction: number; atMost: number }) =>
        `${part.fraction * 100} % of the life, ${seconds(part.atMost)} at most`
      return `before its end (${share(window)}, ±${window.jitter * 100} %), ${by}; not handed out in its last moments (${share(margin)})`
    }
    case "after_expiry":
      return `only once it has expired, ${by}`
    case "never":
      return "never"
  }
}

const rotationOf = ({ provider: { rotation } }: Account): string => {
  if (typeof rotation === "object") return `you may repeat a used one for ${seconds(rotation.grace)}`
  const words = {
    none: "none",
    strict: "each is good once",
    unknown: "the page does not say; we treat each as good once",
  }
  return words[rotation]
}

const scopesOf = ({ provider: { scopes } }: Account): string => {
  if (scopes === "none") return "none"
  if (scopes === "required") return "you configure at least one"
  if (scopes === "optional") return "those that you configure"
  return `${code(scopes.join(" "))}, unless you configure others`
}

const factsOf = (account: Account): string => {
  const { provider } = account
  const capabilities = [...provider.capabilities].map((capability) => inWords.capability[capability])
  return table(
    ["", provider.name],
    [
      ["page", `<${provider.page}>`],
      ["address", addressOf(account)],
      ["client", inWords.clientAuthentication[provider.clientAuthentication]],
      ["signs in with", inWords.signsInWith[provider.signsInWith]],
      ["scopes", scopesOf(account)],
      [
        provider.signsInWith === "client" ? "scopes known by name" : "access levels or rights",
        provider.accessLevels.map(code).join(", "),
      ],
      ["life, when a reply does not say", seconds(provider.defaultLifetime)],
      ["renewed", renewalOf(account)],
      ...(provider.renewsWith === "refresh_token" ? [["rotation of refresh tokens", rotationOf(account)]] : []),
      ["can", capabilities.length === 0 ? "sign in and renew, nothing else" : capabilities.join(", ")],
    ],
  )
}

// --- requests -------------------------------------------------------------------------------------------------------

const secret = (name: string) => Redacted.make(name)
const challenge: Challenge = { token: secret("partial"), vendor: "{mfa_vendor}", type: "{mfa_type}", lifetime: 1 }

const requestsOf = (account: Account): ReadonlyArray<readonly [string, Result.Result<TokenRequest, unknown>]> => [
  ["sign in", grantRequest(account, Grant.password("{username}", secret("password")))],
  ["sign in", grantRequest(account, Grant.clientCredentials(account.scopes))],
  ["answer a challenge", grantRequest(account, Grant.passcode(challenge, secret("passcode")))],
  ["renew", grantRequest(account, Grant.refreshToken(secret("refresh token")))],
  ["act for somebody", grantRequest(account, Grant.actAs("{subject}", secret("access token")))],
  ["inspect", inspectionRequest(account, secret("access token"))],
  ["sign out", revocationRequest(account, secret("access token"))],
]

/** A field with its value where it is always the same, without where it is the caller's. */
const fieldOf = (account: Account, [name, value]: TokenRequest["fields"][number]): string => {
  const own = Redacted.isRedacted(value) || value.startsWith("{") || value === client.id || name === "scope"
  return code(own && value !== account.provider.clientId ? name : `${name}=${value}`)
}

const sentOf = (account: Account): string =>
  table(
    ["to", "request", "authorization", "fields"],
    requestsOf(account).flatMap(([purpose, request]) => {
      if (Result.isFailure(request)) return []
      const { authorization, encoding, fields, method, path } = request.success
      return [
        [
          purpose,
          code(`${method} ${account.address.prefix}${path}`),
          authorization?._tag ?? "",
          `${encoding}: ${fields.map((field) => fieldOf(account, field)).join(" ")}`,
        ],
      ]
    }),
  )

// --- quirks ---------------------------------------------------------------------------------------------------------

const isProse = (sentence: string): boolean => /^[A-Z][^{}<>"=]*\.$/.test(sentence)

const quirkOf = ({ answer, name, page, sentence }: Quirk): string =>
  [`### ${name}`, `> ${isProse(sentence) ? sentence : code(sentence)} ([source](${page}))`, answer].join("\n\n")

const quirksOf = ({ provider }: Described): string => provider.quirks.map(quirkOf).join("\n\n")

// --- pages ----------------------------------------------------------------------------------------------------------

const parts: Readonly<Record<string, (account: Described) => string>> = {
  "facts of the provider's value": factsOf,
  "requests of the provider's value": sentOf,
  "quirks of the provider's value": quirksOf,
}

/** A page with the parts between its marks made anew. */
export const rewritten = (account: Described, page: string): string =>
  Object.entries(parts).reduce((text, [name, make]) => put(text, name, make(account)), page)

if (import.meta.main) {
  for (const { account, url } of pages) writeFileSync(url, rewritten(account, readFileSync(url, "utf8")))
}
