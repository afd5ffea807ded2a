/** How fast a registry by promises asks a provider. */
import { assert, describe, it } from "@effect/vitest"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { comesTo, errorOf, reasonOf, resellerOf, staged, uids } from "./PromiseStage.ts"

describe("the pace", () => {
  const limits = [{ policy: "client_minute", per: "client", quota: 3, window: 60_000 }] as const

  it.live("a turn is waited for until somebody's patience is over", () =>
    staged({ limits, patience: 20 }, async ({ pbx }) => {
      const reseller = await pbx()
      for (let calls = 0; calls < 2; calls++) await reseller.turn()
      const { reason } = await errorOf(reseller.turn())
      assert.isTrue(reason._tag === "Throttled" && reason.policy === "client_minute" && reason.retryAt > 0)
    }),
  )

  it.live("what a reply says of the next request is noted", () =>
    staged({ patience: 20 }, async ({ pbx }) => {
      const reseller = await pbx()
      await reseller.turn()
      reseller.note(new Headers({ "content-type": "text/plain" }))
      await reseller.turn()
      // A job that was taken: when to look for its end is nothing to other calls.
      reseller.note(new Headers({ "retry-after": "31536000" }), 202)
      await reseller.turn()
      reseller.note(Object.entries({ "Retry-After": "30" }), 429)
      assert.strictEqual(await reasonOf(reseller.turn()), "Throttled")
    }),
  )

  it.live("closing the registry ends all waiting in line", () =>
    staged({ limits }, async ({ pbx, sessions }) => {
      const reseller = await pbx()
      for (let calls = 0; calls < 2; calls++) await reseller.turn()
      const waiting = [reseller.turn(), reseller.actAs(uids[0] ?? ""), reseller.inspect()].map(reasonOf)
      await comesTo("a line", () => sessions.waiting().length === 3)
      await sessions.close()
      assert.deepStrictEqual(await Promise.all(waiting), ["SignedOut", "SignedOut", "SignedOut"])
    }),
  )

  it.live("closing the registry ends a sign-out that waits in line to have its token revoked", () =>
    staged({ limits }, async ({ pbx, sessions }) => {
      const reseller = await pbx()
      await reseller.accessToken()
      for (let calls = 0; calls < 2; calls++) await reseller.turn()
      const signingOut = reseller.signOut()
      await comesTo("a line", () => sessions.waiting().length === 1)
      assert.strictEqual(reseller.view().state, "unauthenticated")
      await sessions.close()
      await signingOut
    }),
  )

  it.live("closing the registry does not wait in line for a token that nobody wanted any more", () =>
    staged({}, async ({ address }) => {
      let release = () => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      let asked = 0
      const holding: typeof globalThis.fetch = async (input, init) => {
        const reply = await fetch(input, init)
        asked += 1
        if (asked === 2) await held
        return reply
      }
      const sessions = await openSessions({ limits }, { fetch: holding })
      const reseller = await resellerOf(sessions, address)
      await reseller.accessToken()
      const acting = reasonOf(reseller.startActing(uids[0] ?? ""))
      await comesTo("a reply", () => asked === 2)
      reseller.stopActing()
      await reseller.turn()
      release()
      await comesTo("a line", () => sessions.waiting().length === 1)
      await sessions.close()
      await acting
    }),
  )

  it.live("patience is a call's: a sign-out has all tokens revoked, however long that takes", () =>
    staged(
      { limits: [{ policy: "client_minute", per: "client", quota: 4, window: 600 }], patience: 50 },
      async ({ address, pbx }) => {
        const reseller = await pbx()
        for (const uid of uids.slice(0, 3)) {
          // Its own patience is over at times.
          for (let tries = 0; tries < 100; tries++) {
            const child = await reseller.actAs(uid).catch(() => undefined)
            if (child !== undefined) break
            await new Promise((resolve) => setTimeout(resolve, 50))
          }
        }
        await reseller.signOut()
        const journal = (await (await fetch(`${address}/__emulator/journal`)).json()) as ReadonlyArray<{
          readonly path: string
        }>
        assert.lengthOf(
          journal.filter(({ path }) => path.includes("revoke")),
          4,
        )
      },
    ),
  )

  it.live("closing the registry while nobody waits is nothing special", () =>
    staged({ limits }, async ({ pbx, sessions }) => {
      await (await pbx()).accessToken()
      await sessions.close()
      assert.isEmpty(sessions.waiting())
    }),
  )
})
