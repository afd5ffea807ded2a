/**
 * The rate budget: against an emulator that enforces the vendor's published limits, and under time that passes for those who wait.
 *
 * @module-tag slow
 */
import { assert, describe, it } from "@effect/vitest"
import type { Sessions } from "@pbx-auth/session/Sessions"
import { MemoryQuota, type SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { people, reasonOf } from "./Harness.ts"
import { crowds, domain, extensions, hour, minute, onTheHour, stage } from "./Paced.ts"

describe.each(crowds(60, 300))("$count subjects of one reseller, 10 calls each", ({ count, options }) => {
  it.live(
    "no 429, and near the budget's floor",
    () =>
      Effect.gen(function* () {
        const { accounts, call, journal, registry, through, tooMany } = yield* stage(count)
        const sessions = yield* registry()
        const { took, value } = yield* through(
          Effect.gen(function* () {
            const reseller = yield* sessions.session(accounts.skyswitch({ credentials: people.reseller }))
            return yield* sessions.forEachSubject(
              reseller,
              extensions(count).map((extension) => `${extension}@${domain}`),
              (child) => Effect.replicateEffect(call(child), 10),
              { concurrency: 25 },
            )
          }),
        )
        assert.strictEqual(yield* tooMany, 0)
        assert.isTrue(value.every(({ exit }) => Exit.isSuccess(exit) && exit.value.every((status) => status === 200)))
        const requests = (yield* journal).length
        // 2 700 in the first hour, and 90 a minute; the first 90 of a window need no time.
        const inHour = requests > 2_700 ? 2_700 : 0
        const floor = (inHour > 0 ? hour : 0) + (Math.ceil((requests - inHour) / 90) - 1) * minute
        const calls = (yield* journal).filter(({ outcome }) => outcome.startsWith("api call as")).length
        assert.strictEqual(calls, 10 * count)
        assert.isAtLeast(took, floor)
        assert.isAtMost(took, floor * 1.1)
        yield* Effect.log(
          `${requests} requests in ${(took / minute).toFixed(1)} minutes; the floor is ${(floor / minute).toFixed(1)}`,
        )
      }),
    options,
  )
})

describe("a sign-out with more children than a minute has places for", () => {
  it.live("has all their tokens revoked, the account's own first, as fast as the provider takes it", () =>
    Effect.gen(function* () {
      const { accounts, journal, registry, through, timed, tooMany } = yield* stage(120)
      const sessions = yield* registry()
      const reseller = yield* sessions.session(accounts.skyswitch({ credentials: people.reseller }))
      const { value: children } = yield* through(
        Effect.forEach(extensions(120), (extension) => reseller.actAs(`${extension}@${domain}`), { concurrency: 20 }),
      )
      const before = (yield* journal).length
      const signingOut = yield* Effect.forkChild(timed(reseller.signOut))
      let took = 0
      for (; signingOut.pollUnsafe() === undefined && took < 10 * minute; took += 10_000) {
        // As many as there are places for have all the time that they need.
        yield* Effect.sleep(20)
        yield* through(Effect.sleep(10_000))
      }
      const revoked = (yield* journal).slice(before)
      assert.lengthOf(revoked, 121)
      assert.isTrue(revoked.every(({ path, status }) => status === 200 && path.includes("/oauth2/revoke")))
      assert.strictEqual(yield* tooMany, 0)
      assert.isAtMost(took, 3 * minute)
      for (const child of children) assert.strictEqual(yield* reasonOf(child.accessToken), "SignedOut")
    }),
  )
})

describe.each(crowds(100, 220))("$count accounts of one client id", ({ count, options }) => {
  it.live(
    "sign in, and are renewed once in the hour after it, with no 429",
    () =>
      Effect.gen(function* () {
        const { accounts, emulator, journal, registry, through, timed, tooMany } = yield* stage(0)
        const persons = extensions(count).map((extension) => ({ extension, domain, password: "basic-password" }))
        yield* emulator.updateWorld((world) => ({
          ...world,
          netsapiens: {
            ...world.netsapiens,
            accounts: persons.map((person) => ({ ...person, scope: "Basic User" })),
          },
        }))
        const sessions = yield* registry()
        const opened = yield* Effect.forEach(persons, ({ extension, password }) =>
          timed(
            sessions.session(
              accounts.skyswitch({
                credentials: { username: `${extension}@${domain}`, password: Redacted.make(password) },
              }),
            ),
          ),
        )
        const often = (grant: string) =>
          Effect.map(journal, (entries) => {
            const times = new Map<string | undefined, number>()
            for (const entry of entries) {
              if (entry.grant === grant) times.set(entry.account, (times.get(entry.account) ?? 0) + 1)
            }
            return [...times.values()]
          })
        const once = persons.map(() => 1)
        // Beyond the first 90 they are told to wait, and follow by themselves.
        yield* through(
          Effect.andThen(
            Effect.forEach(opened, ({ accessToken }) => Effect.exit(accessToken), { concurrency: "unbounded" }),
            Effect.sleep(5 * minute),
          ),
        )
        assert.deepStrictEqual(yield* often("password"), once)
        assert.deepStrictEqual(yield* often("refresh_token"), [])
        yield* through(Effect.sleep(hour))
        assert.deepStrictEqual(yield* often("refresh_token"), once)
        assert.strictEqual(yield* tooMany, 0)
        const states = yield* Effect.forEach(opened, ({ view }) => Effect.map(view, ({ path }) => path))
        assert.deepStrictEqual([...new Set(states)], ["refreshed"])
      }),
    options,
  )
})

/** A quota as a registry has it, that tells how often it was asked. */
const counting = () => {
  const { take } = new MemoryQuota()
  let asked = 0
  const quota: SharedQuota["Service"] = {
    take: (request) =>
      Effect.suspend(() => {
        asked += 1
        return take(request)
      }),
  }
  return { asked: () => asked, quota }
}

describe.each(crowds(100, 300))("$count accounts of one client id that fall due within 150 s", ({ count, options }) => {
  /** All are signed in at one moment, before the provider counts; so they fall due together, as far as the jitter lets them. */
  const signedIn = Effect.fnUntraced(function* () {
    const staged = yield* stage(0)
    const { accounts, emulator, registry, through, timed } = staged
    const persons = extensions(count).map((extension) => ({ extension, domain, password: "basic-password" }))
    const published = yield* emulator.world
    yield* emulator.updateWorld((world) => ({
      ...world,
      netsapiens: {
        ...world.netsapiens,
        accounts: [...world.netsapiens.accounts, ...persons.map((person) => ({ ...person, scope: "Basic User" }))],
        rateLimits: "off",
      },
    }))
    const open = (sessions: Sessions["Service"]) =>
      Effect.forEach(persons, ({ extension, password }) =>
        timed(
          sessions.session(
            accounts.skyswitch({
              credentials: { username: `${extension}@${domain}`, password: Redacted.make(password) },
            }),
          ),
        ),
      )
    yield* Effect.scoped(
      Effect.gen(function* () {
        const unpaced = yield* open(yield* registry({ respectRateLimits: false }))
        yield* through(Effect.forEach(unpaced, ({ accessToken }) => accessToken, { concurrency: "unbounded" }))
      }),
    )
    yield* emulator.updateWorld((world) => ({
      ...world,
      netsapiens: { ...world.netsapiens, rateLimits: published.netsapiens.rateLimits },
    }))
    const { asked, quota } = counting()
    const sessions = yield* registry({}, quota)
    const opened = yield* open(sessions)
    const renewals = Effect.map(staged.journal, (entries) => entries.filter(({ grant }) => grant === "refresh_token"))
    return { ...staged, asked, opened, renewals, sessions }
  })

  it.live(
    "are renewed once each, with no 429 and at most 4 requests to the quota for a renewal, however many wait",
    () =>
      Effect.gen(function* () {
        const { asked, opened, renewals, through, tooMany } = yield* signedIn()
        yield* through(Effect.sleep(hour))
        assert.strictEqual(new Set((yield* renewals).map(({ account }) => account)).size, count)
        assert.lengthOf(yield* renewals, count)
        assert.strictEqual(yield* tooMany, 0)
        assert.isAtMost(asked() / count, 4)
        const states = yield* Effect.forEach(opened, ({ view }) => Effect.map(view, ({ path }) => path))
        assert.deepStrictEqual([...new Set(states)], ["refreshed"])
        yield* Effect.log(`${(asked() / count).toFixed(1)} requests to the quota for a renewal`)
      }),
    options,
  )

  /** Others call for so many minutes, which begin so many after the sign-in. */
  const beside = (from: number, lasts: number) =>
    Effect.gen(function* () {
      const { call, now, opened, renewals, through, timed, tooMany } = yield* signedIn()
      yield* through(Effect.sleep(from * minute))
      let calls = 0
      const busy = opened.slice(0, 3).map((session) => Effect.tap(call(session), () => Effect.sync(() => void calls++)))
      const begin = now()
      const jobs = yield* Effect.forEach(busy, (one) => Effect.forkChild(timed(Effect.forever(one))))
      yield* through(Effect.sleep(lasts * minute))
      yield* Fiber.interruptAll(jobs)
      const sent = yield* renewals
      assert.lengthOf(sent, count)
      assert.strictEqual(yield* tooMany, 0)
      const last = Math.max(...sent.map(({ at }) => at)) - onTheHour
      assert.isAtMost(last, hour - 30_000, "until then the tokens before are handed out")
      assert.isAtLeast(calls, lasts * 86 - count - 60, "and what they leave is taken, but for a little")
      yield* Effect.log(
        `${calls} calls and ${sent.length} renewals in ${(now() - begin) / minute} minutes; the last of these ${last / 1000} s after the sign-in`,
      )
    })

  it.live(
    "are renewed while their tokens live, though others call with all that the client id has",
    () => beside(50, 12),
    { ...options, tags: ["matrix"] },
  )

  it.live("are renewed while their tokens live, though others call in the last minutes", () => beside(55, 5), options)
})
