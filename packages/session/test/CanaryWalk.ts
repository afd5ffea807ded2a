/** A walk through everything that a session does, with marked secrets, and all that can be seen of it. */
import type { Emulator } from "@pbx-auth/emulator/Emulator"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import type { Driver } from "../src/engine/Driver.ts"
import { tracing } from "../src/testing/Tracing.ts"
import { reaches, settle, subjectOf } from "./Harness.ts"

export const marked = {
  client: "canary-client-secret",
  sangoma: "canary-sangoma-secret",
  password: "canary-pass&word+1%",
  wrongPassword: "canary-wrong-password",
  passcode: "canary-passcode",
  wrongPasscode: "canary-wrong-passcode",
  ipex: "canary-ipex-password",
}

export const world = {
  netsapiens: {
    clients: [{ id: "client", secret: marked.client }],
    accounts: [
      {
        extension: "1000",
        domain: "acmecorp.12345.service",
        password: marked.password,
        scope: "Reseller",
        reply: "long",
      },
      {
        extension: "222",
        domain: "acmecorp.12345.service",
        password: marked.password,
        scope: "Reseller",
        mfa: { vendor: "google", type: "authenticator", passcode: marked.passcode },
      },
      { extension: "1001", domain: "acmecorp.12345.service", scope: "Basic User" },
    ],
  },
  ipex: {
    accounts: [
      { email: "api-user@example.test", password: marked.ipex, impersonation: true },
      { email: "someone@example.test", impersonation: false },
    ],
  },
  sangomaCx: { clients: [{ id: "client", secret: marked.sangoma, scopes: ["cx.agent-calls"] }] },
}

export const reseller = { username: "1000@acmecorp.12345.service", password: Redacted.make(marked.password) }

export const withFactor = { username: "222@acmecorp.12345.service", password: Redacted.make(marked.password) }

export const client = { id: "client", secret: marked.client }

/** Keeps every span and every log entry, with all that it was given, at every level. */
export const recording = () => {
  const { spans, tracer } = tracing()
  const logs: Array<unknown> = []
  const logger = Logger.make((options) => {
    logs.push([options.message, options.cause, Cause.pretty(options.cause), options.logLevel])
  })
  const layer = Layer.mergeAll(
    Layer.succeed(Tracer.Tracer, tracer),
    Logger.layer([logger]),
    Layer.succeed(References.MinimumLogLevel, "Trace"),
    Layer.succeed(References.UnhandledLogLevel, "Error"),
  )
  return { spans, logs, layer }
}

/** Reads every token off the wire, and breaks the wire when it is told to. */
export const wire = () => {
  const secrets = new Set<string>(Object.values(marked))
  const state: { breaks: "no" | "fails" | "throws" | "html" | "cut" | "echo" | 500 | 429 } = { breaks: "no" }
  const between =
    (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
    async (input, init) => {
      const echo = `${[...secrets].join(" ")} ${String(input)}`
      switch (state.breaks) {
        case "fails":
          throw new TypeError("fetch failed")
        case "throws":
          throw new TypeError(`fetch failed: ${echo}`, { cause: init })
        case "html":
          return new Response(`<html>${echo}</html>`, { status: 403 })
        case "cut":
          return new Response(`{"access_token":"${[...secrets].at(-1)}`)
        case "echo":
          return new Response(JSON.stringify({ error: echo, error_description: echo, message: echo, [echo]: echo }), {
            status: 400,
          })
        case 500:
        case 429:
          return new Response(echo, { status: state.breaks, headers: { "retry-after": "1" } })
      }
      const response = await fetch(input, init)
      const text = await response.clone().text()
      for (const [, token] of text.matchAll(/"(?:access_token|refresh_token|token)":"([^"]+)"/g)) {
        if (token !== undefined) secrets.add(token)
      }
      return response
    }
  return { between, secrets, state }
}

type Outcome = Exit.Exit<unknown, unknown>

/** Everything that anyone could get hold of. */
export const collected = () => {
  const things: Array<unknown> = []
  const keep = <A>(thing: A): A => {
    things.push(thing)
    return thing
  }
  const tried = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
    const exit: Outcome = yield* Effect.exit(effect)
    keep(exit)
    if (exit._tag === "Failure") {
      keep(Cause.pretty(exit.cause))
      keep(Cause.squash(exit.cause))
      yield* Effect.logTrace("failed", exit.cause)
    }
    return exit
  })
  return { keep, things, tried }
}

/** Walks a driver through everything that it can do, and everything that can go wrong. */
export const walk = Effect.fnUntraced(function* (
  driver: Driver,
  line: ReturnType<typeof wire>,
  { keep, tried }: ReturnType<typeof collected>,
  clock: { readonly adjust: (by: string) => Effect.Effect<void> },
  emulator: Emulator,
) {
  keep(driver)
  // Without the machine, which is the same for all and fills a hundred megabytes when it is printed whole.
  driver.subscribe((view) => keep([view, { ...driver.snapshot, machine: null, _nodes: null }, driver.view]))
  yield* tried(driver.bearer)
  yield* tried(driver.signIn({ ...reseller, password: Redacted.make(marked.wrongPassword) }))
  yield* tried(driver.signIn(withFactor))
  yield* tried(driver.bearer)
  yield* tried(driver.submitPasscode(Redacted.make(marked.wrongPasscode)))
  for (const breaks of ["throws", "html", "cut", "echo", 500] as const) {
    line.state.breaks = breaks
    yield* tried(driver.submitPasscode(Redacted.make(marked.passcode)))
    yield* clock.adjust("11 minutes")
  }
  line.state.breaks = "no"
  yield* tried(driver.signIn(withFactor))
  yield* tried(driver.submitPasscode(Redacted.make(marked.passcode)))
  yield* tried(driver.bearer)
  keep(driver.peek())
  yield* tried(driver.inspect)
  yield* clock.adjust("57 minutes")
  yield* reaches(driver, "refreshed")
  yield* tried(driver.bearer)
  yield* tried(driver.startActing("nobody@nowhere.1.service"))
  yield* tried(driver.startActing(subjectOf.netsapiens))
  yield* tried(driver.bearer)
  yield* tried(driver.inspect)
  yield* tried(driver.stopActing)
  const child = yield* driver.child(subjectOf.netsapiens)
  keep(child)
  yield* tried(child.bearer)
  yield* tried(child.inspect)
  for (const breaks of ["throws", "html", "cut", "echo", 500, 429] as const) {
    line.state.breaks = breaks
    yield* clock.adjust("57 minutes")
    yield* settle
    yield* tried(driver.bearer)
    yield* tried(driver.inspect)
    yield* tried(driver.startActing(subjectOf.netsapiens))
    yield* tried(child.bearer)
    yield* clock.adjust("11 minutes")
    line.state.breaks = "no"
    yield* tried(driver.signIn(reseller))
    yield* settle
    yield* tried(driver.bearer)
    yield* tried(child.bearer)
  }
  yield* emulator.killRefreshTokens
  yield* clock.adjust("2 hours")
  yield* tried(driver.bearer)
  yield* tried(driver.signIn(reseller))
  yield* tried(driver.signOut)
  keep(driver)
})
