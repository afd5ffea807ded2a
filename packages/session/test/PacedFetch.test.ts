/** API calls with the bearer of a registry's session, without Effect, over real HTTP. */
import { assert, describe, it } from "@effect/vitest"
import { AuthError } from "@pbx-auth/providers/AuthError"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { comesTo, say, saying, staged, thrownBy } from "./BearerFetching.ts"
import { client, people } from "./Harness.ts"

describe("a fetch with a bearer, of a registry", () => {
  const limits = [{ policy: "client_minute", per: "client", quota: 3, window: 60_000 }] as const

  it.live("waits for its turn, until patience is over, the registry closes, or a signal ends it", () =>
    staged(saying(200), async ({ address, api }) => {
      const account = SkySwitch.configure({ address, client, credentials: people.officeManager })
      await using impatient = await openSessions({ limits, patience: 20 })
      const call = bearerFetch(await impatient.session(account), { origins: [api.origin] })
      // The sign-in was the first of three.
      for (let calls = 0; calls < 2; calls++) assert.strictEqual((await call(`${api.origin}/x`)).status, 200)
      const error = await thrownBy(call(`${api.origin}/x`))
      assert.isTrue(error instanceof AuthError && error.reason._tag === "Throttled")
      assert.lengthOf(api.received, 2)

      await using sessions = await openSessions({ limits })
      const patient = bearerFetch(await sessions.session(account), { origins: [api.origin] })
      for (let calls = 0; calls < 2; calls++) await patient(`${api.origin}/x`)
      const abort = new AbortController()
      const aborted = thrownBy(patient(`${api.origin}/x`, { signal: abort.signal }))
      const closed = thrownBy(patient(`${api.origin}/x`))
      await comesTo("a line", () => sessions.waiting().length === 2)
      abort.abort("enough")
      assert.strictEqual(await aborted, "enough")
      await comesTo("a shorter line", () => sessions.waiting().length === 1)
      await sessions.close()
      const end = await closed
      assert.isTrue(end instanceof AuthError && end.reason._tag === "SignedOut")
      assert.lengthOf(api.received, 4)
    }),
  )

  it.live("notes what an answer says about the next request", () =>
    staged(
      (_, response) => say(response, 429, { "retry-after": "30" }),
      async ({ address, api }) => {
        await using sessions = await openSessions({ patience: 20 })
        const account = SkySwitch.configure({ address, client, credentials: people.officeManager })
        const call = bearerFetch(await sessions.session(account), { origins: [api.origin] })
        assert.strictEqual((await call(`${api.origin}/x`)).status, 429)
        const error = await thrownBy(call(`${api.origin}/x`))
        assert.isTrue(error instanceof AuthError && error.reason._tag === "Throttled")
        assert.lengthOf(api.received, 1)
      },
    ),
  )

  it.live("calls as a child, and not after the child was given back", () =>
    staged(saying(200), async ({ address, api }) => {
      await using sessions = await openSessions()
      const reseller = await sessions.session(SkySwitch.configure({ address, client, credentials: people.reseller }))
      const child = await reseller.actAs("1001@acmecorp.12345.service")
      const call = bearerFetch(child, { origins: [api.origin] })
      assert.strictEqual((await call(`${api.origin}/x`)).status, 200)
      assert.strictEqual(api.received[0]?.authorization, `Bearer ${await child.accessToken()}`)
      await child.close()
      const error = await thrownBy(call(`${api.origin}/x`))
      assert.isTrue(error instanceof AuthError && error.reason._tag === "SignedOut")
      assert.lengthOf(api.received, 1)
    }),
  )
})
