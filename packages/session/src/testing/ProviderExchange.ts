/** One request and its reply, as a vendor's page prints them, beside those of a provider's value. */
import type { AuthError, Throttled } from "@pbx-auth/providers/AuthError"
import { type DeviceChallenge, deviceAuthorization } from "@pbx-auth/providers/DeviceAuthorization"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Configured } from "@pbx-auth/providers/Provider"
import type { Challenge, Inspection, TokenReply } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { type Parameters, parametersOf } from "@pbx-auth/providers/testing/PageRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/**
 * A request as the page has it. The URL's query, a form's fields and JSON are compared by their values, so their order does not count.
 *
 * @category models
 */
export interface ExpectedRequest {
  /** The HTTP method. */
  readonly method: string
  /** The path, without the query. */
  readonly path: string
  /** The query's parameters; left out: none. One that is to come more than once has the list of its values. */
  readonly query?: Parameters
  /** Headers that must be there, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>
  /** The form's fields, or the JSON. Left out: none. */
  readonly body?: unknown
}

/**
 * A reply as the page has it.
 *
 * @category models
 */
export interface SampleReply {
  /** The HTTP status. */
  readonly status: number
  /** Its headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** A text as it is, and anything else as JSON. */
  readonly body: unknown
}

/**
 * What must come of it: parts of the tokens (ms for the lives), a demand for a second factor, or the reason of the error.
 *
 * @category models
 */
export type Expected =
  /** A success. Only the parts that you name are compared. */
  | {
      /** In clear: it is made up. */
      readonly accessToken: string
      /** In clear, too; `undefined` if the reply brings none. */
      readonly refreshToken?: string | undefined
      /** Of the access token, in ms. */
      readonly lifetime?: number
      /** Of the refresh token, in ms; `undefined` if the reply states none. */
      readonly refreshLifetime?: number | undefined
      /** As the reply says it; `null` if it says none. */
      readonly scope?: string | null
    }
  /** A demand for a second factor, or a code for a person at a browser. Of the code only the parts that you name are compared. */
  | {
      /** Its token, in clear: it is made up. The device code. */
      readonly challenge: string
      /** What the person enters. */
      readonly userCode?: string
      /** Where the person enters it. */
      readonly url?: string
      /** How long the code lives, in ms. */
      readonly lifetime?: number
      /** Between two polls, in ms. */
      readonly interval?: number
    }
  /** Facts of an inspection. Only those that you name are compared. */
  | {
      /** By the names of `Inspection`. */
      readonly inspection: Readonly<Record<string, unknown>>
    }
  /** A revocation that was accepted. */
  | {
      /** Nothing else comes of it. */
      readonly revoked: true
    }
  /** A refusal. */
  | {
      /** The tag of the error's reason. */
      readonly reason: AuthError["reason"]["_tag"]
      /** The word that the error repeats. */
      readonly code?: string
      /** The option to change, of a `Misconfigured`. */
      readonly field?: string
      /** What helps: `configure`, `sign_in`, `retry`. */
      readonly remedy?: AuthError["remedy"]
      /** How long to wait, in ms, to the next second; `undefined` if nothing follows by itself. */
      readonly pause?: number | undefined
      /** Whom the pause holds, of a `Throttled`. */
      readonly per?: Throttled["per"]
    }

/**
 * What is presented: a grant, or a token to inspect or to revoke.
 *
 * @category models
 */
export type Presented =
  | Grant.Grant
  | {
      /** Asks about a token. */
      readonly _tag: "Inspect"
      /** The token. */
      readonly bearer: Redacted.Redacted<string>
    }
  | {
      /** Ends a token. */
      readonly _tag: "Revoke"
      /** The token. */
      readonly bearer: Redacted.Redacted<string>
    }

/**
 * The account's own way in: its refresh token, its credentials, a device code for a person, or the client by itself.
 *
 * @category getters
 * @internal
 */
export const signInGrant = ({ account, credentials, refreshToken }: Configured): Grant.Grant => {
  if (refreshToken !== undefined) return Grant.refreshToken(refreshToken)
  if (credentials !== undefined) return Grant.password(credentials.username, credentials.password)
  const { address, provider, scopes } = account
  const isCode = provider.signsInWith === "browser" && provider.dialect.grants.DeviceAuthorization !== undefined
  return isCode ? deviceAuthorization(scopes, address.origin) : Grant.clientCredentials(scopes)
}

/**
 * One exchange of the fixtures.
 *
 * @category models
 */
export interface Exchange {
  /** The test's name. */
  readonly name: string
  /** Whose account; left out: the first one. */
  readonly account?: Configured
  /** What is presented. */
  readonly grant: Presented
  /** What must be sent. */
  readonly request: ExpectedRequest
  /** What comes back. */
  readonly reply: SampleReply
  /** What must come of it. */
  readonly expected: Expected
}

const sentOf = async (request: Request) => {
  const url = new URL(request.url)
  const text = await request.text()
  const type = request.headers.get("content-type") ?? ""
  return {
    method: request.method,
    path: url.pathname,
    query: parametersOf(url.searchParams),
    headers: Object.fromEntries(request.headers),
    body: text === "" ? undefined : bodyOf(type, text),
    url: request.url,
    origin: url.origin,
    /** All of it, as it went over the wire. */
    whole: [request.url, text, ...request.headers.values()].join("\n"),
  }
}

const bodyOf = (type: string, text: string): unknown =>
  type.startsWith("application/json") ? JSON.parse(text) : parametersOf(new URLSearchParams(text))

type Sent = Awaited<ReturnType<typeof sentOf>>

/** Asks what is presented of the endpoint that is provided. */
const ask = ({ account }: Configured, presented: Presented) =>
  Effect.flatMap(
    TokenEndpoint,
    (endpoint): Effect.Effect<unknown, AuthError> =>
      presented._tag === "Inspect"
        ? endpoint.inspect(account, presented.bearer)
        : presented._tag === "Revoke"
          ? endpoint.revoke(account, presented.bearer)
          : endpoint.present(account, presented),
  )

/** Presents something, once, to somebody who gives this reply. */
export const played = Effect.fnUntraced(function* (
  configured: Configured,
  presented: Presented,
  reply: SampleReply | ((sent: Sent) => SampleReply),
) {
  const seen: Array<Sent> = []
  const network: typeof globalThis.fetch = async (input, init) => {
    const sent = await sentOf(new Request(input, init))
    seen.push(sent)
    const { body, headers = {}, status } = typeof reply === "function" ? reply(sent) : reply
    const isText = typeof body === "string"
    return new Response(isText ? body : JSON.stringify(body), {
      status,
      headers: { "content-type": isText ? "text/plain" : "application/json", ...headers },
    })
  }
  const layer = Layer.provide(TokenEndpoint.layer, FetchTransport.layer(network))
  const outcome = yield* Effect.result(Effect.provide(ask(configured, presented), layer))
  return { outcome, sent: seen[0], times: seen.length }
})

/** Everything that somebody may see of an outcome. */
export const saidOf = (outcome: Outcome): string =>
  Result.isFailure(outcome) ? JSON.stringify(outcome.failure) + String(outcome.failure) : JSON.stringify(outcome)

/** A secret as it is, as it stands in a URL, a form or JSON, and as base64, with its client too. */
const formsOf = (secret: string, clientId: string): ReadonlyArray<string> => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams([["", secret]]).toString().slice(1),
  JSON.stringify(secret).slice(1, -1),
  btoa(secret),
  btoa(`${clientId}:${secret}`),
]

/** A shorter secret, like a page's `1234`, may stand in another word by chance. */
const LONG_ENOUGH = 8

const isIn = (text: string, form: string): boolean => {
  if (form.length >= LONG_ENOUGH) return text.includes(form)
  const quoted = form.replaceAll(/[^\w]/g, "\\$&")
  return new RegExp(`(?<!\\w)${quoted}(?!\\w)`).test(text)
}

/**
 * How many of the secrets some texts show, in whatever form.
 *
 * @internal
 */
export const shown = (texts: ReadonlyArray<string>, secrets: Iterable<string>, { account }: Configured): number => {
  const text = texts.join("\n")
  const all = [...secrets].filter((secret) => secret.length > 0)
  return all.filter((secret) => formsOf(secret, account.client.id).some((form) => isIn(text, form))).length
}

/** What was sent and what came of it, each beside what the fixture wants. */
export const compared = Effect.fnUntraced(function* (configured: Configured, exchange: Exchange) {
  const { expected, request } = exchange
  const { outcome, sent, times } = yield* played(configured, exchange.grant, exchange.reply)
  // A client authenticates as the page says, and by nothing beside it.
  const headers = { authorization: undefined, ...request.headers }
  const { origin } = configured.account.address
  const wanted = {
    origin,
    method: request.method,
    path: request.path,
    query: request.query ?? {},
    headers,
    body: request.body,
  }
  const got = sent && {
    origin: sent.origin,
    method: sent.method,
    path: sent.path,
    query: sent.query,
    headers: Object.fromEntries(Object.keys(headers).map((name) => [name, sent.headers[name]])),
    body: sent.body,
  }
  return {
    sent: { wanted, got, times },
    expected: {
      wanted: "inspection" in expected ? expected.inspection : expected,
      got: pick(
        factsOf(outcome, yield* Clock.currentTimeMillis),
        Object.keys("inspection" in expected ? expected.inspection : expected),
      ),
      said: saidOf(outcome),
    },
  }
})

const pick = (facts: Readonly<Record<string, unknown>>, names: ReadonlyArray<string>) => {
  // A fact of another kind is shown whole, so that a failing test says what came instead.
  if (!names.some((name) => name in facts)) return facts
  return Object.fromEntries(names.map((name) => [name, facts[name]]))
}

type Outcome = Result.Result<unknown, AuthError>

const factsOf = (outcome: Outcome, now: number): Readonly<Record<string, unknown>> => {
  if (Result.isFailure(outcome)) {
    const { reason, remedy } = outcome.failure
    const { retryAt } = reason
    const { code, field, per } = reason as { readonly code?: string; readonly field?: string; readonly per?: string }
    const pause = retryAt === undefined ? undefined : Math.round((retryAt - now) / 1_000) * 1_000
    return { reason: reason._tag, code, field, remedy, pause, per }
  }
  const reply = outcome.success as TokenReply | Inspection | undefined
  if (reply === undefined) return { revoked: true }
  if ("challenge" in reply) {
    const { interval, lifetime, token, url, userCode } = reply.challenge as Challenge & Partial<DeviceChallenge>
    const [challenge, page, code] = [token, url, userCode].map((one) => one && Redacted.value(one))
    return { challenge, url: page, userCode: code, lifetime, interval }
  }
  if (!("tokens" in reply)) return { ...reply }
  const { accessToken, lifetime, refreshLifetime, refreshToken, scope } = reply.tokens
  return {
    accessToken: Redacted.value(accessToken),
    refreshToken: refreshToken && Redacted.value(refreshToken),
    lifetime,
    refreshLifetime,
    scope,
  }
}

const page = "<!DOCTYPE html><html><body>Sorry</body></html>"

const statuses = [400, 401, 403, 404, 429, 500, 502, 503]

/** How software refuses: the vendor's, another's on the way, and some that repeats what it was told. */
export const refusalStyles: ReadonlyArray<{
  readonly name: string
  readonly replies: ReadonlyArray<(sent: Sent) => SampleReply>
}> = [
  { name: "an error code", body: () => ({ error: "access_denied" }) },
  { name: "a code and a message", body: (_: Sent, code: number) => ({ code, message: "no" }) },
  { name: "a page", body: () => page, headers: { "content-type": "text/html" } },
  { name: "nothing", body: () => "" },
  {
    name: "a repetition of the request",
    body: ({ whole }: Sent) => ({ error: whole, error_description: whole, message: whole, errors: [{ whole }] }),
  },
  { name: "a page that repeats the request", body: ({ whole }: Sent) => `<html>${whole}</html>` },
].map(({ body, headers, name }) => ({
  name,
  replies: statuses.map((status) => (sent: Sent) => ({
    status,
    body: body(sent, status),
    ...(headers && { headers }),
  })),
}))
