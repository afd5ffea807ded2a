/** Patient callers wait for the end of an outage, and cost no further request. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Patience from "../src/Patience.ts"
import { harness, passcode, people, reaches, reasonOf, settle, subjectOf, withoutAlarm } from "./Harness.ts"
import { last, outage, pass, SECOND } from "./Outages.ts"

const isAt = (at: number | undefined, moment: number | null) => Math.abs((at ?? 0) - (moment ?? 0)) < 50

describe("an error says when the session tries again", () => {
  it.live("while its next try is set; after the schedule's end, when somebody's need may begin one", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      yield* outage(stage)
      const { drive, journal, runtime } = stage
      const driver = yield* drive(stage.accounts.skyswitch({ credentials: people.officeManager }))
      const first = yield* Effect.flip(driver.bearer)
      assert.strictEqual(first.reason._tag, "Unavailable")
      assert.isTrue(isAt(first.retryAt, driver.view.retryAt))
      assert.strictEqual(yield* Effect.flip(driver.bearer), first, "all who ask until then are told the same")
      const signIn = yield* Effect.flip(driver.signIn())
      assert.isTrue(isAt(signIn.retryAt, driver.view.retryAt), "a call is told so as well")
      for (let n = 0; n < 90 && driver.view.path !== "unauthenticated.idle"; n++)
        yield* pass(stage, "80 seconds", driver)
      assert.strictEqual(driver.view.path, "unauthenticated.idle", "nothing follows by itself any more")
      const sent = (yield* journal).length
      const over = yield* Effect.flip(driver.bearer)
      assert.isTrue(
        isAt(over.retryAt, runtime.clock.now() + 60 * SECOND),
        "a need begins one, and then none for a minute",
      )
      yield* Effect.flip(driver.bearer)
      assert.isAtMost((yield* journal).length, sent + 1)
    }),
  )

  it.live("and nothing where a person has to ask, and for what does not pass", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const wrong = { ...people.officeManager, password: Redacted.make("wrong") }
      const refused = yield* stage.drive(stage.accounts.skyswitch({ credentials: wrong }))
      assert.isUndefined((yield* Effect.flip(refused.bearer)).retryAt)
      yield* outage(stage)
      const attended = yield* stage.drive(stage.accounts.skyswitch())
      yield* Effect.flip(attended.signIn(people.officeManager))
      // Patient callers do not wait in vain.
      for (const ask of [attended.bearer, stage.timed(Patience.wait(attended, attended.bearer, "1 hour"))]) {
        const error = yield* Effect.flip(ask)
        assert.deepStrictEqual([error.reason._tag, error.retryAt], ["Unavailable", undefined])
      }
    }),
  )
})

describe("the error of a call that nobody repeats says when to call again", () => {
  it.live("a second later: a sign-in of somebody, an inspection, acting in place", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const { accounts, drive, runtime } = stage
      const attended = yield* drive(accounts.skyswitch())
      const driver = yield* drive(accounts.skyswitch({ credentials: people.reseller }))
      yield* driver.bearer
      yield* outage(stage)
      const calls = [attended.signIn(people.officeManager), driver.inspect, driver.startActing(subjectOf.netsapiens)]
      for (const call of calls) {
        const { reason, retryAt } = yield* Effect.flip(call as Effect.Effect<unknown, AuthError>)
        assert.strictEqual(reason._tag, "Unavailable")
        assert.isTrue(isAt(retryAt, runtime.clock.now() + SECOND))
      }
      yield* driver.bearer
    }),
  )
})

describe("a patient caller", () => {
  /** What an outage of ten seconds costs with so many callers, in requests. */
  const cost = (callers: number, how: { readonly isRenewal: boolean }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const stage = yield* harness()
        // The same pauses each time.
        const runtime = SessionRuntime.of({ ...stage.runtime, random: () => 0.5 })
        const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.officeManager }), runtime)
        if (how.isRenewal) {
          yield* pbx.accessToken
          yield* outage(stage)
          yield* stage.clock.adjust("2 hours")
        } else yield* outage(stage)
        yield* Effect.flip(pbx.accessToken)
        const patient = Session.withPatience(pbx, "5 minutes").accessToken
        const waiting = yield* Effect.forkChild(
          stage.timed(Effect.forEach(Array.from({ length: callers }), () => patient, { concurrency: "unbounded" })),
        )
        yield* settle
        yield* last(stage, 20, pbx)
        yield* pass(stage, "20 seconds", pbx)
        const tokens = yield* Fiber.join(waiting)
        assert.isAtMost(new Set(tokens.map(Redacted.value)).size, 1)
        yield* pbx.accessToken
        return (yield* stage.journal).map(({ grant, status }) => `${grant} ${status}`)
      }),
    )

  for (const isRenewal of [false, true]) {
    it.live(`costs no request: 0, 1 and 1 000 of them, ${isRenewal ? "on a renewal" : "on a first sign-in"}`, () =>
      Effect.gen(function* () {
        const none = yield* cost(0, { isRenewal })
        assert.isAbove(none.length, 4, "the schedule made several tries")
        for (const callers of [1, 1_000]) {
          const some = yield* cost(callers, { isRenewal })
          // The pauses are ±20 %: one try more or less may fit into the outage.
          assert.closeTo(some.length, none.length, 1)
        }
      }),
    )
  }

  it.live("leads to the next try itself where the session makes none: one of them, and not all", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      yield* outage(stage)
      // It learns the time only when a caller asks.
      const pbx = yield* stage.open(
        stage.accounts.skyswitch({ credentials: people.officeManager }),
        withoutAlarm(stage.runtime),
      )
      const patient = Session.withPatience(pbx, "1 minute").accessToken
      const waiting = yield* Effect.forkChild(
        stage.timed(Effect.forEach(Array.from({ length: 100 }), () => patient, { concurrency: "unbounded" })),
      )
      yield* reaches(pbx, "unauthenticated.waiting")
      yield* stage.emulator.faults.clear
      yield* Effect.andThen(stage.clock.adjust("2 seconds"), settle)
      assert.lengthOf(yield* Fiber.join(waiting), 100)
      // A slow machine may let one more try pass before the outage ends.
      assert.isAtMost((yield* stage.journal).length, 3)
    }),
  )

  /** One that waits for the second try of a sign-in. */
  const begun = (patience: Duration.Input) =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.officeManager }))
      yield* outage(stage)
      const waiting = yield* Effect.forkChild(stage.timed(Effect.exit(Session.withPatience(pbx, patience).accessToken)))
      yield* reaches(pbx, "unauthenticated.waiting")
      yield* settle
      return { ...stage, pbx, stage, waiting }
    })

  const codeOf = (exit: Exit.Exit<unknown, AuthError>) =>
    Exit.isSuccess(exit)
      ? "token"
      : exit.cause.reasons.map((one) => (one._tag === "Fail" ? one.error.reason._tag : one))

  it.live("does not wait in vain: it fails at once when the next try lies after its patience", () =>
    Effect.gen(function* () {
      const { waiting } = yield* begun("100 millis")
      assert.deepStrictEqual(codeOf(yield* Fiber.join(waiting)), ["Unavailable"])
    }),
  )

  it.live("fails with the last reason when a later try is still under way at the end of its patience", () =>
    Effect.gen(function* () {
      const { clock, emulator, pbx, waiting } = yield* begun("30 seconds")
      const { release } = yield* emulator.hold
      yield* clock.adjust(1_300)
      yield* reaches(pbx, "unauthenticated.signing_in")
      assert.isUndefined(waiting.pollUnsafe(), "the second try is under way")
      yield* Effect.andThen(clock.adjust("29 seconds"), settle)
      assert.deepStrictEqual(codeOf(yield* Fiber.join(waiting)), ["Unavailable"])
      yield* release
    }),
  )

  it.live("fails at once with a reason that does not pass", () =>
    Effect.gen(function* () {
      const { clock, emulator, waiting } = yield* begun("10 minutes")
      yield* emulator.faults.clear
      yield* emulator.updateWorld((was) => ({
        ...was,
        netsapiens: {
          ...was.netsapiens,
          accounts: was.netsapiens.accounts.map((one) => ({ ...one, password: "another" })),
        },
      }))
      yield* Effect.andThen(clock.adjust("2 seconds"), settle)
      assert.deepStrictEqual(codeOf(yield* Fiber.join(waiting)), ["BadCredentials"])
    }),
  )

  it.live("fails at once where nobody is signed in, and where a passcode is asked for", () =>
    Effect.gen(function* () {
      const { timed, accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch())
      const patient = Session.withPatience(pbx, "1 hour")
      assert.strictEqual(yield* timed(reasonOf(patient.accessToken)), "SignedOut")
      yield* pbx.signIn(people.withFactor)
      assert.strictEqual(yield* timed(reasonOf(patient.bearer)), "PasscodeRequired")
      yield* patient.submitPasscode(passcode)
      yield* patient.accessToken
    }),
  )

  it.live("whoever signs the session out, or closes it, ends the wait", () =>
    Effect.gen(function* () {
      const one = yield* begun("10 minutes")
      yield* one.pbx.signOut
      assert.deepStrictEqual(codeOf(yield* Fiber.join(one.waiting)), ["SignedOut"])
      const other = yield* Effect.scoped(begun("10 minutes"))
      assert.deepStrictEqual(codeOf(yield* Fiber.join(other.waiting)), ["SignedOut"])
    }),
  )

  it.live("gets the token of a person who signs in meanwhile", () =>
    Effect.gen(function* () {
      const { emulator, pbx, waiting } = yield* begun("10 minutes")
      yield* emulator.faults.clear
      yield* pbx.signIn()
      assert.strictEqual(codeOf(yield* Fiber.join(waiting)), "token")
    }),
  )

  it.live("and a request of a client that is patient goes out once the outage is over", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.officeManager }))
      yield* outage(stage, { grant: "password" })
      const call = (patience?: Duration.Input) =>
        Effect.flatMap(BearerHttpClient.make(pbx, { patience }), (api) =>
          api.get(`${stage.origin}/ns-api/?object=device`),
        ).pipe(Effect.provide(stage.http))
      assert.strictEqual((yield* Effect.flip(call()))._tag, "AuthError")
      const waiting = yield* Effect.forkChild(stage.timed(call("1 minute")))
      yield* settle
      yield* last(stage, 4)
      assert.strictEqual((yield* Fiber.join(waiting)).status, 200)
    }),
  )
})

describe("a process with nothing to do but to wait", () => {
  it.live("stays until the token is there, and ends with code 0", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ world: yield* decodeWorld({}) })
      yield* emulator.faults.arm({ fault: { _tag: "server_error" } })
      const { origin } = yield* Server.serve({ port: 0, emulator })
      const { code, printed } = yield* Effect.promise(async () => {
        const child = spawn(process.execPath, [fileURLToPath(new URL("./PatientApp.ts", import.meta.url))], {
          env: { ...process.env, NODE_OPTIONS: "", PBX_AUTH_ADDRESS: origin },
          stdio: ["ignore", "pipe", "inherit"],
        })
        let printed = ""
        child.stdout.on("data", (data: Buffer) => {
          printed += data.toString()
        })
        const [code] = await once(child, "close")
        return { code, printed }
      })
      assert.deepStrictEqual([code, printed], [0, "with <redacted>\n"])
      assert.lengthOf(yield* emulator.journal, 2)
    }),
  )
})
