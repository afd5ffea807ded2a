/** Sessions by promises that follow a clock of the app's own. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import type { SessionNotice } from "@pbx-auth/session/operations/SessionNotice"
import { openApiKey } from "@pbx-auth/session/PromiseApiKey"
import { promiseClock } from "@pbx-auth/session/PromiseClock"
import { makeOperations } from "@pbx-auth/session/PromiseOperations"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { openSangomaCx, openSkySwitch } from "@pbx-auth/session/Promises"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import { open as openServerSession } from "@pbx-auth/session/ServerSession"
import { makeMemory, TokenStore } from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { client, people, sangomaClient, scopes, subjectOf } from "./Harness.ts"
import * as MachineTime from "./MachineTime.ts"
import { comesTo, errorOf, reasonOf } from "./PromiseStage.ts"
import * as SteppedClock from "./SteppedClock.ts"

const address = "http://127.0.0.1:1"
const day = 86_400_000

interface Stage {
  readonly clock: SteppedClock.SteppedClock
  readonly emulator: Emulator.Emulator
  readonly fetch: typeof globalThis.fetch
  /** Whether a request is under way. What comes before it may need the machine's time, as a fingerprint does. */
  readonly isAsked: () => boolean
  readonly grants: () => Promise<ReadonlyArray<string>>
  readonly arm: (...rules: Parameters<Emulator.Emulator["faults"]["arm"]>) => Promise<() => Promise<void>>
}

/** An emulator within the process, whose clock is that of the test. */
const staged = async (test: (stage: Stage) => Promise<void>) => {
  const clock = SteppedClock.make()
  const scope = Scope.makeUnsafe()
  const world = Effect.runSync(decodeWorld({}))
  const emulator = Effect.runSync(clock.timed(Scope.provide(Emulator.make({ world }), scope)))
  try {
    await test({
      clock,
      emulator,
      fetch: emulator.fetch,
      isAsked: () => Effect.runSync(emulator.inFlight) > 0,
      grants: async () => Effect.runSync(emulator.journal).flatMap(({ grant }) => grant ?? []),
      arm: async (rules) => {
        const { disarm } = Effect.runSync(emulator.faults.arm(rules))
        return async () => Effect.runSync(disarm)
      },
    })
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const options = { address, client, credentials: people.officeManager }

/** What a promise has come to by now. */
const watched = (promise: Promise<unknown>) => {
  const state = { is: "pending" as "pending" | "resolved" | "rejected" }
  promise.then(
    () => {
      state.is = "resolved"
    },
    () => {
      state.is = "rejected"
    },
  )
  return state
}

describe("no member reads the machine's time, or waits in it", () => {
  it("of a session, its children, a fetch, operations and a store", () =>
    staged(async ({ clock, fetch }) => {
      const machine = MachineTime.look()
      const notices: Array<SessionNotice> = []
      const operations = makeOperations((notice) => notices.push(notice), { clock })
      const store = await openTokenStore(TokenStore.layerMemory, { clock })
      const how = { clock, fetch, store, watch: operations.watch }
      const pbx = await openSkySwitch({ address, client }, how)
      const off = pbx.subscribe(() => {})
      await pbx.signIn({ username: "222@abc-company", password: "5678" })
      pbx.cancel()
      await pbx.signIn({ username: "222@abc-company", password: "5678" })
      assert.strictEqual(await reasonOf(pbx.submitPasscode("000000")), "BadPasscode")
      await pbx.submitPasscode("246802")
      await pbx.accessToken()
      await pbx.accessToken({ patience: "1 minute" })
      await pbx.bearer({ signal: new AbortController().signal })
      await pbx.inspect()
      await pbx.startActing(subjectOf.netsapiens)
      pbx.stopActing()
      const child = await pbx.actAs(subjectOf.netsapiens, { patience: "1 minute" })
      await child.accessToken()
      await child.inspect()
      await child.close()
      const api = bearerFetch(pbx, { fetch, patience: "1 minute" })
      assert.strictEqual((await api(`${address}/ns-api/?object=subscriber&action=read`)).status, 200)
      const { generation } = await pbx.bearer()
      pbx.reject(generation)
      pbx.confirm?.((await pbx.bearer()).generation)
      pbx.actor.send({ type: "StopActing" })
      pbx.view()
      assert.strictEqual(operations.health().providers[0]?.status, "ok")
      operations.metrics()
      const door = openServerSession({ caller: () => ({ actor: pbx.actor }), origin: address, path: "/session" })
      const asked = await door.handle(new Request(`${address}/session/snapshot`, { headers: { origin: address } }))
      assert.strictEqual(((await asked.json()) as { readonly now: number }).now, clock.now())
      await door.close()
      await pbx.signOut()
      off()
      await pbx.close()
      await store.close()
      assert.deepStrictEqual(machine.end(), [])
      assert.isNotEmpty(notices)
      for (const { at } of notices) assert.strictEqual(at, clock.now())
      await SteppedClock.settle()
      assert.strictEqual(clock.sleeping(), 0)
    }))

  it("of a registry, and of a key", () =>
    staged(async ({ clock, fetch }) => {
      const machine = MachineTime.look()
      const sessions = await openSessions({}, { clock, fetch })
      const pbx = await sessions.session(SkySwitch.configure({ address, client, credentials: people.reseller }))
      await pbx.turn()
      await pbx.accessToken({ patience: 1_000 })
      await pbx.inspect()
      pbx.note(new Headers({ "retry-after": "1" }), 429)
      const turn = pbx.turn()
      await clock.jump(3_000)
      await turn
      const outcomes = await sessions.forEachSubject(pbx, [subjectOf.netsapiens], (child) => child.accessToken(), {
        patience: "1 minute",
      })
      assert.deepStrictEqual(
        outcomes.map((outcome) => "value" in outcome),
        [true],
      )
      const child = await pbx.actAs(subjectOf.netsapiens)
      await child.turn()
      await child.close()
      sessions.waiting()
      sessions.size()
      await pbx.signOut()
      await sessions.closeSession(pbx)
      await sessions.close()
      const key = await openApiKey({ address, apiKey: `nsr_${"a1B2c3D4".repeat(7)}` }, { clock })
      await key.accessToken({ patience: "1 minute" })
      await key.close()
      assert.deepStrictEqual(machine.end(), [])
      await SteppedClock.settle()
      assert.strictEqual(clock.sleeping(), 0)
    }))
})

describe("while the clock stands nothing times out, and when it moves everything does", () => {
  const waits: ReadonlyArray<
    readonly [name: string, begin: (pbx: Awaited<ReturnType<typeof openSkySwitch>>) => Promise<unknown>]
  > = [
    ["signIn", (pbx) => pbx.signIn()],
    ["accessToken", (pbx) => pbx.accessToken()],
    ["accessToken with patience", (pbx) => pbx.accessToken({ patience: "20 seconds" })],
    ["bearer", (pbx) => pbx.bearer()],
  ]
  for (const [name, begin] of waits) {
    it(name, () =>
      staged(async ({ arm, clock, fetch, isAsked }) => {
        await arm({ fault: { _tag: "hang" }, times: "always" })
        await using pbx = await openSkySwitch(options, { clock, fetch })
        const waiting = begin(pbx)
        const state = watched(waiting)
        await comesTo("a request under way", isAsked)
        await SteppedClock.settle()
        assert.strictEqual(state.is, "pending")
        await clock.jump(20_000)
        assert.strictEqual(state.is, "rejected")
        assert.include(["Unavailable", "OutcomeUnknown"], await reasonOf(waiting))
      }),
    )
  }

  it("inspect, startActing, actAs and bearerFetch", () =>
    staged(async ({ arm, clock, fetch, isAsked }) => {
      await using pbx = await openSkySwitch(options, { clock, fetch })
      await pbx.accessToken()
      await arm({ fault: { _tag: "hang" }, times: "always" })
      for (const waiting of [
        () => pbx.inspect(),
        () => pbx.startActing(subjectOf.netsapiens),
        () => pbx.actAs(subjectOf.netsapiens),
      ]) {
        const begun = waiting()
        const state = watched(begun)
        await comesTo("a request under way", isAsked)
        await clock.jump(10_000)
        assert.strictEqual(state.is, "pending")
        await clock.jump(10_000)
        await errorOf(begun)
      }
    }))

  it("signOut, which waits for the tokens to be revoked", () =>
    staged(async ({ arm, clock, fetch, isAsked }) => {
      await using pbx = await openSkySwitch(options, { clock, fetch })
      await pbx.accessToken()
      await arm({ fault: { _tag: "hang" }, times: "always" })
      const state = watched(pbx.signOut())
      await comesTo("a request under way", isAsked)
      assert.strictEqual(state.is, "pending")
      assert.strictEqual(pbx.view().path, "unauthenticated.idle")
      await clock.jump(60_000)
      assert.strictEqual(state.is, "resolved")
    }))

  it("patience in a registry", () =>
    staged(async ({ arm, clock, fetch }) => {
      await using sessions = await openSessions({}, { clock, fetch })
      const pbx = await sessions.session(SkySwitch.configure(options))
      await arm({ fault: { _tag: "server_error" }, times: "always" })
      const waiting = pbx.accessToken({ patience: "5 minutes" })
      const state = watched(waiting)
      await clock.jump(60_000)
      assert.strictEqual(state.is, "pending")
      await clock.jump(4 * 60_000)
      assert.strictEqual(await reasonOf(waiting), "Unavailable")
    }))
})

describe("a jump", () => {
  it("of an hour renews once, when it is due", () =>
    staged(async ({ clock, fetch, grants }) => {
      await using pbx = await openSkySwitch(options, { clock, fetch })
      const before = await pbx.accessToken()
      const due = (await pbx.bearer()).expiresAt ?? 0
      await clock.jump(due - clock.now())
      assert.deepStrictEqual(await grants(), ["password", "refresh_token"])
      assert.notStrictEqual(await pbx.accessToken(), before)
      assert.strictEqual(pbx.view().state, "refreshed")
    }))

  it("of 281 days hands out no dead token: the view says that it is over, and then there is a new one", () =>
    staged(async ({ arm, clock, fetch }) => {
      await using pbx = await openSangomaCx({ address, client: sangomaClient, scopes }, { clock, fetch })
      const before = await pbx.accessToken()
      const { expiresAt } = await pbx.bearer()
      const disarm = await arm({ fault: { _tag: "server_error" }, times: "always" })
      const until = (expiresAt ?? 0) - clock.now()
      assert.isAbove(until, 281 * day)
      await clock.jump(until - 1_000)
      assert.strictEqual(await pbx.accessToken(), before)
      await clock.jump(1_000)
      assert.strictEqual(pbx.view().path, "expiring.waiting")
      assert.isAtMost(pbx.view().expiresAt ?? 0, clock.now())
      assert.strictEqual(await reasonOf(pbx.accessToken()), "Unavailable")
      await disarm()
      const after = pbx.accessToken({ patience: "5 minutes" })
      await clock.jump(5 * 60_000)
      assert.notStrictEqual(await after, before)
    }))

  it("that wakes nobody, as of a clock that is set: the dead token stays where it is", () =>
    staged(async ({ arm, clock, fetch }) => {
      await using pbx = await openSangomaCx({ address, client: sangomaClient, scopes }, { clock, fetch })
      const before = await pbx.accessToken()
      clock.set(clock.now() + 300 * day)
      assert.notStrictEqual(await pbx.accessToken(), before)
      await arm({ fault: { _tag: "server_error" }, times: "always" })
      clock.set(clock.now() + 300 * day)
      assert.strictEqual(await reasonOf(pbx.accessToken()), "Unavailable")
    }))

  it("back makes no token live longer", () =>
    staged(async ({ clock, fetch, grants }) => {
      await using pbx = await openSkySwitch(options, { clock, fetch })
      await pbx.accessToken()
      clock.set(clock.now() - 2 * 3_600_000)
      await pbx.accessToken()
      assert.deepStrictEqual(await grants(), ["password"])
      await clock.jump(3_600_000)
      await pbx.accessToken()
      assert.deepStrictEqual(await grants(), ["password", "refresh_token"])
    }))
})

describe("a store", () => {
  it("is opened, used and closed by the clock", () =>
    staged(async ({ clock, fetch }) => {
      const times: Array<number> = []
      const wait = Effect.andThen(
        Effect.sleep("1 second"),
        Effect.map(Clock.currentTimeMillis, (now) => times.push(now)),
      )
      const layer = Layer.effect(
        TokenStore,
        Effect.gen(function* () {
          const memory = yield* makeMemory
          yield* wait
          yield* Effect.addFinalizer(() => wait)
          return TokenStore.of({ ...memory, read: (key) => Effect.andThen(wait, memory.read(key)) })
        }),
      )
      const begun = clock.now()
      const opening = openTokenStore(layer, { clock })
      await clock.jump(1_000)
      const store = await opening
      const signing = openSkySwitch(options, { clock, fetch, store })
      // The record's name is hashed in another thread.
      await comesTo("the store is read", () => clock.sleeping() > 0)
      await clock.jump(10_000)
      const pbx = await signing
      await pbx.close()
      const closing = store.close()
      await clock.jump(1_000)
      await closing
      assert.deepStrictEqual(times, [begun + 1_000, begun + 2_000, begun + 12_000])
    }))
})

describe("sessions", () => {
  it("with the same clock share a provider's pause, and with another one do not", () =>
    staged(async ({ arm, clock, emulator, fetch }) => {
      const refused = () => Effect.runSync(emulator.journal).length
      await arm({ fault: { _tag: "rate_limit" }, times: 1 })
      await using one = await openSkySwitch(options, { clock, fetch })
      assert.strictEqual(await reasonOf(one.accessToken()), "Throttled")
      const before = refused()
      await using two = await openSkySwitch(options, { clock, fetch })
      assert.strictEqual(await reasonOf(two.accessToken()), "Throttled")
      assert.strictEqual(refused(), before)
      await using elsewhere = await openSkySwitch(options, { clock: SteppedClock.make(), fetch })
      await elsewhere.accessToken()
      assert.strictEqual(refused(), before + 1)
    }))
})

describe("a clock", () => {
  const sleeps: ReadonlyArray<readonly [name: string, sleep: () => Promise<void>]> = [
    ["ends at once", async () => {}],
    ["always rejects", () => Promise.reject(new Error("no sleep"))],
    [
      "throws",
      () => {
        throw new Error("no sleep")
      },
    ],
    ["returns nothing", (() => {}) as never],
  ]
  for (const [name, sleep] of sleeps) {
    it(`whose sleep ${name} keeps nothing else from running, and \`now\` decides`, () =>
      staged(async ({ arm, clock, fetch, grants }) => {
        let calls = 0
        // A loop that lets nothing else run would not come to an end by itself.
        const bounded = () => (++calls > 5_000 ? new Promise<void>(() => {}) : sleep())
        await using pbx = await openSkySwitch(options, {
          clock: promiseClock({ now: clock.now, sleep: bounded }),
          fetch,
        })
        await pbx.accessToken()
        await SteppedClock.settle()
        assert.deepStrictEqual(await grants(), ["password"])
        clock.set(clock.now() + 59 * 60_000)
        await SteppedClock.settle()
        assert.deepStrictEqual(await grants(), ["password", "refresh_token"])
        await arm({ fault: { _tag: "hang" }, times: "always" })
        const state = watched(pbx.inspect())
        await SteppedClock.settle()
        assert.strictEqual(state.is, "pending")
        assert.isBelow(calls, 5_000)
      }))
  }

  it("that tells no time for a moment changes nothing", () =>
    staged(async ({ clock, fetch, grants }) => {
      let isBroken = false
      const now = () => (isBroken ? Number.NaN : clock.now())
      await using pbx = await openSkySwitch(options, { clock: promiseClock({ now, sleep: clock.sleep }), fetch })
      const before = await pbx.accessToken()
      isBroken = true
      assert.strictEqual(await pbx.accessToken(), before)
      isBroken = false
      await clock.jump(3_600_000)
      assert.notStrictEqual(await pbx.accessToken(), before)
      assert.deepStrictEqual(await grants(), ["password", "refresh_token"])
    }))
})
