/** A user who signed out stays signed out: every call from before the last sign-out fails, whatever it waits for. */
import { assert, describe, it } from "@effect/vitest"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import type { Driver } from "../src/engine/Driver.ts"
import { eventually, harness, passcode, people, reaches, settle, subjectOf } from "./Harness.ts"

const idle = "unauthenticated.idle"

const begin = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(Effect.result(effect), { startImmediately: true })

/** What a call came to: the reason, or that it was fulfilled. */
const cameTo = <A>(fiber: Fiber.Fiber<{ readonly _tag: string; readonly failure?: AuthError } | A>) =>
  Effect.map(Fiber.join(fiber), (result) => {
    const { _tag, failure } = result as { readonly _tag: string; readonly failure?: AuthError }
    return _tag === "Success" ? "fulfilled" : failure?.reason._tag
  })

const calls: Readonly<Record<string, (driver: Driver) => Effect.Effect<unknown, AuthError>>> = {
  "a sign-in with other credentials": (driver) => driver.signIn(people.officeManager),
  "the same sign-in": (driver) => driver.signIn(people.reseller),
  "a sign-in by itself": (driver) => driver.signIn(),
  "a passcode": (driver) => driver.submitPasscode(passcode),
  "acting in place": (driver) => driver.startActing(subjectOf.netsapiens),
  "a child": (driver) => driver.child(subjectOf.netsapiens),
  "an inspection": (driver) => driver.inspect,
  "a token": (driver) => driver.accessToken,
  "a call with a bearer": (driver) => driver.withBearer(() => Effect.void),
}

describe("a call that waits for a sign-in under way", () => {
  for (const isUnattended of [true, false]) {
    it.live.each(Object.entries(calls))(`fails: %s (${isUnattended ? "unattended" : "a person's"})`, ([, call]) =>
      Effect.gen(function* () {
        const { accounts, asked, drive, emulator, fibers, grants } = yield* harness()
        const driver = yield* drive(accounts.skyswitch(isUnattended ? { credentials: people.reseller } : {}))
        const { release } = yield* emulator.hold
        const first = yield* begin(driver.signIn(people.reseller))
        yield* asked(1)
        const waiting = yield* begin(call(driver))
        const behind = yield* begin(driver.signIn(people.basicUser))
        yield* settle
        const leaving = yield* Effect.forkChild(driver.signOut, { startImmediately: true })
        assert.strictEqual(driver.view.path, idle)
        assert.strictEqual(yield* cameTo(first), "SignedOut")
        assert.strictEqual(yield* cameTo(waiting), "SignedOut", "before the vendor has answered")
        assert.strictEqual(yield* cameTo(behind), "SignedOut")
        yield* release
        yield* Fiber.join(leaving)
        yield* eventually(
          "no fiber",
          Effect.sync(() => fibers.size === 0),
        )
        assert.strictEqual(driver.view.path, idle)
        assert.deepStrictEqual(yield* grants, ["password"])
        // A newer one is as good as ever.
        yield* driver.signIn(people.officeManager)
        assert.strictEqual(driver.view.path, "authenticated")
      }),
    )
  }
})

describe("a call that waits for something else", () => {
  const unattended = { credentials: people.reseller }

  it.live("fails: for its turn to act in place", () =>
    Effect.gen(function* () {
      const { accounts, drive, emulator, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch(unattended))
      yield* driver.bearer
      const { release } = yield* emulator.hold
      const first = yield* begin(driver.startActing(subjectOf.netsapiens))
      const second = yield* begin(driver.startActing("1002@acmecorp.12345.service"))
      yield* reaches(driver, "masqueraded.starting")
      yield* settle
      yield* Effect.forkChild(driver.signOut, { startImmediately: true })
      assert.deepStrictEqual([yield* cameTo(first), yield* cameTo(second)], ["SignedOut", "SignedOut"])
      yield* release
      yield* settle
      assert.strictEqual(driver.view.path, idle)
      assert.deepStrictEqual(yield* grants, ["password", "masquerade"])
    }),
  )

  it.live("fails: for an answer, of which a 401 would have it begin anew", () =>
    Effect.gen(function* () {
      const { accounts, grants, open } = yield* harness()
      const session = yield* open(accounts.skyswitch(unattended))
      yield* session.accessToken
      const sent = yield* Deferred.make<void>()
      const answered = yield* Deferred.make<void>()
      const slow = HttpClient.make((request) =>
        Deferred.succeed(sent, undefined).pipe(
          Effect.andThen(Deferred.await(answered)),
          Effect.as(HttpClientResponse.fromWeb(request, new Response(null, { status: 401 }))),
        ),
      )
      const api = yield* Effect.provideService(BearerHttpClient.make(session), HttpClient.HttpClient, slow)
      const call = yield* begin(api.get("http://127.0.0.1:1/ns-api/"))
      yield* Deferred.await(sent)
      yield* session.signOut
      // Another user signs in meanwhile: the call must not be repeated in their name.
      yield* session.signIn(people.officeManager)
      yield* Deferred.succeed(answered, undefined)
      assert.strictEqual(yield* cameTo(call), "SignedOut")
      assert.deepStrictEqual(yield* grants, ["password", "password"])
    }),
  )

  it.live("fails: for a place in a registry's line, and the rest of a list", () =>
    Effect.gen(function* () {
      const { accounts, grants, runtime, timed } = yield* harness()
      const limits = [{ policy: "client_minute", per: "client", quota: 3, window: 60_000 }] as const
      const sessions = Context.get(
        yield* timed(
          Layer.build(Layer.provide(Sessions.layerRuntime({ limits }), Layer.succeed(SessionRuntime, runtime))),
        ),
        Sessions,
      )
      const parent = yield* timed(sessions.session(accounts.skyswitch(unattended)))
      yield* timed(parent.accessToken)
      const subjects = Array.from({ length: 12 }, (_, at) => `${at + 1001}@acmecorp.12345.service`)
      const list = yield* begin(timed(sessions.forEachSubject(parent, subjects, () => Effect.void, { concurrency: 2 })))
      yield* eventually(
        "somebody in line",
        Effect.map(sessions.waiting, (waiting) => waiting.length > 0),
      )
      const before = (yield* grants).filter((grant) => grant === "password").length
      yield* Effect.forkChild(timed(parent.signOut), { startImmediately: true })
      const result = yield* Fiber.join(list)
      const exits = result._tag === "Success" ? result.success : []
      assert.strictEqual(exits.length, 12)
      const last = exits.at(-1)?.exit
      assert.deepInclude(
        last?._tag === "Failure"
          ? last.cause.reasons.flatMap((one) => (one._tag === "Fail" ? [one.error.reason._tag] : []))
          : [],
        "SignedOut",
      )
      assert.strictEqual((yield* grants).filter((grant) => grant === "password").length, before)
      assert.strictEqual((yield* parent.view).path, idle)
    }),
  )
})

describe("a call that comes in the very moment of a sign-out", () => {
  it.live("is newer, and whoever waited before is not served by it", () =>
    Effect.gen(function* () {
      const { accounts, drive, emulator } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      const { release } = yield* emulator.hold
      driver.reject(driver.view.generation)
      const waiting = yield* begin(driver.accessToken)
      yield* settle
      let next: Fiber.Fiber<unknown, AuthError> | undefined
      driver.subscribe((view) => {
        if (view.path === idle && next === undefined) next = Effect.runFork(driver.signIn(people.officeManager))
      })
      yield* Effect.forkChild(driver.signOut, { startImmediately: true })
      assert.strictEqual(yield* cameTo(waiting), "SignedOut", "not with the token of who signs in now")
      yield* release
      yield* reaches(driver, "authenticated")
      assert.strictEqual((yield* driver.bearer).identity.domain, "abc-company.12345.service")
    }),
  )
})

describe("through a served session", () => {
  it.live("sign-ins that wait are over with the sign-out", () =>
    Effect.gen(function* () {
      const { accounts, asked, emulator, grants, open, timed } = yield* harness()
      const session = yield* open(accounts.skyswitch())
      const page = "https://admin.example.test"
      const served = yield* timed(ServerSession.make({ caller: () => session, origin: page, path: "/session" }))
      const post = (route: string, body: object) =>
        Effect.promise(() =>
          served.handle(
            new Request(`http://inside.test/session/${route}`, {
              method: "POST",
              headers: { origin: page, "content-type": "application/json", "x-pbx-auth": "1" },
              body: JSON.stringify(body),
            }),
          ),
        )
      const { release } = yield* emulator.hold
      yield* post("credentials", { username: "1000@acmecorp", password: "mypassword" })
      yield* asked(1)
      yield* Effect.forEach(Array.from({ length: 40 }), (_, at) =>
        post("credentials", { username: "111@abc-company", password: at === 0 ? "1234" : `guess-${at}` }),
      )
      assert.strictEqual((yield* post("event", { type: "SignOut" })).status, 202)
      yield* release
      yield* settle
      assert.strictEqual((yield* session.view).path, idle)
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )
})
