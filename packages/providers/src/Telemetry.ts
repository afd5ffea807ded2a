/**
 * How a tracer and a log get spans and warnings. An Effect app has both; an app of promises does not load what it does not use.
 */
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"

/** Where spans and warnings go. They hold no secret. */
export interface Telemetry {
  /** Runs an effect in a span of its own, without a stack trace. */
  readonly span: <A, E>(
    name: string,
    options: Pick<Tracer.SpanOptionsNoTrace, "kind" | "attributes"> & { readonly origin?: string },
    effect: Effect.Effect<A, E>,
  ) => Effect.Effect<A, E>
  /** Adds to the current span. */
  readonly annotate: (name: string, value: string | number) => Effect.Effect<void>
  /** Writes a warning. */
  readonly warn: (message: string) => Effect.Effect<void>
}

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

/** Uses Effect's tracer and loggers of the fiber. */
export const ofEffect: Telemetry = {
  span: (name, { attributes, kind, origin }, effect) =>
    Effect.useSpan(
      name,
      { kind, attributes: { ...attributes, ...(origin === undefined ? {} : serverOf(origin)) } },
      (span) => Effect.withParentSpan(effect, span, { captureStackTrace: false }),
    ),
  annotate: (name, value) => Effect.annotateCurrentSpan(name, value),
  warn: (message) => Effect.logWarning(message),
}

/** Without a tracer: warnings go to the console. */
export const ofConsole: Telemetry = {
  span: (_name, _options, effect) => effect,
  annotate: () => Effect.void,
  // biome-ignore lint/suspicious/noConsole: an app without Effect has no other log.
  warn: (message) => Effect.sync(() => console.warn(message)),
}
