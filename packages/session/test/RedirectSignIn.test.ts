/** A browser comes back with a code: its state, its proof, its issuer, and a server with many of them. */
import { assert, describe, it } from "@effect/vitest"
import { configure } from "@pbx-auth/providers/Configuration"
import { ownGrammar } from "@pbx-auth/providers/OwnGrammar"
import type { Provider } from "@pbx-auth/providers/Provider"
import { redirectSignIn } from "@pbx-auth/session/RedirectSignIn"
import * as RedirectSignIns from "@pbx-auth/session/RedirectSignIns"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { configured, provider, signing } from "./BrowserSigning.ts"
import { recording } from "./CanaryWalk.ts"
import { clear, eventually, reasonOf, settle } from "./Harness.ts"
import { leaked } from "./Leak.ts"

const redirectUri = "https://app.example/signed-in"

type Stage = Effect.Success<ReturnType<typeof signing>>

/** The browser goes to the vendor, where the person is signed in already, and comes back with a query. */
const visited = ({ vendor }: Stage, url: Redacted.Redacted<string>, more = "") =>
  Effect.promise(async () => {
    const response = await vendor.fetch(new Request(clear(url) + more))
    return new URL(response.headers.get("location") ?? "https://nowhere.example").searchParams
  })

const changed = (query: URLSearchParams, name: string, value: string) => {
  const other = new URLSearchParams(query)
  other.set(name, value)
  return other
}

const maria = configured("maria")

/** The same vendor, with words of its own for what a redirect says. */
const worded: Provider<"browser"> = {
  ...provider,
  ownGrammar,
  dialect: {
    ...provider.dialect,
    codes: ["acme_declined"],
    refusals: [
      { on: "AuthorizationCode", field: "error", value: "acme_locked", reason: "NotAllowed", code: "acme_locked" },
      { on: "AuthorizationCode", value: /maintenance/, reason: "Unavailable" },
      { on: "RefreshToken", field: "error", value: "acme_mine", reason: "RenewalRefused" },
      {
        on: "AuthorizationCode",
        field: "error",
        value: "invalid_scope",
        reason: "Misconfigured",
        option: "client.id",
        fix: "Allow it on the page of your app.",
      },
      { on: "AuthorizationCode", status: 400, reason: "ClientRefused" },
    ],
  },
}

/** A sign-in on a server that the browser was sent to. */
const begun = Effect.fnUntraced(function* (
  user = "maria",
  {
    account = configured(user),
    ...options
  }: { readonly lifetime?: Duration.Input; readonly account?: typeof maria } = {},
) {
  const stage = yield* signing()
  const session = yield* stage.open(account)
  const signIns = RedirectSignIns.make({ redirectUri, ...options })
  const { cookie, url } = yield* signIns.begin(session)
  yield* settle
  return { ...stage, cookie: clear(cookie), session, signIns, stage, url }
})

describe("a sign-in with a redirect", () => {
  it.live("brings a token for the code and the verifier, and is renewed", () =>
    Effect.gen(function* () {
      const { clock, cookie, session, signIns, stage, url, vendor } = yield* begun()
      const view = yield* session.view
      assert.deepInclude(view, { path: "unauthenticated.signing_in", awaiting: "redirect" })
      const asked = new URL(clear(url)).searchParams
      assert.deepInclude(Object.fromEntries(asked), {
        response_type: "code",
        code_challenge_method: "S256",
        redirect_uri: redirectUri,
      })
      assert.match(asked.get("code_challenge") ?? "", /^[\w-]{43}$/)
      const query = yield* visited(stage, url)
      assert.strictEqual((yield* signIns.finish(query, cookie)).state, "authenticated")
      assert.deepEqual(
        vendor.seen.map(({ error, what }) => [what, error]),
        [
          ["authorize", undefined],
          ["authorization_code", undefined],
        ],
      )
      assert.match(clear(yield* session.accessToken), /^access-/)
      // The same redirect again finds no sign-in.
      assert.strictEqual(yield* reasonOf(signIns.finish(query, cookie)), "ChallengeExpired")
      yield* clock.adjust("56 minutes")
      yield* eventually(
        "a renewal",
        Effect.sync(() => vendor.seen.at(-1)?.what === "refresh_token"),
      )
    }),
  )

  it.live("takes no redirect of another browser, and none without its state, and goes on waiting", () =>
    Effect.gen(function* () {
      const { cookie, session, signIns, stage, url, vendor } = yield* begun()
      const query = yield* visited(stage, url)
      const twice = new URLSearchParams(query)
      twice.append("state", cookie)
      for (const [wrong, theirs] of [
        [query, undefined],
        [query, "x".repeat(cookie.length)],
        [changed(query, "state", "made-up"), cookie],
        [changed(query, "state", "made-up"), "made-up"],
        [twice, cookie],
      ] as const) {
        assert.strictEqual(yield* reasonOf(signIns.finish(wrong, theirs)), "ChallengeExpired")
      }
      assert.strictEqual((yield* session.view).awaiting, "redirect")
      assert.lengthOf(vendor.seen, 1)
      assert.strictEqual((yield* signIns.finish(query, cookie)).state, "authenticated")
    }),
  )

  for (const [what, change, reason] of [
    ["another issuer", (query: URLSearchParams) => changed(query, "iss", "https://other.example"), "Unreadable"],
    ["a code that the vendor does not know", (query) => changed(query, "code", "made-up"), "ChallengeExpired"],
    ["no code", (query) => changed(query, "code", ""), "Unreadable"],
    ["an error", (query) => changed(query, "error", "server_error"), "Unavailable"],
    ["an error in words of its own", (query) => changed(query, "error", "made-up"), "Unreadable"],
  ] satisfies ReadonlyArray<readonly [string, (query: URLSearchParams) => URLSearchParams, string]>) {
    it.live(`ends with ${what}`, () =>
      Effect.gen(function* () {
        const { cookie, session, signIns, stage, url } = yield* begun()
        const query = change(yield* visited(stage, url))
        const error = yield* Effect.flip(signIns.finish(query, cookie))
        assert.strictEqual(error.reason._tag, reason)
        assert.notInclude(JSON.stringify(error), "made-up")
        assert.strictEqual((yield* session.view).path, "unauthenticated.idle")
      }),
    )
  }

  for (const [error, expected, more] of [
    ["acme_declined", { _tag: "NotAllowed", code: "acme_declined", atBrowser: true, status: undefined }],
    ["acme_locked", { _tag: "NotAllowed", code: "acme_locked", atBrowser: true, status: undefined }],
    ["made-up", { _tag: "Unavailable", status: undefined }, { error_description: "made-up maintenance" }],
    ["invalid_scope", { _tag: "Misconfigured", field: "client.id", fix: "Allow it on the page of your app." }],
    ["acme_mine", { _tag: "Unreadable" }],
    ["access_denied", { _tag: "NotAllowed", code: "access_denied", atBrowser: true }],
    ["temporarily_unavailable", { _tag: "Unavailable", code: "temporarily_unavailable" }],
  ] satisfies ReadonlyArray<readonly [string, object, Readonly<Record<string, string>>?]>) {
    it.live(`asks the provider's own refusals and codes about the error of a redirect: ${error}`, () =>
      Effect.gen(function* () {
        const account = Result.getOrThrow(configure(worded, { user: "maria" }))
        const { cookie, signIns, stage, url } = yield* begun("maria", { account })
        let query = changed(yield* visited(stage, url), "error", error)
        for (const [name, value] of Object.entries(more ?? {})) query = changed(query, name, value)
        const refused = yield* Effect.flip(signIns.finish(query, cookie))
        assert.deepInclude({ status: undefined, ...refused.reason } as object, expected)
        assert.notInclude(JSON.stringify(refused), "made-up")
      }),
    )
  }

  it.live("ends when the person denies, and when the time is over", () =>
    Effect.gen(function* () {
      const denied = yield* begun()
      const query = yield* visited(denied.stage, denied.url, "&deny=1")
      const { reason } = yield* Effect.flip(denied.signIns.finish(query, denied.cookie))
      assert.deepInclude({ ...reason }, { _tag: "NotAllowed", code: "access_denied", atBrowser: true })

      const late = yield* begun("ben", { lifetime: "1 minute" })
      yield* late.clock.adjust("1 minute")
      yield* settle
      assert.deepInclude(yield* late.session.view, { path: "unauthenticated.idle", promptUntil: null })
      const back = yield* visited(late.stage, late.url)
      assert.strictEqual(yield* reasonOf(late.signIns.finish(back, late.cookie)), "ChallengeExpired")
    }),
  )

  it.live("keeps the sign-ins of two people apart, and shows nothing of them", () => {
    const { layer, logs, spans } = recording()
    return Effect.gen(function* () {
      const stage = yield* signing()
      const signIns = RedirectSignIns.make({ redirectUri })
      const seen: Array<unknown> = []
      const sent = []
      for (const user of ["maria", "ben"]) {
        const driver = yield* stage.drive(configured(user))
        driver.subscribe((view, event) => seen.push(view, event, driver.snapshot))
        const session = yield* stage.open(configured(`${user}'s`))
        const { cookie, url } = yield* signIns.begin(session)
        const other = yield* Effect.forkChild(
          driver.signIn(redirectSignIn(Effect.succeed({ redirectUri, receive: () => Effect.never }))),
        )
        sent.push({ cookie: clear(cookie), driver, other, query: yield* visited(stage, url), session, url })
        seen.push(session, cookie, url, driver, yield* driver.prompt, JSON.stringify(driver.snapshot))
      }
      const [maria, ben] = sent
      if (maria === undefined || ben === undefined) return assert.fail()
      assert.strictEqual(yield* reasonOf(signIns.finish(ben.query, maria.cookie)), "ChallengeExpired")
      const tokens = []
      for (const { cookie, driver, other, query, session } of sent) {
        seen.push(yield* signIns.finish(query, cookie))
        tokens.push(clear(yield* session.accessToken))
        yield* driver.cancel
        seen.push(yield* Effect.exit(Fiber.join(other)))
      }
      assert.strictEqual(new Set(tokens).size, 2)
      const secrets = new Set([...stage.vendor.secrets, ...sent.flatMap(({ cookie, url }) => [cookie, clear(url)])])
      assert.isNotEmpty(spans)
      assert.isEmpty(leaked([seen, signIns, stage.runtime], secrets))
      assert.isEmpty(leaked(spans, secrets))
      assert.isEmpty(leaked(logs, secrets))
    }).pipe(Effect.provide(layer))
  })

  it.live("puts no client secret into an address, and needs a page", () =>
    Effect.gen(function* () {
      const { open } = yield* signing()
      const account = configured("maria")
      const client = { id: "made-up-app", secret: Redacted.make("canary-client-secret") }
      const withSecret = yield* open({ ...account, account: { ...account.account, client } })
      const { url } = yield* RedirectSignIns.make({ redirectUri }).begin(withSecret)
      assert.notInclude(clear(url), "canary")
      const dialect = { ...provider.dialect, authorization: undefined }
      const without = yield* open({ ...account, account: { ...account.account, provider: { ...provider, dialect } } })
      assert.strictEqual(yield* reasonOf(RedirectSignIns.make({ redirectUri }).begin(without)), "Misconfigured")
    }),
  )
})
