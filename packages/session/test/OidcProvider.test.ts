/**
 * The same sign-ins with a certified server that others wrote: `oidc-provider` of npm. Its person is a script that follows its pages.
 */
import type { RequestListener } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { codeGrants } from "@pbx-auth/providers/AuthorizationRequest"
import { configure } from "@pbx-auth/providers/Configuration"
import { deviceGrants } from "@pbx-auth/providers/DeviceAuthorization"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import type { Provider } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import * as RedirectSignIns from "@pbx-auth/session/RedirectSignIns"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import OidcProvider from "oidc-provider"
import { provider as browserVendor } from "./BrowserSigning.ts"
import { serving } from "./LoopbackServer.ts"

const redirectUri = "https://app.example/signed-in"

const oidcProvider = serving((origin) => {
  const oidc = new OidcProvider(origin, {
    clients: [
      {
        client_id: "made-up-app",
        token_endpoint_auth_method: "none",
        redirect_uris: [redirectUri],
        response_types: ["code"],
        grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
      },
    ],
    features: { deviceFlow: { enabled: true, charset: "base-20", mask: "****-****" } },
    pkce: { required: () => true },
    cookies: { keys: ["made-up"] },
    ttl: { AccessToken: 3_600, DeviceCode: 600 },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
  })
  return oidc.callback() as RequestListener
})

/** A browser: it keeps cookies, follows redirects and fills in forms, until it is sent to another host. */
const browser = (origin: string) => {
  const jar = new Map<string, string>()
  const go = async (to: string, form?: URLSearchParams): Promise<{ readonly url: string; readonly html: string }> => {
    let url = to
    let body = form
    for (let steps = 0; steps < 20; steps++) {
      if (!url.startsWith(origin)) return { url, html: "" }
      const response = await fetch(url, {
        redirect: "manual",
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
        ...(body === undefined ? {} : { method: "POST", body }),
      })
      for (const line of response.headers.getSetCookie()) {
        const [pair = ""] = line.split(";")
        const at = pair.indexOf("=")
        jar.set(pair.slice(0, at), pair.slice(at + 1))
      }
      const location = response.headers.get("location")
      if (location === null) return { url, html: await response.text() }
      url = new URL(location, url).href
      body = undefined
    }
    throw new Error("too many redirects")
  }
  /** Fills in whatever form the page shows, with a user name and a password that the server does not check. */
  const through = async (to: string, answers: Readonly<Record<string, string>> = {}) => {
    let page = await go(to)
    for (let forms = 0; forms < 8 && /<form/.test(page.html); forms++) {
      const action = /<form[^>]*action="([^"]+)"/.exec(page.html)?.[1]?.replaceAll("&amp;", "&") ?? page.url
      const fields = new URLSearchParams()
      for (const [input] of page.html.matchAll(/<input[^>]*>/g)) {
        const name = /name="([^"]+)"/.exec(input)?.[1]
        if (name !== undefined) fields.set(name, answers[name] ?? /value="([^"]*)"/.exec(input)?.[1] ?? "maria")
      }
      page = await go(new URL(action, page.url).href, fields)
    }
    return page
  }
  return { through }
}

const provider = (origin: string): Provider<"browser"> => ({
  ...browserVendor,
  id: "oidc-provider",
  scopes: ["openid", "offline_access"],
  dialect: {
    ...browserVendor.dialect,
    authorization: { path: "/auth", fields: [["prompt", "consent"]], issuer: origin },
    grants: {
      ...browserVendor.dialect.grants,
      ...codeGrants({ token: "/token" }),
      ...deviceGrants({ authorization: "/device/auth", token: "/token" }),
    },
  },
})

/** The session's time; the server's own goes on as always. */
const opened = (origin: string, clock: Clock.Clock) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      Layer.fresh(SessionRuntime.layer).pipe(
        Layer.provide(TokenEndpoint.layer),
        Layer.provide(FetchTransport.layer(globalThis.fetch)),
        Layer.provide(Layer.succeed(TokenStore.TokenStore, yield* TokenStore.makeMemory)),
      ),
    )
    const configured = Result.getOrThrow(configure(provider(origin), { user: "maria", address: origin }))
    return yield* Effect.provideContext(Session.make(configured), context)
  }).pipe(Effect.provideService(Clock.Clock, clock))

describe("oidc-provider", () => {
  it.live("gives a token for a code and its verifier, and renews it", () =>
    Effect.gen(function* () {
      const origin = yield* oidcProvider
      const session = yield* opened(origin, yield* Clock.Clock)
      const signIns = RedirectSignIns.make({ redirectUri })
      const { cookie, url } = yield* signIns.begin(session)
      const back = yield* Effect.promise(() => browser(origin).through(Redacted.value(url)))
      assert.isTrue(back.url.startsWith(redirectUri), back.url)
      const view = yield* signIns.finish(new URL(back.url).searchParams, Redacted.value(cookie))
      assert.strictEqual(view.state, "authenticated")
      const { generation, token } = yield* session.bearer
      yield* session.reject(generation)
      const next = yield* session.bearer
      assert.isAbove(next.generation, generation)
      assert.notStrictEqual(Redacted.value(next.token), Redacted.value(token))
    }),
  )

  it.live(
    "gives a token once the person has entered the code",
    () =>
      Effect.gen(function* () {
        const origin = yield* oidcProvider
        const clock = yield* SteerableClock.make()
        const session = yield* opened(origin, clock)
        const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
        const { completeUrl, url } = yield* session.prompt
        const page = yield* Effect.promise(() => browser(origin).through(Redacted.value(completeUrl ?? url)))
        assert.match(page.html, /Sign-in Success/)
        // The server names no interval, so it is asked every five seconds.
        yield* clock.adjust(6_000)
        assert.strictEqual((yield* Fiber.join(signingIn)).state, "authenticated")
        assert.notStrictEqual(Redacted.value(yield* session.accessToken), "")
      }),
    30_000,
  )
})
