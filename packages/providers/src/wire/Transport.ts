/**
 * How a request gets to a token endpoint and how its reply comes back.
 *
 * There are two transports. `FetchTransport` calls `fetch` and needs nothing of `effect/http`: promise sessions and tabs use it.
 * `HttpClientTransport` uses the `HttpClient` of an Effect app.
 *
 * A transport sends a request once. It follows no redirect, reads no more than `maxBodyBytes`, and has no deadline of its
 * own: `TokenEndpoint` interrupts it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Phase } from "./Phase.ts"
import type { Fault, WireReply, WireRequest } from "./Wire.ts"

/** Sends a request, once, and reads its whole reply. */
export class Transport extends /* @__PURE__ */ Context.Service<
  Transport,
  {
    /** The app's name for the client, for an error about a mistake in it. */
    readonly client: "fetch" | "HttpClient"
    /** An interrupted request is not sent any more. An app's own client may not respect that. */
    readonly ends: boolean
    /** `phase` says what an error means, also for code that ends the effect early. */
    readonly send: (request: WireRequest, phase: Phase) => Effect.Effect<WireReply, Fault>
  }
>()("@pbx-auth/providers/Transport") {}

/**
 * The `fetch` options of a token call. A followed redirect would send the password again, to any target (307, 308). No part of a
 * token call belongs into a cache, a cookie jar or a `Referer`.
 *
 * If a runtime throws at one of the last three (workerd throws at `cache` before its compatibility date of November 2024), that one
 * is left out: the runtime has no cache, jar or referrer. `redirect` is never left out.
 */
export const fetchOptions = (): RequestInit => {
  known ??= Object.fromEntries(Object.entries(wanted).filter(([name, value]) => isKnown({ [name]: value })))
  return { ...known, redirect: "manual" }
}

const wanted: RequestInit = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" }
let known: RequestInit | undefined

const isKnown = (option: RequestInit): boolean => isRequest("http://localhost", option)

/** Whether this runtime accepts a request. One that it does not accept was never sent. */
export const isRequest = (url: URL | string, init: RequestInit): boolean => {
  if (globalThis.Request === undefined) return true
  try {
    return new Request(url, init) !== undefined
  } catch {
    return false
  }
}
