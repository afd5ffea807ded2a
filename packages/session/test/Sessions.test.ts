/**
 * A registry: the same session for the same account, the same child for the same subject.
 *
 * @module-tag slow
 */
import { assert, describe, it } from "@effect/vitest"
import type { Configured } from "@pbx-auth/providers/Provider"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { type Options, Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { eventually, type Options as HarnessOptions, harness, people, reasonOf, settle, subjectOf } from "./Harness.ts"
import { crowds } from "./Paced.ts"

const subject = subjectOf.netsapiens
const domain = "acmecorp.12345.service"
const extensions = (count: number) => Array.from({ length: count }, (_, index) => String(2_000 + index))
const uids = (count: number) => extensions(count).map((extension) => `${extension}@${domain}`)

const reseller = { extension: "1000", domain, password: "mypassword", scope: "Reseller" }

/** A reseller and so many to act for. */
const worldOf = (count: number, more: object = {}) => ({
  netsapiens: {
    accounts: [reseller, ...extensions(count).map((extension) => ({ extension, domain, scope: "Basic User" }))],
    ...more,
  },
})

const stage = Effect.fnUntraced(function* (options: Options = {}, how: HarnessOptions = {}) {
  const made = yield* harness({ world: worldOf(20), ...how })
  const scope = yield* Scope.fork(yield* Scope.Scope)
  const build = Layer.build(
    Layer.provide(
      Sessions.layerRuntime({ respectRateLimits: false, ...options }),
      Layer.succeed(SessionRuntime, made.runtime),
    ),
  )
  const sessions = Context.get(yield* made.timed(Scope.provide(build, scope)), Sessions)
  const parent = made.timed(sessions.session(made.accounts.skyswitch({ credentials: people.reseller })))
  const size = sessions.size
  return { ...made, end: Scope.close(scope, Exit.void), parent, sessions, size }
})

const isMasquerade = (entry: { readonly grant?: string }) => entry.grant === "masquerade"

describe("the sessions of a registry", () => {
  it.live("are the same for the same account, and others for another password, client, provider or capability", () =>
    Effect.gen(function* () {
      const { accounts, sessions, size } = yield* stage()
      const one = yield* sessions.session(accounts.skyswitch({ credentials: people.reseller }))
      const others: ReadonlyArray<Configured> = [
        accounts.skyswitch({ credentials: people.officeManager }),
        accounts.skyswitch({ credentials: { ...people.reseller, password: "another" } }),
        accounts.skyswitch({ credentials: people.reseller, client: { id: "your-client-id", secret: "another" } }),
        accounts.skyswitch({ credentials: people.reseller, deadline: 5_000 }),
        accounts.landstar({ credentials: people.reseller }),
        accounts.netsapiens({ credentials: people.reseller, capabilities: [] }),
        accounts.netsapiens({ credentials: people.reseller, capabilities: ["inspect"] }),
        accounts.sangoma(),
      ]
      const faces = yield* Effect.forEach(others, (account) => sessions.session(account))
      assert.strictEqual(new Set<unknown>([one, ...faces]).size, others.length + 1)
      const again = yield* Effect.forEach(
        Array.from({ length: 50 }),
        () => sessions.session(accounts.skyswitch({ credentials: people.reseller })),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual([...new Set(again)], [one])
      assert.strictEqual((yield* size).sessions, others.length + 1)
    }),
  )

  it.live("whose people are not known yet are told apart by a name, and are not given without one", () =>
    Effect.gen(function* () {
      const { accounts, sessions } = yield* stage()
      const account = accounts.skyswitch()
      assert.strictEqual(yield* reasonOf(sessions.session(account)), "Misconfigured")
      const ann = yield* sessions.session(account, { name: "ann" })
      const bob = yield* sessions.session(account, { name: "bob" })
      assert.notStrictEqual(ann, bob)
      assert.strictEqual(yield* sessions.session(account, { name: "ann" }), ann)
      yield* ann.signIn(people.reseller)
      assert.strictEqual(yield* reasonOf(bob.accessToken), "SignedOut")
    }),
  )

  it.live("are closed by themselves, or with the registry; then the account's next one is new", () =>
    Effect.gen(function* () {
      const { accounts, end, fibers, grants, parent, sessions, size } = yield* stage()
      const one = yield* parent
      yield* one.accessToken
      yield* sessions.close(one)
      assert.strictEqual(yield* reasonOf(one.accessToken), "SignedOut")
      yield* sessions.close(one)
      const two = yield* parent
      assert.notStrictEqual(two, one)
      yield* two.accessToken
      yield* sessions.close(one)
      assert.strictEqual(yield* parent, two)
      assert.deepStrictEqual(yield* grants, ["password"], "what was stored is taken up")
      yield* Effect.scoped(two.actAs(uids(1)[0] ?? ""))
      yield* end
      assert.deepStrictEqual(yield* size, { sessions: 0, children: 0, unused: 0 })
      assert.strictEqual(yield* reasonOf(two.accessToken), "SignedOut")
      assert.strictEqual(
        yield* reasonOf(sessions.session(accounts.skyswitch({ credentials: people.reseller }))),
        "SignedOut",
      )
      yield* settle
      assert.strictEqual(fibers.size, 0)
    }),
  )

  it.live("options that are wrong are refused where the session is asked for", () =>
    Effect.gen(function* () {
      const { sessions } = yield* stage()
      const { configure } = yield* Effect.promise(() => import("@pbx-auth/providers/SkySwitch"))
      const wrong = configure({ address: "ftp://x", client: { id: "a", secret: "b" } })
      assert.strictEqual(yield* reasonOf(sessions.session(wrong)), "Misconfigured")
    }),
  )
})

describe("the children of a registry", () => {
  it.live.each<Options["idle"]>([60_000, "1 minute"])(
    "are one for each subject while anybody uses it, and for a while after",
    (idle) =>
      Effect.gen(function* () {
        const { clock, count, parent, size } = yield* stage({ idle }, { world: {} })
        const pbx = yield* parent
        const all = yield* Scope.make()
        const tokens = yield* Effect.forEach(
          Array.from({ length: 40 }),
          () => Effect.flatMap(Scope.provide(pbx.actAs(subject), all), (child) => child.accessToken),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(new Set(tokens.map(Redacted.value)).size, 1)
        assert.strictEqual(yield* count(isMasquerade), 1)
        yield* clock.adjust("2 minutes")
        assert.strictEqual((yield* size).children, 1, "in use it is kept")
        yield* Scope.close(all, Exit.void)
        assert.deepStrictEqual(yield* size, { sessions: 1, children: 1, unused: 1 })
        yield* clock.adjust("50 seconds")
        yield* Effect.scoped(pbx.actAs(subject))
        assert.strictEqual(yield* count(isMasquerade), 1)
        yield* clock.adjust("50 seconds")
        assert.strictEqual((yield* size).children, 1, "used again, it is kept again")
        yield* clock.adjust("40 seconds")
        yield* eventually(
          "its end",
          Effect.map(size, ({ children }) => children === 0),
        )
        yield* Effect.scoped(pbx.actAs(subject))
        assert.strictEqual(yield* count(isMasquerade), 2)
      }),
  )

  it.live("beyond the bound those are closed that nobody used for the longest, and none that is in use", () =>
    Effect.gen(function* () {
      const { count, parent, size } = yield* stage({ capacity: 3 })
      const pbx = yield* parent
      const [a = "", b = "", c = "", d = "", e = ""] = uids(5)
      const using = yield* Scope.make()
      const kept = yield* Scope.provide(pbx.actAs(a), using)
      for (const one of [b, c, b, d]) yield* Effect.scoped(pbx.actAs(one))
      assert.deepStrictEqual(yield* size, { sessions: 1, children: 3, unused: 2 })
      assert.strictEqual(yield* count(isMasquerade), 4)
      yield* Effect.scoped(pbx.actAs(b))
      assert.strictEqual(yield* count(isMasquerade), 4, "it was used later than the one that went")
      yield* Effect.scoped(pbx.actAs(c))
      assert.strictEqual(yield* count(isMasquerade), 5)
      yield* Effect.forEach([b, c, d, e], (one) => Scope.provide(pbx.actAs(one), using))
      assert.strictEqual((yield* size).children, 5, "more are in use")
      yield* kept.accessToken
      yield* Scope.close(using, Exit.void)
      assert.deepStrictEqual(yield* size, { sessions: 1, children: 3, unused: 3 })
    }),
  )

  it.live("whoever gives up leaves the child to the others; when nobody waits, it is not made", () =>
    Effect.gen(function* () {
      const { emulator, parent, size } = yield* stage()
      const pbx = yield* parent
      yield* pbx.accessToken
      const { release } = yield* emulator.hold
      const [one = "", two = ""] = uids(2)
      const impatient = yield* Effect.forkChild(Effect.scoped(pbx.actAs(one)))
      const patient = yield* Effect.forkChild(Effect.scoped(Effect.flatMap(pbx.actAs(one), (child) => child.bearer)))
      const alone = yield* Effect.forkChild(Effect.scoped(pbx.actAs(two)))
      yield* settle
      yield* Fiber.interrupt(impatient)
      yield* Fiber.interrupt(alone)
      yield* release
      assert.strictEqual((yield* Fiber.join(patient)).identity.uid, one)
      yield* settle
      assert.deepStrictEqual(yield* size, { sessions: 1, children: 1, unused: 1 })
    }),
  )

  it.live("a refusal is not kept for the next one who asks", () =>
    Effect.gen(function* () {
      const { emulator, parent, size } = yield* stage()
      const pbx = yield* parent
      const newcomer = `3000@${domain}`
      assert.strictEqual(yield* reasonOf(Effect.scoped(pbx.actAs(newcomer))), "NotAllowed")
      assert.strictEqual((yield* size).children, 0)
      yield* emulator.updateWorld((world) => ({
        ...world,
        netsapiens: {
          ...world.netsapiens,
          accounts: [...world.netsapiens.accounts, { extension: "3000", domain, scope: "Basic User" }],
        },
      }))
      yield* Effect.scoped(pbx.actAs(newcomer))
    }),
  )

  it.live("IPEX' are pooled alike", () =>
    Effect.gen(function* () {
      const { accounts, count, sessions } = yield* stage()
      const pbx = yield* sessions.session(accounts.ipex({ credentials: people.ipex }))
      yield* Effect.scoped(pbx.actAs(subjectOf.ipex))
      yield* Effect.scoped(pbx.actAs(subjectOf.ipex))
      assert.strictEqual(yield* count(({ grant }) => grant === "impersonation"), 1)
    }),
  )
})

describe("for each subject", () => {
  it.live("so many at a time; what came of each is told in order, whatever befell the others", () =>
    Effect.gen(function* () {
      const { parent, sessions } = yield* stage()
      const pbx = yield* parent
      const [first = "", second = "", ...rest] = uids(20)
      let running = 0
      let most = 0
      const outcomes = yield* sessions.forEachSubject(
        pbx,
        [first, `nobody@${domain}`, second, ...rest],
        (child, of) =>
          Effect.gen(function* () {
            running += 1
            most = Math.max(most, running)
            yield* settle
            running -= 1
            if (of === second) return yield* Effect.fail("a failure of the app's" as const)
            if (of === rest[0]) return yield* Effect.die("a defect of the app's")
            return (yield* child.bearer).identity.uid
          }),
        { concurrency: 4 },
      )
      assert.strictEqual(most, 4)
      assert.strictEqual(outcomes.length, 21)
      const told = outcomes.map(({ exit, subject: of }) => (Exit.isSuccess(exit) ? exit.value === of : exit._tag))
      assert.deepStrictEqual(told, [true, "Failure", "Failure", "Failure", ...rest.slice(1).map(() => true)])
    }),
  )
})

describe("R2: 401s that come late", () =>
  void it.live("cause one renewal for each real end of a token", () =>
    Effect.gen(function* () {
      const { count, emulator, http, origin, parent } = yield* stage({}, { wire: "http" })
      const pbx = yield* parent
      const api = yield* Effect.provide(BearerHttpClient.make(pbx), http)
      yield* pbx.accessToken
      for (const ends of [1, 2, 3]) {
        yield* emulator.killAccessTokens
        const replies = yield* Effect.forEach(Array.from({ length: 200 }), () => api.get(`${origin}/ns-api/`), {
          concurrency: 40,
        })
        assert.deepStrictEqual([...new Set(replies.map(({ status }) => status))], [200])
        assert.strictEqual(yield* count(({ grant }) => grant === "refresh_token"), ends)
      }
      for (let generation = 1; generation < 4; generation++) yield* pbx.reject(generation)
      yield* settle
      assert.strictEqual(yield* count(({ grant }) => grant === "refresh_token"), 3)
    }),
  ))

describe.each(crowds(50, 500))("R17: a parent that dies with $count children", ({ count, options }) => {
  const many = uids(count)

  /** Every child makes a call of its own, again and again, while its parent comes to its end. */
  const busy = Effect.fnUntraced(function* () {
    const made = yield* stage({}, { world: worldOf(count) })
    const pbx = yield* made.parent
    const using = yield* Scope.make()
    const children = yield* Effect.forEach(
      many,
      (one) => Effect.map(Scope.provide(pbx.actAs(one), using), (child) => ({ child, one })),
      { concurrency: 50 },
    )
    const call = ({ child, one }: (typeof children)[number]) =>
      Effect.gen(function* () {
        const api = yield* Effect.provide(BearerHttpClient.make(child), made.http)
        const reply = yield* api.get(`${made.origin}/ns-api/`)
        if (reply.status === 200) assert.propertyVal(yield* reply.json, "uid", one)
        return reply.status
      }).pipe(Effect.exit)
    const calls = Effect.forEach(children, call, { concurrency: 50 })
    assert.isTrue((yield* calls).every((exit) => Exit.isSuccess(exit) && exit.value === 200))
    /** The callers and the users they called as, by the emulator's own record. */
    const wrong = Effect.map(made.journal, (entries) =>
      entries.filter(
        ({ account, outcome, subject: of }) =>
          outcome.startsWith("api call as") &&
          !(account === `1000@${domain}` && of !== undefined && outcome === `api call as ${of}`),
      ),
    )
    return { ...made, calls, children, pbx, using, wrong }
  })

  const leavesNothing = Effect.fnUntraced(function* (made: Effect.Success<ReturnType<typeof busy>>) {
    yield* eventually(
      "the end of all children",
      Effect.map(made.size, ({ children }) => children === 0),
    )
    yield* made.emulator.clearJournal
    const after = yield* made.calls
    assert.isTrue(after.every(Exit.isFailure))
    assert.strictEqual(yield* made.count(() => true), 0, "nothing was sent")
    yield* Scope.close(made.using, Exit.void)
    yield* settle
    yield* made.clock.adjust("2 hours")
    yield* settle
    assert.strictEqual(yield* made.count(() => true), 0, "nothing wakes up")
    assert.isAtMost(made.fibers.size, 1)
  })

  it.live(
    "by signing out",
    () =>
      Effect.gen(function* () {
        const made = yield* busy()
        const calling = yield* Effect.forkChild(made.calls)
        yield* made.pbx.signOut
        yield* Fiber.join(calling)
        assert.deepStrictEqual(yield* made.wrong, [])
        yield* leavesNothing(made)
      }),
    options,
  )

  it.live(
    "because its account is gone at the provider",
    () =>
      Effect.gen(function* () {
        const made = yield* busy()
        const calling = yield* Effect.forkChild(made.calls)
        yield* made.emulator.updateWorld((world) => ({
          ...world,
          netsapiens: {
            ...world.netsapiens,
            accounts: world.netsapiens.accounts.filter(({ extension }) => extension !== "1000"),
          },
        }))
        yield* made.emulator.killAccessTokens
        yield* Fiber.join(calling)
        yield* made.calls
        assert.deepStrictEqual(yield* made.wrong, [])
        assert.strictEqual((yield* made.pbx.view).path, "unauthenticated.idle")
        yield* leavesNothing(made)
      }),
    options,
  )
})
