/** A provider asks for a pause: who keeps to it, for how long, and who may ask all the same. Over sockets of this machine. */
import { assert, describe, it } from "@effect/vitest"
import type { Fault, Rule } from "@pbx-auth/emulator/Fault"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import type { Driver } from "@pbx-auth/session/engine/Driver"
import type * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { type Options, Sessions } from "@pbx-auth/session/Sessions"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { eventually, harness, passcode, people, reaches, reasonOf, settle, subjectOf } from "./Harness.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const YEAR = 365 * 24 * HOUR

const told = (after: string, status = 429): Fault => ({ _tag: "reply", status, headers: { "retry-after": after } })
const inSeconds = (ms: number) => String(ms / SECOND)

/** Stands still: the test's clock is this one, moved by hand. */
const still: Clock.Clock = {
  currentTimeMillisUnsafe: () => 1_783_000_000_000,
  currentTimeMillis: Effect.succeed(1_783_000_000_000),
  currentTimeNanosUnsafe: () => 1_783_000_000_000_000_000n,
  currentTimeNanos: Effect.succeed(1_783_000_000_000_000_000n),
  monotonicTimeNanosUnsafe: () => 1_000_000_000n,
  monotonicTimeNanos: Effect.succeed(1_000_000_000n),
  sleep: () => Effect.never,
}

const stage = Effect.fnUntraced(function* (options: Parameters<typeof harness>[0] = {}) {
  const made = yield* Effect.provideService(harness({ wire: "http", ...options }), Clock.Clock, still)
  const arm = (fault: Fault, more: Partial<Rule> = {}) => Effect.asVoid(made.emulator.faults.arm([{ fault, ...more }]))
  const credentialsOf = (person: Credentials | undefined) => (person === undefined ? {} : { credentials: person })
  /** A session of a process of its own. */
  const apart = (person?: Credentials) =>
    Effect.flatMap(made.process, (runtime) => made.drive(made.accounts.skyswitch(credentialsOf(person)), runtime))
  const now = Effect.suspend(() => made.clock.currentTimeMillis)
  return {
    ...made,
    apart,
    arm,
    asked: Effect.map(made.journal, (entries) => entries.filter(({ grant }) => grant !== undefined).length),
    heal: made.emulator.faults.clear,
    now,
    /** In how many ms a refusal says to come back. */
    pauseOf: <A>(effect: Effect.Effect<A, AuthError>) =>
      Effect.gen(function* () {
        const { reason } = yield* Effect.flip(effect)
        assert.strictEqual(reason._tag, "Throttled")
        return reason._tag === "Throttled" ? reason.retryAt - (yield* now) : Number.NaN
      }),
  }
})

describe("a pause of a year", () => {
  for (const status of [429, 503]) {
    it.live(`with ${status} is cut at an hour, and the view says so`, () =>
      Effect.gen(function* () {
        const { apart, arm, asked, clock, now, pauseOf } = yield* stage()
        const driver = yield* apart(people.officeManager)
        yield* arm(told(inSeconds(YEAR), status))
        const begun = yield* now
        assert.strictEqual(yield* pauseOf(driver.bearer), HOUR)
        const { refusal, retryAt } = driver.view
        assert.strictEqual(refusal?.code, "Throttled")
        assert.strictEqual(refusal?.toldUntil, begun + YEAR)
        assert.match(refusal?.message ?? "", /very long/)
        assert.isAtMost((retryAt ?? 0) - begun, HOUR + 2 * SECOND)
        yield* clock.adjust(HOUR - SECOND)
        yield* settle
        assert.strictEqual(yield* asked, 1)
        yield* clock.adjust(4 * SECOND)
        yield* reaches(driver, "authenticated")
        assert.isNull(driver.view.refusal)
        assert.strictEqual(yield* asked, 2)
      }),
    )
  }

  it.live("after a firewall's 403 is cut at a day", () =>
    Effect.gen(function* () {
      const { apart, arm, pauseOf } = yield* stage()
      yield* arm(told(inSeconds(YEAR), 403))
      const driver = yield* apart(people.officeManager)
      assert.strictEqual(yield* pauseOf(driver.bearer), 24 * HOUR)
      assert.isDefined(driver.view.refusal?.toldUntil)
    }),
  )

  for (const status of [401, 406, 451]) {
    it.live(`that comes with an unreadable ${status} holds new sessions, too`, () =>
      Effect.gen(function* () {
        const { apart, arm, asked, pauseOf } = yield* stage()
        yield* arm(told("1800", status))
        yield* pauseOf((yield* apart(people.officeManager)).bearer)
        assert.strictEqual(yield* pauseOf((yield* apart(people.reseller)).bearer), 1_800 * SECOND)
        assert.strictEqual(yield* asked, 1)
      }),
    )
  }

  it.live("an ordinary one is kept to as it is, and the view has nothing to add", () =>
    Effect.gen(function* () {
      const { apart, arm, pauseOf } = yield* stage()
      yield* arm(told("3600"))
      const driver = yield* apart(people.officeManager)
      assert.strictEqual(yield* pauseOf(driver.bearer), HOUR)
      assert.notProperty(driver.view.refusal, "toldUntil")
    }),
  )
})

describe("a pause is of a client id at a host", () => {
  it.live("thirty new sessions in runtimes of their own keep to it, and send nothing", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, clock, pauseOf } = yield* stage()
      yield* arm(told("120"))
      yield* pauseOf((yield* apart(people.officeManager)).bearer)
      yield* clock.adjust(20 * SECOND)
      const drivers = yield* Effect.forEach(Array.from({ length: 30 }), () => apart(people.reseller))
      for (const driver of drivers) assert.strictEqual(yield* pauseOf(driver.bearer), 100 * SECOND)
      assert.strictEqual(yield* asked, 1)
      // They come by themselves when it is over. They share a store, so the wait for one another needs time.
      yield* clock.adjust(102 * SECOND)
      for (const driver of drivers) {
        yield* eventually(
          "a token",
          Effect.map(clock.adjust(SECOND), () => driver.view.path === "authenticated"),
        )
      }
    }),
  )

  it.live("another client id, or the same one at another host, is not held by it", () =>
    Effect.gen(function* () {
      const { accounts, apart, arm, drive, pauseOf } = yield* stage()
      yield* arm(told("120"))
      yield* pauseOf((yield* apart(people.officeManager)).bearer)
      const other = accounts.skyswitch({
        client: { id: "another-id", secret: "another" },
        credentials: people.reseller,
      })
      assert.strictEqual(yield* reasonOf((yield* drive(other)).bearer), "ClientRefused")
      const elsewhere = yield* stage()
      yield* (yield* elsewhere.apart(people.officeManager)).bearer
    }),
  )

  it.live("a subscriber's own limit holds that subscriber alone, in new sessions too", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, pauseOf } = yield* stage()
      const limit = { name: "subscriber_minute", quota: 60, window: 60, remaining: 0, reset: 40 }
      yield* arm({ _tag: "rate_limit", policies: [limit] })
      yield* pauseOf((yield* apart(people.officeManager)).bearer)
      assert.strictEqual(yield* pauseOf((yield* apart(people.officeManager)).bearer), 40 * SECOND)
      assert.strictEqual(yield* asked, 1)
      yield* (yield* apart(people.reseller)).bearer
    }),
  )

  it.live("a question about a token keeps to it, too", () =>
    Effect.gen(function* () {
      const { apart, arm, drive, accounts, journal, pauseOf } = yield* stage()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* arm(told("120"))
      yield* pauseOf((yield* apart(people.reseller)).bearer)
      const before = (yield* journal).length
      assert.strictEqual(yield* pauseOf(driver.inspect), 120 * SECOND)
      assert.lengthOf(yield* journal, before)
    }),
  )
})

describe("a person in a pause", () => {
  /** A pause that an unattended session met. */
  const paused = Effect.fnUntraced(function* (after = inSeconds(YEAR), options: Parameters<typeof harness>[0] = {}) {
    const made = yield* stage(options)
    yield* made.arm(told(after))
    yield* made.pauseOf((yield* made.apart(people.basicUser)).bearer)
    return made
  })
  const signsIn = (driver: Driver, person = people.officeManager) => driver.signIn(person)

  it.live("may ask once, all sessions together; whoever comes second is told when", () =>
    Effect.gen(function* () {
      const { accounts, apart, asked, drive, now, pauseOf } = yield* paused()
      const persons = [people.officeManager, people.reseller, people.ipex]
      const calls = persons.flatMap((person) =>
        [accounts.skyswitch(), accounts.landstar(), accounts.netsapiens()].map((account) =>
          Effect.flatMap(drive(account), (driver) => Effect.exit(driver.signIn(person))),
        ),
      )
      const outcomes = yield* Effect.all(calls, { concurrency: "unbounded" })
      assert.lengthOf(
        outcomes.filter(({ _tag }) => _tag === "Success"),
        1,
      )
      assert.strictEqual(yield* asked, 2)
      const late = yield* apart()
      assert.strictEqual(yield* pauseOf(signsIn(late)), HOUR)
      assert.strictEqual(late.view.refusal?.code, "Throttled")
      assert.isAtLeast(late.view.retryAt ?? 0, (yield* now) + HOUR)
      assert.strictEqual(yield* asked, 2)
    }),
  )

  it.live("who is answered goes on: a second factor, a renewal, acting; but does not sign in once more", () =>
    Effect.gen(function* () {
      const { apart, asked, pauseOf } = yield* paused()
      const driver = yield* apart()
      assert.strictEqual((yield* signsIn(driver, people.withFactor)).path, "mfa_required.awaiting_passcode")
      yield* driver.submitPasscode(passcode)
      const { generation } = yield* driver.bearer
      driver.reject(generation)
      assert.isAbove((yield* driver.bearer).generation, generation)
      assert.strictEqual(yield* asked, 4)
      // Others still keep to it.
      yield* pauseOf((yield* apart(people.reseller)).bearer)
      yield* driver.signOut
      assert.strictEqual(yield* pauseOf(signsIn(driver)), HOUR)
      assert.strictEqual(yield* asked, 4)
    }),
  )

  it.live("who is told to wait once more has asked, however the pause was lengthened", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, clock, heal, pauseOf } = yield* paused("600")
      yield* arm(told("1200"), { times: "always" })
      const driver = yield* apart()
      assert.strictEqual(yield* pauseOf(signsIn(driver)), 1_200 * SECOND)
      for (const one of [driver, yield* apart()]) assert.strictEqual(yield* pauseOf(signsIn(one)), 1_200 * SECOND)
      assert.strictEqual(yield* asked, 2)
      yield* heal
      yield* clock.adjust(1_205 * SECOND)
      yield* signsIn(yield* apart())
    }),
  )

  it.live("a probe that was never sent was none", () =>
    Effect.gen(function* () {
      let isCut = false
      const between = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
        const cut: typeof globalThis.fetch = async (input, init) => {
          if (isCut) throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })
          return fetch(input, init)
        }
        return cut
      }
      const { apart, asked, pauseOf } = yield* paused("600", { between })
      isCut = true
      assert.strictEqual(yield* reasonOf(signsIn(yield* apart())), "Unavailable")
      isCut = false
      yield* signsIn(yield* apart())
      assert.strictEqual(yield* asked, 2)
      yield* pauseOf(signsIn(yield* apart()))
    }),
  )

  it.live("each pause has a probe of its own", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, clock, pauseOf } = yield* paused("60")
      yield* signsIn(yield* apart())
      yield* clock.adjust(65 * SECOND)
      yield* settle
      yield* arm(told("60"))
      yield* pauseOf(signsIn(yield* apart()))
      const before = yield* asked
      yield* signsIn(yield* apart())
      yield* pauseOf(signsIn(yield* apart()))
      assert.strictEqual(yield* asked, before + 1)
    }),
  )
})

describe("a wall clock that is set", () => {
  for (const by of [-2 * HOUR, 2 * HOUR]) {
    it.live(`by ${by / HOUR} h: a pause ends when it was to end, not later and not earlier`, () =>
      Effect.gen(function* () {
        const { apart, arm, asked, clock, now, pauseOf } = yield* stage()
        yield* arm(told("120"))
        const driver = yield* apart(people.officeManager)
        yield* pauseOf(driver.bearer)
        yield* clock.setWall((yield* now) + by)
        assert.strictEqual(yield* pauseOf((yield* apart(people.reseller)).bearer), 120 * SECOND)
        yield* clock.adjust(119 * SECOND)
        yield* settle
        yield* Effect.exit(driver.bearer)
        assert.strictEqual(yield* asked, 1)
        yield* clock.adjust(32 * SECOND)
        yield* reaches(driver, "authenticated")
      }),
    )
  }
})

describe("in a registry", () => {
  const registry = Effect.fnUntraced(function* (options: Options = {}) {
    const made = yield* stage()
    const built = Layer.build(
      Layer.provide(Sessions.layerRuntime(options), Layer.succeed(SessionRuntime, made.runtime)),
    )
    const sessions = Context.get(yield* made.timed(built), Sessions)
    const session = (person: Credentials) =>
      made.timed(sessions.session(made.accounts.skyswitch({ credentials: person })))
    const call = (source: Parameters<typeof BearerHttpClient.make>[0]) =>
      Effect.flatMap(BearerHttpClient.make(source), (api) => api.get(`${made.origin}/ns-api/`)).pipe(
        Effect.map(({ status }) => status),
        Effect.provide(made.http),
        made.timed,
      )
    /** Time passes in steps, until an effect has its end; gives how long that took, within a step. */
    const through = <A, E>(effect: Effect.Effect<A, E>, longest: number, step = SECOND) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(made.timed(effect), { startImmediately: true })
        for (let took = 0; took <= longest; took += step) {
          yield* settle
          if (fiber.pollUnsafe() !== undefined) return { exit: yield* Fiber.await(fiber), took }
          yield* made.clock.adjust(step)
        }
        return yield* Effect.die(new Error("It takes too long"))
      })
    const turnOf = (of: Session.BearerSource) =>
      made.timed(Effect.suspend(() => of.pacing?.turn ?? Effect.die("no pacing")))
    const note = (of: Session.BearerSource, after: string, status?: number) =>
      made.timed(of.pacing?.note({ "retry-after": after }, status) ?? Effect.void)
    return { ...made, call, note, session, sessions, through, turnOf }
  })

  for (const [status, holds] of [
    [200, false],
    [202, false],
    [429, true],
    [503, true],
  ] as const) {
    it.live(
      `Retry-After in an API's ${status} holds ${holds ? "all of the client id, for an hour at most" : "nobody"}`,
      () =>
        Effect.gen(function* () {
          const { arm, call, pauseOf, session } = yield* registry()
          const [one, other] = [yield* session(people.officeManager), yield* session(people.reseller)]
          yield* call(one)
          yield* arm({ _tag: "reply", status, headers: { "retry-after": inSeconds(YEAR) }, body: "{}" })
          assert.strictEqual(yield* call(one), status)
          if (holds) assert.isAtMost(yield* pauseOf(other.accessToken), HOUR)
          else assert.strictEqual(yield* call(other), 200)
        }),
    )
  }

  it.live("what nobody can read holds the session that met it, and no other; a ban holds all", () =>
    Effect.gen(function* () {
      const { arm, pauseOf, session } = yield* registry()
      const refused = (status: number) => arm({ _tag: "reply", status, body: "Access denied" })
      yield* refused(401)
      yield* pauseOf((yield* session(people.officeManager)).accessToken)
      yield* (yield* session(people.reseller)).accessToken
      yield* refused(403)
      yield* pauseOf((yield* session(people.ipex)).accessToken)
      yield* pauseOf((yield* session(people.basicUser)).accessToken)
    }),
  )

  it.live("headers of which no status is known hold calls, and no token", () =>
    Effect.gen(function* () {
      const { call, note, session, through, turnOf } = yield* registry({ patience: 20 * MINUTE })
      const [one, other] = [yield* session(people.officeManager), yield* session(people.reseller)]
      yield* call(one)
      yield* note(one, "600")
      yield* other.accessToken
      assert.isAtLeast((yield* through(turnOf(other), 20 * MINUTE, 10 * SECOND)).took, 590 * SECOND)
    }),
  )

  it.live("a person's probe goes out in spite of what the budget knows of the pause", () =>
    Effect.gen(function* () {
      const { arm, asked, session, pauseOf } = yield* registry()
      yield* arm(told("600"))
      yield* pauseOf((yield* session(people.basicUser)).accessToken)
      const one = yield* session(people.officeManager)
      yield* one.signIn()
      yield* pauseOf((yield* session(people.reseller)).signIn())
      assert.strictEqual(yield* asked, 2)
    }),
  )

  it.live("a wall clock that is set back two hours makes no window and no pause longer", () =>
    Effect.gen(function* () {
      const { clock, note, now, session, sessions, through, turnOf } = yield* registry()
      const one = yield* session(people.officeManager)
      yield* one.accessToken
      // One of the sixty of a minute is kept for tokens, and two more.
      for (let turns = 0; turns < 57; turns++) yield* turnOf(one)
      yield* clock.adjust(10 * SECOND)
      yield* clock.setWall((yield* now) - 2 * HOUR)
      const next = yield* Effect.forkChild(turnOf(one), { startImmediately: true })
      yield* settle
      const [waiting] = yield* sessions.waiting
      assert.isAtMost((waiting?.retryAt ?? 0) - (yield* now), 51 * SECOND)
      assert.isAtMost((yield* through(Fiber.join(next), 5 * MINUTE)).took, 55 * SECOND)
      yield* note(one, "30", 429)
      yield* clock.setWall((yield* now) - 2 * HOUR)
      const { took } = yield* through(turnOf(one), 5 * MINUTE)
      assert.isAtLeast(took, 29 * SECOND)
      assert.isAtMost(took, 32 * SECOND)
    }),
  )

  const slow = [{ policy: "client_minute", per: "client", quota: 1, window: 10 * MINUTE }] as const

  it.live("patience is an hour unless told otherwise, and two minutes where a person waits", () =>
    Effect.gen(function* () {
      const { accounts, session, sessions, through, timed, turnOf } = yield* registry({ limits: slow })
      const job = yield* session(people.officeManager)
      yield* turnOf(job)
      const persons = yield* timed(sessions.session(accounts.skyswitch(), { name: "user-17" }))
      const person = yield* through(turnOf(persons), 5 * MINUTE, 5 * SECOND)
      assert.strictEqual(person.exit._tag, "Failure")
      assert.isAtMost(Math.abs(person.took - 2 * MINUTE), 10 * SECOND)
      const patient = yield* through(turnOf(job), 20 * MINUTE, 10 * SECOND)
      assert.strictEqual(patient.exit._tag, "Success")
      assert.isAtLeast(patient.took, 7 * MINUTE)
    }),
  )

  it.live("what is known to take longer than that is told at once", () =>
    Effect.gen(function* () {
      const { accounts, arm, pauseOf, session, sessions, timed, turnOf } = yield* registry()
      yield* arm(told("600"))
      yield* pauseOf((yield* session(people.officeManager)).accessToken)
      const persons = yield* timed(sessions.session(accounts.skyswitch(), { name: "user-17" }))
      assert.strictEqual(yield* pauseOf(turnOf(persons)), 600 * SECOND)
      assert.isEmpty(yield* sessions.waiting)
    }),
  )

  it.live("a child of a session that waits is told so, too", () =>
    Effect.gen(function* () {
      const { arm, asked, pauseOf, session } = yield* registry({ patience: MINUTE })
      const reseller = yield* session(people.reseller)
      yield* reseller.accessToken
      yield* arm(told("600"))
      yield* pauseOf((yield* session(people.officeManager)).accessToken)
      yield* pauseOf(reseller.startActing(subjectOf.netsapiens))
      assert.strictEqual(yield* asked, 2)
    }),
  )
})
