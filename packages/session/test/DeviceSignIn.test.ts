/** A person signs in with a code at any browser: the polling, the end, and what is seen meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { configure } from "@pbx-auth/providers/Configuration"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import type * as Session from "@pbx-auth/session/Session"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { type BrowserVendor, configured, provider, signing } from "./BrowserSigning.ts"
import { recording } from "./CanaryWalk.ts"
import { clear, eventually, harness, reaches, reasonOf, settle } from "./Harness.ts"
import { leaked } from "./Leak.ts"

type Stage = Effect.Success<ReturnType<typeof signing>>

/** Begins a sign-in, and waits for its prompt. */
const begun = Effect.fnUntraced(function* (session: Session.Of<"browser">) {
  const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
  const prompt = yield* session.prompt
  return { prompt, signingIn, userCode: clear(prompt.userCode ?? prompt.url) }
})

const polls = (vendor: BrowserVendor) => vendor.seen.filter(({ what }) => what === "device_code")

/** Lets time pass in steps of a second, as often as it takes until the vendor has seen so many polls. */
const polled = ({ clock, vendor }: Stage, times: number) =>
  Effect.gen(function* () {
    for (let seconds = 0; polls(vendor).length < times && seconds < 300; seconds++) {
      yield* clock.adjust(1_000)
      yield* settle
    }
    assert.strictEqual(polls(vendor).length, times)
  })

/** Between the requests, in s, rounded down to fives: the clock moves in steps, and ticks by itself. */
const pauses = ({ seen }: BrowserVendor) =>
  seen.slice(1).map(({ at }, index) => 5 * Math.floor((at - (seen[index]?.at ?? 0)) / 5_000))

describe("a sign-in with a device code", () => {
  it.live("waits for the person, polls at the provider's pace, and brings a token that is renewed", () =>
    Effect.gen(function* () {
      const stage = yield* signing()
      const { clock, open, vendor } = stage
      const session = yield* open(configured("maria"))
      const { prompt, signingIn, userCode } = yield* begun(session)
      const view = yield* session.view
      assert.deepInclude(view, {
        path: "unauthenticated.signing_in",
        awaiting: "device",
        actions: ["cancel", "sign_out"],
      })
      assert.strictEqual(view.promptUntil, prompt.until)
      assert.match(userCode, /^[A-Z]{8}$/)
      assert.match(clear(prompt.completeUrl ?? prompt.url), /^https:\/\/vendor\.example\/device\?user_code=/)

      yield* polled(stage, 2)
      assert.isTrue(yield* vendor.decide(userCode, "allow"))
      yield* polled(stage, 3)
      assert.deepInclude(yield* Fiber.join(signingIn), { state: "authenticated", awaiting: null, promptUntil: null })
      assert.deepEqual(
        polls(vendor).map(({ error }) => error),
        ["authorization_pending", "authorization_pending", undefined],
      )
      assert.deepEqual(pauses(vendor), [5, 5, 5])
      assert.match(clear(yield* session.accessToken), /^access-/)
      assert.strictEqual(yield* reasonOf(session.prompt), "Misconfigured")

      yield* clock.adjust("56 minutes")
      yield* reaches(session, "refreshed")
      assert.strictEqual(vendor.seen.at(-1)?.what, "refresh_token")
    }),
  )

  it.live("is 5 s slower after each slow_down, and twice as slow after a lost reply", () =>
    Effect.gen(function* () {
      const stage = yield* signing({ interval: null })
      const { open, vendor } = stage
      const session = yield* open(configured("maria"))
      const { signingIn, userCode } = yield* begun(session)
      vendor.slowsNext()
      yield* polled(stage, 2)
      assert.deepEqual(pauses(vendor), [5, 10])
      vendor.losesNext()
      yield* polled(stage, 4)
      assert.deepEqual(pauses(vendor), [5, 10, 10, 20])
      yield* vendor.decide(userCode, "allow")
      yield* polled(stage, 5)
      assert.strictEqual((yield* Fiber.join(signingIn)).state, "authenticated")
    }),
  )

  // openid-client 6.9.0 ends at each of them (findings/openid-client-ends-a-device-sign-in-at-a-502.sh).
  for (const [trouble, status, body] of [
    ["a vendor that restarts", 503, ""],
    ["a proxy's page", 502, "<h1>Bad Gateway</h1>"],
    ["a vendor that throttles", 429, "{}"],
  ] as const) {
    it.live(`goes on after ${trouble}, and brings the token`, () =>
      Effect.gen(function* () {
        const stage = yield* signing()
        const { open, vendor } = stage
        const session = yield* open(configured("maria"))
        const { signingIn, userCode } = yield* begun(session)
        yield* polled(stage, 1)
        vendor.answersNext(status, body)
        yield* polled(stage, 2)
        yield* vendor.decide(userCode, "allow")
        yield* polled(stage, 3)
        assert.strictEqual((yield* Fiber.join(signingIn)).state, "authenticated")
        assert.deepEqual(
          polls(vendor).map(({ error }) => error),
          ["authorization_pending", undefined, undefined],
        )
      }),
    )
  }

  it.live("ends when the person denies, and another one may follow", () =>
    Effect.gen(function* () {
      const stage = yield* signing()
      const { open, vendor } = stage
      const session = yield* open(configured("maria"))
      const { signingIn, userCode } = yield* begun(session)
      yield* vendor.decide(userCode, "deny")
      yield* polled(stage, 1)
      const { message, reason, remedy } = yield* Effect.flip(Fiber.join(signingIn))
      assert.deepInclude({ ...reason }, { _tag: "NotAllowed", code: "access_denied", atBrowser: true })
      assert.strictEqual(remedy, "sign_in")
      assert.match(message, /at the browser/)
      const view = yield* session.view
      assert.deepInclude(view, { path: "unauthenticated.idle", awaiting: null })
      assert.deepInclude(view.refusal, { remedy, message: "The provider refused this sign-in; sign in again." })

      const again = yield* begun(session)
      assert.notStrictEqual(again.userCode, userCode)
      yield* vendor.decide(again.userCode, "allow")
      yield* polled(stage, 2)
      assert.strictEqual((yield* Fiber.join(again.signingIn)).state, "authenticated")
    }),
  )

  it.live("ends with the code's life, and asks nothing afterwards", () =>
    Effect.gen(function* () {
      const stage = yield* signing({ codeLifetime: 12 })
      const { clock, open, vendor } = stage
      const session = yield* open(configured("maria"))
      const { signingIn } = yield* begun(session)
      yield* polled(stage, 2)
      yield* clock.adjust(2_000)
      const { reason, remedy } = yield* Effect.flip(Fiber.join(signingIn))
      assert.deepInclude({ ...reason }, { _tag: "ChallengeExpired", atBrowser: true })
      assert.strictEqual(remedy, "sign_in")
      yield* clock.adjust("1 hour")
      yield* settle
      assert.lengthOf(polls(vendor), 2)
    }),
  )

  for (const how of ["cancel", "signOut"] as const) {
    it.live(`ends at once by ${how}, without another poll`, () =>
      Effect.gen(function* () {
        const stage = yield* signing()
        const { clock, fibers, open, vendor } = stage
        const session = yield* open(configured("maria"))
        const { signingIn } = yield* begun(session)
        yield* polled(stage, 1)
        yield* session[how]
        assert.strictEqual(yield* reasonOf(Fiber.join(signingIn)), "SignedOut")
        assert.deepInclude(yield* session.view, { path: "unauthenticated.idle", promptUntil: null })
        yield* eventually(
          "no fiber is left",
          Effect.sync(() => fibers.size === 0),
        )
        yield* clock.adjust("1 hour")
        yield* settle
        assert.lengthOf(polls(vendor), 1)
      }),
    )
  }

  it.live("keeps two users apart, and finds each again", () =>
    Effect.gen(function* () {
      const stage = yield* signing()
      const { open, process, vendor } = stage
      const tokens: Array<string> = []
      for (const [index, user] of ["maria", "ben"].entries()) {
        const session = yield* open(configured(user))
        assert.strictEqual(yield* reasonOf(session.accessToken), "SignedOut")
        const { signingIn, userCode } = yield* begun(session)
        yield* vendor.decide(userCode, "allow")
        yield* polled(stage, index + 1)
        yield* Fiber.join(signingIn)
        tokens.push(clear(yield* session.accessToken))
      }
      const again = yield* open(configured("maria"), yield* process)
      assert.strictEqual(clear(yield* again.accessToken), tokens[0])
      assert.notStrictEqual(tokens[0], tokens[1])
      const nameless = Result.map(configure(provider, {}), () => "taken")
      assert.deepInclude(Result.isFailure(nameless) ? { ...nameless.failure.reason } : {}, { field: "user" })
    }),
  )

  for (const page of ["javascript:alert(1)", "http://vendor.example/device", "https://maria@vendor.example/", 7]) {
    it.live(`shows no page that a browser must not open: ${page}`, () =>
      Effect.gen(function* () {
        const reply = { device_code: "made-up", user_code: "MADE-UP", verification_uri: page, expires_in: 600 }
        const { open } = yield* harness({ between: () => () => Promise.resolve(Response.json(reply)) })
        const session = yield* open(configured("maria"))
        const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
        assert.strictEqual(yield* reasonOf(session.prompt), "Unreadable")
        assert.strictEqual(yield* reasonOf(Fiber.join(signingIn)), "Unreadable")
      }),
    )
  }

  it.live("needs a way, and a provider that people sign in to at a browser", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* signing()
      const without = yield* Effect.flip((yield* open(configured("maria"))).signIn())
      assert.match(without.message, /deviceSignIn/)
      const skyswitch = yield* open(accounts.skyswitch())
      assert.strictEqual(yield* reasonOf(skyswitch.signIn(deviceSignIn())), "Misconfigured")
      assert.isFalse("prompt" in skyswitch)
    }),
  )

  it.live("shows its page and its code in the prompt alone: not in a snapshot, a log, a span or an error", () => {
    const { layer, logs, spans } = recording()
    return Effect.gen(function* () {
      const stage = yield* signing()
      const { drive, open, runtime, vendor } = stage
      const session = yield* open(configured("maria"))
      const driver = yield* drive(configured("ben"))
      const seen: Array<unknown> = [session, runtime]
      driver.subscribe((view, event) => seen.push(view, event, driver.snapshot))
      const other = yield* Effect.forkChild(driver.signIn(deviceSignIn()))
      const { prompt, signingIn, userCode } = yield* begun(session)
      const theirs = yield* driver.prompt
      seen.push(prompt, theirs, driver, driver.snapshot, yield* session.view, JSON.stringify(driver.snapshot))
      yield* polled(stage, 2)
      yield* vendor.decide(userCode, "deny")
      yield* vendor.decide(clear(theirs.userCode ?? theirs.url), "allow")
      yield* polled(stage, 4)
      seen.push(yield* Effect.exit(Fiber.join(signingIn)), yield* Effect.exit(Fiber.join(other)), driver.snapshot)
      const secrets = new Set([...vendor.secrets, clear(prompt.url), clear(theirs.url)])
      assert.isAtLeast(secrets.size, 6)
      assert.isNotEmpty(spans)
      assert.isEmpty(leaked(seen, secrets))
      assert.isEmpty(leaked(spans, secrets))
      assert.isEmpty(leaked(logs, secrets))
    }).pipe(Effect.provide(layer))
  })
})
