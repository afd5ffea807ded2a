/** A caller's patience is the most that it waits, whatever it waits for. */
import { assert, describe, it } from "@effect/vitest"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { people, reaches, settle, subjectOf } from "./Harness.ts"
import { SECOND, stage, told } from "./Paused.ts"

const subject = subjectOf.netsapiens

/** A registry that respects the provider's limits, as it does by default. */
const registry = Effect.fnUntraced(function* () {
  const made = yield* stage()
  const built = Layer.build(Layer.provide(Sessions.layerRuntime(), Layer.succeed(SessionRuntime, made.runtime)))
  const sessions = Context.get(yield* made.timed(built), Sessions)
  const pbx = yield* made.timed(sessions.session(made.accounts.skyswitch({ credentials: people.reseller })))
  const ask = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(made.timed(Effect.exit(effect)))
  return { ...made, ask, pbx, sessions }
})

/** What a caller got, if no more time has to pass. */
const now = <A, E>(fiber: Fiber.Fiber<Exit.Exit<A, E>>, what = "it") =>
  Effect.gen(function* () {
    for (let n = 0; n < 200 && fiber.pollUnsafe() === undefined; n++) yield* settle
    const exit = fiber.pollUnsafe()
    return exit !== undefined && Exit.isSuccess(exit) ? exit.value : assert.fail(`${what} still waits`)
  })

const reasonIn = (exit: Exit.Exit<unknown, unknown>) => {
  const [one] = Exit.isFailure(exit) ? exit.cause.reasons : []
  return one?._tag === "Fail" ? (one.error as AuthError).reason : assert.fail("it did not fail")
}

describe("at once, if the provider asks for a longer pause, in a registry", () => {
  it.live("a child, and a bulk job; who has no patience of its own waits it out, and gets the same child", () =>
    Effect.gen(function* () {
      const { arm, ask, clock, heal, pbx, sessions } = yield* registry()
      yield* pbx.accessToken
      yield* arm(told("5", 503), { match: { grant: "masquerade" }, times: "always" })
      const first = yield* ask(Effect.scoped(Session.withPatience(pbx, "1 second").actAs(subject)))
      assert.strictEqual(reasonIn(yield* now(first, "the first"))._tag, "Throttled")
      const impatient = yield* ask(Effect.scoped(pbx.actAs(subject)))
      yield* settle
      const late = yield* ask(sessions.forEachSubject(pbx, [subject], Effect.succeed, { patience: "1 second" }))
      const [outcome] = yield* yield* now(late, "the job")
      assert.strictEqual(reasonIn(outcome?.exit ?? Exit.void)._tag, "Throttled")
      const long = yield* ask(Effect.scoped(Session.withPatience(pbx, "1 minute").actAs(subject)))
      yield* settle
      assert.isUndefined(impatient.pollUnsafe())
      assert.isUndefined(long.pollUnsafe())
      yield* heal
      for (let n = 0; n < 20; n++) yield* Effect.andThen(clock.adjust(SECOND), settle)
      assert.isTrue(Exit.isSuccess(yield* now(impatient, "the impatient")))
      assert.isTrue(Exit.isSuccess(yield* now(long, "the long")))
    }),
  )

  it.live("a token, and a call with it", () =>
    Effect.gen(function* () {
      const { arm, ask, http, origin, pbx } = yield* registry()
      yield* arm(told("5", 503), { times: "always" })
      const token = yield* ask(Session.withPatience(pbx, "1 second").accessToken)
      assert.strictEqual(reasonIn(yield* now(token))._tag, "Throttled")
      for (const client of [
        BearerHttpClient.make(pbx, { patience: "1 second" }),
        BearerHttpClient.make(Session.withPatience(pbx, "1 second")),
      ]) {
        const call = yield* ask(
          Effect.flatMap(client, (api) => api.get(`${origin}/ns-api/`)).pipe(Effect.provide(http)),
        )
        assert.strictEqual(reasonIn(yield* now(call))._tag, "Throttled")
      }
    }),
  )
})

describe("the first try, too", () => {
  it.live("a caller whose patience is over knows nothing; the sign-in goes on, and its token serves the next", () =>
    Effect.gen(function* () {
      const { accounts, ask, asked, clock, emulator, open } = yield* registry()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.officeManager }))
      const { release } = yield* emulator.hold
      const patient = yield* ask(Session.withPatience(pbx, "500 millis").accessToken)
      yield* reaches(pbx, "unauthenticated.signing_in")
      yield* Effect.andThen(clock.adjust(499), settle)
      assert.isUndefined(patient.pollUnsafe())
      yield* Effect.andThen(clock.adjust(1), settle)
      const reason = reasonIn(yield* now(patient))
      assert.deepStrictEqual([reason._tag, reason.status, reason.retryAt], ["Unavailable", undefined, undefined])
      assert.include(reason.message, "127.0.0.1")
      yield* release
      yield* pbx.accessToken
      assert.strictEqual(yield* asked, 1)
    }),
  )

  it.live("of a child, in a registry or not", () =>
    Effect.gen(function* () {
      const { accounts, ask, clock, emulator, open, pbx } = yield* registry()
      const alone = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      for (const parent of [pbx, alone]) {
        yield* parent.accessToken
        const { release } = yield* emulator.hold
        const acting = yield* ask(Effect.scoped(Session.withPatience(parent, "500 millis").actAs(subject)))
        yield* settle
        yield* Effect.andThen(clock.adjust(500), settle)
        assert.strictEqual(reasonIn(yield* now(acting))._tag, "Unavailable")
        yield* release
        yield* Effect.scoped(parent.actAs(subject))
      }
    }),
  )

  it.live("a token that lives is there without any patience", () =>
    Effect.gen(function* () {
      const { pbx } = yield* registry()
      yield* pbx.accessToken
      yield* Session.withPatience(pbx, 0).accessToken
    }),
  )
})

describe("what is no span", () => {
  it.live("is a Misconfigured that names patience, wherever it is given, and never no patience at all", () =>
    Effect.gen(function* () {
      const { ask, http, origin, pbx, sessions } = yield* registry()
      yield* pbx.accessToken
      const wrong: ReadonlyArray<unknown> = [-1, Number.NaN, "garbage", "-5 seconds", {}, [1, 2], null]
      for (const patience of wrong as ReadonlyArray<never>) {
        const patient = Session.withPatience(pbx, patience)
        const call = Effect.flatMap(BearerHttpClient.make(pbx, { patience }), (api) => api.get(`${origin}/ns-api/`))
        const asked = yield* Effect.forEach(
          [patient.accessToken, patient.bearer, Effect.scoped(patient.actAs(subject)), Effect.provide(call, http)],
          (effect) => Effect.flatMap(ask<unknown, unknown>(effect), (fiber) => now(fiber)),
        )
        const job = yield* ask(sessions.forEachSubject(pbx, [subject], Effect.succeed, { patience }))
        const [outcome] = yield* yield* now(job)
        for (const exit of [...asked, outcome?.exit ?? Exit.void]) {
          const reason = reasonIn(exit)
          assert.strictEqual(reason._tag === "Misconfigured" && reason.field, "patience", String(patience))
        }
      }
      for (const patience of ["1 minute", { minutes: 1 }, 5n, Number.POSITIVE_INFINITY] as const)
        yield* Session.withPatience(pbx, patience).accessToken
    }),
  )
})
