/** Sessions for apps without Effect. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { AuthError } from "@pbx-auth/providers/AuthError"
import { openIpex, openLandstar, openSangomaCx, openSkySwitch } from "@pbx-auth/session/Promises"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { client, sangomaClient, scopes, subjectOf } from "./Harness.ts"

/** The emulator on a port, for a test that is written with promises. */
const served = (world: unknown, test: (origin: string, emulator: Emulator.Emulator) => Promise<void>) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({ world: yield* decodeWorld(world) })
    const { origin } = yield* serve({ port: 0, emulator })
    yield* Effect.promise(() => test(origin, emulator))
  })

const outcomes = async (emulator: Emulator.Emulator) =>
  (await Effect.runPromise(emulator.journal)).map(({ outcome }) => outcome)

/** The reason of a rejection, which is an `AuthError` and nothing else. */
const reasonOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
  } catch (error) {
    assert.instanceOf(error, AuthError)
    return error.reason._tag
  }
  return "resolved"
}

const source = ["accessToken", "bearer", "close", "confirm", "reject", "subscribe", "view"]
const session = [...source, "cancel", "signIn", "signOut"]

describe("the promise face", () => {
  it.live("SkySwitch: every method, every refusal an AuthError", () =>
    served({}, async (address, emulator) => {
      const pbx = await openSkySwitch({ address, client })
      assert.sameMembers(Object.keys(pbx), [
        ...session,
        "actAs",
        "inspect",
        "startActing",
        "stopActing",
        "submitPasscode",
      ])
      const paths: Array<string> = []
      const off = pbx.subscribe(({ path }) => void paths.push(path))
      assert.strictEqual(pbx.view().path, "unauthenticated.idle")
      assert.strictEqual(await reasonOf(pbx.accessToken()), "SignedOut")
      assert.strictEqual(await reasonOf(pbx.bearer()), "SignedOut")
      assert.strictEqual(await reasonOf(pbx.inspect()), "SignedOut")
      assert.strictEqual(await reasonOf(pbx.actAs(subjectOf.netsapiens)), "SignedOut")
      assert.strictEqual(await reasonOf(pbx.startActing(subjectOf.netsapiens)), "SignedOut")
      assert.strictEqual(await reasonOf(pbx.signIn()), "Misconfigured")
      assert.strictEqual(await reasonOf(pbx.signIn({ username: "x", password: "" })), "Misconfigured")
      assert.strictEqual(await reasonOf(pbx.signIn({ username: "222@abc-company", password: "no" })), "BadCredentials")
      const asked = await pbx.signIn({ username: "222@abc-company", password: Redacted.make("5678") })
      assert.strictEqual(asked.path, "mfa_required.awaiting_passcode")
      pbx.cancel()
      assert.strictEqual(pbx.view().path, "unauthenticated.idle")
      await pbx.signIn({ username: "222@abc-company", password: "5678" })
      assert.strictEqual(await reasonOf(pbx.accessToken()), "PasscodeRequired")
      assert.strictEqual(await reasonOf(pbx.submitPasscode("000000")), "BadPasscode")
      assert.strictEqual(await reasonOf(pbx.submitPasscode("")), "Misconfigured")
      assert.strictEqual(await reasonOf(pbx.submitPasscode(undefined as never)), "Misconfigured")
      assert.strictEqual((await pbx.submitPasscode("246802")).path, "authenticated")

      const token = await pbx.accessToken()
      assert.match(token, /^[0-9a-f]{32}$/)
      const { generation } = await pbx.bearer()
      assert.strictEqual((await pbx.inspect()).uid, "222@abc-company.12345.service")
      assert.strictEqual((await pbx.startActing(subjectOf.netsapiens)).path, "masqueraded.live")
      assert.strictEqual((await pbx.inspect()).uid, subjectOf.netsapiens)
      assert.strictEqual(pbx.stopActing().path, "authenticated")
      pbx.reject(generation)
      assert.notStrictEqual(await pbx.accessToken(), token)

      const child = await pbx.actAs(subjectOf.netsapiens)
      assert.sameMembers(Object.keys(child), [...source, "inspect", "subject"])
      assert.strictEqual(child.subject, subjectOf.netsapiens)
      assert.strictEqual((await child.inspect()).uid, subjectOf.netsapiens)
      await child.close()
      assert.strictEqual(await reasonOf(child.accessToken()), "SignedOut")
      assert.strictEqual(await reasonOf(pbx.actAs("nobody@nowhere.1.service")), "NotAllowed")

      off()
      const heard = paths.length
      await pbx.signOut()
      assert.lengthOf(paths, heard)
      assert.strictEqual(await reasonOf(pbx.accessToken()), "SignedOut")
      assert.strictEqual((await outcomes(emulator)).at(-1), "revoked")
      await Promise.all([pbx.close(), pbx.close()])
      await pbx.close()
      for (const promise of [
        pbx.accessToken(),
        pbx.bearer(),
        pbx.inspect(),
        pbx.signIn({ username: "222@abc-company", password: "5678" }),
        pbx.actAs("x"),
        pbx.startActing("x"),
        pbx.submitPasscode("1"),
      ]) {
        assert.strictEqual(await reasonOf(promise), "SignedOut")
      }
      await pbx.signOut()
      assert.isEmpty(pbx.view().actions)
    }),
  )

  it.live("a token that the app itself has wiped is a rejection, not a throw", () =>
    served({}, async (address) => {
      await using pbx = await openSkySwitch({
        address,
        client,
        credentials: { username: "111@abc-company", password: "1234" },
      })
      Redacted.wipeUnsafe((await pbx.bearer()).token)
      const promise = pbx.accessToken()
      assert.strictEqual(
        await promise.then(
          () => "a token",
          () => "a rejection",
        ),
        "a rejection",
      )
    }),
  )

  it.live("Landstar, IPEX and Sangoma CX: exactly what each can do", () =>
    served({}, async (address, emulator) => {
      const landstar = await openLandstar({
        address,
        client,
        credentials: { username: "111@abc-company", password: "1234" },
      })
      assert.sameMembers(Object.keys(landstar), [...session, "inspect"])
      assert.match(await landstar.accessToken(), /^[0-9a-f]{32}$/)
      assert.strictEqual((await landstar.inspect()).scope, "Office Manager")
      await landstar.signOut()
      await landstar.close()

      const ipex = await openIpex({ address })
      assert.sameMembers(Object.keys(ipex), [...session, "actAs", "startActing", "stopActing"])
      await ipex.signIn({ username: "api-user@example.test", password: "ipex-password" })
      const child = await ipex.actAs(subjectOf.ipex)
      assert.sameMembers(Object.keys(child), [...source, "subject"])
      await child.accessToken()
      await ipex.startActing(subjectOf.ipex)
      ipex.stopActing()
      await ipex.close()
      assert.strictEqual(await reasonOf(child.accessToken()), "SignedOut")

      const sangoma = await openSangomaCx({ address, client: sangomaClient, scopes })
      assert.sameMembers(Object.keys(sangoma), session)
      assert.strictEqual((await sangoma.bearer()).scope, "cx.agent-calls cx.queue-calls")
      await sangoma.signOut()
      await sangoma.signIn()
      await sangoma.close()
      assert.notInclude((await outcomes(emulator)).join(), "refused")
    }),
  )

  it.live("a listener hears of a close that ends something, and of no other", () =>
    served({}, async (address) => {
      for (const signsOut of [true, false]) {
        const pbx = await openSangomaCx({ address, client: sangomaClient, scopes })
        await pbx.accessToken()
        const paths: Array<string> = []
        pbx.subscribe(({ path }) => void paths.push(path))
        if (signsOut) await pbx.signOut()
        await pbx.close()
        assert.deepStrictEqual(paths, ["unauthenticated.idle"])
      }
    }),
  )

  it.live("a child's listener hears every step, of one that leaves it where it is, too", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* Effect.promise(async () => {
        const credentials = { username: "1000@acmecorp", password: "mypassword" }
        const options = { address: "http://127.0.0.1:1", client, credentials }
        await using pbx = await openSkySwitch(options, { fetch: emulator.fetch })
        await using child = await pbx.actAs(subjectOf.netsapiens)
        const { generation } = await child.bearer()
        const heard: Array<string> = []
        child.subscribe((view) => heard.push(view.path))
        child.reject(generation)
        child.reject(generation)
        assert.deepStrictEqual(heard, ["masqueraded.renewing", "masqueraded.renewing"])
        await child.accessToken()
      })
    }).pipe(Effect.scoped),
  )

  it.live("`await using` closes a session and a child", () =>
    served({}, async (address) => {
      const kept: Array<{ readonly accessToken: () => Promise<string> }> = []
      {
        await using pbx = await openSkySwitch({
          address,
          client,
          credentials: { username: "1000@acmecorp", password: "mypassword" },
        })
        {
          await using child = await pbx.actAs(subjectOf.netsapiens)
          await child.accessToken()
          kept.push(child)
        }
        for (const child of kept) assert.strictEqual(await reasonOf(child.accessToken()), "SignedOut")
        await pbx.accessToken()
        kept.push(pbx)
      }
      for (const one of kept) assert.strictEqual(await reasonOf(one.accessToken()), "SignedOut")
    }),
  )

  it.live("a usable token starts no fiber", () =>
    served({}, async (address) => {
      await using pbx = await openSangomaCx({ address, client: sangomaClient, scopes })
      // Fibers are numbered as they are made.
      const made = () => Effect.runFork(Effect.void).id
      const before = made()
      await pbx.accessToken()
      assert.isAbove(made(), before + 1)
      const start = made()
      for (let call = 0; call < 100; call++) await pbx.accessToken()
      await pbx.bearer()
      assert.strictEqual(made(), start + 1)
    }),
  )

  it.live("10 000 promises for one sign-in cause one request", () =>
    served({}, async (address, emulator) => {
      await using pbx = await openSangomaCx({ address, client: sangomaClient, scopes })
      const tokens = await Promise.all(Array.from({ length: 10_000 }, () => pbx.accessToken()))
      assert.strictEqual(new Set(tokens).size, 1)
      assert.lengthOf(await outcomes(emulator), 1)
    }),
  )

  it.live("the app's own fetch is used, and told to follow no redirect", () =>
    served({}, async (address) => {
      const redirects: Array<string | undefined> = []
      await using pbx = await openSangomaCx(
        { address, client: sangomaClient, scopes },
        {
          fetch: (input, init) => {
            redirects.push(init?.redirect)
            return fetch(input, init)
          },
        },
      )
      await pbx.accessToken()
      assert.deepStrictEqual(redirects, ["manual"])
    }),
  )

  describe("refuses what it is to reach its provider by, naming the field", () => {
    const wrong: ReadonlyArray<readonly [how: unknown, field: string, fix: RegExp]> = [
      [{ fetch: "canary" }, "fetch", /function like the global fetch/],
      [{ fetch: null }, "fetch", /function/],
      [{ inspect: "canary" }, "inspect", /function/],
      [{ watch: "canary" }, "watch", /makeOperations/],
      [{ inspect: {} }, "inspect", /next/],
      [{ inspect: { next: () => {}, error: "canary" } }, "inspect", /next/],
      [{ fetsh: globalThis.fetch }, "fetsh", /no such field.*fetch, inspect/],
      [{ toString: () => "canary" }, "toString", /fetch, inspect/],
      [{ "canary 4711": 1 }, "how", /fetch, inspect/],
      ["canary", "how", /object/],
      [null, "how", /object/],
      [[], "how", /object/],
    ]
    const opens = {
      openSkySwitch: (how: never) => openSkySwitch({ client }, how),
      openLandstar: (how: never) => openLandstar({ client }, how),
      openIpex: (how: never) => openIpex({}, how),
      openSangomaCx: (how: never) => openSangomaCx({ client: sangomaClient, scopes }, how),
    }
    for (const [name, open] of Object.entries(opens)) {
      it(name, async () => {
        for (const [how, field, fix] of wrong) {
          // Not within the try: a mistake is a rejection, never a throw.
          const opening = open(how as never) as Promise<unknown>
          const error = await opening.then(
            () => assert.fail(`${field} was taken`),
            (error: unknown) => error,
          )
          assert.instanceOf(error, AuthError)
          assert.strictEqual(error.reason._tag, "Misconfigured")
          if (error.reason._tag !== "Misconfigured") continue
          assert.strictEqual(error.reason.field, field)
          assert.match(error.reason.fix, fix)
          assert.notInclude(error.message, "canary")
        }
      })
    }

    it("and takes what is right, and what is left out", async () => {
      for (const how of [
        undefined,
        {},
        { fetch: undefined, inspect: undefined },
        { fetch: globalThis.fetch, inspect: () => {} },
        { inspect: { next: () => {} } },
      ]) {
        const pbx = await openIpex({}, how)
        await pbx.close()
      }
    })
  })
})
