/**
 * The one place where this package speaks HTTP.
 *
 * A request is sent once. There is no retry, no redirect is followed, and one deadline covers headers and body: who
 * asks knows what was sent, and repeats it by the remedy of the error if at all (see `Retry`).
 *
 * **Gotchas**
 *
 * - The HTTP client is the app's own. One that the app made to follow redirects, to retry or to log bodies does so with
 *   credentials as well; give token calls a plain one.
 * - With the fetch client, `FetchHttpClient.RequestInit` is set for each call. Options of the app (a `dispatcher`) are
 *   kept when they are provided to this layer or around the call, not when they were given to `FetchHttpClient.layer`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { hasProperty, isString } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { type AuthError, type GrantTag, OutcomeUnknown, refuse, Unavailable, Unreadable } from "./AuthError.ts"
import type { Grant } from "./Grant.ts"
import { type Account, grantRequest, inspectionRequest, revocationRequest } from "./Provider.ts"
import type { Purpose } from "./Refusal.ts"
import * as Reply from "./Reply.ts"
import type { Inspection, TokenReply } from "./Token.ts"
import type { Authorization, TokenRequest } from "./TokenRequest.ts"

/** The largest body that is read, in bytes. A token reply has a few hundred. */
export const largestBody = 1_048_576

/**
 * Presents grants, asks about tokens and revokes them, at whichever provider an account names.
 *
 * **Details**
 *
 * Fails with `AuthError` alone, and no secret of the request or of the reply is in it:
 *
 * - a connection that could not be made: `Unavailable`
 * - a request that may have been received but brought no whole reply (deadline, reset, cut body): `OutcomeUnknown` for a
 *   grant, `Unavailable` for a question or a revocation, which may be repeated
 * - a body beyond 1 MiB: `Unreadable`
 * - a redirect: `Misconfigured`
 * - any other reply: see `Reply` and `Refusal`
 */
export class TokenEndpoint extends Context.Service<
  TokenEndpoint,
  {
    /** Presents a grant, once. */
    present(account: Account, grant: Grant): Effect.Effect<TokenReply, AuthError>
    /** Asks what the provider knows about a token. */
    inspect(account: Account, bearer: Redacted.Redacted<string>): Effect.Effect<Inspection, AuthError>
    /** Revokes a token. */
    revoke(account: Account, bearer: Redacted.Redacted<string>): Effect.Effect<void, AuthError>
  }
>()("@pbx-auth/providers/TokenEndpoint") {
  /** Speaks through the app's `HttpClient`. */
  static readonly layer: Layer.Layer<TokenEndpoint, never, HttpClient.HttpClient> = Layer.effect(
    TokenEndpoint,
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const ours = Option.getOrUndefined(yield* Effect.serviceOption(FetchHttpClient.RequestInit))

      const ask = <A>(
        account: Account,
        purpose: Purpose,
        request: Result.Result<TokenRequest, AuthError>,
        decode: (reply: Reply.Reply, asked: Reply.Asked) => Result.Result<A, AuthError>,
      ): Effect.Effect<A, AuthError> =>
        Effect.gen(function* () {
          const what = yield* Effect.fromResult(request)
          const now = yield* Clock.currentTimeMillis
          const around = Option.getOrUndefined(yield* Effect.serviceOption(FetchHttpClient.RequestInit))
          const reply = yield* exchange(client, account, purpose, what).pipe(
            Effect.provideService(FetchHttpClient.RequestInit, { ...ours, ...around, ...fetchOptions }),
            Effect.provideService(HttpClient.TracerDisabledWhen, constTrue),
            Effect.provideService(HttpClient.TracerPropagationEnabled, false),
            Effect.provideService(UrlParams.CurrentRedactedNames, secretParameters),
          )
          yield* Effect.annotateCurrentSpan("http.response.status_code", reply.status)
          return yield* Effect.fromResult(
            decode(reply, {
              provider: account.provider,
              purpose,
              bearerInHeader: what.authorization?._tag === "Bearer",
              secrets: secretsOf(what),
              now,
            }),
          )
        }).pipe(
          Effect.withSpan(
            `TokenEndpoint.${purpose}`,
            {
              kind: "client",
              attributes: { "pbx_auth.provider": account.provider.id, "url.origin": account.address.origin },
            },
            { captureStackTrace: false },
          ),
        )

      return TokenEndpoint.of({
        present: (account, grant) => ask(account, grant._tag, grantRequest(account, grant), Reply.tokenReply),
        inspect: (account, bearer) => ask(account, "inspect", inspectionRequest(account, bearer), Reply.inspection),
        revoke: (account, bearer) => ask(account, "revoke", revocationRequest(account, bearer), Reply.revocation),
      })
    }),
  )
}

/**
 * A followed redirect would re-send the password to wherever it points (307, 308); nothing of a token call belongs into a
 * cache, a cookie jar or a `Referer`.
 */
const fetchOptions: RequestInit = {
  redirect: "manual",
  cache: "no-store",
  credentials: "omit",
  referrerPolicy: "no-referrer",
}

/** For an app's own middleware that prints URLs by `UrlParams.redactUrl`. */
const secretParameters = ["client_secret", "refresh_token", "access_token", "password", "passcode", "token"]

/** Sends a request and reads its whole reply, within the account's deadline. */
const exchange = (
  client: HttpClient.HttpClient,
  account: Account,
  purpose: Purpose,
  request: TokenRequest,
): Effect.Effect<Reply.Reply, AuthError> => {
  const provider = account.provider.id
  const lost = () =>
    refuse(isGrant(purpose) ? new OutcomeUnknown({ provider, grant: purpose }) : new Unavailable({ provider }))
  const unsent = (error: HttpClientError) =>
    refuse(new Unavailable({ provider, ...(isUnreached(error) && { unreached: true }) }))

  return within(
    account.settings.deadline,
    lost,
    Effect.gen(function* () {
      // The connection ends with this scope, whether or not its body was read to the end.
      const response = yield* HttpClient.withScope(client)
        .execute(toHttp(account, request))
        .pipe(
          // An app's client may fail on a status of its own accord. The reply is there all the same.
          Effect.catch((error) =>
            error.reason._tag === "StatusCodeError" ? Effect.succeed(error.reason.response) : Effect.fail(error),
          ),
          Effect.tapError(({ reason }) => confess(reason.cause)),
          Effect.mapError((error) => (wasSent(error) ? lost() : unsent(error))),
        )
      const { headers, status } = response
      const redirected = status === 0 || (status >= 300 && status < 400)
      const text = redirected ? "" : yield* textOf(response, lost, () => refuse(new Unreadable({ provider, status })))
      return { status, headers, text, at: yield* Clock.currentTimeMillis }
    }).pipe(
      Effect.scoped,
      // A client that throws may hold the request, and with it the form, in what it throws.
      Effect.catchDefect((thrown) => Effect.andThen(confess(thrown), Effect.fail(lost()))),
    ),
  )
}

/** A `TypeError` is not among them: `fetch` throws it for every connection that fails. */
const mistakes = [ReferenceError, RangeError, SyntaxError]

/** Says that the app's client threw a programmer's mistake, by its class alone: its text may hold anything. */
const confess = (thrown: unknown): Effect.Effect<void> => {
  const mistake = mistakes.find((one) => thrown instanceof one)
  return mistake === undefined ? Effect.void : Effect.logDebug(`pbx-auth: the HTTP client threw a ${mistake.name}`)
}

const isGrant = (purpose: Purpose): purpose is GrantTag => purpose !== "inspect" && purpose !== "revoke"

/**
 * A true deadline. `Effect.timeout` waits for what it interrupts to wind up, and a hanging connection may never do so;
 * here the exchange runs beside, is told to stop, and is not waited for.
 */
const within = <A>(
  deadline: number,
  late: () => AuthError,
  effect: Effect.Effect<A, AuthError>,
): Effect.Effect<A, AuthError> =>
  Effect.flatMap(Deferred.make<A, AuthError>(), (outcome) =>
    Effect.acquireUseRelease(
      Effect.forEach(
        [
          Effect.flatMap(Effect.exit(effect), (exit) => Deferred.done(outcome, exit)),
          Effect.andThen(
            Effect.sleep(deadline),
            Effect.suspend(() => Deferred.fail(outcome, late())),
          ),
        ],
        (either) => Effect.forkDetach(either),
      ),
      () => Deferred.await(outcome),
      (both) =>
        Effect.sync(() => {
          for (const one of both) one.interruptUnsafe()
        }),
    ),
  )

/** Reads a body as text, and no further than the cap: neither a header nor the client's own limit can be relied on. */
const textOf = (
  response: HttpClientResponse,
  lost: () => AuthError,
  oversized: () => AuthError,
): Effect.Effect<string, AuthError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return response.stream.pipe(
      Stream.runForEach((chunk) => {
        size += chunk.byteLength
        if (size > largestBody) return Effect.fail(oversized())
        text += decoder.decode(chunk, { stream: true })
        return Effect.void
      }),
      Effect.catchTag("HttpClientError", ({ reason }) =>
        reason._tag === "EmptyBodyError" ? Effect.void : Effect.fail(lost()),
      ),
      Effect.map(() => text + decoder.decode()),
    )
  })

/** The request as the HTTP client wants it. From here to the wire the form is in clear; the value goes no further. */
const toHttp = ({ address }: Account, request: TokenRequest): HttpClientRequest.HttpClientRequest => {
  const url = `${address.origin}${address.prefix}${request.path}`
  const bare = HttpClientRequest.make(request.method)(url, {
    acceptJson: true,
    headers: headersOf(request.authorization),
  })
  switch (request.encoding) {
    case "query":
      return HttpClientRequest.setUrlParams(bare, request.fields)
    case "form":
      return HttpClientRequest.bodyUrlParams(bare, request.fields)
    case "json": {
      const fields = request.fields.map(([name, value]) => [
        name,
        Redacted.isRedacted(value) ? Redacted.value(value) : value,
      ])
      return HttpClientRequest.bodyText(bare, JSON.stringify(Object.fromEntries(fields)), "application/json")
    }
  }
}

const headersOf = (authorization: Authorization | undefined): Record<string, string> => {
  switch (authorization?._tag) {
    case undefined:
      return {}
    case "Bearer":
      return { authorization: `Bearer ${Redacted.value(authorization.token)}` }
    case "Basic": {
      const secret = Redacted.value(authorization.secret)
      const pair =
        authorization.encoding === "raw"
          ? `${authorization.id}:${secret}`
          : `${formEncode(authorization.id)}:${formEncode(secret)}`
      // `btoa` takes a character for a byte.
      const bytes = Array.from(new TextEncoder().encode(pair), (byte) => String.fromCharCode(byte))
      return { authorization: `Basic ${btoa(bytes.join(""))}` }
    }
  }
}

/** `application/x-www-form-urlencoded` of one value (RFC 6749 §2.3.1 and appendix B). */
const formEncode = (value: string): string => new URLSearchParams([["", value]]).toString().slice(1)

const secretsOf = ({ authorization, fields }: TokenRequest): ReadonlyArray<Redacted.Redacted<string>> => [
  ...fields.flatMap(([, value]) => (Redacted.isRedacted(value) ? [value] : [])),
  ...(authorization?._tag === "Bearer" ? [authorization.token] : []),
  ...(authorization?._tag === "Basic" ? [authorization.secret] : []),
]

/** Whether the provider may have received the request. When in doubt, it may. */
const wasSent = (error: HttpClientError): boolean => {
  switch (error.reason._tag) {
    case "EncodeError":
    case "InvalidUrlError":
      return false
    case "TransportError":
      return !neverConnected(error.reason.cause)
    default:
      return true
  }
}

/** Whether it was the network that kept a connection from coming about, and no server that had a part in it. */
const isUnreached = ({ reason }: HttpClientError): boolean =>
  reason._tag === "TransportError" && hasCode(reason.cause, unreached, 5)

/** The codes by which Node, undici, Deno and Bun say so: no name, no route, refused, timed out before it stood. Browsers give none. */
const unreached =
  /^(ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|FailedToOpenSocket)$/

/** The codes of a certificate that was not accepted: a server was met, and nothing was sent to it. */
const untrusted =
  /^(CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/

/** The codes by which undici says that a proxy gave no tunnel: what goes through it was not begun. */
const untunnelled = /^UND_ERR_PRX_(CONN|TLS)$/

const neverConnected = (cause: unknown): boolean =>
  [unreached, untrusted, untunnelled].some((codes) => hasCode(cause, codes, 5))

const hasCode = (cause: unknown, codes: RegExp, depth: number): boolean =>
  depth > 0 &&
  ((hasProperty(cause, "code") && isString(cause.code) && codes.test(cause.code)) ||
    (hasProperty(cause, "cause") && hasCode(cause.cause, codes, depth - 1)))
