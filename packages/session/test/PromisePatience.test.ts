/** With promises, too, patient callers wait for the end of an outage. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { AuthError } from "@pbx-auth/providers/AuthError"
import type { CredentialsInput } from "@pbx-auth/providers/Configuration"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { openSkySwitch, type WaitOptions } from "@pbx-auth/session/Promises"
import * as Effect from "effect/Effect"
import { client, people } from "./Harness.ts"

interface Stage {
  readonly address: string
  /** So many answers, or all, are a 503 from now on. */
  readonly outage: (times: number | "always", match?: object) => Promise<void>
  readonly isOver: () => Promise<void>
  readonly requests: () => Promise<number>
}

const staged = (test: (stage: Stage) => Promise<void>) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({})
    const { origin } = yield* serve({ port: 0, emulator })
    yield* Effect.promise(() =>
      test({
        address: origin,
        outage: async (times, match = {}) => {
          await Effect.runPromise(emulator.faults.arm({ fault: { _tag: "server_error" }, match, times }))
        },
        isOver: () => Effect.runPromise(emulator.faults.clear),
        requests: async () => (await Effect.runPromise(emulator.journal)).length,
      }),
    )
  }).pipe(Effect.scoped)

const opened = (address: string, credentials: CredentialsInput) => openSkySwitch({ address, client, credentials })

const errorOf = async (promise: Promise<unknown>): Promise<AuthError> => {
  const error = await promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  )
  assert.instanceOf(error, AuthError)
  return error
}

// Each waits for a second or more, and has an emulator of its own.
describe.concurrent("patience", () => {
  it.live("gets the token that the session's own next try brings, for all who wait", () =>
    staged(async ({ address, outage, requests }) => {
      await outage(1)
      await using pbx = await opened(address, people.officeManager)
      const impatient = await errorOf(pbx.accessToken())
      assert.strictEqual(impatient.reason._tag, "Unavailable")
      assert.isNumber(impatient.retryAt)
      const waits: ReadonlyArray<WaitOptions> = Array.from({ length: 50 }, (_, index) => ({
        patience: index % 2 === 0 ? 60_000 : "1 minute",
      }))
      const tokens = await Promise.all(waits.map((wait) => pbx.accessToken(wait)))
      assert.strictEqual(new Set(tokens).size, 1)
      assert.strictEqual(await requests(), 2)
      assert.strictEqual((await pbx.bearer({ patience: 1 })).generation, 1)
    }),
  )

  it.live("ends at once with what does not pass, and with a next try that comes too late", () =>
    staged(async ({ address, outage, requests }) => {
      await using wrong = await opened(address, { username: "111@abc-company", password: "wrong" })
      const refused = await errorOf(wrong.accessToken({ patience: "1 hour" }))
      assert.strictEqual(refused.reason._tag, "BadCredentials")
      await outage("always")
      await using pbx = await opened(address, people.officeManager)
      const late = await errorOf(pbx.accessToken({ patience: 500 }))
      assert.strictEqual(late.reason._tag, "Unavailable")
      assert.strictEqual(await requests(), 2)
    }),
  )

  it.live("is ended by a signal, with its reason, and by a session that is closed", () =>
    staged(async ({ address, outage }) => {
      await outage("always")
      await using pbx = await opened(address, people.officeManager)
      assert.strictEqual((await errorOf(pbx.accessToken())).reason._tag, "Unavailable")
      const abort = new AbortController()
      const waiting = [pbx.accessToken, pbx.bearer].map((ask) =>
        ask({ patience: "1 minute", signal: abort.signal }).catch((error: unknown) => error),
      )
      const closed = errorOf(pbx.accessToken({ patience: "1 minute" }))
      const reason = new Error("enough")
      abort.abort(reason)
      assert.deepStrictEqual(await Promise.all(waiting), [reason, reason])
      await pbx.close()
      assert.strictEqual((await closed).reason._tag, "SignedOut")
      assert.strictEqual((await errorOf(pbx.accessToken({ patience: 1 }))).reason._tag, "SignedOut")
    }),
  )

  it.live("refuses what is no wait, naming the field", () =>
    staged(async ({ address }) => {
      await using pbx = await opened(address, people.reseller)
      const spans = [-1, "soon", null, {}, [1, 2], Number.NaN, Number.POSITIVE_INFINITY]
      const wrong = [...spans.map((patience) => ({ patience })), { signal: {} }, { patient: 1 }, 60_000]
      for (const ask of [
        pbx.accessToken,
        pbx.bearer,
        (wait: never) => pbx.actAs("1001@acmecorp.12345.service", wait),
      ]) {
        const errors = await Promise.all(wrong.map((wait) => errorOf(ask(wait as never))))
        const fields = errors.map(({ reason }) => reason._tag === "Misconfigured" && reason.field)
        assert.deepStrictEqual(fields, [...spans.map(() => "patience"), "signal", "patient", "options"])
      }
    }),
  )

  it.live("is a child's as well: while it is asked for, and of its own tokens", () =>
    staged(async ({ address, outage }) => {
      await using pbx = await opened(address, people.reseller)
      await pbx.accessToken()
      await outage(1)
      await using child = await pbx.actAs("1001@acmecorp.12345.service", { patience: "1 minute" })
      const token = await child.accessToken()
      await outage(1)
      child.reject((await child.bearer()).generation)
      assert.notStrictEqual(await child.accessToken(), token)
    }),
  )

  it.live("a bulk job gets through an outage", () =>
    staged(async ({ address, outage, requests }) => {
      await using sessions = await openSessions()
      const account = SkySwitch.configure({ address, client, credentials: people.reseller })
      const pbx = await sessions.session(account)
      await pbx.accessToken()
      const subjects = ["1001@acmecorp.12345.service", "111@abc-company.12345.service"]
      await outage(2, { grant: "masquerade" })
      const impatient = await sessions.forEachSubject(pbx, subjects, (child) => child.accessToken())
      assert.isTrue(impatient.every((outcome) => "error" in outcome))
      await outage(2, { grant: "masquerade" })
      const outcomes = await sessions.forEachSubject(pbx, subjects, (child) => child.accessToken(), {
        patience: "1 minute",
      })
      assert.isTrue(outcomes.every((outcome) => "value" in outcome))
      assert.strictEqual(await requests(), 1 + 2 + 2 + 2)
    }),
  )

  it.live("a call with the bearer waits for its token", () =>
    staged(async ({ address, outage }) => {
      await outage(1)
      await using pbx = await opened(address, people.officeManager)
      const api = bearerFetch(pbx, { patience: "1 minute" })
      assert.strictEqual((await api(`${address}/ns-api/?object=subscriber&action=read`)).status, 200)
    }),
  )

  it.live("keeps the process alive", () =>
    staged(async ({ address, outage, requests }) => {
      await outage(1)
      const child = spawn(process.execPath, [fileURLToPath(new URL("./PatientPromiseApp.ts", import.meta.url))], {
        env: { ...process.env, NODE_OPTIONS: "", PBX_AUTH_ADDRESS: address },
        stdio: ["ignore", "pipe", "inherit"],
      })
      let printed = ""
      child.stdout.on("data", (data: Buffer) => {
        printed += data.toString()
      })
      const [code] = await once(child, "close")
      assert.deepStrictEqual([code, printed], [0, "with 32 characters\n"])
      assert.strictEqual(await requests(), 2)
    }),
  )
})
