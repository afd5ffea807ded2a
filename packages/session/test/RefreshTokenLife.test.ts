/** The refresh token's own life: a session renews before it ends, or says when a person will be needed. */
import { assert, describe, it } from "@effect/vitest"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { configured, signingOn } from "./BrowserSigning.ts"
import { clear, harness, people, reaches, settle } from "./Harness.ts"
import { watched } from "./Operated.ts"

const HOUR = 3_600_000

/** A person signs in. The refresh token lives for `hours`; a renewal does not make that longer. */
const signedIn = Effect.fnUntraced(function* (hours: number, rotates: boolean) {
  const stage = yield* signingOn(watched, { refreshLifetime: hours * 3_600, rotates })
  const { vendor } = stage
  const now = () => stage.clock.currentTimeMillisUnsafe()
  const session = yield* stage.timed(
    Effect.provideService(Session.make(configured("maria")), SessionRuntime, stage.runtime),
  )
  const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
  yield* vendor.decide(clear((yield* session.prompt).userCode ?? Redacted.make("")), "allow")
  // It asks again after five seconds; before it sleeps, the clock would move without it.
  yield* settle
  yield* stage.clock.adjust(6_000)
  const view = yield* Fiber.join(signingIn)
  const renewals = () => vendor.seen.filter(({ what }) => what === "refresh_token").length
  return { ...stage, end: view.personNeededAt ?? Number.NaN, now, renewals, session }
})

describe("a refresh token that ends", () => {
  it.live(
    "is renewed before its end, although the access token lives longer, where a renewal brings a longer one",
    () =>
      Effect.gen(function* () {
        const world = { ipex: { lifetime: 86_400, refreshLifetime: 3_600 } }
        const { accounts, clock, grants, open } = yield* harness({ world })
        const session = yield* open(accounts.ipex())
        const { dueAt, expiresAt, personNeededAt } = yield* session.signIn(people.ipex)
        assert.approximately((expiresAt ?? 0) - (personNeededAt ?? 0), 23 * HOUR, 2_000)
        assert.isBelow(dueAt ?? Number.NaN, personNeededAt ?? Number.NaN)
        for (const renewals of [1, 2, 3]) {
          yield* clock.adjust("59 minutes")
          yield* reaches(session, ({ generation, path }) => path === "refreshed" && generation === renewals + 1)
        }
        assert.deepEqual(yield* grants, ["password", "refresh_token", "refresh_token", "refresh_token"])
        assert.isAbove((yield* session.view).personNeededAt ?? 0, (personNeededAt ?? 0) + 2 * HOUR)
      }),
  )

  it.live("needs nobody where the session signs in by itself", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const session = yield* open(accounts.ipex({ credentials: people.ipex }))
      yield* session.accessToken
      assert.isNull((yield* session.view).personNeededAt)
    }),
  )

  for (const rotates of [true, false]) {
    it.live(`says when a person is needed, if no renewal moves the end (${rotates ? "new" : "same"} token)`, () =>
      Effect.gen(function* () {
        const { clock, end, metric, now, renewals, session, told } = yield* signedIn(30, rotates)
        assert.approximately(end - now(), 30 * HOUR, 10_000)
        for (let hour = 0; hour < 31; hour++) {
          yield* clock.adjust("58 minutes")
          yield* settle
          if ((yield* session.view).path !== "refreshed") break
          assert.approximately((yield* session.view).personNeededAt ?? Number.NaN, end, 10_000)
          const left = ((yield* metric("pbx_auth.sessions.time_to_person", "browser-vendor")) ?? Number.NaN) * 1_000
          assert.approximately(left, end - now(), 10_000)
        }
        // Once per life of an access token, and never again and again towards the end.
        assert.isBelow(renewals(), 34)
        const notices = (yield* told).flatMap((one) => (one.type === "person_needed" ? [one] : []))
        assert.lengthOf(notices, 2)
        for (const { until } of notices) assert.approximately(until, end, 10_000)
        yield* clock.adjust("2 hours")
        yield* reaches(session, "unauthenticated.idle")
        assert.isNull((yield* session.view).personNeededAt)
        assert.isUndefined(yield* metric("pbx_auth.sessions.time_to_person", "browser-vendor"))
      }),
    )
  }
})
