/**
 * Which reply of which provider leads to which reason. Each reply is given to the real decoder, as the answer to each request that the
 * provider's page describes. The words of the table are what came out.
 */
import { isAuthError, type Reason } from "@pbx-auth/providers/AuthError"
import { providers } from "@pbx-auth/providers/Catalog"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import * as Grant from "@pbx-auth/providers/Grant"
import { grantRequest } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { accountOf, type Described } from "./ProviderPage.ts"

/** Every provider: what the grammar that all share makes of a reply, and what a value's own refusals make of it. */
const accounts = Object.values(providers).map(accountOf)

interface Told {
  readonly words: string
  /** None if no answer came. */
  readonly status?: number
  /** The code of the error with which `fetch` rejects; without it and without a status it never settles. */
  readonly code?: string
  readonly body?: string | object
  readonly headers?: Readonly<Record<string, string>>
}

const html = "<html><title>Error</title></html>"
const error = (status: number, code: string): Told => ({
  words: `${status} \`{error: "${code}"}\``,
  status,
  body: { error: code },
})
const plain = (status: number, words: string, body: string | object = "", headers = {}): Told => ({
  words: `${status} ${words}`,
  status,
  body,
  headers,
})

/** The forms in which these endpoints are seen to refuse, and what others on the way answer. */
const replies: ReadonlyArray<Told> = [
  error(400, "invalid_grant"),
  error(400, "invalid_client"),
  error(401, "invalid_client"),
  error(400, "unauthorized_client"),
  error(400, "invalid_request"),
  error(400, "invalid_scope"),
  error(400, "unsupported_grant_type"),
  error(401, "invalid_token"),
  error(403, "access_denied"),
  error(403, "insufficient_scope"),
  error(503, "temporarily_unavailable"),
  plain(403, '`{code: 403, message: "Invalid User Login"}`', { code: 403, message: "Invalid User Login" }),
  plain(400, '`{code: 400, msg: "…"}`', { code: 400, msg: "Invalid parameter" }),
  plain(400, '`{error: "invalid_grant", error_description: "Invalid or expired MFA session"}`', {
    error: "invalid_grant",
    error_description: "Invalid or expired MFA session",
  }),
  plain(400, "as a page", html),
  plain(401, "without a body"),
  plain(403, "as a page", html),
  plain(403, "with an empty object", {}),
  plain(404, "as a page", html),
  plain(405, "without a body"),
  plain(408, "without a body"),
  plain(429, "without a body"),
  plain(429, "with `Retry-After`", "", { "retry-after": "30" }),
  plain(500, "as a page", html),
  plain(502, "as a page", html),
  plain(503, "with `Retry-After`", "", { "retry-after": "30" }),
  plain(200, "as a page", html),
  plain(200, "without a body"),
  plain(200, 'with `{error: "invalid_grant"}`', { error: "invalid_grant" }),
  plain(200, 'with `mfa: "mfa_required"` and a token', {
    mfa: "mfa_required",
    mfa_vendor: "google",
    mfa_type: "authenticator",
    access_token: "a-partial-token",
    expires_in: 3600,
  }),
  plain(202, "without a body"),
  plain(307, "to another address", "", { location: "https://elsewhere.example/" }),
  { words: "no connection: it is refused", code: "ECONNREFUSED" },
  { words: "no connection: the name is not found", code: "ENOTFOUND" },
  { words: "no answer: the connection is reset", code: "ECONNRESET" },
  { words: "no answer before the deadline" },
]

const secret = (name: string) => Redacted.make(name)
const challenge = { token: secret("partial"), vendor: "google", type: "authenticator", lifetime: 3_600_000 } as const

/** A subject as one vendor or another names its users. */
const subjects = ["1001@acmecorp.12345.service", "someone@example.test"]

/** The requests of a provider's page, in its own words: the first of each kind that its grammar takes. */
const requestsOf = (account: Described): ReadonlyArray<readonly [string, Grant.Grant]> => {
  const asked = (
    [
      ["a sign-in with a password", Grant.password("somebody@somewhere", secret("password"))],
      ["a sign-in of the client", Grant.clientCredentials(account.scopes)],
      ["a passcode", Grant.passcode(challenge, secret("123456"))],
      ["a renewal", Grant.refreshToken(secret("refresh token"))],
      ...subjects.map((subject) => ["acting", Grant.actAs(subject, secret("access token"))] as const),
    ] as const
  ).filter(([, grant]) => Result.isSuccess(grantRequest(account, grant)))
  return asked.filter(([to], at) => asked.findIndex(([other]) => other === to) === at)
}

const answer = ({ body = "", code, headers, status }: Told): Promise<Response> => {
  if (code !== undefined)
    return Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(), { code }) }))
  if (status === undefined) return new Promise(() => {})
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return Promise.resolve(new Response(text, { status, ...(headers !== undefined && { headers }) }))
}

/** Where nothing answers, the deadline passes at once. */
const hasty = Effect.updateService(Clock.Clock, (clock) =>
  Object.assign(Object.create(clock), { sleep: () => Effect.void }),
)

const reasonOf = async (account: Described, grant: Grant.Grant, told: Told) => {
  const isSilent = told.status === undefined && told.code === undefined
  const presented = Effect.gen(function* () {
    const endpoint = yield* TokenEndpoint
    return yield* Effect.result(endpoint.present(account, grant))
  }).pipe(
    Effect.provide(
      Layer.provide(
        TokenEndpoint.layer,
        FetchTransport.layer(() => answer(told)),
      ),
    ),
  )
  const outcome = await Effect.runPromise(isSilent ? hasty(presented) : presented)
  if (Result.isSuccess(outcome)) return undefined
  if (!isAuthError(outcome.failure)) throw outcome.failure
  return outcome.failure.reason._tag
}

/** A reply that leads to a reason. */
export interface Leading {
  readonly reason: Reason["_tag"]
  readonly reply: string
  /** `a sign-in`, `a renewal`. */
  readonly to: string
  /** The providers' names. */
  readonly at: ReadonlyArray<string>
}

/** All of them. Success, such as a challenge that the provider describes, is no row. */
export const leading = async (): Promise<ReadonlyArray<Leading>> => {
  const found = new Map<string, Leading & { at: Array<string> }>()
  for (const account of accounts)
    for (const [to, grant] of requestsOf(account))
      for (const reply of replies) {
        const reason = await reasonOf(account, grant, reply)
        if (reason === undefined) continue
        const key = [reason, reply.words, to].join("\n")
        const one = found.get(key) ?? { reason, reply: reply.words, to, at: [] }
        one.at.push(account.provider.name)
        found.set(key, one)
      }
  return [...found.values()]
}

/** The providers that have a request, by name. */
export const askedOf = (to: string): ReadonlyArray<string> =>
  accounts.flatMap((account) => (requestsOf(account).some(([name]) => name === to) ? [account.provider.name] : []))
