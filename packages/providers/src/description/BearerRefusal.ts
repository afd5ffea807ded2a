/** How an API says that it does not take a bearer, beside a 401: the rows of `BearerPlace.refused`, and what reads answers by them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isObject } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"
import type { AuthError } from "../error/AuthError.ts"
import { jsonOf } from "../json/EmbeddedJson.ts"
import { isAmong, matches } from "../refusal/RefusalTable.ts"
import type { BearerPlace, BearerRefusal } from "./Presentation.ts"

/** An API's answer: that of a `fetch`, or of another client. */
export type ApiAnswer =
  | Response
  | {
      /** The HTTP status. */
      readonly status: number
      /** By names in lower case. */
      readonly headers: Readonly<Record<string, string | undefined>>
    }

/** A call of an API, complete except for its bearer `B`. */
interface ApiCall<B, Answer, E> {
  /** Sends it. */
  readonly send: (bearer: B) => Effect.Effect<Answer, E>
  /** Whether it can be sent again. */
  readonly isRepeatable: boolean
  /** Discards an answer that will not be read. */
  readonly discard: (answer: Answer) => Effect.Effect<void>
  /** Fails if it may not be sent again. */
  readonly stands: Effect.Effect<void, AuthError>
}

/** Makes calls of any answers with a bearer `B`, and each once more after a 401. */
export type ApiCalls<B> = <Answer extends { readonly status: number }, E>(
  call: ApiCall<B, Answer, E>,
) => Effect.Effect<Answer, E | AuthError>

/** Makes such calls of answers that can be read. */
export type HeedingCalls<B, A> = <Answer extends A, E>(
  call: ApiCall<B, Answer, E>,
) => Effect.Effect<Answer, E | AuthError>

/** A refusal is short: so many bytes of an answer are read at most. */
const longest = 16_384

/** Answers of many objects, which may never end, and what holds no object. */
const endless = /event-stream|ndjson|jsonl|json-seq|^(audio|image|multipart|video)\/|octet-stream/i

const headerOf = ({ headers }: ApiAnswer, name: string): string =>
  // Also those of a `fetch` of the app's own.
  (isHeaders(headers) ? headers.get(name) : headers[name]) ?? ""

const isHeaders = (headers: ApiAnswer["headers"]): headers is Headers => typeof headers.get === "function"

/** The text of a body that may be a JSON object, and is not too long. */
const begun = async (body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string | undefined> => {
  const reader = body.getReader()
  // Nobody waits: a body that was copied ends only when the copy does.
  const leave = () => void reader.cancel().catch(() => {})
  signal.addEventListener("abort", leave)
  try {
    const decoder = new TextDecoder()
    let text = ""
    for (let bytes = 0; bytes <= longest; ) {
      const { done, value } = await reader.read()
      if (done) return text
      bytes += value.length
      text += decoder.decode(value, { stream: true })
      if (/^\s*[^\s{]/.test(text)) break
    }
    leave()
    return undefined
  } finally {
    signal.removeEventListener("abort", leave)
  }
}

/** Reads a copy. If nobody waits for it any more, the answer lets its connection go. */
const textOfCopy = (answer: Response): Effect.Effect<string | undefined> =>
  Effect.tryPromise(async (signal) => {
    const { body } = answer.body === null ? answer : answer.clone()
    return body === null ? undefined : await begun(body, signal)
  }).pipe(
    Effect.orElseSucceed(() => undefined),
    Effect.onInterrupt(() => Effect.sync(() => void answer.body?.cancel().catch(() => {}))),
  )

/** The members of an answer that read its body. */
const reading: ReadonlySet<unknown> = new Set(["arrayBuffer", "formData", "json", "stream", "text", "urlParamsBody"])

/** The same answer, whose body is read from another one. */
const withBody = <A extends object>(answer: A, body: object): A =>
  new Proxy(answer, { get: (of, name) => Reflect.get(reading.has(name) ? body : of, name) })

/** Whether a status refuses the bearer otherwise than as a 401; or the rows by which its body tells. */
const ofStatus = (rows: ReadonlyArray<BearerRefusal>, is: number): boolean | ReadonlyArray<BearerRefusal> => {
  const now = is === 401 ? [] : rows.filter(({ status }) => isAmong(is, status))
  const about = now.filter(({ field, value }) => field !== undefined || value !== undefined)
  return now.some((row) => row.status !== undefined && !about.includes(row)) || (about.length > 0 && about)
}

/** Whether a body refuses the bearer by these rows. It can still be read. */
const isRefused = (rows: ReadonlyArray<BearerRefusal>, web: Response) =>
  Effect.map(textOfCopy(web), (text) => {
    const object = text === undefined ? undefined : jsonOf(text)
    return isObject(object) && rows.some((row) => matches(row, { _tag: "Json", object: object as JsonObject }))
  })

const ownWeb = (answer: ApiAnswer): Option.Option<Response> => ("clone" in answer ? Option.some(answer) : Option.none())

/**
 * The same calls, for which an answer that refuses the bearer by a provider's rows is as a 401; `undefined` if a 401 alone refuses it. The
 * caller gets the answer as it came. `toWeb` gives the `Response` of an answer over a fetch. `ofStream` makes such an answer of the stream of
 * another client's, which cannot be copied: its body is then read through this one.
 */
export const heeding = <B, A extends ApiAnswer>(
  calls: ApiCalls<B>,
  { bearer }: { readonly bearer?: BearerPlace | undefined },
  toWeb: (answer: A) => Option.Option<Response> = ownWeb,
  ofStream?: (answer: A) => A,
): HeedingCalls<B, A> | undefined => {
  const rows = bearer?.refused
  if (rows === undefined || rows.length === 0) return undefined
  return <Answer extends A, E>({ discard, send, ...call }: ApiCall<B, Answer, E>) => {
    // The answer, with the status that it would have, and the one that has its body.
    const judged: ApiCall<B, { readonly answer: Answer; readonly body: A; readonly status: number }, E> = {
      ...call,
      discard: ({ body }) => discard(body as Answer),
      send: (token) =>
        Effect.flatMap(send(token), (answer) => {
          const type = headerOf(answer, "content-type")
          const isShort = !endless.test(type) && !(Number(headerOf(answer, "content-length")) > longest)
          const says = ofStatus(rows, answer.status)
          const isRead = isShort && typeof says === "object"
          const made = isRead && /json/i.test(type) && Option.isNone(toWeb(answer)) ? ofStream?.(answer) : undefined
          const body = made ?? answer
          const web = isRead ? Option.getOrUndefined(toWeb(body)) : undefined
          return Effect.map(isRead && web ? isRefused(says, web) : Effect.succeed(says === true), (refused) => ({
            answer: made === undefined ? answer : withBody(answer, made),
            body,
            status: refused ? 401 : answer.status,
          }))
        }),
    }
    return Effect.map(calls(judged), ({ answer }) => answer)
  }
}
