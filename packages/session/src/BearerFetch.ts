/**
 * A `fetch` that presents a session's bearer, for apps without Effect (see `BearerHttpClient`).
 *
 * ```ts
 * import { bearerFetch } from "@pbx-auth/session/BearerFetch"
 *
 * const api = bearerFetch(pbx)
 * const response = await api("https://pbx.skyswitch.com/ns-api/?object=subscriber&action=read")
 * ```
 *
 * It takes what `fetch` takes and returns what `fetch` returns. So you can pass it to a client that is generated from an API's
 * description.
 */

import { type AuthError, fromReason, Misconfigured } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type { Bearer } from "./Bearer.ts"
import * as BearerCall from "./call/BearerCall.ts"
import * as Destinations from "./call/Destinations.ts"
import * as Place from "./call/Place.ts"
import * as Validation from "./options/Validation.ts"
import { callerOf } from "./promise/PromiseFace.ts"
import type { PromiseBearerSource, WaitOptions } from "./promise/PromiseSession.ts"
import { waitRules } from "./promise/WaitRules.ts"

/**
 * Where the bearer may go, and how calls are sent.
 *
 * @category models
 */
export interface Options {
  /**
   * The origins that may see the bearer, such as `https://ipbxapi.voipex.io`. Plain `http://` is only for this machine, and for the
   * origin of the session's address if that has it (`plainHttp`). Default: that origin, which is also that of NetSapiens' API.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /**
   * How long a request waits for its token through an outage of the provider: see `WaitOptions`. The API's own answers are not
   * repeated.
   */
  readonly patience?: WaitOptions["patience"]
  /** The function that sends the calls. Default: the global one, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * Something that hands out tokens by promises: a session, or a child.
 *
 * @category models
 */
export type Caller = Pick<PromiseBearerSource, "accessToken">

const isText = (u: unknown): boolean => typeof u === "string"

const optionRules: Validation.Fields<Options> = {
  origins: [(u) => Array.isArray(u) && u.every(isText), "Expected a list of origins, or leave it out."],
  patience: waitRules.patience,
  fetch: Validation.runtimeRules.fetch,
}

/**
 * Makes a `fetch` whose every request carries the bearer of the session, or of the child: as `Authorization: Bearer …`, or as the
 * provider says (`Provider.bearer`).
 *
 * - After a 401 the token is renewed, and the request is sent once more if its body can be. A text, a form, bytes, a blob or the body
 *   of a `Request` can be sent again; a `Request`'s is kept in memory until the answer comes. The second answer is returned, whatever
 *   it is. A stream cannot be sent again: its 401 is returned, and the next request has the new token. Many late 401s cause one
 *   renewal.
 * - What else says that the token has ended is as a 401, if the provider's value tells it (`BearerPlace.refused`). An answer that is a
 *   short JSON object is then read before you have it, and you can read it, too.
 * - If the new token is rejected as well, the session gets no other one for a minute, then two, and so on up to an hour. Meanwhile a
 *   401 is returned as it is.
 * - A 403 means that the account lacks a right, or that a firewall bans you. It is returned as it is.
 * - If the session's registry keeps a pace (see `openSessions`), a request waits for its turn, and respects what answers say about
 *   the next one. So you call neither `turn` nor `note`.
 * - A redirect is not followed, because the bearer would go along. With `redirect: "manual"` it is returned as it is; otherwise the
 *   promise rejects.
 * - Where the bearer goes into the URL's query, answers show their URL without it. A call that fails throws a `TypeError` of this
 *   library's, because a runtime's own may repeat the URL.
 * - A `signal` ends the waiting, too. The promise rejects with the signal's reason.
 *
 * Rejects with an `AuthError` when there is no bearer, and with `Misconfigured`, naming `origins` or `redirect`. What went wrong with
 * the call itself is what `fetch` throws: a `TypeError` when the connection broke. Throws `Misconfigured` when the options are wrong,
 * or when `session` is none that `open…`, `session()` or `actAs` gave.
 *
 * @category constructors
 */
export const bearerFetch = (session: Caller, options?: Options): typeof globalThis.fetch => {
  Effect.runSync(Validation.check("options", options, optionRules))
  const caller = callerOf(session, options?.patience)
  if (caller === undefined) {
    throw Validation.wrong("session", "Give a session or a child as it was opened, and not a copy of it.")
  }
  const { pacing, provider, run, stands } = caller
  const { bearer: place, ownGrammar } = provider
  const destinations = Destinations.make(options?.origins, caller.origin)
  const calls = BearerCall.make(caller)
  const call = ownGrammar?.heeding?.<Bearer, Response>(calls, provider) ?? calls

  const attempt = (
    input: Input,
    init: RequestInit,
    kept: Request | undefined,
    { token }: Bearer,
  ): Effect.Effect<Response, unknown> =>
    Effect.tryPromise({
      try: async () => {
        const send = options?.fetch ?? globalThis.fetch
        const of = kept?.clone() ?? input
        if (place?.in === "query") {
          const own = isRequest(of) ? await Place.initOf(of) : {}
          const url = Place.urlWith(urlOf(input), place.name, token)
          return Place.withoutToken(await send(url, { ...own, ...init, redirect: "manual" }), place.name)
        }
        const headers = new Headers(init.headers ?? (isRequest(input) ? input.headers : undefined))
        headers.set(...Place.headerOf(place, token))
        return send(of, { ...init, headers, redirect: "manual" })
      },
      catch: (error) => (place?.in === "query" ? Place.withoutUrl(error, init.signal) : error),
    }).pipe(
      Effect.tap(({ headers, status }) => pacing?.note(Object.fromEntries(headers), status) ?? Effect.void),
      Effect.flatMap((response) =>
        isRedirect(response) && redirectOf(input, init) !== "manual"
          ? Effect.andThen(discard(response), redirected(response, urlOf(input)))
          : Effect.succeed(response),
      ),
    )

  return async (input: Input, given?: RequestInit) => {
    // `fetch` takes null, too.
    const init = given ?? {}
    if (destinations.permitted(urlOf(input)) === undefined) throw destinations.refusal()
    const signal = init.signal === undefined && isRequest(input) ? input.signal : init.signal
    signal?.throwIfAborted()
    const kept = keptOf(input, init)
    const calling = call<Response, unknown>({
      send: (bearer) => attempt(input, init, kept, bearer),
      isRepeatable: kept !== undefined || isRepeatable(init.body ?? null),
      discard,
      stands,
    })
    return run(kept === undefined ? calling : Effect.ensuring(calling, discard(kept)), signal)
  }
}

type Input = Parameters<typeof globalThis.fetch>[0]

/** A `Request` of any realm, or of a `fetch` of the app's own. */
const isRequest = (input: Input): input is Request => typeof input === "object" && "url" in input

/** The whole URL. In a page it may be relative to the page's own. */
const urlOf = (input: Input): string => {
  const url = isRequest(input) ? input.url : String(input)
  const base = (globalThis as { readonly location?: { readonly href?: string } }).location?.href
  return URL.canParse(url, base) ? new URL(url, base).href : url
}

/** The request whose body is sent. Sending takes the body away, so copies of the request are sent. Not each browser shows the body. */
const keptOf = (input: Input, init: RequestInit): Request | undefined =>
  isRequest(input) && input.body !== null && (init.body ?? null) === null ? input : undefined

const redirectOf = (input: Input, init: RequestInit) => init.redirect ?? (isRequest(input) ? input.redirect : "follow")

/** A browser shows a redirect that it did not follow without a status (WHATWG Fetch, opaque-redirect filtered response). */
const isRedirect = ({ headers, status, type }: Response): boolean =>
  type === "opaqueredirect" || (status >= 300 && status < 400 && headers.has("location"))

const redirected = ({ headers }: Response, url: string): Effect.Effect<never, AuthError> => {
  // A browser hides it. Only its origin is told: a path or a query may hold anything.
  const location = headers.get("location")
  const origin = location !== null && URL.canParse(location, url) ? new URL(location, url).origin : "another address"
  const to = origin === new URL(url).origin ? "another path of the same origin (compare the closing slash)" : origin
  const fix = `The API redirects to ${to}, and no redirect is followed with the bearer. Call that address itself, or write redirect: "manual".`
  return fromReason(new Misconfigured({ field: "redirect", fix }))
}

/** Whether the body can be sent a second time. A stream is gone once it was read. */
const isRepeatable = (body: unknown): boolean =>
  body === null ||
  typeof body === "string" ||
  ArrayBuffer.isView(body) ||
  body instanceof ArrayBuffer ||
  body instanceof Blob ||
  body instanceof FormData ||
  body instanceof URLSearchParams

/** Discards a body that will not be read. It does not wait, because one that was copied ends only when the copy does. */
const discard = (of: Request | Response): Effect.Effect<void> =>
  Effect.sync(() => void of.body?.cancel().catch(() => {}))
