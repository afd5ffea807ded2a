/** The body of a request as the fields of a JSON object: no larger, and no slower, than a screen has reason to send. */

import * as Effect from "effect/Effect"

/**
 * @category models
 */
export type Fields = Readonly<Record<string, unknown>>

/** Bytes. */
const LARGEST = 4_096

/** ms, for all of it. */
const PATIENCE = 5_000

/**
 * Reads it, or returns the status of the answer to a bad body: 408, 413, 415 or 400.
 *
 * @category constructors
 */
export const read = (request: Request): Effect.Effect<Fields | number> => {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";")
  if (type.trim().toLowerCase() !== "application/json") return Effect.succeed(415)
  return Effect.timeoutOrElse(
    Effect.promise((signal) => fieldsOf(request.body, signal)),
    { duration: PATIENCE, orElse: () => Effect.succeed(408) },
  )
}

const fieldsOf = async (body: ReadableStream<Uint8Array> | null, signal: AbortSignal): Promise<Fields | number> => {
  const reader = body?.getReader()
  const letGo = () => void reader?.cancel().catch(() => {})
  signal.addEventListener("abort", letGo)
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    let left = LARGEST
    let text = ""
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
      left -= part.value.length
      if (left < 0) {
        letGo()
        return 413
      }
      text += decoder.decode(part.value, { stream: true })
    }
    const json: unknown = JSON.parse(text + decoder.decode())
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Fields) : 400
  } catch {
    // The parser's error quotes the body.
    return 400
  } finally {
    signal.removeEventListener("abort", letGo)
  }
}
