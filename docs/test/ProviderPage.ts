/**
 * The parts of a provider's page that are taken from its value, so that page and code cannot drift apart: the facts, the
 * requests, the quirks. `node docs/test/ProviderPage.ts` writes them into the pages; a test compares.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { type Documented, families } from "@pbx-auth/providers/Catalog"
import { configure } from "@pbx-auth/providers/Configuration"
import * as Grant from "@pbx-auth/providers/Grant"
import {
  type Account,
  type Capability,
  grantRequest,
  inspectionRequest,
  type Quirk,
  revocationRequest,
} from "@pbx-auth/providers/Provider"
import type { Challenge } from "@pbx-auth/providers/Token"
import type { TokenRequest } from "@pbx-auth/providers/TokenRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { put, table } from "./Generated.ts"

/** An account with what is known of its provider. */
export interface Described extends Account {
  readonly provider: Documented
}

const fixtures = new URL("../../packages/emulator/fixtures/", import.meta.url)

/** An account of each value, with the options that its fixtures have. */
const options: ReadonlyMap<string, object> = new Map(
  globSync("*/suite*.json", { cwd: fixtures.pathname }).map((file) => {
    const { accounts, provider } = JSON.parse(readFileSync(new URL(file, fixtures), "utf8"))
    return [provider, accounts[0]]
  }),
)

const described = (provider: Documented): Described => {
  const { account } = Result.getOrThrow<{ readonly account: Account }, unknown>(
    configure(provider, options.get(provider.id)),
  )
  return { ...account, provider }
}

/** The page of each vendor, and an account of each of its values. */
export const pages = families.flatMap((values) => {
  const [account, ...others] = values.map(described)
  if (account === undefined) return []
  const { id } = account.provider
  const url = new URL(`../providers/${id}.md`, import.meta.url)
  // A value of a whole platform stands for no vendor, and has no page.
  return existsSync(url) ? [{ id, url, account, accounts: [account, ...others] }] : []
})

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
  const { resellerSuffix: suffix, standard: common } = provider.addresses
  if (common === undefined) return `your own${address.prefix === "" ? "" : `, below ${code(address.prefix)}`}`
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

const waysOf = ({ provider: { dialect, signsInWith } }: Account): string =>
  signsInWith === "password" && dialect.grants.Password === undefined
    ? "a refresh token of a person's sign-in elsewhere"
    : inWords.signsInWith[signsInWith]

const capabilitiesOf = ({ provider }: Account): string =>
  provider.capabilities.size === 0
    ? "sign in and renew, nothing else"
    : [...provider.capabilities].map((capability) => inWords.capability[capability]).join(", ")

const LEVELS = "access levels or rights"

/** What a page's first table says, each for one value. */
const facts: ReadonlyArray<readonly [string, (account: Account) => string]> = [
  ["page", ({ provider }) => `<${provider.page}>`],
  ["address", addressOf],
  ["client", ({ provider }) => inWords.clientAuthentication[provider.clientAuthentication]],
  ["signs in with", waysOf],
  ["scopes", scopesOf],
  [
    "access levels, rights or scopes known by name",
    ({ provider }) => provider.accessLevels.map(code).join(", ") || "–",
  ],
  ["life, when a reply does not say", ({ provider }) => seconds(provider.defaultLifetime)],
  ["renewed", renewalOf],
  ["rotation of refresh tokens", (account) => (account.provider.renewsWith === "sign_in" ? "–" : rotationOf(account))],
  ["can", capabilitiesOf],
]

const factsOf = (accounts: ReadonlyArray<Account>): string => {
  const asksForScopes = accounts.every(({ provider }) => provider.signsInWith === "client")
  return table(
    ["", ...accounts.map(({ provider }) => provider.name)],
    facts
      .map(([name, say]) => [name === LEVELS && asksForScopes ? "scopes known by name" : name, ...accounts.map(say)])
      .filter(([, ...said]) => said.some((words) => words !== "–")),
  )
}

// --- options --------------------------------------------------------------------------------------------------------

const optionsOf = (accounts: ReadonlyArray<Account>): string =>
  table(
    ["option", "what it is", "identifies"],
    accounts.flatMap(({ provider }) =>
      Object.entries(provider.options ?? {}).map(([name, { doc, identifies, secret }]) => [
        code(name),
        secret === true ? `${doc} It is a secret.` : doc,
        identifies ? "yes: two accounts never share a token" : "no",
      ]),
    ),
  )

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
const fieldOf = (
  { client, options = {}, provider }: Account,
  [name, value]: TokenRequest["fields"][number],
): string => {
  const isTheirs = (text: string) => text === client.id || Object.values(options).includes(text)
  const own = Redacted.isRedacted(value) || value.startsWith("{") || isTheirs(value) || name === "scope"
  return code(own && value !== provider.clientId ? name : `${name}=${value}`)
}

const rowsOf = (account: Account) =>
  requestsOf(account).flatMap(([purpose, request]) => {
    if (Result.isFailure(request)) return []
    const { authorization, encoding, fields, method, path } = request.success
    const sent = fields.map((field) => fieldOf(account, field)).join(" ")
    const place = code(`${method} ${account.address.prefix}${path}`)
    return [[purpose, place, authorization?._tag ?? "", sent === "" ? "none" : `${encoding}: ${sent}`]]
  })

const sentOf = (accounts: ReadonlyArray<Account>): string =>
  accounts
    .map((account) => {
      const sent = table(["to", "request", "authorization", "fields"], rowsOf(account))
      return accounts.length === 1 ? sent : `${account.provider.name}, ${code(account.provider.id)}:\n\n${sent}`
    })
    .join("\n\n")

// --- quirks ---------------------------------------------------------------------------------------------------------

const isProse = (sentence: string): boolean => /^[A-Z][^{}<>"=]*\.$/.test(sentence)

const quirkOf = ({ answer, name, page, sentence }: Quirk): string =>
  [`### ${name}`, `> ${isProse(sentence) ? sentence : code(sentence)} ([source](${page}))`, answer].join("\n\n")

const quirksOf = ([account]: ReadonlyArray<Described>): string =>
  (account?.provider.quirks ?? []).map(quirkOf).join("\n\n")

// --- pages ----------------------------------------------------------------------------------------------------------

const parts: Readonly<Record<string, (accounts: ReadonlyArray<Described>) => string>> = {
  "facts of the provider's value": factsOf,
  "options of the provider's value": optionsOf,
  "requests of the provider's value": sentOf,
  "quirks of the provider's value": quirksOf,
}

const isThere = (name: string, accounts: ReadonlyArray<Described>): boolean => {
  if (name.startsWith("options")) return accounts.some(({ provider }) => provider.options !== undefined)
  return !name.startsWith("quirks") || accounts.some(({ provider }) => provider.quirks.length > 0)
}

/** A page with the parts between its marks made anew. A page has options and quirks if its values have some. */
export const rewritten = (accounts: ReadonlyArray<Described>, page: string): string =>
  Object.entries(parts).reduce(
    (text, [name, make]) => (isThere(name, accounts) ? put(text, name, make(accounts)) : text),
    page,
  )

// --- overview -------------------------------------------------------------------------------------------------------

/** The page that lists all of them. */
export const overview = new URL("../providers/README.md", import.meta.url)

const lifeOf = ({ provider }: Account): string => {
  const hours = provider.defaultLifetime / 3_600_000
  if (hours < 1) return `${Math.round(hours * 60)} min`
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

const isAble = ({ provider }: Account, capability: Capability): string =>
  provider.capabilities.has(capability) ? "yes" : "–"

const lines = (): string =>
  table(
    ["", "signs in with", "renewed", "a token lives", "second factor", "acts for others", "inspection", "revokes"],
    pages.flatMap(({ accounts, id }) =>
      accounts.map((account) => [
        `[${account.provider.name}](${id}.md)`,
        waysOf(account),
        account.provider.renewal.policy === "after_expiry" ? "only once expired" : "before its end",
        lifeOf(account),
        ...(["passcode", "act_as", "inspect", "revoke"] as const).map((capability) => isAble(account, capability)),
      ]),
    ),
  )

/** The overview with its table made anew. */
export const listed = (page: string): string => put(page, "overview of the providers' values", lines())

if (import.meta.main) {
  writeFileSync(overview, listed(readFileSync(overview, "utf8")))
  for (const { accounts, url } of pages) writeFileSync(url, rewritten(accounts, readFileSync(url, "utf8")))
}
