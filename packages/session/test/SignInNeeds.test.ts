/** A call that signs in otherwise than the provider takes: its error says what that provider takes, and nothing is sent. */
import { assert, describe, it } from "@effect/vitest"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { Grants } from "@pbx-auth/providers/Provider"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import * as Session from "@pbx-auth/session/Session"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import * as HttpRuntime from "../src/HttpRuntime.ts"
import { open } from "../src/promise/Opening.ts"
import { serveApi } from "./CalledApi.ts"
import { described } from "./MadeUpVendor.ts"

const form = (fields: ReadonlyArray<readonly [string, string]>) =>
  ({ method: "POST", path: "/token", encoding: "form", fields }) as const

const grants: Record<string, Grants> = {
  password: { Password: ({ username }) => form([["username", username]]) },
  client: { ClientCredentials: () => form([["grant_type", "client_credentials"]]) },
  browser: { DeviceAuthorization: () => form([]), DeviceCode: () => form([]) },
  token: {},
}

const vendor = (takes: string) =>
  defineProvider({
    ...described,
    id: "acme-needs",
    signsInWith: takes === "token" ? "password" : (takes as "password" | "client" | "browser"),
    capabilities: takes === "browser" ? ["browser"] : [],
    grants: { ...grants[takes], RefreshToken: () => form([["grant_type", "refresh_token"]]) },
  })

const given = {
  nothing: undefined,
  "a password": { username: "maria", password: Redacted.make("made-up") },
  "a way at a browser": deviceSignIn(),
}

const fixes = {
  password: "Give a username and a password, here or in the options.",
  client: "Give a client or a refresh token in the options.",
  browser: "Give a way at a browser, as deviceSignIn().",
  token: "Give a client or a refresh token in the options.",
}

const wrong: ReadonlyArray<readonly [takes: keyof typeof fixes, what: keyof typeof given]> = [
  ["password", "nothing"],
  ["password", "a way at a browser"],
  ["client", "a password"],
  ["client", "a way at a browser"],
  ["browser", "nothing"],
  ["browser", "a password"],
  ["token", "nothing"],
  ["token", "a password"],
  ["token", "a way at a browser"],
]

const reasonOf = (error: unknown) => (isAuthError(error) ? { ...error.reason } : assert.fail(String(error)))

describe("a sign-in that a provider does not take", () => {
  for (const [takes, what] of wrong) {
    it(`is refused with what it takes: ${what}, where it is ${takes}`, async () => {
      await using api = await serveApi((_, response) => response.end('{"access_token":"token"}'))
      const options = { address: api.origin, ...(takes === "browser" && { user: "maria" }) }
      const configured = vendor(takes).configure(options as never)
      const expected = { _tag: "Misconfigured" as const, field: "credentials", fix: fixes[takes] }

      const effect = Effect.fromResult(configured).pipe(
        Effect.flatMap((right) => Session.make(right)),
        Effect.flatMap((pbx) => pbx.signIn(given[what] as never)),
        Effect.provide(HttpRuntime.layer()),
        Effect.provide(FetchHttpClient.layer),
        Effect.scoped,
      )
      assert.deepInclude(reasonOf(await Effect.runPromise(effect).catch((error) => error)), expected)

      await using pbx = await open(configured)
      const plain = what === "a password" ? { username: "maria", password: "made-up" } : given[what]
      assert.deepInclude(reasonOf(await pbx.signIn(plain as never).catch((error: unknown) => error)), expected)
      assert.lengthOf(api.received, 0)
    })
  }
})
