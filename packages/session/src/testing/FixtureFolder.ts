/**
 * A folder of fixtures, as the suite's `Fixtures`: what a vendor's page prints stays as it is printed, and one `suite.json` says what the
 * provider must make of it.
 *
 * ```json
 * {
 *   "provider": "acme-voice",
 *   "accounts": [
 *     { "tenant": "north", "credentials": { "username": "maria", "password": "made-up" } },
 *     { "tenant": "south", "credentials": { "username": "noor", "password": "made-up" } }
 *   ],
 *   "capabilities": [],
 *   "lifetime": 3600,
 *   "exchanges": [
 *     { "name": "sign in", "request": "token.curl", "reply": "token-reply.json",
 *       "tokens": { "accessToken": "access_token", "refreshToken": "refresh_token", "lifetime": 3600 } }
 *   ],
 *   "refusals": [{ "of": "sign in", "reply": "errors.json#password", "reason": "BadCredentials", "code": "invalid_grant" }]
 * }
 * ```
 *
 * A `.curl` is a request as shell text, with `{origin}` for the vendor's scheme and host. A `.json` has its body in `sample`. One with several
 * replies has `{ status, body }` by name there. This module reads texts and no files, so it runs anywhere.
 */
import type { AuthError, Reason } from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Capability, Configured, Provider } from "@pbx-auth/providers/Provider"
import * as PageRequest from "@pbx-auth/providers/testing/PageRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import {
  type Exchange,
  type ExpectedRequest,
  type Presented,
  type SampleReply,
  signInGrant,
} from "./ProviderExchange.ts"
import type { Fixtures } from "./ProviderTest.ts"
import { jsonOf, suiteOf } from "./SuiteFile.ts"

/**
 * The texts of a folder by their names: `token.curl`, `token-reply.json`.
 *
 * @category models
 */
export type Files = Readonly<Record<string, string>>

/**
 * What is presented: the account's own way in (the default), or one of these.
 *
 * @category models
 */
export type SuitePresents =
  | "sign_in"
  /** A renewal. */
  | {
      /** The refresh token. */
      readonly refresh_token: string
    }
  /** The answer to a demand for a second factor. */
  | {
      /** What the person read. */
      readonly passcode: string
      /** What the reply to the sign-in demanded. */
      readonly challenge: {
        /** The partial token. */
        readonly token: string
        /** `google`. */
        readonly vendor: string
        /** `authenticator`. */
        readonly type: string
      }
    }
  /** Acting for somebody. */
  | {
      /** Whom to act for, as the vendor names users. */
      readonly act_as: string
      /** The account's own access token. */
      readonly bearer: string
    }
  /** A question about a token. */
  | {
      /** The access token that it is about. */
      readonly inspect: string
    }
  /** The end of a token. */
  | {
      /** The access token that ends. */
      readonly revoke: string
    }

/**
 * One request and its reply.
 *
 * @category models
 */
export interface SuiteExchange {
  /** The test's name. */
  readonly name: string
  /** Left out: the sign-in. */
  readonly presents?: SuitePresents
  /** Options that replace those of the first account. */
  readonly options?: Readonly<Record<string, unknown>>
  /** The file of the request. */
  readonly request: string
  /** Fields of the body that we send beside those of the page, and why. */
  readonly besides?: {
    /** The fields. */
    readonly body: Readonly<Record<string, string>>
    /** Why the page lacks them. */
    readonly because: string
  }
  /** The file of the reply, `errors.json#name` for one of several. Left out: an empty object. */
  readonly reply?: string
  /** Where the reply's sample has each part, by dotted path, and the lives in s. */
  readonly tokens?: {
    /** The place of the access token. */
    readonly accessToken: string
    /** The place of the refresh token. Left out: none may be read. */
    readonly refreshToken?: string
    /** Life of the access token, in s. */
    readonly lifetime: number
    /** Life of the refresh token, in s, if the reply states one. */
    readonly refreshLifetime?: number
    /** The scope itself, as printed. Left out: it is not compared. */
    readonly scope?: string | null
  }
  /** Where the reply's sample has the token of a challenge. */
  readonly challenge?: string
  /** Facts that an inspection must bring. */
  readonly inspection?: Readonly<Record<string, unknown>>
}

/**
 * One refusal: the request of an exchange with another reply.
 *
 * @category models
 */
export interface SuiteRefusal {
  /** The exchange's name. */
  readonly of: string
  /** The file of the reply, `errors.json#name` for one of several. */
  readonly reply: string
  /** The tag of the error's reason. */
  readonly reason: Reason["_tag"]
  /** The word that the error repeats. */
  readonly code?: string
  /** The option to change, of a `Misconfigured`. */
  readonly field?: string
  /** What helps: `configure`, `sign_in`, `retry`. */
  readonly remedy?: AuthError["remedy"]
}

/**
 * The file `suite.json` of a folder.
 *
 * @category models
 */
export interface Suite {
  /** The id of the provider's value. */
  readonly provider: string
  /** Options of two accounts, of which the witness knows the credentials. They differ in each option that tells tenants apart. */
  readonly accounts: readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]
  /** What a session can do, as the page says. */
  readonly capabilities: ReadonlyArray<Capability>
  /** Life of the first token, in s, as the page or its sample says. */
  readonly lifetime: number
  /** The right passcode of the first account. */
  readonly passcode?: string
  /** Whom the first account may act for. */
  readonly subject?: string
  /** Where the refresh tokens of both accounts come from, if a person's sign-in elsewhere brings them. */
  readonly adopted?: {
    /** Where the forms are posted to. */
    readonly path: string
    /** Where the reply has the refresh token, by dotted path. */
    readonly field: string
    /** A form for each account. */
    readonly forms: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>]
  }
  /** The requests and replies. */
  readonly exchanges: ReadonlyArray<SuiteExchange>
  /** The refusals. */
  readonly refusals?: ReadonlyArray<SuiteRefusal>
  /** Requests and replies of the folder that this provider has nothing to do with, each with the reason. */
  readonly unused?: Readonly<Record<string, string>>
}

/** A provider that checks its own options, whichever they are. */
type AnyProvider<C extends Capability> = Provider<C> & {
  configure(options: never): Result.Result<Configured<C>, AuthError>
}

/** The fixture's text, or an error that names it. */
const textOf = (files: Files, name: string): string => {
  const text = files[name]
  if (text === undefined) throw new TypeError(`The fixtures have no file ${name}`)
  return text
}

const at = (object: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((found, name) => (found as Readonly<Record<string, unknown>>)?.[name], object)

/** What the page prints. */
const sampleOf = (name: string, text: string): unknown => {
  const { sample } = Object(jsonOf(name, text)) as { readonly sample?: unknown }
  if (sample === undefined) throw new TypeError(`${name} has no sample`)
  return sample
}

const replyOf = (files: Files, place: string | undefined): SampleReply => {
  if (place === undefined) return { status: 200, body: {} }
  const [name = "", part] = place.split("#")
  const sample = sampleOf(name, textOf(files, name))
  if (part === undefined) return { status: 200, body: sample }
  const found = part.split("/").reduce<unknown>((inner, key) => at(inner, key), sample) as SampleReply | undefined
  if (found?.status === undefined) throw new TypeError(`${name} has no reply ${part} with a status and a body`)
  return found
}

const made = Redacted.make<string>

const presentedOf = (presents: SuitePresents = "sign_in", configured: Configured): Presented => {
  if (presents === "sign_in") return signInGrant(configured)
  if ("refresh_token" in presents) return Grant.refreshToken(made(presents.refresh_token))
  if ("inspect" in presents) return { _tag: "Inspect", bearer: made(presents.inspect) }
  if ("revoke" in presents) return { _tag: "Revoke", bearer: made(presents.revoke) }
  if ("act_as" in presents) return Grant.actAs(presents.act_as, made(presents.bearer))
  const { token, type, vendor } = presents.challenge
  const challenge = { token: made(token), vendor, type, lifetime: 60_000 }
  return Grant.passcode(challenge, made(presents.passcode), configured.credentials)
}

const requestOf = (files: Files, { besides, request }: SuiteExchange): ExpectedRequest => {
  const printed = PageRequest.fromCurl(textOf(files, request))
  return besides === undefined ? printed : { ...printed, body: { ...(printed.body as object), ...besides.body } }
}

/** What an exchange must bring, with the values of the sample. */
const expectedOf = ({ challenge, inspection, tokens }: SuiteExchange, sample: unknown): Exchange["expected"] => {
  const clear = (path: string) => {
    const found = at(sample, path)
    if (typeof found !== "string") throw new TypeError(`The reply's sample has no text at ${path}`)
    return found
  }
  if (challenge !== undefined) return { challenge: clear(challenge) }
  if (inspection !== undefined) return { inspection }
  if (tokens === undefined) return { revoked: true }
  const { accessToken, lifetime, refreshLifetime, refreshToken, ...rest } = tokens
  return {
    ...rest,
    accessToken: clear(accessToken),
    // Where the page prints none, none may be read.
    refreshToken: refreshToken === undefined ? undefined : clear(refreshToken),
    lifetime: lifetime * 1_000,
    refreshLifetime: refreshLifetime === undefined ? undefined : refreshLifetime * 1_000,
  }
}

/** The refresh tokens that a person's sign-in elsewhere brings. */
const adopting =
  ({ field, forms, path }: NonNullable<Suite["adopted"]>): NonNullable<Fixtures["adopt"]> =>
  async (fetch, accounts) => {
    const tokens: Array<Redacted.Redacted<string>> = []
    for (const [index, { account }] of accounts.entries()) {
      const url = account.address.origin + path
      const reply = await fetch(url, { method: "POST", body: new URLSearchParams(forms[index]) })
      const token = at(await reply.json(), field)
      if (typeof token !== "string") throw new TypeError(`The witness gave no ${field} to adopt: HTTP ${reply.status}`)
      tokens.push(made(token))
    }
    return tokens
  }

/** The requests and replies that the suite neither uses nor explains. */
const forgotten = (files: Files, { exchanges, refusals = [], unused = {} }: Suite): ReadonlyArray<string> => {
  const used = new Set<string | undefined>(Object.keys(unused))
  for (const { reply, request } of exchanges) used.add(request).add(reply)
  for (const { reply } of refusals) used.add(reply)
  const places = Object.entries(files).flatMap(([name, text]) => {
    if (name.endsWith(".curl")) return [name]
    if (!name.endsWith(".json") || isSuite(name)) return []
    return [name, ...partsOf(sampleOf(name, text)).map((part) => `${name}#${part}`)]
  })
  const isUsed = (place: string) => used.has(place) || used.has(place.split("#")[0] ?? "")
  const hasParts = (place: string) => places.some((other) => other.startsWith(`${place}#`))
  return places.filter((place) => !isUsed(place) && !hasParts(place))
}

/** The names of replies with a status, however deep. */
const partsOf = (sample: unknown, before = ""): ReadonlyArray<string> => {
  if (typeof sample !== "object" || sample === null) return []
  return Object.entries(sample).flatMap(([name, part]) =>
    typeof part !== "object" || part === null
      ? []
      : "status" in part
        ? [before + name]
        : partsOf(part, `${before}${name}/`),
  )
}

/**
 * Whether a file of a folder says what a provider must make of it: `suite.json`, or `suite-….json` beside it.
 *
 * @category guards
 */
export const isSuite = (name: string): boolean => /^suite(-[\w-]+)?\.json$/.test(name)

/**
 * The fixtures of a folder. `suite` is the text of its `suite.json`; there can be several in a folder, one for each provider's value. Throws a
 * `TypeError` that says what is wrong: a file that is missing, a field that is not known, a request or reply that nothing uses, an account
 * that `configure` refuses.
 *
 * @category constructors
 */
export const read = <C extends Capability>(provider: AnyProvider<C>, files: Files, suite: string): Fixtures<C> => {
  const said = suiteOf(suite)
  if (said.provider !== provider.id) throw new TypeError(`Fixtures of ${said.provider}, and not of ${provider.id}`)
  const left = forgotten(files, said)
  if (left.length > 0) throw new TypeError(`Neither an exchange nor a refusal uses ${left.join(", ")}`)
  const configured = (options: object) =>
    Result.getOrThrowWith(provider.configure(options as never), ({ message }) => new TypeError(message))
  const [first, second] = said.accounts

  const exchanges = said.exchanges.map((one): Exchange => {
    const account = configured({ ...first, ...one.options })
    const reply = replyOf(files, one.reply)
    return {
      name: one.name,
      account,
      grant: presentedOf(one.presents, account),
      request: requestOf(files, one),
      reply,
      expected: expectedOf(one, reply.body),
    }
  })
  const refusals = (said.refusals ?? []).map(({ of, reply, ...expected }): Exchange => {
    const asked = exchanges.find(({ name }) => name === of)
    if (asked === undefined) throw new TypeError(`A refusal is of ${of}, which is no exchange`)
    return { ...asked, name: `${of}, refused by ${reply}`, reply: replyOf(files, reply), expected }
  })
  return {
    accounts: [configured(first), configured(second)],
    exchanges: [...exchanges, ...refusals],
    capabilities: said.capabilities as ReadonlyArray<C>,
    lifetime: said.lifetime * 1_000,
    ...(said.passcode !== undefined && { passcode: said.passcode }),
    ...(said.subject !== undefined && { subject: said.subject }),
    ...(said.adopted !== undefined && { adopt: adopting(said.adopted) }),
  }
}

/**
 * The id of the provider that a `suite.json` is about.
 *
 * @category getters
 */
export const providerOf = (suite: string): string => suiteOf(suite).provider
