/**
 * The transport that calls `fetch`: for promise sessions and tabs.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Phase from "./Phase.ts"
import {
  BodyText,
  type Fault,
  fetchOptions,
  isRedirect,
  Transport,
  type WireReply,
  type WireRequest,
} from "./Transport.ts"

/** Calls this `fetch`, or the global one as it is at each call. */
export const layer = (fetch?: typeof globalThis.fetch): Layer.Layer<Transport> =>
  Layer.succeed(
    Transport,
    Transport.of({
      send: (request) =>
        Effect.flatMap(
          Effect.promise((signal) => exchange(fetch ?? globalThis.fetch, request, signal)),
          (outcome) => ("_tag" in outcome ? Effect.fail(outcome) : Effect.succeed(outcome)),
        ),
    }),
  )

/** Never rejects: the errors of a runtime go no further than this. */
const exchange = async (
  fetch: typeof globalThis.fetch,
  { body, headers, method, url }: WireRequest,
  signal: AbortSignal,
): Promise<WireReply | Fault> => {
  let response: Response
  try {
    response = await fetch(url, { ...fetchOptions, method, headers, signal, ...(body !== undefined && { body }) })
  } catch (error) {
    return Phase.faultOf(error)
  }
  try {
    const { status } = response
    const text = isRedirect(status) ? "" : await textOf(response)
    // The connection ends here, whether or not the body was read to its end.
    if (response.body?.locked === false) response.body.cancel().catch(() => {})
    return { status, headers: Object.fromEntries(response.headers), text }
  } catch {
    return { _tag: "Lost" }
  }
}

/** The body as text, as far as it is read. */
const textOf = async (response: Response): Promise<string> => {
  const body = new BodyText()
  if (typeof response.body?.getReader !== "function") {
    // Not every fetch of an app's own has streams.
    body.add(new TextEncoder().encode(await response.text()))
    return body.end()
  }
  const reader = response.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || !body.add(value)) return body.end()
    }
  } finally {
    reader.releaseLock()
  }
}
