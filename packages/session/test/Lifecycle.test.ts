/** The lifecycle of each provider, whole, over real HTTP. */
import { assert, describe, it } from "@effect/vitest"
import { Ipex } from "@pbx-auth/session/Ipex"
import { Landstar } from "@pbx-auth/session/Landstar"
import { SangomaCx } from "@pbx-auth/session/SangomaCx"
import type { BearerSource } from "@pbx-auth/session/Session"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { clear, client, harness, passcode, people, reaches, sangomaClient, scopes, subjectOf } from "./Harness.ts"

/** Everything that a session shows, from now on. */
const record = Effect.fnUntraced(function* (session: BearerSource) {
  const paths: Array<string> = []
  yield* Effect.forkScoped(Stream.runForEach(session.changes, ({ path }) => Effect.sync(() => void paths.push(path))))
  yield* Effect.yieldNow
  return paths
})

const hour = "1 hour"

describe("SkySwitch", () => {
  it.live("attended, with a second factor, passes through all six states", () =>
    Effect.gen(function* () {
      const { clock, grants, http, origin, outcomes, timed } = yield* harness({ wire: "http" })
      const layer = SkySwitch.layer({ address: origin, client }).pipe(Layer.provide(http))
      const pbx = Context.get(yield* timed(Layer.build(layer)), SkySwitch)
      const paths = yield* record(pbx)

      assert.strictEqual((yield* pbx.signIn(people.withFactor)).path, "mfa_required.awaiting_passcode")
      assert.strictEqual((yield* pbx.submitPasscode(passcode)).path, "authenticated")
      const first = yield* pbx.bearer
      assert.strictEqual((yield* pbx.inspect).uid, "222@abc-company.12345.service")
      assert.strictEqual(
        first.expiresAt === null ? 0 : Math.round((first.expiresAt - (yield* clock.currentTimeMillis)) / 60_000),
        60,
      )

      // The soft window begins 225 s before the end at the latest: the token is renewed before it dies.
      yield* clock.adjust("57 minutes")
      yield* reaches(pbx, "refreshed")
      const second = yield* pbx.bearer
      assert.notStrictEqual(clear(second.token), clear(first.token))
      assert.isAbove(second.generation, first.generation)

      assert.strictEqual((yield* pbx.startActing(subjectOf.netsapiens)).path, "masqueraded.live")
      const subject = yield* pbx.bearer
      assert.strictEqual(subject.identity.uid, subjectOf.netsapiens)
      assert.strictEqual(subject.scope, "Basic User")
      assert.strictEqual((yield* pbx.inspect).uid, subjectOf.netsapiens)
      assert.strictEqual((yield* pbx.stopActing).path, "refreshed")
      assert.strictEqual(clear(yield* pbx.accessToken), clear(second.token))

      const child = yield* Effect.scoped(
        Effect.gen(function* () {
          const child = yield* pbx.actAs(subjectOf.netsapiens)
          assert.strictEqual(child.subject, subjectOf.netsapiens)
          assert.strictEqual((yield* child.inspect).uid, subjectOf.netsapiens)
          assert.strictEqual((yield* pbx.inspect).uid, "222@abc-company.12345.service")
          return child
        }),
      )
      assert.strictEqual((yield* Effect.flip(child.accessToken)).reason._tag, "SignedOut")

      yield* pbx.signOut
      assert.strictEqual((yield* pbx.view).path, "unauthenticated.idle")
      assert.strictEqual((yield* Effect.flip(pbx.accessToken)).reason._tag, "SignedOut")
      assert.deepStrictEqual(yield* grants, ["password", "mfa", "refresh_token", "masquerade", "masquerade"])
      assert.deepStrictEqual((yield* outcomes).slice(-1), ["revoked"])

      yield* Effect.yieldNow
      const states = new Set(paths.map((path) => path.split(".")[0]))
      assert.deepStrictEqual([...states].sort(), [
        "authenticated",
        "expiring",
        "masqueraded",
        "mfa_required",
        "refreshed",
        "unauthenticated",
      ])
    }),
  )

  it.live("unattended, signs in when the first token is asked for, and renews by GET at the root", () =>
    Effect.gen(function* () {
      const { accounts, clock, journal, open } = yield* harness({ wire: "http" })
      const pbx = yield* open(
        accounts.skyswitch({ credentials: people.officeManager, refreshMethod: "GET", prefix: "/" }),
      )
      assert.strictEqual((yield* pbx.view).path, "unauthenticated.idle")
      const first = yield* pbx.accessToken
      yield* clock.adjust(hour)
      const second = yield* pbx.accessToken
      assert.notStrictEqual(clear(first), clear(second))
      assert.deepStrictEqual(
        (yield* journal).map(({ grant, method, path }) => [method, path, grant]),
        [
          ["POST", "/oauth2/token/", "password"],
          ["GET", "/oauth2/token/", "refresh_token"],
        ],
      )
      assert.strictEqual((yield* pbx.view).path, "refreshed")
    }),
  )

  it.live("unattended, with a second factor, waits for a person", () =>
    Effect.gen(function* () {
      const { accounts, grants, open } = yield* harness({ wire: "http" })
      const pbx = yield* open(accounts.skyswitch({ credentials: people.withFactor }))
      assert.strictEqual((yield* Effect.flip(pbx.accessToken)).reason._tag, "PasscodeRequired")
      assert.strictEqual((yield* pbx.view).path, "mfa_required.awaiting_passcode")
      yield* pbx.submitPasscode(passcode)
      yield* pbx.accessToken
      assert.deepStrictEqual(yield* grants, ["password", "mfa"])
    }),
  )

  it.live("renews a refused refresh token by signing in again, when it may", () =>
    Effect.gen(function* () {
      const { accounts, clock, emulator, grants, open } = yield* harness({ wire: "http" })
      const pbx = yield* open(accounts.skyswitch({ credentials: people.officeManager }))
      yield* pbx.accessToken
      yield* emulator.killRefreshTokens
      yield* clock.adjust(hour)
      yield* pbx.accessToken
      assert.strictEqual((yield* pbx.view).path, "authenticated")
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token", "password"])
    }),
  )
})

describe("Landstar", () => {
  it.live("signs in, renews, inspects, signs out with revocation", () =>
    Effect.gen(function* () {
      const { clock, http, journal, origin, timed } = yield* harness({ wire: "http" })
      const layer = Landstar.layer({
        address: origin,
        client,
        credentials: { username: "111@abc-company", password: "1234" },
      })
      const pbx = Context.get(yield* timed(Layer.build(layer.pipe(Layer.provide(http)))), Landstar)
      const first = yield* pbx.bearer
      assert.strictEqual(first.scope, "Office Manager")
      yield* clock.adjust("57 minutes")
      yield* reaches(pbx, "refreshed")
      assert.strictEqual((yield* pbx.inspect).scope, "Office Manager")
      yield* pbx.signOut
      assert.deepStrictEqual(
        (yield* journal).map(({ method, outcome, path }) => [method, path, outcome]),
        [
          ["POST", "/ns-api/oauth2/token/", "issued"],
          ["POST", "/ns-api/oauth2/token/", "renewed"],
          ["GET", "/ns-api/oauth2/read", "inspected"],
          ["POST", "/ns-api/oauth2/revoke", "revoked"],
        ],
      )
    }),
  )

  it.live("has no answer to a second factor", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness({ wire: "http" })
      const pbx = yield* open(accounts.landstar())
      const error = yield* Effect.flip(pbx.signIn(people.withFactor))
      assert.strictEqual(error.reason._tag, "PasscodeRequired")
      assert.strictEqual((yield* pbx.view).path, "unauthenticated.idle")
    }),
  )
})

describe("IPEX", () => {
  it.live("signs in, renews with a rotating refresh token, acts for somebody in place and as a child", () =>
    Effect.gen(function* () {
      const { clock, grants, http, origin, timed } = yield* harness({ wire: "http" })
      const layer = Ipex.layer({
        address: origin,
        credentials: { username: "api-user@example.test", password: "ipex-password" },
      })
      const pbx = Context.get(yield* timed(Layer.build(layer.pipe(Layer.provide(http)))), Ipex)
      yield* pbx.accessToken
      yield* clock.adjust("47 minutes")
      yield* reaches(pbx, "refreshed")
      yield* clock.adjust("47 minutes")
      yield* reaches(pbx, (view) => view.path === "refreshed" && view.generation === 3)
      yield* pbx.startActing(subjectOf.ipex)
      assert.strictEqual((yield* pbx.view).subject, subjectOf.ipex)
      yield* pbx.stopActing
      const child = yield* pbx.actAs(subjectOf.ipex)
      assert.strictEqual((yield* child.view).path, "masqueraded.live")
      yield* pbx.signOut
      assert.strictEqual((yield* Effect.flip(child.accessToken)).reason._tag, "SignedOut")
      assert.deepStrictEqual(yield* grants, [
        "password",
        "refresh_token",
        "refresh_token",
        "impersonation",
        "impersonation",
      ])
    }),
  )
})

describe("Sangoma CX", () => {
  it.live("signs in with its client, and replaces the token once it has expired", () =>
    Effect.gen(function* () {
      const { clock, http, journal, origin, timed } = yield* harness({ wire: "http" })
      const layer = SangomaCx.layer({ address: origin, client: sangomaClient, scopes })
      const pbx = Context.get(yield* timed(Layer.build(layer.pipe(Layer.provide(http)))), SangomaCx)
      const first = yield* pbx.bearer
      assert.strictEqual(first.scope, "cx.agent-calls cx.queue-calls")
      yield* clock.adjust("281 days")
      assert.strictEqual(clear(yield* pbx.accessToken), clear(first.token))
      assert.lengthOf(yield* journal, 1)
      yield* clock.adjust("8 hours")
      yield* reaches(pbx, "refreshed")
      assert.notStrictEqual(clear(yield* pbx.accessToken), clear(first.token))
      yield* pbx.signOut
      assert.deepStrictEqual(
        (yield* journal).map(({ grant, outcome }) => [grant, outcome]),
        [
          ["client_credentials", "issued"],
          ["client_credentials", "issued"],
        ],
      )
    }),
  )
})
