/** An emulator on a free port with a clock in its test's hand, and a plain client for it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/emulator/Emulator.ts"
import { serve } from "../src/server/Server.ts"
import * as SteerableClock from "../src/time/SteerableClock.ts"
import { decodeWorld } from "../src/world/World.ts"

export interface Asked {
  readonly method?: string
  readonly query?: Record<string, string>
  readonly form?: Record<string, string>
  readonly json?: unknown
  readonly body?: BodyInit
  readonly headers?: Record<string, string>
  readonly bearer?: string | undefined
  readonly basic?: string
}

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body's top-level fields, none when it is no JSON object. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of each field
  readonly fields: Record<string, any>
}

const fieldsOf = (text: string): Told["fields"] => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** Serves the default world with parts of it replaced, until the test's scope closes. */
export const served = Effect.fnUntraced(function* (world: unknown = {}) {
  const clock = yield* SteerableClock.make()
  const made = Emulator.make({ world: yield* decodeWorld(world) })
  const emulator = yield* Effect.provideService(made, Clock.Clock, clock)
  const { origin } = yield* serve({ port: 0, emulator })

  const ask = (path: string, asked: Asked = {}): Effect.Effect<Told> =>
    Effect.promise(async () => {
      const { query = {}, form, json, bearer, basic } = asked
      const body = form ? new URLSearchParams(form) : json !== undefined ? JSON.stringify(json) : asked.body
      const search = new URLSearchParams(query).toString()
      const response = await fetch(`${origin}${path}${search && `?${search}`}`, {
        method: asked.method ?? (body === undefined ? "GET" : "POST"),
        redirect: "manual",
        headers: {
          ...(json !== undefined && { "content-type": "application/json" }),
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
          ...(basic !== undefined && { authorization: `Basic ${btoa(basic)}` }),
          ...asked.headers,
        },
        ...(body !== undefined && { body }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, fields: fieldsOf(text) }
    })

  return { origin, emulator, clock, ask }
})

const client = { client_id: "your-client-id", client_secret: "your-client-secret" }

/** Forms of a NetSapiens token request, right in the default world. */
export const netsapiens = {
  token: "/ns-api/oauth2/token/",
  password: { ...client, grant_type: "password", username: "111@abc-company", password: "1234" },
  withFactor: { ...client, grant_type: "password", username: "222@abc-company", password: "5678" },
  reseller: { ...client, grant_type: "password", username: "1000@acmecorp", password: "mypassword" },
  basicUser: { ...client, grant_type: "password", username: "1001@acmecorp", password: "basic-password" },
  mfa: (accessToken: string, passcode = "246802") => ({
    ...client,
    grant_type: "mfa",
    ns_id_type: "subscriber",
    mfa_type: "authenticator",
    mfa_vendor: "google",
    access_token: accessToken,
    passcode,
  }),
  refresh: (refreshToken: string) => ({ ...client, grant_type: "refresh_token", refresh_token: refreshToken }),
  masquerade: (accessToken: string, maskUid = "1001@acmecorp.12345.service") => ({
    ...client,
    grant_type: "masquerade",
    mask_uid: maskUid,
    access_token: accessToken,
  }),
}

/** Forms of an IPEX token request, right in the default world. */
export const ipex = {
  password: { grant_type: "password", client_id: "api", username: "api-user@example.test", password: "ipex-password" },
  withoutRight: {
    grant_type: "password",
    client_id: "api",
    username: "someone@example.test",
    password: "other-password",
  },
  refresh: (refreshToken: string) => ({ grant_type: "refresh_token", client_id: "api", refresh_token: refreshToken }),
}

/** A Sangoma CX token request, right in the default world. */
export const sangomaCx = {
  basic: "sangoma-client-id:sangoma-client-secret",
  form: (scope = "cx.agent-calls cx.queue-calls") => ({ grant_type: "client_credentials", scope }),
}
