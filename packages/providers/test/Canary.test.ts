/**
 * No secret gets out: not by values, errors, spans or logs, whatever the wire does.
 *
 * @module-tag slow
 */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type { Account } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import type { AuthError } from "../src/error/AuthError.ts"
import * as Grant from "../src/token/Grant.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { leaked } from "./Leak.ts"
import { http, line } from "./Line.ts"
import { overBoth } from "./Transports.ts"

const secrets = {
  client: "canary-client-secret",
  password: "canary-pass&word+1%",
  passcode: "canary-passcode",
  partial: "canary-partial-token",
  bearer: "canary-own-bearer",
  refresh: "canary-refresh-sent",
  access: "canary-access-issued",
  renewed: "canary-refresh-issued",
}
const all = Object.values(secrets)
const redacted = (name: keyof typeof secrets) => Redacted.make(secrets[name])

const accounts = (address: string): ReadonlyArray<Account> => {
  const client = { id: "client-id", secret: secrets.client }
  const deadline = 2_000
  return [
    SkySwitch.configure({ address, client, deadline }),
    SkySwitch.configure({ address, client, deadline, refreshMethod: "GET", passcodeRepeatsCredentials: true }),
    Ipex.configure({ address, deadline }),
    SangomaCx.configure({ address, client, deadline, scopes: ["cx.agent-calls"] }),
  ].map((configured) => (Result.getOrThrow(configured) as { readonly account: Account }).account)
}

const challenge = { token: redacted("partial"), vendor: "google", type: "authenticator", lifetime: 1 }

const grants = [
  Grant.password("111@abc-company", redacted("password")),
  Grant.clientCredentials(["cx.agent-calls"]),
  Grant.refreshToken(redacted("refresh")),
  Grant.passcode(challenge, redacted("passcode"), { username: "111@abc-company", password: redacted("password") }),
  Grant.actAs("1001@acmecorp.12345.service", redacted("bearer")),
]

/** Replies that echo all they can. */
const echo = `${all.join(" ")} ${encodeURIComponent(secrets.password)}`
const echoes = { error: echo, error_description: echo, message: echo, code: echo, [echo]: echo, nested: [{ echo }] }
const success = { access_token: secrets.access, refresh_token: secrets.renewed, expires_in: 3600 }
const replies: ReadonlyArray<string | Uint8Array> = [
  http(
    200,
    JSON.stringify({ ...success, uid: secrets.access, displayName: echo, scope: echo, echo, nested: { echo } }),
  ),
  http(200, JSON.stringify({ mfa: "mfa_required", mfa_type: echo, mfa_vendor: secrets.access, ...success })),
  http(200, JSON.stringify({ ...success, ...echoes })),
  http(200, JSON.stringify({ token: secrets.bearer, uid: echo, scope: "Reseller", expires: echo, echo })),
  http(200, `{"access_token":"${secrets.access}`),
  http(200, echo),
  ...[301, 400, 401, 403, 404, 418, 429, 500].flatMap((status) => [
    http(status, JSON.stringify(echoes), { location: `/?${encodeURIComponent(echo)}` }),
    http(status, `<html>${echo}</html>`, { "retry-after": "1", ratelimit: `"${echo}";r=0;t=5` }),
    http(status, echo),
  ]),
  `HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n{"access_token":"${secrets.access}"`,
  `${echo}\r\n\r\n`,
  "",
]

/** Keeps every span and every log entry, with all that it was given. */
const recording = () => {
  const spans: Array<Tracer.Span> = []
  const logs: Array<unknown> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  const logger = Logger.make(({ cause, message }) => {
    logs.push([message, cause])
  })
  return { spans, logs, layer: Layer.merge(Layer.succeed(Tracer.Tracer, tracer), Logger.layer([logger])) }
}

const everyAnswer = Effect.fnUntraced(function* (reply: string | Uint8Array) {
  const { origin } = yield* line((socket) => socket.end(reply))
  const endpoint = yield* TokenEndpoint
  const asks = accounts(origin).flatMap(
    (account): ReadonlyArray<Effect.Effect<unknown, AuthError>> => [
      ...grants.map((grant) => endpoint.present(account, grant)),
      endpoint.inspect(account, redacted("bearer")),
      endpoint.revoke(account, redacted("bearer")),
    ],
  )
  return yield* Effect.forEach(asks, (ask) => Effect.tap(Effect.exit(ask), (exit) => Effect.logError("done", exit)), {
    concurrency: "unbounded",
  })
}, Effect.scoped)

describe("no secret gets out", () => {
  const kept = (replies: ReadonlyArray<string | Uint8Array>) =>
    Effect.gen(function* () {
      const { layer, logs, spans } = recording()
      const exits = yield* Effect.forEach(replies, everyAnswer).pipe(
        overBoth(),
        Effect.provide(layer),
        Effect.map((all) => all.flat(2)),
      )
      assert.isNotEmpty(exits.filter(Exit.isSuccess))
      assert.isNotEmpty(exits.filter(Exit.isFailure))
      assert.lengthOf(logs, exits.length)
      assert.lengthOf(spans, exits.length)
      for (const exit of exits) {
        assert.isEmpty(leaked(exit, all))
        if (Exit.isFailure(exit)) assert.isEmpty(leaked(Cause.pretty(exit.cause), all))
      }
      for (const span of spans) {
        assert.match(span.name, /^TokenEndpoint\.\w+$/)
        assert.isEmpty(leaked([span.name, span.attributes, span.status, span.links], all))
      }
      assert.isEmpty(leaked(logs, all))
    })

  it.live("by what is answered, failed, traced or logged", () => kept(replies), { tags: ["matrix"] })

  it.live("by a few answers, failures, traces or logs", () => kept(replies.filter((_, index) => index % 5 === 0)))

  it("by an account, a grant or what was configured", () => {
    assert.isEmpty(leaked([accounts("https://pbx.example.test"), grants], all))
  })
})
