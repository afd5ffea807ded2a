/** A pause that a provider asks for, in a registry. */
import { assert, describe, it } from "@effect/vitest"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import type * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { type Options, Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { people, settle, subjectOf } from "./Harness.ts"
import { HOUR, inSeconds, MINUTE, SECOND, stage, told, YEAR } from "./Paused.ts"

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
