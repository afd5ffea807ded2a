/**
 * The parts of the docs that are taken from the providers' values, so that page and code cannot drift apart: the facts, requests and quirks of
 * each provider's page, and the lists of providers. `npm run providers -- --write` writes them; a test compares.
 */
import { existsSync, readFileSync } from "node:fs"
import { type Documented, families, providers } from "@pbx-auth/providers/Catalog"
import { configure } from "@pbx-auth/providers/Configuration"
import * as Grant from "@pbx-auth/providers/Grant"
import { optionsOf } from "@pbx-auth/providers/OptionList"
import {
  type Account,
  type Configured,
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

const client = { id: "an-id", secret: "a-secret" }

/** An account with what is known of its provider. */
export interface Described extends Account {
  readonly provider: Documented
}

/** The options that somebody writes at least, made up. */
const optionsFor = (provider: Documented): Readonly<Record<string, unknown>> => {
  const { clientId, clientSecret, options = {}, scopes, accessLevels } = provider
  const own = Object.entries(options).map(([name, { example = name }]) => [name, example] as const)
  const isAsked = (name: string) => optionsOf(provider).some((option) => option.name === name && !option.optional)
  return {
    ...Object.fromEntries(own),
    ...(clientId === undefined && { client: clientSecret === "none" ? { id: client.id } : client }),
    ...(isAsked("address") && { address: "https://pbx.example.com" }),
    ...(scopes === "required" && { scopes: accessLevels.slice(0, 2) }),
  }
}

/** An account of it, with made-up options. */
export const accountOf = (provider: Documented): Described => {
  const configured: Result.Result<Configured, unknown> = configure(provider, optionsFor(provider))
  return { ...Result.getOrThrow(configured).account, provider }
}

const nameOf = ({ provider }: Described): string => provider.name.toLowerCase()

const pageOf = (id: string): URL => new URL(`../providers/${id}.md`, import.meta.url)

/**
 * Each file of values that has a page, by its first value's name for people. The page has the id of that value. The wire of many operators
 * has none.
 */
export const pages = families
  .flatMap((family) => {
    const [first] = family
    if (first === undefined || !existsSync(pageOf(first.id))) return []
    const account = accountOf(first)
    return [{ account, accounts: family.map(accountOf), id: first.id, url: pageOf(first.id) }]
  })
  .sort((one, other) => (nameOf(one.account) < nameOf(other.account) ? -1 : 1))

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
  const inClear = provider.addresses.plainHttpOption === true ? "; `http://` in a private network, by `plainHttp`" : ""
  if (provider.addresses.standard === undefined) return `your own, like ${standard}${inClear}`
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

const clientOf = (account: Account): string => {
  const { clientAuthentication } = account.provider
  const signIn = requestsOf(account).flatMap(([, request]) => (Result.isSuccess(request) ? request.success : []))[0]
  const isOfItsOwn = clientAuthentication === "form" && !signIn?.fields.some(([name]) => name === "client_id")
  const secrets = Object.entries(account.provider.options ?? {}).flatMap(([name, field]) =>
    field.secret ? [code(name)] : [],
  )
  if (clientAuthentication === "none" && secrets.length > 0) return `its id, and a secret option: ${secrets.join(", ")}`
  return isOfItsOwn ? "in fields of its own" : inWords.clientAuthentication[clientAuthentication]
}

/** The options that only this provider has. */
const ownOptionsOf = ({ options = {} }: Documented): ReadonlyArray<readonly [string, string]> =>
  Object.entries(options).map(([name, { default: usual, doc, identifies, optional, secret: isSecret }]) => [
    `option ${code(name)}`,
    [
      doc,
      ...(usual === undefined ? [] : [`Without it: ${code(usual)}.`]),
      ...(optional === true ? ["You may leave it out."] : []),
      ...(isSecret === true ? ["It is a secret."] : []),
      ...(identifies ? ["Two accounts with different values never share a token."] : []),
    ].join(" "),
  ])

const factsOf = (account: Described): string => {
  const { provider } = account
  const capabilities = [...provider.capabilities].map((capability) => inWords.capability[capability])
  return table(
    ["", provider.name],
    [
      ["page", `<${provider.page}>`],
      ["address", addressOf(account)],
      ["client", clientOf(account)],
      ...ownOptionsOf(provider),
      [
        "signs in with",
        goesOn(provider) ? "a refresh token from elsewhere" : inWords.signsInWith[provider.signsInWith],
      ],
      ["scopes", scopesOf(account)],
      ...(provider.accessLevels.length === 0
        ? []
        : [
            [
              provider.signsInWith === "client" ? "scopes known by name" : "access levels or rights",
              provider.accessLevels.map(code).join(", "),
            ],
          ]),
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
  const ofOptions = Object.values(account.options ?? {})
  const own =
    Redacted.isRedacted(value) ||
    value.startsWith("{") ||
    value === client.id ||
    name === "scope" ||
    ofOptions.includes(value)
  return code(own && value !== account.provider.clientId ? name : `${name}=${value}`)
}

const sentOf = (account: Account): string =>
  table(
    ["to", "request", "authorization", "fields"],
    requestsOf(account).flatMap(([purpose, request]) => {
      if (Result.isFailure(request)) return []
      const { authorization, body = {}, encoding, fields, method, path } = request.success
      const sent = [...fields.map((field) => fieldOf(account, field)), ...Object.keys(body).map(code)]
      return [
        [
          purpose,
          code(`${method} ${account.address.prefix}${path}`),
          authorization?._tag ?? "",
          sent.length === 0 ? "" : `${encoding}: ${sent.join(" ")}`,
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

/** A part for each value. Where there are several, the requests say whose they are. */
const together = (accounts: ReadonlyArray<Described>, make: (account: Described) => string, isNamed: boolean): string =>
  accounts
    .map((account) => (isNamed && accounts.length > 1 ? `\`${account.provider.id}\`:\n\n` : "") + make(account))
    .join("\n\n")

const parts: Readonly<Record<string, (accounts: ReadonlyArray<Described>) => string>> = {
  "facts of the provider's value": (accounts) => together(accounts, factsOf, true),
  "requests of the provider's value": (accounts) => together(accounts, sentOf, true),
  "quirks of the provider's value": ([first]) => (first === undefined ? "" : quirksOf(first)),
}

/** A page with the parts between its marks made anew. Each page has the facts and the requests. */
export const rewritten = (accounts: ReadonlyArray<Described>, page: string): string =>
  Object.entries(parts).reduce((text, [name, make]) => {
    const isLeftOut = name.startsWith("quirks") && accounts.every(({ provider }) => provider.quirks.length === 0)
    return isLeftOut ? text : put(text, name, make(accounts))
  }, page)

// --- lists ----------------------------------------------------------------------------------------------------------

/** Whether nobody signs in: it begins with a refresh token from elsewhere. */
const goesOn = ({ dialect, signsInWith }: Documented): boolean =>
  signsInWith === "password" && dialect.grants.Password === undefined

const yes = (is: boolean) => (is ? "yes" : "–")

/** All of them, side by side. */
const sideBySide = (): string =>
  table(
    [
      "",
      "signs in with",
      "next token by",
      "renewed",
      "token lives",
      "second factor",
      "acts for others",
      "inspection",
      "revokes",
    ],
    pages
      .flatMap(({ accounts, id }) => accounts.map(({ provider }) => ({ id, provider })))
      .map(({ id, provider }) => {
        const { capabilities, defaultLifetime, name, renewal, renewsWith } = provider
        return [
          `[${name}](${id}.md)`,
          goesOn(provider) ? "refresh token" : provider.signsInWith,
          { refresh_token: "refresh token", sign_in: "sign-in" }[renewsWith],
          { before_expiry: "before its end", after_expiry: "only once expired", never: "never" }[renewal.policy],
          seconds(defaultLifetime),
          yes(capabilities.has("passcode")),
          yes(capabilities.has("act_as")),
          yes(capabilities.has("inspect")),
          yes(capabilities.has("revoke")),
        ]
      }),
  )

/** What the command reads for each provider, and what it can do there. */
const inCommand = (): string =>
  table(
    [
      "PROVIDER",
      "needed",
      "optional",
      "second factor",
      "`act-as`",
      "`inspect`",
      "`logout` revokes",
      "`--basic-encoding`",
      "`--plain-http`",
    ],
    Object.values(providers)
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .map((provider) => {
        const { addresses, capabilities, clientAuthentication, id, signsInWith } = provider
        const read = optionsOf(provider).filter(({ variable }) => variable !== undefined)
        const isNeeded = ({ name, optional }: (typeof read)[number]) =>
          !optional ||
          (signsInWith === "password" && name.startsWith("credentials.")) ||
          (goesOn(provider) && name === "refreshToken")
        const variables = (some: typeof read) =>
          some.map(({ variable = "" }) => code(variable.replace("PBX_AUTH_", ""))).join(", ") || "–"
        return [
          code(id),
          variables(read.filter(isNeeded)),
          variables(read.filter((option) => !isNeeded(option))),
          yes(capabilities.has("passcode")),
          yes(capabilities.has("act_as")),
          yes(capabilities.has("inspect")),
          yes(capabilities.has("revoke")),
          yes(clientAuthentication === "basic"),
          yes(addresses.plainHttpOption === true),
        ]
      }),
  )

/** A link to each page, as one item: the docs site makes one group of it. */
const links = (): string => {
  const each = pages.map(({ account, id }) => `[${account.provider.name}](providers/${id}.md)`)
  return `- [Providers](providers/README.md) side by side, and one page for each:\n  ${each.join(",\n  ")}.`
}

/** Each file of the docs that says what the values say, as it must be. */
export const derived = (): ReadonlyArray<{ readonly file: URL; readonly text: string }> => {
  const putInto = (path: string, name: string, part: string) => {
    const file = new URL(path, import.meta.url)
    return { file, text: put(readFileSync(file, "utf8"), name, part) }
  }
  return [
    ...pages.map(({ accounts, url }) => ({ file: url, text: rewritten(accounts, readFileSync(url, "utf8")) })),
    putInto("../providers/README.md", "providers side by side", sideBySide()),
    putInto("../README.md", "pages of providers", links()),
    putInto("../command.md", "providers in the command", inCommand()),
  ]
}
