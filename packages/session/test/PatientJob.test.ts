/** A bulk job, and a session of its own, wait for the end of an outage. */
import { assert, describe, it } from "@effect/vitest"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { type Options as HarnessOptions, harness, people, reaches, reasonOf, settle } from "./Harness.ts"
import { last, outage, SECOND, type Stage } from "./Outages.ts"

const domain = "acmecorp.12345.service"

const extensions = Array.from({ length: 30 }, (_, index) => String(2_000 + index))

const subjects = extensions.map((extension) => `${extension}@${domain}`)

const world = {
  netsapiens: {
    accounts: [
      { extension: "1000", domain, password: "mypassword", scope: "Reseller" },
      ...extensions.map((extension) => ({ extension, domain, scope: "Basic User" })),
    ],
  },
}

describe("a bulk job", () => {
  const registry = Effect.fnUntraced(function* (options: HarnessOptions & { readonly paced?: boolean } = {}) {
    const made = yield* harness({ world, ...options })
    const build = Layer.build(
      Layer.provide(
        Sessions.layerRuntime({ respectRateLimits: options.paced === true }),
        Layer.succeed(SessionRuntime, made.runtime),
      ),
    )
    const sessions = Context.get(yield* made.timed(build), Sessions)
    const pbx = yield* made.timed(sessions.session(made.accounts.skyswitch({ credentials: people.reseller })))
    yield* pbx.accessToken
    return { ...made, pbx, sessions, stage: made as Stage }
  })

  const tally = (outcomes: ReadonlyArray<{ readonly exit: Exit.Exit<unknown, unknown> }>) =>
    outcomes.filter(({ exit }) => Exit.isSuccess(exit)).length

  for (const paced of [false, true]) {
    it.live(`keeps all of 30 subjects through an outage of two seconds${paced ? ", at the provider's pace" : ""}`, () =>
      Effect.gen(function* () {
        const { journal, pbx, sessions, stage, timed } = yield* registry({ paced })
        yield* outage(stage, { grant: "masquerade" })
        const job = yield* Effect.forkChild(
          timed(
            sessions.forEachSubject(pbx, subjects, (child) => child.accessToken, {
              concurrency: 30,
              // The failed tries count at the provider as well, and use its minute up.
              patience: paced ? "5 minutes" : "1 minute",
            }),
          ),
        )
        yield* settle
        yield* last(stage, 2)
        for (let n = 0; n < 300 && job.pollUnsafe() === undefined; n++)
          yield* Effect.andThen(stage.clock.adjust(SECOND), settle)
        assert.strictEqual(tally(yield* Fiber.join(job)), 30)
        const tries = (yield* journal).filter(({ grant }) => grant === "masquerade")
        assert.isAtLeast(tries.length, 2 * 30)
        // The failed ones name no user, so they are counted together: no more than each child's schedule makes, and no sooner.
        const begin = tries[0]?.at ?? 0
        const within = (span: number) => tries.filter(({ at }) => at < begin + span).length
        assert.isAtMost(within(800), 30)
        assert.isAtMost(within(2_400), 60)
        assert.isAtMost(within(5_600), 90)
        assert.deepInclude(yield* sessions.size, { children: 30, unused: 30 })
      }),
    )
  }

  it.live("without patience loses them, and leaves no child behind", () =>
    Effect.gen(function* () {
      const { clock, count, pbx, sessions, stage } = yield* registry()
      yield* outage(stage, { grant: "masquerade" })
      const outcomes = yield* sessions.forEachSubject(pbx, subjects, (child) => child.accessToken, { concurrency: 30 })
      assert.strictEqual(tally(outcomes), 0)
      assert.deepInclude(yield* sessions.size, { children: 0 })
      yield* Effect.andThen(clock.adjust("1 minute"), settle)
      assert.strictEqual(yield* count(({ grant }) => grant === "masquerade"), 30)
    }),
  )

  it.live("a patient borrower and an impatient one share a child's tries", () =>
    Effect.gen(function* () {
      const { count, pbx, sessions, stage, timed } = yield* registry()
      yield* outage(stage, { grant: "masquerade" })
      const [subject = ""] = subjects
      const patient = yield* Effect.forkChild(
        timed(
          Effect.scoped(
            Effect.flatMap(Session.withPatience(pbx, "1 minute").actAs(subject), (child) => child.accessToken),
          ),
        ),
      )
      yield* settle
      const impatient = yield* Effect.flip(Effect.scoped(pbx.actAs(subject)))
      assert.strictEqual(impatient.reason._tag, "Unavailable")
      assert.isDefined(impatient.retryAt)
      assert.strictEqual(yield* count(({ grant }) => grant === "masquerade"), 1)
      yield* last(stage, 2)
      yield* Fiber.join(patient)
      assert.deepInclude(yield* sessions.size, { children: 1, unused: 1 })
    }),
  )

  it.live(
    "an outage of the account's own token is waited out too; a subject that may not be acted for fails at once",
    () =>
      Effect.gen(function* () {
        const { clock, pbx, sessions, stage, timed } = yield* registry()
        yield* outage(stage)
        yield* stage.clock.adjust("2 hours")
        const job = yield* Effect.forkChild(
          timed(
            sessions.forEachSubject(pbx, [subjects[0] ?? "", `nobody@${domain}`], (child) => child.accessToken, {
              patience: "5 minutes",
            }),
          ),
        )
        yield* settle
        yield* last(stage, 4)
        for (let n = 0; n < 30 && job.pollUnsafe() === undefined; n++)
          yield* Effect.andThen(clock.adjust(SECOND), settle)
        const [one, other] = yield* Fiber.join(job)
        assert.isTrue(one !== undefined && Exit.isSuccess(one.exit))
        assert.include(
          String(other !== undefined && Exit.isFailure(other.exit) ? other.exit.cause : ""),
          "may not do this",
        )
      }),
  )

  it.live("a registry closes a session by its patient face as well", () =>
    Effect.gen(function* () {
      const { pbx, sessions } = yield* registry()
      yield* sessions.close(Session.withPatience(pbx, "1 second"))
      assert.strictEqual(yield* reasonOf(pbx.accessToken), "SignedOut")
    }),
  )
})

describe("a session of its own", () => {
  it.live("acts patiently, too: the child that it makes goes on trying", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ world })
      const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.reseller }))
      yield* pbx.accessToken
      yield* outage(stage, { grant: "masquerade" })
      const [subject = ""] = subjects
      const waiting = yield* Effect.forkChild(
        stage.timed(
          Effect.scoped(Effect.flatMap(Session.withPatience(pbx, "1 minute").actAs(subject), (child) => child.bearer)),
        ),
      )
      yield* settle
      yield* last(stage, 2)
      assert.strictEqual((yield* Fiber.join(waiting)).identity.uid, subject)
      assert.isAtMost(yield* stage.count(({ grant }) => grant === "masquerade"), 3)
      yield* reaches(pbx, "authenticated")
    }),
  )
})
