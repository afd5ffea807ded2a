/** Sign-ins with a redirect on a server, with promises: the vendor, a server and browsers on this machine, over HTTP. */
import { assert, describe, it } from "@effect/vitest"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { witness } from "@pbx-auth/emulator/witnesses/BrowserVendor"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { configure } from "@pbx-auth/providers/Configuration"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import { makeRedirectSignIns } from "@pbx-auth/session/PromiseRedirectSignIns"
import { openSessions, type PromiseSessions } from "@pbx-auth/session/PromiseSessions"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { provider } from "./BrowserSigning.ts"
import { serving } from "./LoopbackServer.ts"

/** The app's server: `/sign-in?user=…` sends a browser away, and `/signed-in` takes it back. */
const appOf = (origin: string, vendor: string, sessions: PromiseSessions) => {
  const signIns = makeRedirectSignIns({ redirectUri: `${origin}/signed-in` })
  return async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url)
    try {
      if (pathname === "/sign-in") {
        const user = searchParams.get("user") ?? ""
        const session = await sessions.session(configure(provider, { address: vendor, user }))
        const { cookie, url } = await signIns.begin(session)
        const headers = { location: Redacted.value(url), "set-cookie": `sign-in=${Redacted.value(cookie)}` }
        return new Response(null, { status: 303, headers })
      }
      const cookie = request.headers.get("cookie")?.replace("sign-in=", "")
      return Response.json({ state: (await signIns.finish(searchParams, cookie)).state })
    } catch (error) {
      return Response.json({ error: isAuthError(error) ? { ...error.reason } : "another error" }, { status: 400 })
    }
  }
}

/** A browser: follows one redirect at a time, and keeps one cookie. */
const browser = () => {
  let cookie = ""
  const visit = async (url: string) => {
    const response = await fetch(url, { redirect: "manual", headers: { cookie } })
    cookie = response.headers.get("set-cookie") ?? cookie
    return response
  }
  return { visit, to: async (url: string) => (await visit(url)).headers.get("location") ?? "" }
}

const stage = Effect.gen(function* () {
  // A listener of Node names no other host.
  const played = yield* Effect.acquireRelease(
    Effect.sync(() => openEmulator({ witnesses: [{ ...witness, hosts: ["localhost"] }] })),
    ({ close }) => Effect.promise(close),
  )
  const vendor = yield* serving(() => NodeListener.of(played.fetch))
  const sessions = yield* Effect.acquireRelease(
    Effect.promise(() => openSessions()),
    (opened) => Effect.promise(() => opened.close()),
  )
  const app = yield* serving((origin) => NodeListener.of(appOf(origin, vendor, sessions)))
  const sessionOf = (user: string) => sessions.session(configure(provider, { address: vendor, user }))
  return { app, sessionOf, sessions, vendor }
})

const reasonOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => assert.fail("it resolved"),
    (thrown: unknown) => thrown,
  )
  return isAuthError(error) ? { ...error.reason } : assert.fail(String(error))
}

describe("sign-ins with a redirect, with promises", () => {
  it.live("sign two people in, each by the browser that was sent", () =>
    Effect.gen(function* () {
      const { app, sessionOf } = yield* stage
      yield* Effect.promise(async () => {
        const [maria, ben] = [browser(), browser()]
        const back = await maria.to(await maria.to(`${app}/sign-in?user=maria`))
        const other = await ben.to(await ben.to(`${app}/sign-in?user=ben`))
        // Somebody makes Ben's browser open the address that Maria's came back to.
        const stolen = await ben.visit(back)
        assert.strictEqual(stolen.status, 400)
        assert.nestedPropertyVal((await stolen.json()) as object, "error._tag", "ChallengeExpired")
        for (const [who, where] of [
          [maria, back],
          [ben, other],
        ] as const) {
          assert.deepStrictEqual(await (await who.visit(where)).json(), { state: "authenticated" })
        }
        const tokens = [await (await sessionOf("maria")).accessToken(), await (await sessionOf("ben")).accessToken()]
        assert.match(tokens.join(), /^access-[^,]+,access-[^,]+$/)
        assert.notStrictEqual(tokens[0], tokens[1])
        // The same redirect again belongs to no sign-in.
        assert.strictEqual((await maria.visit(back)).status, 400)
      })
    }),
  )

  it.live("rejects as the sign-in does, and shows neither the address nor the cookie", () =>
    Effect.gen(function* () {
      const { app, sessionOf, vendor } = yield* stage
      yield* Effect.promise(async () => {
        const maria = browser()
        const denied = await maria.to(`${await maria.to(`${app}/sign-in?user=maria`)}&deny=1`)
        const answer = (await (await maria.visit(denied)).json()) as object
        assert.nestedPropertyVal(answer, "error._tag", "NotAllowed")

        const ben = await sessionOf("ben")
        const begun = await makeRedirectSignIns({ redirectUri: `${app}/signed-in` }).begin(ben)
        assert.strictEqual(ben.view().awaiting, "redirect")
        assert.strictEqual(new URL(Redacted.value(begun.url)).origin, vendor)
        assert.notInclude(String(begun.cookie), Redacted.value(begun.cookie))
        await ben.signOut()
        assert.strictEqual(ben.view().awaiting, null)
      })
    }),
  )

  it.live("says that a session is signed in already, and why else nobody is asked", () =>
    Effect.gen(function* () {
      const { app, sessionOf, sessions, vendor } = yield* stage
      yield* Effect.promise(async () => {
        const maria = browser()
        await maria.visit(await maria.to(await maria.to(`${app}/sign-in?user=maria`)))
        const session = await sessionOf("maria")
        const token = await session.accessToken()
        const again = await reasonOf(makeRedirectSignIns({ redirectUri: `${app}/signed-in` }).begin(session))
        assert.deepInclude(again, { _tag: "Misconfigured", field: "session" })
        assert.strictEqual(await session.accessToken(), token)

        const { authorization: _, ...dialect } = provider.dialect
        const pageless = configure({ ...provider, dialect }, { address: vendor, user: "nobody" })
        const without = await sessions.session(pageless)
        const refused = await reasonOf(makeRedirectSignIns({ redirectUri: `${app}/signed-in` }).begin(without))
        assert.deepInclude(refused, { _tag: "Misconfigured", field: "provider" })
      })
    }),
  )

  it.live("says what is wrong with what it is given", () =>
    Effect.gen(function* () {
      const { app, sessionOf } = yield* stage
      const wrong = (options: unknown) => {
        try {
          makeRedirectSignIns(options as never)
          return "it was taken"
        } catch (error) {
          const reason = isAuthError(error) ? error.reason : undefined
          return reason?._tag === "Misconfigured" ? reason.field : String(error)
        }
      }
      assert.strictEqual(wrong(undefined), "redirectUri")
      assert.strictEqual(wrong({ redirectUri: "/signed-in" }), "redirectUri")
      assert.strictEqual(wrong({ redirectUri: `${app}/signed-in#part` }), "redirectUri")
      assert.strictEqual(wrong({ redirectUri: `${app}/signed-in`, lifetime: "soon" }), "lifetime")
      assert.strictEqual(wrong({ redirectUri: `${app}/signed-in`, life: 1 }), "life")
      const signIns = makeRedirectSignIns({ redirectUri: `${app}/signed-in` })
      yield* Effect.promise(async () => {
        for (const given of [undefined, {}, { signIn: () => {} }]) {
          assert.deepInclude(await reasonOf(signIns.begin(given as never)), { field: "session" })
        }
        const session = await sessionOf("maria")
        assert.deepInclude(await reasonOf(signIns.begin({ ...session })), { field: "session" })
        assert.deepInclude(await reasonOf(signIns.finish("?code=made-up" as never, "made-up")), { field: "query" })
      })
    }),
  )
})
