/** What an app without Effect sees of its sessions. */
import { assert, describe, it } from "@effect/vitest"
import { AuthError } from "@pbx-auth/providers/AuthError"
import { configure } from "@pbx-auth/providers/SkySwitch"
import type { SessionNotice } from "@pbx-auth/session/operations/SessionNotice"
import { makeOperations } from "@pbx-auth/session/PromiseOperations"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { openIpex, openSkySwitch } from "@pbx-auth/session/Promises"
import * as Effect from "effect/Effect"
import { client, eventually, harness, subjectOf } from "./Harness.ts"
import { leaked } from "./Leak.ts"

const credentials = { username: "1000@acmecorp", password: "mypassword" }

/** Without `missed`, which only streams have. */
const toldOf = (notices: ReadonlyArray<SessionNotice>) =>
  notices.flatMap((notice) => (notice.type === "missed" ? [] : [notice]))

describe("makeOperations", () => {
  it.live("tells events, health and metrics of all sessions that are opened with it, and no secret", () =>
    Effect.gen(function* () {
      const { origin } = yield* harness({ wire: "http" })
      yield* Effect.promise(async () => {
        const notices: Array<SessionNotice> = []
        const name = () => "our reseller"
        const operations = makeOperations((notice) => notices.push(notice), { name })
        const { watch } = operations
        assert.deepInclude(operations.health(), { runtimes: 0, providers: [] })
        const pbx = await openSkySwitch({ address: origin, client, credentials }, { watch })
        const secrets = new Set([await pbx.accessToken(), client.secret, credentials.password])
        pbx.reject((await pbx.bearer()).generation)
        secrets.add(await pbx.accessToken())
        const child = await pbx.actAs(subjectOf.netsapiens)
        secrets.add(await child.accessToken())
        const wrong = { username: "api-user@example.test", password: "a-guess-of-somebody" }
        const ipex = await openIpex({ address: origin, credentials: wrong }, { watch })
        await ipex.accessToken().catch(() => {})
        secrets.add(wrong.password)

        const report = operations.health()
        assert.strictEqual(report.runtimes, 2)
        assert.deepStrictEqual(
          report.providers.map(({ children, provider, sessions, status }) => [
            provider,
            status,
            sessions.open,
            children.open,
          ]),
          [
            ["ipex", "failing", 1, 0],
            ["skyswitch", "ok", 1, 1],
          ],
        )
        const metrics = operations.metrics()
        assert.include(metrics, 'pbx_auth_renewals{pbx_auth_provider="skyswitch",pbx_auth_outcome="issued"} 1')
        assert.match(metrics, /pbx_auth_token_time_to_expiry\{pbx_auth_provider="skyswitch"} \d+/)
        await ipex.close()
        await pbx.close()
        assert.deepStrictEqual(operations.health().providers, [])
        assert.notInclude(operations.metrics(), "time_to_expiry")

        const told = toldOf(notices)
        const own = told[0]?.session
        assert.deepStrictEqual(
          told
            .filter(({ provider }) => provider === "skyswitch")
            .map(({ parent, session, type }) => [type, session === own, parent === own]),
          [
            ["opened", true, false],
            ["signed_in", true, false],
            ["rejected", true, false],
            ["renewed", true, false],
            ["opened", false, true],
            ["acting_started", false, true],
            ["closed", false, true],
            ["closed", true, false],
          ],
        )
        assert.deepStrictEqual(
          told.filter(({ provider }) => provider === "ipex").map(({ type }) => type),
          ["opened", "refused", "closed"],
        )
        assert.isTrue(notices.every((notice) => Object.isFrozen(notice)))
        assert.isTrue(told.every((notice) => notice.name === name()))
        assert.deepStrictEqual(JSON.parse(JSON.stringify(notices)), notices)
        assert.isEmpty(leaked([operations, notices, report, metrics], secrets))
        const users = [credentials.username, wrong.username, subjectOf.netsapiens]
        assert.isEmpty(leaked([notices, report, metrics], users))
      })
    }),
  )

  it.live("sees a registry's sessions and their children as well", () =>
    Effect.gen(function* () {
      const { origin } = yield* harness({ wire: "http" })
      yield* Effect.promise(async () => {
        const notices: Array<SessionNotice> = []
        const { health, watch } = makeOperations((notice) => notices.push(notice))
        await using sessions = await openSessions({ respectRateLimits: false }, { watch })
        const pbx = await sessions.session(configure({ address: origin, client, credentials }))
        await sessions.forEachSubject(pbx, [subjectOf.netsapiens], (child) => child.accessToken())
        assert.deepStrictEqual(
          toldOf(notices).map(({ type }) => type),
          ["opened", "opened", "signed_in", "acting_started"],
        )
        assert.deepStrictEqual(
          health().providers.map(({ children, sessions }) => [sessions.usable, children.usable]),
          [[1, 1]],
        )
      })
    }),
  )

  it.live("goes on, and so does the session, whatever a listener throws or rejects with", () =>
    Effect.gen(function* () {
      const { origin } = yield* harness({ wire: "http" })
      const unhandled: Array<unknown> = []
      const note = (reason: unknown) => unhandled.push(reason)
      process.on("unhandledRejection", note)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.off("unhandledRejection", note)))
      let calls = 0
      const throwing = makeOperations(() => {
        calls += 1
        throw new Error("canary")
      })
      const rejecting = makeOperations(async () => {
        calls += 1
        throw new Error("canary")
      })
      for (const { health, watch } of [throwing, rejecting, makeOperations()]) {
        yield* Effect.promise(async () => {
          const pbx = await openSkySwitch({ address: origin, client, credentials }, { watch })
          await pbx.accessToken()
          assert.strictEqual(health().status, "ok")
          assert.strictEqual(health().providers[0]?.sessions.usable, 1)
          await pbx.close()
        })
      }
      yield* eventually(
        "all calls",
        Effect.sync(() => calls === 6),
      )
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.isEmpty(unhandled)
    }),
  )

  it("refuses what is no listener and no name, naming it", () => {
    const wrong: ReadonlyArray<readonly [field: string, make: () => unknown]> = [
      ["listener", () => makeOperations("canary" as never)],
      ["listener", () => makeOperations({} as never)],
      ["name", () => makeOperations(() => {}, { name: "canary" as never })],
      ["capacity", () => makeOperations(() => {}, { capacity: 1 } as never)],
      ["options", () => makeOperations(() => {}, "canary" as never)],
    ]
    for (const [field, make] of wrong) {
      let error: unknown
      try {
        make()
      } catch (thrown) {
        error = thrown
      }
      assert.instanceOf(error, AuthError)
      assert(error.reason._tag === "Misconfigured")
      assert.strictEqual(error.reason.field, field)
      assert.notInclude(error.message, "canary")
    }
  })
})
