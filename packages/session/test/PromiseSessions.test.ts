/** A registry for apps without Effect, over real HTTP. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { AuthError } from "@pbx-auth/providers/AuthError"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Effect from "effect/Effect"
import { client, people, sangomaClient, scopes, subjectOf } from "./Harness.ts"
import { comesTo, domain, reasonOf, resellerOf, staged, uids, unpaced, world } from "./PromiseStage.ts"

/** A promise from outside, and what settles it. */
const pending = <A>() => {
  let settle: (value: A) => void = () => {}
  const promise = new Promise<A>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

const source = ["accessToken", "bearer", "confirm", "note", "reject", "subscribe", "turn", "view"]

const shared = [...source, "cancel", "signIn", "signOut"]

describe("the sessions of a registry", () => {
  it.live("are the same for the same account, and have exactly what each provider can do", () =>
    staged(unpaced, async ({ address, pbx, sessions }) => {
      const one = await pbx()
      const all = await Promise.all(Array.from({ length: 20 }, pbx))
      assert.deepStrictEqual([...new Set(all)], [one])
      const other = await sessions.session(SkySwitch.configure({ address, client, credentials: people.officeManager }))
      assert.notStrictEqual<unknown>(other, one)
      const acting = ["actAs", "startActing", "stopActing"]
      assert.sameMembers(Object.keys(one), [...shared, ...acting, "inspect", "submitPasscode"])
      const { officeManager: credentials } = people
      const landstar = await sessions.session(Landstar.configure({ address, client, credentials }))
      assert.sameMembers(Object.keys(landstar), [...shared, "inspect"])
      const ipex = await sessions.session(Ipex.configure({ address, credentials: people.ipex }))
      assert.sameMembers(Object.keys(ipex), [...shared, ...acting])
      const sangoma = await sessions.session(SangomaCx.configure({ address, client: sangomaClient, scopes }))
      assert.sameMembers(Object.keys(sangoma), shared)

      assert.match(await other.accessToken(), /^[0-9a-f]{32}$/)
      const { generation } = await other.bearer()
      assert.strictEqual((await other.inspect()).scope, "Office Manager")
      const token = await other.accessToken()
      other.reject(generation)
      assert.notStrictEqual(await other.accessToken(), token)
      assert.strictEqual(other.actor.getSnapshot().status, "active")
      await ipex.accessToken()
      await sangoma.turn()
      assert.strictEqual(sessions.size().sessions, 5)
    }),
  )

  it.live("are signed in by people who are told apart by a name", () =>
    staged(unpaced, async ({ address, sessions }) => {
      const account = SkySwitch.configure({ address, client })
      assert.strictEqual(await reasonOf(sessions.session(account)), "Misconfigured")
      const ann = await sessions.session(account, { name: "ann" })
      const bob = await sessions.session(account, { name: "bob" })
      assert.strictEqual(await sessions.session(account, { name: "ann" }), ann)
      assert.strictEqual(
        (await ann.signIn({ username: "1000@acmecorp", password: "mypassword" })).path,
        "authenticated",
      )
      assert.strictEqual(await reasonOf(bob.accessToken()), "SignedOut")
      assert.strictEqual(await reasonOf(bob.signIn({ username: "1000@acmecorp", password: "no" })), "BadCredentials")
      assert.strictEqual(await reasonOf(bob.signIn({ username: "x", password: "" })), "Misconfigured")
      assert.strictEqual(await reasonOf(bob.submitPasscode("")), "Misconfigured")
      assert.strictEqual((await ann.startActing(uids[0] ?? "")).path, "masqueraded.live")
      assert.strictEqual(ann.stopActing().path, "authenticated")
      const heard: Array<string> = []
      const off = ann.subscribe(({ path }) => heard.push(path))
      ann.subscribe(() => {
        throw new Error("a mistake of the app's")
      })
      await ann.signOut()
      off()
      bob.cancel()
      assert.deepStrictEqual(heard, ["unauthenticated.idle"])
      assert.strictEqual(ann.view().path, "unauthenticated.idle")
    }),
  )

  it.live("are closed one by one, or with the registry", () =>
    staged(unpaced, async ({ pbx, sessions }) => {
      const one = await pbx()
      const heard: Array<string> = []
      one.subscribe(({ path }) => heard.push(path))
      await one.accessToken()
      await sessions.closeSession(one)
      await sessions.closeSession(one)
      assert.deepStrictEqual(heard, ["unauthenticated.signing_in", "authenticated", "unauthenticated.idle"])
      assert.strictEqual(await reasonOf(one.accessToken()), "SignedOut")
      const two = await pbx()
      assert.notStrictEqual(two, one)
      const child = await two.actAs(uids[0] ?? "")
      await Promise.all([sessions.close(), sessions.close()])
      assert.deepStrictEqual(sessions.size(), { sessions: 0, children: 0, unused: 0 })
      for (const promise of [two.accessToken(), two.actAs(uids[1] ?? ""), two.turn(), child.accessToken()]) {
        assert.strictEqual(await reasonOf(promise), "SignedOut")
      }
      assert.strictEqual(await reasonOf(pbx()), "SignedOut")
      await child.close()
    }),
  )
})

describe("the children of a registry", () => {
  it.live("are one for each subject; who gives it back has it no more, and the others have it still", () =>
    staged(unpaced, async ({ masquerades, pbx, sessions }) => {
      const reseller = await pbx()
      const [subject = ""] = uids
      const all = await Promise.all(Array.from({ length: 20 }, () => reseller.actAs(subject)))
      assert.strictEqual(await masquerades(), 1)
      assert.strictEqual(new Set(await Promise.all(all.map((child) => child.accessToken()))).size, 1)
      const [one, ...others] = all
      if (one === undefined) return assert.fail("no child")
      assert.sameMembers(Object.keys(one), [...source, "close", "inspect", "subject"])
      assert.strictEqual((await one.inspect()).uid, subject)
      const heard: Array<string> = []
      one.subscribe(({ path }) => heard.push(path))
      await Promise.all([one.close(), one.close()])
      for (const promise of [one.accessToken(), one.bearer(), one.inspect(), one.turn()]) {
        assert.strictEqual(await reasonOf(promise), "SignedOut")
      }
      await others[0]?.accessToken()
      others[0]?.reject((await others[0].bearer()).generation)
      await others[0]?.accessToken()
      assert.isEmpty(heard, "it hears no more")
      assert.deepStrictEqual(sessions.size(), { sessions: 1, children: 1, unused: 0 })
      await Promise.all(others.map((child) => child.close()))
      assert.deepStrictEqual(sessions.size(), { sessions: 1, children: 1, unused: 1 })
      {
        await using again = await reseller.actAs(subject)
        await again.accessToken()
        assert.strictEqual(sessions.size().unused, 0)
      }
      assert.strictEqual(sessions.size().unused, 1)
      assert.strictEqual(await masquerades(), 2, "the first, and the one that was rejected")
      assert.strictEqual(await reasonOf(reseller.actAs(`nobody@${domain}`)), "NotAllowed")
      assert.strictEqual(await reasonOf(reseller.actAs("")), "Misconfigured")
      assert.strictEqual(sessions.size().children, 1)
    }),
  )

  it.live("of IPEX are not inspected", () =>
    staged(unpaced, async ({ address, sessions }) => {
      const ipex = await sessions.session(Ipex.configure({ address, credentials: people.ipex }))
      await using child = await ipex.actAs(subjectOf.ipex)
      assert.sameMembers(Object.keys(child), [...source, "close", "subject"])
      await child.accessToken()
    }),
  )
})

describe("for each subject", () => {
  it.live("so many at a time; what came of each is told in order, whatever befell the others", () =>
    staged(unpaced, async ({ pbx, sessions }) => {
      const reseller = await pbx()
      const [first = "", second = "", third = "", ...rest] = uids
      const thrown = { of: "the app's" }
      let running = 0
      let most = 0
      const outcomes = await sessions.forEachSubject(
        reseller,
        [first, `nobody@${domain}`, second, third, ...rest],
        async (child, subject) => {
          running += 1
          most = Math.max(most, running)
          await comesTo("three at a time", () => most === 3)
          running -= 1
          if (subject === second) throw thrown
          if (subject === third) throw undefined
          return (await child.inspect()).uid
        },
        { concurrency: 3 },
      )
      assert.strictEqual(most, 3)
      const [one, nobody, thrower, silent, ...others] = outcomes
      assert.deepStrictEqual(one, { subject: first, value: first })
      assert.isTrue(nobody !== undefined && "error" in nobody && nobody.error instanceof AuthError)
      assert.isTrue(thrower !== undefined && "error" in thrower && thrower.error === thrown)
      assert.deepStrictEqual(silent, { subject: third, error: undefined })
      assert.deepStrictEqual(
        others,
        rest.map((subject) => ({ subject, value: subject })),
      )
      assert.deepStrictEqual(sessions.size(), { sessions: 1, children: uids.length, unused: uids.length })
      const plain = await sessions.forEachSubject(reseller, new Set(uids), (_, subject) => subject.length)
      assert.lengthOf(plain, uids.length)
      assert.deepStrictEqual(await sessions.forEachSubject(reseller, [], () => 1), [])
    }),
  )

  it.live("ends early by a signal: who runs is awaited, who did not begin is told the reason", () =>
    staged(unpaced, async ({ pbx, sessions }) => {
      const reseller = await pbx()
      const [first = "", second = "", ...rest] = uids
      const abort = new AbortController()
      const { promise, settle } = pending<string>()
      const run = sessions.forEachSubject(
        reseller,
        [first, second, ...rest],
        async (child, subject) => {
          abort.abort("enough")
          await promise
          return `${subject} ${(await child.inspect()).uid}`
        },
        { concurrency: 1, signal: abort.signal },
      )
      await comesTo("the abort", () => abort.signal.aborted)
      settle("go on")
      const [done, ...left] = await run
      assert.deepStrictEqual(done, { subject: first, value: `${first} ${first}` })
      assert.deepStrictEqual(
        left,
        [second, ...rest].map((subject) => ({ subject, error: "enough" })),
      )
      const before = await sessions.forEachSubject(reseller, [first], () => 1, { signal: AbortSignal.abort("late") })
      assert.deepStrictEqual(before, [{ subject: first, error: "late" }])
      assert.deepStrictEqual(await sessions.forEachSubject(reseller, [first], () => 1), [{ subject: first, value: 1 }])
    }),
  )

  it.live("a registry that closes meanwhile leaves nobody without an outcome", () =>
    staged(unpaced, async ({ pbx, sessions }) => {
      const reseller = await pbx()
      const outcomes = await sessions.forEachSubject(
        reseller,
        uids,
        async (child) => {
          await sessions.close()
          return await child.accessToken()
        },
        { concurrency: 2 },
      )
      const reasons = outcomes.map((outcome) =>
        "error" in outcome && outcome.error instanceof AuthError ? outcome.error.reason._tag : "resolved",
      )
      assert.deepStrictEqual(reasons, Array(uids.length).fill("SignedOut"))
    }),
  )

  it.live("a signal ends the waiting in line, too, and leaves nothing behind", () =>
    staged({ limits: [{ policy: "client_minute", per: "client", quota: 3, window: 60_000 }] }, async (stage) => {
      const { pbx, sessions } = stage
      const reseller = await pbx()
      const abort = new AbortController()
      let begun = 0
      const run = sessions.forEachSubject(reseller, uids, () => ++begun, {
        concurrency: uids.length,
        signal: abort.signal,
      })
      await comesTo("a line", () => begun === 2)
      assert.lengthOf(sessions.waiting(), uids.length - 2)
      assert.isTrue(sessions.waiting().every(({ subscriber }) => subscriber === "1000@acmecorp"))
      abort.abort(new Error("enough"))
      const outcomes = await run
      const left = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []))
      assert.lengthOf(left, uids.length - 2)
      assert.deepStrictEqual([...new Set(left)], [abort.signal.reason])
      await comesTo("an empty line", () => sessions.waiting().length === 0)
      assert.deepStrictEqual(sessions.size(), { sessions: 1, children: 2, unused: 2 })
    }),
  )
})

describe("how a registry reaches its providers", () => {
  it.live("by the app's own fetch, told to follow no redirect, and shown to who looks on", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ world: yield* decodeWorld(world) })
      yield* Effect.promise(async () => {
        const redirects: Array<string | undefined> = []
        const fetch: typeof globalThis.fetch = (input, init) => {
          redirects.push(init?.redirect)
          return emulator.fetch(input, init)
        }
        const events = new Set<string>()
        await using sessions = await openSessions(unpaced, { fetch, inspect: ({ type }) => void events.add(type) })
        const reseller = await resellerOf(sessions, "http://127.0.0.1:1")
        await using child = await reseller.actAs(uids[0] ?? "")
        await child.accessToken()
        assert.deepStrictEqual(redirects, ["manual", "manual"])
        assert.include([...events], "@xstate.snapshot")
      })
    }).pipe(Effect.scoped),
  )
})

describe("a token that lives", () => {
  /** Fibers are numbered one after the other: numbers between two of ours belong to fibers that something else started. */
  const fibersStartedBy = async (run: () => Promise<unknown>): Promise<number> => {
    const before = Effect.runFork(Effect.void).id
    await run()
    return Effect.runFork(Effect.void).id - before - 1
  }

  it.live("is given without a fiber, by a session as by a child, until it is given back", () =>
    staged(unpaced, async ({ pbx }) => {
      const reseller = await pbx()
      const child = await reseller.actAs(uids[0] ?? "")
      const token = await reseller.accessToken()
      for (const source of [reseller, child]) {
        await source.accessToken()
        assert.strictEqual(await fibersStartedBy(source.accessToken), 0)
        assert.strictEqual(await fibersStartedBy(source.bearer), 0)
      }
      assert.strictEqual(await reseller.accessToken(), token)
      await child.close()
      assert.strictEqual(await reasonOf(child.accessToken()), "SignedOut")
      assert.strictEqual(await reasonOf(child.bearer()), "SignedOut")
    }),
  )
})
