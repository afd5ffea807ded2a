/**
 * Where a call carries its bearer: in a header, or in its URL's query. A token in a query must not come back with an answer or an
 * error, which repeat the URL.
 */

import type { BearerPlace } from "@pbx-auth/providers/Provider"
import * as Redacted from "effect/Redacted"

/**
 * The header of a bearer, by lower-case name.
 *
 * @category getters
 */
export const headerOf = (
  place: Extract<BearerPlace, { readonly in: "header" }> | undefined,
  token: Redacted.Redacted<string>,
): readonly [name: string, value: string] => {
  const { name = "authorization", scheme = "Bearer" } = place ?? {}
  return [name.toLowerCase(), scheme === "" ? Redacted.value(token) : `${scheme} ${Redacted.value(token)}`]
}

/**
 * A URL with the token in its query. It replaces what stood under its name, and the rest stays as it is spelt.
 *
 * @category combinators
 */
export const urlWith = (url: string, name: string, token: Redacted.Redacted<string>): string => {
  const own = new URL(url)
  if (own.searchParams.has(name)) own.searchParams.delete(name)
  own.search = [own.search, new URLSearchParams([[name, Redacted.value(token)]])].filter(String).join("&")
  return own.href
}

/**
 * A URL without the token; an empty text if it is none.
 *
 * @category combinators
 */
export const urlWithoutToken = (text: string, name: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  url?.searchParams.delete(name)
  return url?.href ?? ""
}

/**
 * An answer whose URL has no token. It is made again, because the first one keeps its URL in hidden parts, too. What a browser gives
 * instead of a redirect has no status, and cannot be made.
 *
 * @category combinators
 */
export const withoutToken = (response: Response, name: string): Response => {
  const made = response.status < 200 ? response : new Response(response.body, response)
  return Object.defineProperty(made, "url", { value: urlWithoutToken(response.url, name), configurable: true })
}

/**
 * What a `fetch` threw, without the URL that some runtimes write into their errors. The end of a signal has none.
 *
 * @category combinators
 */
export const withoutUrl = (error: unknown, signal: AbortSignal | null | undefined): unknown =>
  signal?.aborted === true ? error : new TypeError("The call failed: no answer came.")

/**
 * The options of a `Request`, so that it can be sent to another URL. A body is read.
 *
 * @category getters
 */
export const initOf = async (request: Request): Promise<RequestInit> => {
  const { cache, credentials, headers, method, signal } = request
  return {
    method,
    headers,
    signal,
    ...(cache !== undefined && { cache }),
    ...(credentials !== undefined && { credentials }),
    ...(request.body !== null && { body: await request.arrayBuffer() }),
  }
}
