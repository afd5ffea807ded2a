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
import type { AuthError } from "@pbx-auth/providers/AuthError"
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
import { jsonOf, type Suite, type SuiteExchange, type SuitePresents, suiteOf } from "./SuiteFile.ts"

export type { Suite, SuiteExchange, SuitePresents, SuiteRefusal } from "./SuiteFile.ts"

/**
 * The texts of a folder by their names: `token.curl`, `token-reply.json`.
 *
 * @category models
 */
export type Files = Readonly<Record<string, string>>

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
  if ("device_code" in presents) return Grant.deviceCode(made(presents.device_code))
  if ("authorization_code" in presents) {
    const { authorization_code, code_verifier, redirect_uri } = presents
    return Grant.authorizationCode(made(authorization_code), made(code_verifier), redirect_uri)
  }
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
const expectedOf = (
  { challenge, device, inspection, tokens }: SuiteExchange,
  sample: unknown,
): Exchange["expected"] => {
  const clear = (path: string) => {
    const found = at(sample, path)
    if (typeof found !== "string") throw new TypeError(`The reply's sample has no text at ${path}`)
    return found
  }
  if (device !== undefined) {
    if (challenge === undefined) throw new TypeError("An exchange with a device needs the place of its code: challenge")
    const { interval, lifetime, url, userCode } = device
    return {
      challenge: clear(challenge),
      userCode: clear(userCode),
      url: clear(url),
      lifetime: lifetime * 1_000,
      ...(interval !== undefined && { interval: interval * 1_000 }),
    }
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

/** A person who allows a sign-in with a code. */
const allowing =
  ({ form, path, userCode: field }: NonNullable<Suite["allowed"]>): NonNullable<Fixtures["allow"]> =>
  async (fetch, { url, userCode }) => {
    const page = Redacted.value(url)
    const body = new URLSearchParams({ ...form, [field]: Redacted.value(userCode) })
    const { status } = await fetch(path === undefined ? page : new URL(path, page), { method: "POST", body })
    if (status >= 400) throw new TypeError(`The witness did not let the person allow the code: HTTP ${status}`)
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
  const refusals = (said.refusals ?? []).map(({ of, pause, reply, ...rest }): Exchange => {
    const expected = { ...rest, ...(pause !== undefined && { pause: pause * 1_000 }) }
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
    ...(said.allowed !== undefined && { allow: allowing(said.allowed) }),
    ...(said.adopted !== undefined && { adopt: adopting(said.adopted) }),
  }
}

/**
 * The id of the provider that a `suite.json` is about.
 *
 * @category getters
 */
export const providerOf = (suite: string): string => suiteOf(suite).provider
