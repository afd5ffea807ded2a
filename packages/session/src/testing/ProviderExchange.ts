/** One request and its reply, as a vendor's page prints them, beside those of a provider's value. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import type { Grant } from "@pbx-auth/providers/Grant"
import type { Configured } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
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
  /** The query's parameters; left out: none. */
  readonly query?: Readonly<Record<string, string>>
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
      /** In clear, too. */
      readonly refreshToken?: string
      /** Of the access token, in ms. */
      readonly lifetime?: number
      /** Of the refresh token, in ms. */
      readonly refreshLifetime?: number
      /** As the reply says it; `null` if it says none. */
      readonly scope?: string | null
    }
  /** A demand for a second factor. */
  | {
      /** Its token, in clear: it is made up. */
      readonly challenge: string
    }
  /** A refusal. */
  | {
      /** The tag of the error's reason. */
      readonly reason: AuthError["reason"]["_tag"]
      /** The word that the error repeats. */
      readonly code?: string
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
  readonly grant: Grant
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
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(request.headers),
    body:
      text === ""
        ? undefined
        : type.startsWith("application/json")
          ? JSON.parse(text)
          : Object.fromEntries(new URLSearchParams(text)),
  }
}

/** Presents a grant, once, to somebody who gives this reply. */
export const played = Effect.fnUntraced(function* (configured: Configured, grant: Grant, reply: SampleReply) {
  const seen: Array<Awaited<ReturnType<typeof sentOf>>> = []
  const network: typeof globalThis.fetch = async (input, init) => {
    seen.push(await sentOf(new Request(input, init)))
    const { body, headers = {}, status } = reply
    const isText = typeof body === "string"
    return new Response(isText ? body : JSON.stringify(body), {
      status,
      headers: { "content-type": isText ? "text/plain" : "application/json", ...headers },
    })
  }
  const layer = Layer.provide(TokenEndpoint.layer, FetchTransport.layer(network))
  const asked = Effect.flatMap(TokenEndpoint, (endpoint) => endpoint.present(configured.account, grant))
  const outcome = yield* Effect.result(Effect.provide(asked, layer))
  return { outcome, sent: seen[0] }
})

/** What was sent and what came of it, each beside what the fixture wants. `said` is everything that somebody may see of it. */
export const compared = Effect.fnUntraced(function* (configured: Configured, exchange: Exchange) {
  const { expected, request } = exchange
  const { outcome, sent } = yield* played(configured, exchange.grant, exchange.reply)
  const { headers = {} } = request
  const wanted = { method: request.method, path: request.path, query: request.query ?? {}, headers, body: request.body }
  const shownHeaders = Object.keys(headers).map((name) => [name, sent?.headers[name]] as const)
  return {
    sent: { wanted, got: sent && { ...sent, headers: Object.fromEntries(shownHeaders) } },
    expected: {
      wanted: expected,
      got: pick(factsOf(outcome), Object.keys(expected)),
      said: Result.isFailure(outcome)
        ? JSON.stringify(outcome.failure) + String(outcome.failure)
        : JSON.stringify(outcome),
    },
  }
})

const pick = (facts: Readonly<Record<string, unknown>>, names: ReadonlyArray<string>) => {
  // A fact of another kind is shown whole, so that a failing test says what came instead.
  if (!names.some((name) => name in facts)) return facts
  return Object.fromEntries(names.map((name) => [name, facts[name]]))
}

type Outcome = Effect.Success<ReturnType<typeof played>>["outcome"]

const factsOf = (outcome: Outcome): Readonly<Record<string, unknown>> => {
  if (Result.isFailure(outcome)) {
    const { reason } = outcome.failure
    return { reason: reason._tag, code: "code" in reason ? reason.code : undefined }
  }
  const reply = outcome.success
  if ("challenge" in reply) return { challenge: Redacted.value(reply.challenge.token) }
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

/** Replies of other software than the vendor's, and of none: each must become a typed error. */
export const sampleRefusals: ReadonlyArray<{ readonly name: string; readonly reply: SampleReply }> = [
  400, 401, 403, 404, 429, 500, 502, 503,
].flatMap((status) => [
  { name: `${status} with an error code`, reply: { status, body: { error: "access_denied" } } },
  { name: `${status} with a code and a message`, reply: { status, body: { code: status, message: "no" } } },
  { name: `${status} with a page`, reply: { status, headers: { "content-type": "text/html" }, body: page } },
  { name: `${status} with nothing`, reply: { status, body: "" } },
])
