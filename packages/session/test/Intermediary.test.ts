/** A refusal by an intermediary is not the vendor's. Over real HTTP, with time that the test controls. */
import { assert, describe, it } from "@effect/vitest"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Patience from "../src/Patience.ts"
import { type Answer, answering, asking, credentials, presented } from "./Answering.ts"
import { cutNetwork } from "./CutNetwork.ts"
import { harness, people, reaches, reasonOf, settle } from "./Harness.ts"

const html = "<html><title>Forbidden</title></html>"

const problem = JSON.stringify({ type: "about:blank", title: "Forbidden", status: 403, detail: "Access denied" })

/** What is seen of firewalls, gateways and proxies. */
const foreign: ReadonlyArray<readonly [string, Answer]> = [
  ["Cloudflare's text", { status: 403, body: "error code: 1010" }],
  ["a gateway's JSON", { status: 403, body: '{"message":"Forbidden"}' }],
  ["problem+json", { status: 403, body: problem, headers: { "content-type": "application/problem+json" } }],
  ["words", { status: 403, body: "Access denied" }],
  ["a page", { status: 403, body: html }],
  ["a 401 as a page", { status: 401, body: html }],
  ["a 401 of a gateway", { status: 401, body: '{"message":"Unauthorized"}' }],
  ["a 401 with nothing in it", { status: 401 }],
  ["a 405", { status: 405, body: "Method Not Allowed" }],
  ["a 406 of ModSecurity", { status: 406, body: html }],
  ["a 451", { status: 451, body: "Unavailable for legal reasons" }],
  ["a 400 as a page", { status: 400, body: html }],
  ["a challenge for browsers", { status: 202, headers: { "x-amzn-waf-action": "challenge" } }],
]

/** Unreadable answers to a sign-in, from any sender. */
const unreadable: ReadonlyArray<readonly [string, Answer]> = [
  ["a login page", { status: 200, body: "<html>Wrong password</html>" }],
  ["words in a 200", { status: 200, body: "Wrong password" }],
  ["nothing in a 200", { status: 200 }],
  ["an object without a token", { status: 200, body: '{"result":"denied"}' }],
]

/** One of each kind. The others are in the matrix. */
const few = [
  "Cloudflare's text",
  "a gateway's JSON",
  "a 401 with nothing in it",
  "a 405",
  "a 400 as a page",
  "a challenge for browsers",
  "a login page",
  "nothing in a 200",
]
const tagsOf = (name: string) => ({ tags: few.includes(name) ? [] : ["matrix"] })

describe("a renewal that something in between refuses", () => {
  for (const [name, answer] of foreign) {
    it.live(
      `waits, and presents the refresh token again: ${name}`,
      () =>
        Effect.gen(function* () {
          const stage = yield* harness({ wire: "http" })
          const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
          yield* driver.bearer
          yield* answering(stage, answer)
          yield* stage.clock.adjust(3_585_000)
          yield* reaches(driver, "expiring.waiting")
          yield* asking(stage, driver, 5, 30)
          // A 405 may come of the address as well, which is looked at more often.
          if (answer.status === 405) assert.strictEqual(yield* reasonOf(driver.bearer), "Misconfigured")
          else {
            assert.strictEqual(yield* reasonOf(driver.bearer), "Throttled")
            assert.strictEqual(driver.view.refusal?.remedy, "wait")
            assert.include([3, 4], yield* presented(stage, "refresh_token"))
          }
          yield* stage.emulator.faults.clear
          yield* stage.clock.adjust("10 minutes")
          yield* settle
          // Sessions that were told the same moment come within a second after it.
          yield* stage.clock.adjust("1 second")
          yield* reaches(driver, "refreshed")
          yield* driver.bearer
          assert.strictEqual(yield* presented(stage, "password"), 1)
        }),
      tagsOf(name),
    )
  }
})

describe("a sign-in whose answer nobody can read", () => {
  for (const [name, answer] of [...foreign, ...unreadable]) {
    it.live(
      `is presented three times, and then waits for a person: ${name}`,
      () =>
        Effect.gen(function* () {
          const stage = yield* harness({ wire: "http" })
          yield* answering(stage, answer)
          const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
          const first = yield* Effect.flip(driver.bearer)
          assert.include(["Throttled", "Unreadable", "Misconfigured"], first.reason._tag)
          assert.strictEqual(driver.view.path, "unauthenticated.waiting")
          yield* asking(stage, driver, 1, 9)
          assert.strictEqual(yield* presented(stage, "password"), 1)
          yield* asking(stage, driver, 1, 3)
          assert.strictEqual(yield* presented(stage, "password"), 2)
          yield* asking(stage, driver, 17, 48 * 60)
          assert.strictEqual(yield* presented(stage, "password"), 3)

          const { message, reason, remedy } = yield* Effect.flip(driver.bearer)
          assert.deepInclude(reason, { _tag: "Unreadable", refused: true })
          assert.match(message, /refused by something that we cannot read/)
          assert.strictEqual(remedy, "sign_in")
          assert.strictEqual(driver.view.path, "unauthenticated.idle")

          yield* stage.emulator.faults.clear
          yield* driver.signIn()
          assert.strictEqual(driver.view.path, "authenticated")
          yield* driver.bearer
        }),
      tagsOf(name),
    )
  }

  it.live("after a 405 no patient caller waits, and the option that the error names is tried at once", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const { accounts, drive, emulator } = stage
      yield* answering(stage, { status: 405, body: "Method Not Allowed" })
      const driver = yield* drive(accounts.skyswitch({ credentials }))
      const patient = Patience.wait(driver, driver.bearer, "15 minutes")
      const waiting = yield* Effect.forkChild(stage.timed(Effect.flip(patient)))
      yield* reaches(driver, "unauthenticated.waiting")
      yield* settle
      assert.isDefined(waiting.pollUnsafe(), "it fails at once")
      const { reason } = yield* Fiber.join(waiting)
      assert.include(reason._tag === "Misconfigured" && reason.fix, "trailingSlash: false")
      yield* emulator.faults.clear
      const same = yield* drive(accounts.skyswitch({ credentials }))
      assert.strictEqual(yield* reasonOf(same.bearer), "Misconfigured")
      const other = yield* drive(accounts.skyswitch({ credentials, trailingSlash: false }))
      yield* other.bearer
    }),
  )

  it.live("comes back by itself, when the block is over soon enough", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, { status: 403, body: "error code: 1010" })
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
      assert.match((yield* Effect.flip(driver.bearer)).message, /something that we cannot read/)
      yield* stage.emulator.faults.clear
      yield* stage.clock.adjust(601_000)
      yield* reaches(driver, "authenticated")
      assert.strictEqual(yield* presented(stage, "password"), 2)
    }),
  )

  it.live("waits as long as it is told, if that is longer", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, { status: 403, body: html, headers: { "retry-after": "1800" } })
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
      yield* Effect.flip(driver.bearer)
      yield* asking(stage, driver, 5, 25)
      assert.strictEqual(yield* presented(stage, "password"), 1)
      yield* asking(stage, driver, 5, 10)
      assert.strictEqual(yield* presented(stage, "password"), 2)
    }),
  )

  it.live("counts for the account, however many sessions there are of it", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, { status: 403, body: "Access denied" })
      for (let hour = 0; hour < 20; hour++) {
        const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
        yield* Effect.flip(driver.bearer)
        yield* driver.close
        yield* stage.clock.adjust("20 minutes")
        yield* settle
      }
      assert.strictEqual(yield* presented(stage, "password"), 3)
      const another = yield* stage.drive(stage.accounts.skyswitch({ credentials: people.reseller }))
      yield* Effect.flip(another.bearer)
      assert.strictEqual(yield* presented(stage, "password"), 4)
    }),
  )

  it.live("counts for the account, whatever store and runtime its sessions have", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, { status: 200, body: "<html>Wrong password</html>" })
      for (let opened = 0; opened < 6; opened++) {
        const store = yield* TokenStore.makeMemory
        const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }), yield* stage.processWith(store))
        yield* Effect.flip(opened % 2 === 0 ? Effect.asVoid(driver.bearer) : Effect.asVoid(driver.signIn()))
        yield* driver.close
      }
      assert.strictEqual(yield* presented(stage, "password"), 1)
      for (let hour = 0; hour < 20; hour++) {
        yield* stage.clock.adjust("1 hour")
        const driver = yield* stage.drive(
          stage.accounts.skyswitch({ credentials }),
          yield* stage.processWith(yield* TokenStore.makeMemory),
        )
        yield* Effect.flip(driver.signIn())
        yield* driver.close
      }
      assert.strictEqual(yield* presented(stage, "password"), 4)
    }),
  )

  it.live("is no reason to give up a renewal's sign-in for good", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
      yield* driver.bearer
      yield* stage.emulator.killRefreshTokens
      yield* answering(stage, { status: 403, body: '{"message":"Forbidden"}' }, "password")
      yield* stage.clock.adjust("57 minutes")
      yield* reaches(driver, ({ path, retryAt }) => path === "expiring.waiting" && retryAt !== null)
      yield* driver.bearer
      yield* stage.emulator.faults.clear
      yield* stage.clock.adjust(601_000)
      yield* reaches(driver, "authenticated")
      assert.strictEqual(yield* presented(stage, "password"), 3)
    }),
  )

  it.live("with a code that says what was decided is not presented again, whatever the status", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, { status: 500, body: '{"error":"invalid_grant"}', headers: { "retry-after": "1" } })
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
      assert.strictEqual(yield* reasonOf(driver.bearer), "BadCredentials")
      yield* asking(stage, driver, 5, 24 * 60)
      assert.strictEqual(yield* presented(stage, "password"), 1)
    }),
  )
})

const other = (password: string) => ({ ...people.officeManager, password: Redacted.make(password) })

describe("a person at a firewall", () => {
  it.live("is let through with another secret once, and held with the same one", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, { status: 403, body: "error code: 1010" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      const sent = (password: string) =>
        Effect.andThen(Effect.flip(driver.signIn(other(password))), presented(stage, "password"))
      assert.strictEqual(yield* sent("one"), 1)
      assert.strictEqual(yield* sent("one"), 1)
      assert.strictEqual(yield* sent("two"), 2)
      assert.strictEqual(yield* sent("three"), 2)
      assert.strictEqual(yield* sent("one"), 2)
      yield* stage.clock.adjust("9 minutes")
      const held = yield* Effect.flip(driver.signIn(other("three")))
      assert.isAtMost(held.reason._tag === "Throttled" ? held.reason.retryAt - stage.runtime.clock.now() : 0, 60_000)
      yield* stage.clock.adjust(61_000)
      assert.strictEqual(yield* sent("three"), 3)
      yield* stage.emulator.faults.clear
      yield* driver.signIn(people.officeManager)
      assert.strictEqual(driver.view.path, "authenticated")
    }),
  )

  for (const [status, begin, next] of [
    // An unreadable answer may be about a password; a ban is about the host.
    [401, 3, 4],
    [403, 2, 2],
  ] as const)
    it.live(`shares the one way through with all others at that host: ${status}`, () =>
      Effect.gen(function* () {
        const stage = yield* harness({ wire: "http" })
        yield* answering(stage, { status, body: "Access denied" })
        const drivers = yield* Effect.forEach(["111", "222", "333"], (extension) =>
          Effect.map(stage.drive(stage.accounts.skyswitch()), (driver) => ({ driver, extension })),
        )
        const all = (password: string) =>
          Effect.forEach(drivers, ({ driver, extension }) =>
            Effect.flip(driver.signIn({ username: `${extension}@abc-company`, password: Redacted.make(password) })),
          )
        yield* all("first")
        assert.strictEqual(yield* presented(stage, "password"), begin)
        yield* all("second")
        assert.strictEqual(yield* presented(stage, "password"), next)
        yield* all("third")
        assert.strictEqual(yield* presented(stage, "password"), next)
      }),
    )

  it.live("presents the same secret four times in a day at most", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, { status: 200, body: "<html>Wrong password</html>" })
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
      for (let minute = 0; minute < 23 * 60; minute += 7) {
        yield* Effect.flip(driver.signIn())
        yield* Effect.exit(driver.bearer)
        yield* stage.clock.adjust("7 minutes")
        yield* settle
      }
      assert.isAtMost(yield* presented(stage, "password"), 4)
      yield* stage.clock.adjust("3 hours")
      yield* stage.emulator.faults.clear
      yield* driver.signIn()
      assert.strictEqual(driver.view.path, "authenticated")
    }),
  )

  it.live("keeps the way through while nobody uses it, or nothing is sent", () =>
    Effect.gen(function* () {
      const network = cutNetwork()
      const stage = yield* harness({ wire: "http", between: network.between })
      yield* answering(stage, { status: 401, body: "Access denied" })
      const attempt = (password: string, isUserCall: boolean) =>
        Effect.gen(function* () {
          const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials: other(password) }))
          return (yield* Effect.flip(isUserCall ? Effect.asVoid(driver.signIn()) : Effect.asVoid(driver.bearer))).reason
            ._tag
        })
      yield* attempt("one", true)
      // No person asked for it, so it waits like the first one.
      assert.strictEqual(yield* attempt("two", false), "Throttled")
      assert.strictEqual(yield* presented(stage, "password"), 1)
      network.isCut = true
      assert.strictEqual(yield* attempt("three", true), "Unavailable")
      network.isCut = false
      yield* attempt("four", true)
      assert.strictEqual(yield* presented(stage, "password"), 2)
      yield* attempt("five", true)
      assert.strictEqual(yield* presented(stage, "password"), 2)
    }),
  )

  it.live("may give another passcode once", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      yield* driver.signIn(people.withFactor)
      yield* answering(stage, { status: 403, body: "Access denied" })
      const sent = (passcode: string) =>
        Effect.andThen(
          Effect.flip(driver.submitPasscode(Redacted.make(passcode))),
          stage.count((entry) => entry.grant === "mfa"),
        )
      assert.strictEqual(yield* sent("111111"), 1)
      assert.strictEqual(yield* sent("222222"), 2)
      assert.strictEqual(yield* sent("333333"), 2)
      assert.strictEqual(driver.view.path, "mfa_required.awaiting_passcode")
    }),
  )
})
