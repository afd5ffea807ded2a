/** Every grant of every provider, and every refusal in every form, against the emulated vendors over HTTP. */
import { assert, describe, it } from "@effect/vitest"
import { decodeWorld, type RefusalStyle } from "@pbx-auth/emulator/World"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Account } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import type { Reason } from "../src/error/AuthError.ts"
import * as Grant from "../src/token/Grant.ts"
import { providers } from "../src/vendors/Catalog.ts"
import { answer, challenged, emulated, fetching, issued, refreshOf, sign } from "./Emulated.ts"

const reasonOf = Effect.fnUntraced(function* (account: Account, grant: Grant.Grant) {
  const endpoint = yield* TokenEndpoint
  const { reason } = yield* Effect.flip(endpoint.present(account, grant))
  return reason
})

const basicUser = "1001@acmecorp.12345.service"
const wrong = Redacted.make("wrong-secret-value")

describe("a life at", () => {
  it.live("SkySwitch, Landstar and NetSapiens", () =>
    Effect.gen(function* () {
      const world = yield* emulated()
      const endpoint = yield* TokenEndpoint
      for (const account of [world.skyswitch, world.landstar, world.netsapiens]) {
        const first = yield* issued(account, sign.officeManager)
        assert.strictEqual(first.scope, "Office Manager")
        assert.strictEqual(first.lifetime, 3_600_000)
        const renewed = yield* issued(account, refreshOf(first))
        assert.notStrictEqual(Redacted.value(renewed.accessToken), Redacted.value(first.accessToken))
        const inspection = yield* endpoint.inspect(account, renewed.accessToken)
        assert.deepInclude(inspection, { uid: "111@abc-company.12345.service", territory: "12345" })
        assert.match(inspection.expires ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
        yield* endpoint.revoke(account, renewed.accessToken)
        const dead = yield* Effect.flip(endpoint.inspect(account, renewed.accessToken))
        assert.deepInclude(dead.reason, { _tag: "NotAllowed", tokenRejected: true })
      }
    }).pipe(Effect.provide(fetching)),
  )

  it.live("SkySwitch with renewal by GET, and with endpoints at the root", () =>
    Effect.gen(function* () {
      const byGet = yield* emulated({}, { refreshMethod: "GET" })
      yield* issued(byGet.skyswitch, refreshOf(yield* issued(byGet.skyswitch, sign.officeManager)))
      assert.deepStrictEqual(
        (yield* byGet.emulator.journal).map(({ method, outcome }) => `${method} ${outcome}`),
        ["POST issued", "GET renewed"],
      )
      const root = yield* emulated({}, { prefix: "/" })
      yield* issued(root.skyswitch, sign.officeManager)
      assert.deepStrictEqual(
        (yield* root.emulator.journal).map(({ path }) => path),
        ["/oauth2/token/"],
      )
    }).pipe(Effect.provide(fetching)),
  )

  it.live("SkySwitch with a second factor", () =>
    Effect.gen(function* () {
      const { skyswitch } = yield* emulated()
      const repeating = { ...skyswitch, settings: { ...skyswitch.settings, passcodeRepeatsCredentials: true } }
      for (const account of [skyswitch, repeating]) {
        const challenge = yield* challenged(account, sign.withFactor)
        assert.deepInclude(challenge, { vendor: "google", type: "authenticator", lifetime: 3_600_000 })
        assert.strictEqual((yield* reasonOf(account, answer(challenge, "000000")))._tag, "BadPasscode")
        assert.strictEqual((yield* issued(account, answer(challenge))).scope, "Reseller")
        assert.strictEqual((yield* reasonOf(account, answer(challenge)))._tag, "ChallengeExpired")
      }
    }).pipe(Effect.provide(fetching)),
  )

  it.live("Landstar with a second factor: refused, naming the way out", () =>
    Effect.gen(function* () {
      const { landstar } = yield* emulated()
      const reason = yield* reasonOf(landstar, sign.withFactor)
      assert.deepInclude(reason, { _tag: "PasscodeRequired", provider: "landstar", unsupportedByProvider: true })
    }).pipe(Effect.provide(fetching)),
  )

  it.live("SkySwitch for somebody else", () =>
    Effect.gen(function* () {
      const { skyswitch } = yield* emulated()
      const { accessToken } = yield* issued(skyswitch, sign.reseller)
      const acting = yield* issued(skyswitch, Grant.actAs(basicUser, accessToken))
      assert.deepInclude(acting, { scope: "Basic User" })
      assert.deepInclude(acting.identity, { uid: basicUser, territory: "12345" })
    }).pipe(Effect.provide(fetching)),
  )

  it.live("IPEX", () =>
    Effect.gen(function* () {
      const { ipex } = yield* emulated()
      const first = yield* issued(ipex, sign.ipex)
      assert.deepInclude(first, { lifetime: 3_000_000, refreshLifetime: 7_200_000 })
      const renewed = yield* issued(ipex, refreshOf(first))
      const acting = yield* issued(ipex, Grant.actAs("someone@example.test", renewed.accessToken))
      assert.deepInclude(acting, { refreshToken: undefined, lifetime: 3_000_000 })
    }).pipe(Effect.provide(fetching)),
  )

  it.live("Sangoma CX", () =>
    Effect.gen(function* () {
      const { emulator, sangoma } = yield* emulated()
      const first = yield* issued(sangoma, Grant.clientCredentials(sangoma.scopes))
      assert.deepInclude(first, { lifetime: 24_304_413_000, refreshToken: undefined })
      const early = yield* issued(sangoma, Grant.clientCredentials(sangoma.scopes))
      assert.strictEqual(Redacted.value(early.accessToken), Redacted.value(first.accessToken))
      yield* emulator.killAccessTokens
      const next = yield* issued(sangoma, Grant.clientCredentials(sangoma.scopes))
      assert.notStrictEqual(Redacted.value(next.accessToken), Redacted.value(first.accessToken))
      const world = yield* decodeWorld({ sangomaCx: { early: "refused" } })
      yield* emulator.updateWorld(() => world)
      const tooEarly = yield* reasonOf(sangoma, Grant.clientCredentials(sangoma.scopes))
      assert.strictEqual(tooEarly._tag, "Unavailable")
    }).pipe(Effect.provide(fetching)),
  )
})

const styles: ReadonlyArray<RefusalStyle> = [
  "inferred",
  ...([400, 401, 403] as const).flatMap((status) =>
    (["error", "code_message", "code_msg", "text", "html", "empty"] as const).map((body) => ({ status, body })),
  ),
]

/**
 * A page is something in between's whatever its status, and so is a 401 or 403 without the provider's grammar: it must be waited out
 * whatever was presented. Of a missing right no words are needed.
 */
const isFirewall = (style: RefusalStyle, grant: Grant.Grant["_tag"]) => {
  if (style === "inferred") return false
  if (style.status === 400) return style.body === "html" && grant !== "ActAs"
  return style.body === "html" || (style.body === "empty" && grant !== "ActAs")
}

/** Whole texts of NetSapiens' own are known; any other may be a gateway's. */
const isText = (style: RefusalStyle) => style !== "inferred" && style.status !== 400 && style.body === "text"

/** Does it say nothing that is a verdict on a refresh token? It is presented once more then. */
const isNoVerdict = (style: RefusalStyle, provider: string) =>
  style !== "inferred" &&
  (style.body === "text" ||
    style.body === "empty" ||
    (provider === "ipex" && (style.body === "code_message" || style.body === "code_msg")))

/** A reply that says nothing at all cannot name the client. */
const isMute = (style: RefusalStyle) => style !== "inferred" && (style.body === "html" || style.body === "empty")

describe("every refusal in every form", () => {
  /** Each status and each body once. The others are in the matrix. */
  const few = ["inferred", "400 html", "400 code_message", "401 text", "401 error", "403 empty", "403 code_msg"]
  const withClient = (account: Account): Account => ({ ...account, client: { ...account.client, secret: wrong } })

  for (const style of styles) {
    const name = style === "inferred" ? style : `${style.status} ${style.body}`
    it.live(
      name,
      () =>
        Effect.gen(function* () {
          const { emulator, ipex, landstar, netsapiens, sangoma, skyswitch } = yield* emulated()
          const own = yield* issued(skyswitch, sign.reseller)
          const low = yield* issued(skyswitch, sign.basicUser)
          const challenge = yield* challenged(skyswitch, sign.withFactor)
          const ipexOwn = yield* issued(ipex, sign.ipex)
          const ipexLow = yield* issued(ipex, sign.ipexWithoutRight)
          yield* emulator.updateWorld((world) => ({
            netsapiens: { ...world.netsapiens, refusal: style },
            ipex: { ...world.ipex, refusal: style },
            sangomaCx: { ...world.sangomaCx, refusal: style },
          }))

          const is = Effect.fnUntraced(function* (account: Account, grant: Grant.Grant, tag: Reason["_tag"]) {
            const reason = yield* reasonOf(account, grant)
            const { id } = account.provider
            const expected = isFirewall(style, grant._tag)
              ? "Throttled"
              : tag === "RenewalRefused" && isNoVerdict(style, id)
                ? "Unavailable"
                : tag
            const all = isText(style) ? ["Throttled", expected] : [expected]
            assert.include(all, reason._tag, `${id} ${grant._tag} ${tag}`)
            assert.strictEqual(reason.provider, account.provider.id)
          })
          const clientRefused = (otherwise: Reason["_tag"]) => (isMute(style) ? otherwise : "ClientRefused")

          for (const account of [skyswitch, landstar, netsapiens]) {
            yield* is(account, Grant.password("111@abc-company", wrong), "BadCredentials")
            yield* is(account, Grant.password("nobody@nowhere", wrong), "BadCredentials")
            yield* is(account, Grant.refreshToken(wrong), "RenewalRefused")
            yield* is(withClient(account), sign.officeManager, clientRefused("BadCredentials"))
            yield* is(withClient(account), refreshOf(own), clientRefused("RenewalRefused"))
          }
          for (const account of [skyswitch, netsapiens]) {
            yield* is(account, answer(challenge, "000000"), "BadPasscode")
            yield* is(account, Grant.actAs("9999@acmecorp.12345.service", own.accessToken), "NotAllowed")
            yield* is(account, Grant.actAs("1000@acmecorp.12345.service", low.accessToken), "NotAllowed")
            yield* is(account, Grant.actAs(basicUser, wrong), "NotAllowed")
            yield* is(withClient(account), Grant.actAs(basicUser, own.accessToken), clientRefused("NotAllowed"))
          }
          yield* is(ipex, Grant.password("api-user@example.test", wrong), "BadCredentials")
          yield* is(ipex, Grant.refreshToken(wrong), "RenewalRefused")
          yield* is(ipex, Grant.actAs("someone@example.test", ipexLow.accessToken), "NotAllowed")
          yield* is(ipex, Grant.actAs("nobody@example.test", ipexOwn.accessToken), "NotAllowed")
          yield* is(ipex, Grant.actAs("someone@example.test", wrong), "NotAllowed")
          yield* is(withClient(sangoma), Grant.clientCredentials(sangoma.scopes), "ClientRefused")
        }).pipe(Effect.provide(fetching)),
      { tags: few.includes(name) ? [] : ["matrix"] },
    )
  }

  // What means something else in the other way of writing it, and what does not.
  const secrets = [
    ["p+q", true],
    ["100%", true],
    ["%41bc", true],
    ["plain-secret_1.*", false],
  ] as const

  for (const [secret, isTwofold] of secrets) {
    for (const sent of ["raw", "form"] as const) {
      it.live(`a client whose secret is ${secret}, sent ${sent}`, () =>
        Effect.gen(function* () {
          const { emulator, sangoma } = yield* emulated()
          const other = sent === "raw" ? "form" : "raw"
          const takes = (basicEncoding: "raw" | "form") =>
            emulator.updateWorld((world) => ({
              ...world,
              sangomaCx: {
                ...world.sangomaCx,
                clients: [{ id: "an-id", secret, scopes: sangoma.scopes }],
                basicEncoding,
              },
            }))
          const client = { id: "an-id", secret: Redacted.make<string>(secret) }
          const account = (basicEncoding: "raw" | "form", wrong = client) => ({
            ...sangoma,
            client: wrong,
            settings: { ...sangoma.settings, basicEncoding },
          })
          const grant = Grant.clientCredentials(sangoma.scopes)
          const endpoint = yield* TokenEndpoint
          yield* takes(sent)
          yield* endpoint.present(account(sent), grant)
          const before = (yield* emulator.journal).length
          yield* takes(other)
          if (!isTwofold) {
            yield* endpoint.present(account(sent), grant)
            const wrong = yield* reasonOf(account(sent, { ...client, secret: Redacted.make("wrong") }), grant)
            assert.notInclude(wrong.message, "basicEncoding")
            return
          }
          const reason = yield* reasonOf(account(sent), grant)
          assert.deepInclude(reason, { _tag: "ClientRefused", basicEncoding: sent, remedy: "configure" })
          assert.include(reason.message, `set the option basicEncoding to "${other}"`)
          assert.notInclude(`${reason.message} ${JSON.stringify(reason)}`, secret)
          assert.strictEqual((yield* emulator.journal).length, before + 1, "presented once")
          // The advice helps.
          yield* endpoint.present(account(other), grant)
        }).pipe(Effect.provide(fetching)),
      )
    }
  }

  it.live("a scope that the client may not have", () =>
    Effect.gen(function* () {
      const { sangoma } = yield* emulated()
      const reason = yield* reasonOf(sangoma, Grant.clientCredentials(["cx.nothing"]))
      assert.deepInclude(reason, { _tag: "Misconfigured", field: "scopes" })
    }).pipe(Effect.provide(fetching)),
  )

  it.live("an acting token that died is told from a right that is missing", () =>
    Effect.gen(function* () {
      const { emulator, ipex, skyswitch } = yield* emulated()
      const parents = [
        [skyswitch, basicUser, yield* issued(skyswitch, sign.reseller)],
        [ipex, "someone@example.test", yield* issued(ipex, sign.ipex)],
      ] as const
      yield* emulator.killAccessTokens
      for (const [account, subject, { accessToken }] of parents) {
        const reason = yield* reasonOf(account, Grant.actAs(subject, accessToken))
        assert.deepInclude(reason, { _tag: "NotAllowed", tokenRejected: true, remedy: "sign_in" })
      }
    }).pipe(Effect.provide(fetching)),
  )

  it.live("a place where there is no endpoint", () =>
    Effect.gen(function* () {
      const { skyswitch } = yield* emulated({}, { prefix: "/elsewhere" })
      assert.deepInclude(yield* reasonOf(skyswitch, sign.reseller), { _tag: "Misconfigured", field: "address" })
    }).pipe(Effect.provide(fetching)),
  )
})

describe("the catalog", () => {
  it("has every provider by its id, and quirks that name their sentence", () => {
    const quirky = Object.values(providers).filter(({ quirks }) => quirks.length > 0)
    assert.isAtLeast(quirky.length, 8)
    for (const [id, provider] of Object.entries(providers)) {
      assert.strictEqual(provider.id, id)
      for (const quirk of provider.quirks) {
        assert.match(quirk.name, /^[a-z_0-9]+$/)
        assert.match(quirk.page, /^https:/)
        assert.isNotEmpty(quirk.sentence)
        assert.match(quirk.answer, /\.$/)
      }
    }
  })
})
