/** A "no" of somebody in between is not the vendor's. Over real HTTP, with time in the test's hand. */
import { assert, describe, it } from "@effect/vitest"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import type { Driver } from "@pbx-auth/session/engine/Driver"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { eventually, harness, people, reaches, reasonOf, settle, subjectOf } from "./Harness.ts"

type Stage = Effect.Success<ReturnType<typeof harness>>

interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

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

/** Answers to a sign-in that nobody can read, of whoever gives them. */
const unreadable: ReadonlyArray<readonly [string, Answer]> = [
  ["a login page", { status: 200, body: "<html>Wrong password</html>" }],
  ["words in a 200", { status: 200, body: "Wrong password" }],
  ["nothing in a 200", { status: 200 }],
  ["an object without a token", { status: 200, body: '{"result":"denied"}' }],
]

const { credentials } = { credentials: people.officeManager }

/** From now on every token call, or those of one grant, is answered so. */
const answering = (
  { emulator }: Stage,
  { body = "", headers = {}, status }: Answer,
  grant?: "password" | "refresh_token",
) =>
  emulator.faults.arm({
    fault: { _tag: "reply", status, body, headers },
    match: { provider: "netsapiens", ...(grant && { grant }) },
    times: "always",
  })

const presented = ({ count }: Stage, grant: "password" | "refresh_token") => count((entry) => entry.grant === grant)

/** Somebody asks for a token every so often; what was said is of no interest. */
const asking = Effect.fnUntraced(function* ({ clock }: Stage, driver: Driver, everyMinutes: number, minutes: number) {
  for (let passed = 0; passed < minutes; passed += everyMinutes) {
    yield* Effect.exit(driver.bearer)
    yield* clock.adjust(everyMinutes * 60_000)
    yield* settle
  }
})

describe("a renewal that something in between refuses", () => {
  for (const [name, answer] of foreign) {
    it.live(`waits, and presents the refresh token again: ${name}`, () =>
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
        yield* reaches(driver, "refreshed")
        yield* driver.bearer
        assert.strictEqual(yield* presented(stage, "password"), 1)
      }),
    )
  }
})

describe("a sign-in whose answer nobody can read", () => {
  for (const [name, answer] of [...foreign, ...unreadable]) {
    it.live(`is presented three times, and then waits for a person: ${name}`, () =>
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
    )
  }

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
    // Whatever nobody can read may be about a password; a ban is about the host.
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
      let isCut = false
      const between = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
        const cut: typeof globalThis.fetch = async (input, init) => {
          if (isCut) throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })
          return fetch(input, init)
        }
        return cut
      }
      const stage = yield* harness({ wire: "http", between })
      yield* answering(stage, { status: 401, body: "Access denied" })
      const attempt = (password: string, isUserCall: boolean) =>
        Effect.gen(function* () {
          const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials: other(password) }))
          return (yield* Effect.flip(isUserCall ? Effect.asVoid(driver.signIn()) : Effect.asVoid(driver.bearer))).reason
            ._tag
        })
      yield* attempt("one", true)
      // Nobody asked for it: it waits like the first one.
      assert.strictEqual(yield* attempt("two", false), "Throttled")
      assert.strictEqual(yield* presented(stage, "password"), 1)
      isCut = true
      assert.strictEqual(yield* attempt("three", true), "Unavailable")
      isCut = false
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

const lost = {
  status: 400,
  body: '{"error":"invalid_request","error_description":"Missing form parameter: grant_type"}',
}

describe("invalid_request", () => {
  it.live("in answer to a renewal is no verdict: it is presented again", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      yield* driver.signIn(credentials)
      yield* stage.emulator.faults.arm({ fault: { _tag: "reply", ...lost }, match: { grant: "refresh_token" } })
      yield* stage.clock.adjust(3_585_000)
      const { reason } = yield* Effect.flip(driver.bearer)
      assert.deepInclude(reason, { _tag: "Unavailable", garbled: true })
      yield* stage.clock.adjust("2 seconds")
      yield* reaches(driver, "refreshed")
      assert.strictEqual(yield* presented(stage, "refresh_token"), 2)
    }),
  )

  it.live("counts as a refusal when it comes twice, and names the option that helps", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      yield* driver.signIn(credentials)
      yield* answering(stage, lost, "refresh_token")
      yield* stage.clock.adjust("57 minutes")
      yield* reaches(driver, "expiring.waiting")
      yield* stage.clock.adjust("3 seconds")
      yield* reaches(driver, ({ retryAt }) => retryAt === null)
      yield* stage.clock.adjust("1 hour")
      const error = yield* Effect.flip(driver.bearer)
      assert.deepInclude(error.reason, { _tag: "RenewalRefused", garbled: true, code: "invalid_request" })
      assert.include(error.message, 'refreshMethod: "GET"')
      assert.strictEqual(yield* presented(stage, "refresh_token"), 2)
    }),
  )

  it.live("does not count where another answer came between", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      yield* driver.signIn(credentials)
      const once = (answer: Answer) =>
        stage.emulator.faults.arm({ fault: { _tag: "reply", ...answer }, match: { grant: "refresh_token" } })
      const limited = { status: 429, headers: { "retry-after": "1" } }
      for (const answer of [lost, limited, lost]) yield* once(answer)
      yield* stage.clock.adjust("57 minutes")
      for (let second = 0; second < 30; second++) {
        yield* stage.clock.adjust("1 second")
        yield* settle
      }
      yield* reaches(driver, "refreshed")
      assert.strictEqual(yield* presented(stage, "refresh_token"), 4)
    }),
  )

  it.live("in answer to a sign-in is presented once more, and then waits for a person", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      yield* answering(stage, lost)
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials }))
      assert.strictEqual(yield* reasonOf(driver.bearer), "Unavailable")
      yield* asking(stage, driver, 1, 24 * 60)
      const { reason } = yield* Effect.flip(driver.bearer)
      assert.deepInclude(reason, { _tag: "Unreadable", refused: true })
      assert.strictEqual(yield* presented(stage, "password"), 2)
      yield* stage.emulator.faults.clear
      yield* driver.signIn()
      assert.strictEqual(driver.view.path, "authenticated")
    }),
  )
})

it.live("invalid_scope in answer to acting is a missing right", () =>
  Effect.gen(function* () {
    const stage = yield* harness({ wire: "http" })
    const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials: people.reseller }))
    yield* driver.bearer
    yield* answering(stage, { status: 400, body: '{"error":"invalid_scope"}' })
    const calls: ReadonlyArray<Effect.Effect<unknown, AuthError.AuthError, Scope.Scope>> = [
      driver.child(subjectOf.netsapiens),
      driver.startActing(subjectOf.netsapiens),
    ]
    for (const call of calls) {
      const error = yield* Effect.flip(call)
      assert.deepInclude(error.reason, { _tag: "NotAllowed", tokenRejected: false })
    }
    assert.strictEqual(driver.view.path, "authenticated")
  }),
)

describe("an API that takes no token", () => {
  /** Every call of the API is answered with a 401; the token endpoint is well. */
  const deaf = Effect.fnUntraced(function* () {
    const stage = yield* harness({ wire: "http" })
    yield* stage.emulator.faults.arm({
      fault: { _tag: "reply", status: 401, body: '{"message":"no"}' },
      match: { path: "/ns-api/x" },
      times: "always",
    })
    const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.reseller }))
    const api = yield* Effect.provide(BearerHttpClient.make(pbx), stage.http)
    const call = Effect.map(api.get(`${stage.origin}/ns-api/x`), ({ status }) => status)
    return { ...stage, call, pbx }
  })

  it.live("causes one renewal, then one a minute, two minutes, and so on later", () =>
    Effect.gen(function* () {
      const stage = yield* deaf()
      const calls = (many: number, concurrency: number) =>
        Effect.forEach(Array.from({ length: many }), () => stage.call, { concurrency })
      const statuses = [...(yield* calls(100, 1)), ...(yield* calls(100, 20))]
      assert.deepStrictEqual([...new Set(statuses)], [401])
      assert.strictEqual(yield* presented(stage, "refresh_token"), 1)
      assert.strictEqual(yield* stage.count((entry) => entry.grant === undefined), 201)
      // What another API takes goes on meanwhile.
      yield* stage.pbx.bearer
      const after: Array<number> = []
      for (let minute = 1; minute <= 16; minute++) {
        yield* stage.clock.adjust(61_000)
        yield* calls(5, 1)
        after.push(yield* presented(stage, "refresh_token"))
      }
      assert.deepStrictEqual(after, [2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5])
      assert.strictEqual(yield* presented(stage, "password"), 1)
    }),
  )

  it.live("is told of in the view, and in the error of whoever asks about the token", () =>
    Effect.gen(function* () {
      const stage = yield* deaf()
      yield* stage.call
      const view = yield* stage.pbx.view
      assert.deepInclude(view.refusal, { code: "NotAllowed", remedy: "ask_administrator" })
      assert.strictEqual(view.path, "refreshed")
      yield* stage.emulator.faults.arm({
        fault: { _tag: "reply", status: 401 },
        match: { path: "/ns-api/oauth2/read" },
        times: "always",
      })
      const error = yield* Effect.flip(stage.pbx.inspect)
      assert.deepInclude(error.reason, { _tag: "NotAllowed", tokenRejected: true, fresh: true })
      assert.match(error.message, /had just been issued/)
      assert.strictEqual(yield* presented(stage, "refresh_token"), 1)
    }),
  )

  it.live("does not hold up the replacement of a token that was taken, and then died", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.reseller }))
      const api = yield* Effect.provide(BearerHttpClient.make(pbx), stage.http)
      yield* pbx.bearer
      for (const ends of [1, 2, 3]) {
        yield* stage.emulator.killAccessTokens
        assert.strictEqual((yield* api.get(`${stage.origin}/ns-api/`)).status, 200)
        assert.strictEqual(yield* presented(stage, "refresh_token"), ends)
      }
    }),
  )

  it.live("does not cause a masquerade for every call", () =>
    Effect.gen(function* () {
      const stage = yield* deaf()
      const child = yield* stage.pbx.actAs(subjectOf.netsapiens)
      const api = yield* Effect.provide(BearerHttpClient.make(child), stage.http)
      for (let many = 0; many < 20; many++) assert.strictEqual((yield* api.get(`${stage.origin}/ns-api/x`)).status, 401)
      assert.strictEqual(yield* stage.count((entry) => entry.grant === "masquerade"), 2)
      yield* child.bearer
    }),
  )

  it.live("without a client of ours is no storm either", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials: people.reseller }))
      for (let many = 0; many < 50; many++) {
        const { generation } = yield* driver.bearer
        driver.reject(generation)
        yield* settle
      }
      yield* eventually(
        "one renewal",
        Effect.map(presented(stage, "refresh_token"), (many) => many === 1),
      )
      assert.isTrue(AuthError.isAuthError(driver.reject(driver.view.generation)))
    }),
  )
})
