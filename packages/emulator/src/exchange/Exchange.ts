/**
 * One request and one answer, as the routes see them.
 *
 * Routes are plain functions from a `Call` to an `Answer`: no promises, no streams, no clock. So each request is answered in one
 * piece, and the order of answers is the order of requests.
 */
import * as Effect from "effect/Effect"
import * as Basic from "./Basic.ts"
import type { Citation, Finding, GrantName } from "./Journal.ts"

/** A request, read whole. */
export interface Call {
  /** `POST`. */
  readonly method: string
  /** The address below which this vendor answers here: `https://api.acme.example`, or `http://127.0.0.1:4000/@acme`. */
  readonly base: string
  /** The part of the path that a route's `/*` stands for; empty elsewhere. */
  readonly rest: string
  /** The parameters of the URL. */
  readonly query: URLSearchParams
  /** As they came; `get` takes a name in any case. `authorization` is also read: see `basic` and `bearer`. */
  readonly headers: Headers
  /** How the body was written, by its content type; `none` if it was anything else or could not be read. */
  readonly encoding: "form" | "json" | "none"
  /** The body's fields; of JSON its top-level texts and numbers (`json` has the rest), of multipart its texts. */
  readonly fields: URLSearchParams
  /** The body as it was parsed, at any depth, if the encoding is `json`. Nothing of it is checked. */
  readonly json?: unknown
  /** HTTP Basic credentials as they came (RFC 7617 section 2); `Basic.ts` reads them. */
  readonly basic?: {
    /** Before the colon. */
    readonly id: string
    /** After it. */
    readonly secret: string
  }
  /** Bearer token (RFC 6750 section 2.1). */
  readonly bearer?: string
  /**
   * The S256 challenge of the body's `code_verifier`, if it has one (RFC 7636 section 4.2). It is made while the request is read, because a
   * route answers at once.
   */
  readonly codeChallenge?: string
  /** Epoch ms by the emulator's clock. */
  readonly now: number
}

/** What goes back over the wire. */
export interface Reply {
  /** The HTTP status. */
  readonly status: number
  /** By name. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body as text. */
  readonly body: string
}

/** The reply, and what the journal may know about it. */
export interface Answer {
  /** What goes back. */
  readonly reply: Reply
  /** What the journal gets. */
  readonly finding: Finding
}

/** Where a provider answers. */
export interface Route {
  /** Which methods it takes. Any other is answered 405. */
  readonly methods: ReadonlyArray<string>
  /** Paths, each valid with and without a slash at its end; `/*` at the end stands for anything below. */
  readonly paths: ReadonlyArray<string>
  /** Answers at once. */
  readonly answer: (call: Call) => Answer
  /** Whether tokens are issued here. */
  readonly issues?: boolean
  /** The grant of a request that names none by `grant_type`. */
  readonly grant?: GrantName | ((call: Call) => GrantName | undefined)
  /** Whether the route exists now; left out: always. */
  readonly isThere?: () => boolean
  /** The lines of the vendor's page, by grant (if there is one) and outcome: `password issued`, `inspected`. */
  readonly citations?: Readonly<Record<string, Citation>>
}

/** A reply in JSON, never to be cached (RFC 6749 section 5.1). */
export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body: JSON.stringify(body),
})

/** A reply in plain text. */
export const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  body,
})

/** A reply as a web server in front of an API gives it: an HTML page that knows nothing about the reason. */
export const html = (status: number, title: string): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<!DOCTYPE html>\n<html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>\n`,
})

/** Reads a request to its end. What cannot be read counts as absent, and the route refuses it. */
export const read = Effect.fnUntraced(function* (request: Request, now: number) {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? ""
  const body = yield* (readers.get(type) ?? nothing)(request)
  const [scheme = "", credentials = ""] = request.headers.get("authorization")?.trim().split(/\s+/, 2) ?? []
  const verifier = body.fields.get("code_verifier")
  const codeChallenge = verifier === null ? undefined : yield* Effect.promise(() => challengeOf(verifier))
  const basic = scheme.toLowerCase() === "basic" ? Basic.decode(credentials) : undefined
  const call: Call = {
    method: request.method,
    rest: "",
    base: new URL(request.url).origin,
    query: new URL(request.url).searchParams,
    headers: request.headers,
    ...body,
    ...(basic && { basic }),
    ...(scheme.toLowerCase() === "bearer" && { bearer: credentials }),
    ...(codeChallenge !== undefined && { codeChallenge }),
    now,
  }
  return call
})

/** RFC 7636 section 4.2: base64url of the SHA-256. */
const challengeOf = async (verifier: string): Promise<string> => {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)))
  const base64 = btoa(String.fromCharCode(...hash))
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}

type Body = Pick<Call, "encoding" | "fields" | "json">

const unread: Body = { encoding: "none", fields: new URLSearchParams() }

const nothing = (_: Request): Effect.Effect<Body> => Effect.succeed(unread)

const reading =
  (bodyOf: (request: Request) => Promise<Body>) =>
  (request: Request): Effect.Effect<Body> =>
    Effect.orElseSucceed(
      Effect.tryPromise(() => bodyOf(request)),
      () => unread,
    )

const bodyOf = (encoding: Body["encoding"], entries: Iterable<[string, unknown]>): Body => {
  const fields = new URLSearchParams()
  for (const [name, value] of entries) {
    if (typeof value === "string" || typeof value === "number") fields.append(name, String(value))
  }
  return { encoding, fields }
}

const jsonOf = (json: unknown): Body => ({ ...bodyOf("json", Object.entries(json as object)), json })

const readers = new Map([
  [
    "application/x-www-form-urlencoded",
    reading(async (request) => bodyOf("form", new URLSearchParams(await request.text()))),
  ],
  ["multipart/form-data", reading(async (request) => bodyOf("form", (await request.formData()).entries()))],
  ["application/json", reading(async (request) => jsonOf(await request.json()))],
])
