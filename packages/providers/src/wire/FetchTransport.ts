/**
 * The transport that calls `fetch`: for promise sessions and tabs.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { interim, type Phase } from "./Phase.ts"
import { fetchOptions, isRequest, Transport } from "./Transport.ts"
import { BodyText, type Fault, isInterim, isRedirect, type WireReply, type WireRequest } from "./Wire.ts"

/** Calls this `fetch`, or the global one, looked up at each call. */
export const make = (fetch?: typeof globalThis.fetch): Transport["Service"] => ({
  client: "fetch",
  ends: fetch === undefined,
  send: (request, phase) =>
    Effect.callback((resume) => {
      const controller = new AbortController()
      exchange(fetch ?? globalThis.fetch, request, phase, controller).then((outcome) =>
        resume("_tag" in outcome ? Effect.fail(outcome) : Effect.succeed(outcome)),
      )
      return Effect.sync(() => controller.abort())
    }),
})

/** The same as a layer. */
export const layer = (fetch?: typeof globalThis.fetch): Layer.Layer<Transport> => Layer.succeed(Transport, make(fetch))

/** Never rejects: a runtime's errors stop here. */
const exchange = async (
  fetch: typeof globalThis.fetch,
  { body, headers, method, url }: WireRequest,
  phase: Phase,
  controller: AbortController,
): Promise<WireReply | Fault> => {
  const { signal } = controller
  const init = { ...fetchOptions(), method, headers, signal, ...(body !== undefined && { body }) }
  // Ends the request and the connection if a body is not read to its end.
  const ended = <A>(outcome: A): A => {
    controller.abort()
    return outcome
  }
  let responding: Promise<Response>
  try {
    responding = fetch(url, init)
  } catch (error) {
    return phase.thrown(ended(error))
  }
  let response: Response
  try {
    response = await responding
  } catch (error) {
    // Without the signal: it may be aborted by now.
    return ended(isRequest(url, { ...init, signal: null }) ? phase.failed(error) : phase.thrown(error))
  }
  try {
    if (typeof response?.status !== "number") return { _tag: "Mistake", did: "returned no Response", unsent: false }
    const { status } = response
    const reply = { status, headers: Object.fromEntries(response.headers) }
    if (isInterim(status)) return ended(interim)
    if (isRedirect(status)) return ended({ ...reply, text: "" })
    const body = new BodyText()
    const isWhole = await readInto(body, response)
    const whole = { ...reply, text: body.end() }
    return isWhole ? whole : ended(whole)
  } catch (error) {
    return ended(phase.broken(error))
  }
}

/** Reads the body, as far as there is room. True if that was all of it. Its lock stays, because nobody else reads it. */
const readInto = async (body: BodyText, response: Response): Promise<boolean> => {
  // Not every app's own `fetch` has streams.
  if (typeof response.body?.getReader !== "function") return body.add(new TextEncoder().encode(await response.text()))
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return true
    if (!body.add(value)) return false
  }
}
