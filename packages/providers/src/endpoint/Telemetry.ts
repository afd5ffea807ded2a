/**
 * How a tracer and a log get spans and warnings. An Effect app has both; an app of promises does not load what it does not use.
 */
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { AuthError, ProviderId } from "../error/AuthError.ts"
import type { Purpose } from "../refusal/RefusalRule.ts"

/** Where spans and warnings go. They hold no secret. */
export interface Telemetry {
  /** Runs an effect in a span of its own, without a stack trace. */
  readonly span: <A, E>(
    name: string,
    options: Pick<Tracer.SpanOptionsNoTrace, "kind" | "attributes"> & { readonly origin?: string },
    effect: Effect.Effect<A, E>,
  ) => Effect.Effect<A, E>
  /** Runs a request to a token endpoint in a span of its own. The request tells the status of its reply. */
  readonly request: <A, E>(
    asked: AskedEndpoint,
    ask: (replied: (status: number) => void) => Effect.Effect<A, E>,
  ) => Effect.Effect<A, E>
  /** Runs what a session presents for a purpose in a span of its own, and adds what came of it. */
  readonly presentation: <A extends { readonly _tag: keyof typeof outcomes }>(
    presented: Presented,
    effect: Effect.Effect<A, AuthError>,
  ) => Effect.Effect<A, AuthError>
  /** Writes a warning. */
  readonly warn: (message: string) => Effect.Effect<void>
}

/** What a span says about a request to a token endpoint. */
interface AskedEndpoint {
  readonly provider: ProviderId | undefined
  readonly purpose: Purpose
  readonly origin: string
}

/** What a span says about a presentation of a session. */
interface Presented {
  readonly provider: ProviderId | undefined
  readonly purpose: string
  /** Whether the session acts for somebody all its life. */
  readonly isChild: boolean
}

/** What a span says about the result of a presentation. */
const outcomes = {
  Issued: "issued",
  Adopted: "adopted",
  Challenged: "challenged",
  SignedOut: "signed_out",
} as const

/** Who is asked, by OpenTelemetry's names (HTTP client spans): `url.scheme`, `server.address`, `server.port`. */
export const serverOf = (origin: string): Record<string, string | number> => {
  // What is no address may be anything, so it is not told.
  if (!URL.canParse(origin)) return {}
  const { hostname, port, protocol } = new URL(origin)
  return {
    "url.scheme": protocol.slice(0, -1),
    "server.address": hostname,
    "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
  }
}

/** The span goes to what runs in it. `Effect.annotateCurrentSpan` would look for it, and an app would load it for that alone. */
const inSpan = <A, E>(
  name: string,
  { attributes, kind, origin }: Parameters<Telemetry["span"]>[1],
  run: (span: Tracer.Span) => Effect.Effect<A, E>,
): Effect.Effect<A, E> =>
  Effect.useSpan(
    name,
    { kind, attributes: { ...attributes, ...(origin === undefined ? {} : serverOf(origin)) } },
    (span) => Effect.withParentSpan(run(span), span, { captureStackTrace: false }),
  )

/** Uses Effect's tracer and loggers of the fiber. */
export const ofEffect: Telemetry = {
  span: (name, options, effect) => inSpan(name, options, () => effect),
  request: ({ origin, provider = "", purpose }, ask) => {
    const isQuestion = purpose === "inspect" || purpose === "revoke"
    const attributes = { "pbx_auth.provider": provider, ...(!isQuestion && { "pbx_auth.grant": purpose }) }
    return inSpan(`TokenEndpoint.${isQuestion ? purpose : "present"}`, { kind: "client", attributes, origin }, (span) =>
      ask((status) => {
        span.attribute("http.response.status_code", status)
        if (status >= 400) span.attribute("error.type", `${status}`)
      }),
    )
  },
  presentation: ({ isChild, provider = "", purpose }, effect) =>
    inSpan(
      `Session.${purpose}`,
      { attributes: { "pbx_auth.provider": provider, "pbx_auth.child": String(isChild) } },
      (span) =>
        effect.pipe(
          Effect.tap(({ _tag }) => Effect.sync(() => span.attribute("pbx_auth.outcome", outcomes[_tag]))),
          Effect.tapError(({ reason }) => Effect.sync(() => span.attribute("pbx_auth.reason", reason._tag))),
        ),
    ),
  warn: (message) => Effect.logWarning(message),
}

/** Without a tracer: warnings go to the console. */
export const ofConsole: Telemetry = {
  span: (_name, _options, effect) => effect,
  request: (_asked, ask) => ask(() => {}),
  presentation: (_presented, effect) => effect,
  // biome-ignore lint/suspicious/noConsole: an app without Effect has no other log.
  warn: (message) => Effect.sync(() => console.warn(message)),
}
