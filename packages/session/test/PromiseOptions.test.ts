/** What a registry by promises says of a wrong option. */
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { client, people } from "./Harness.ts"
import { domain, errorOf, staged, uids, unpaced } from "./PromiseStage.ts"

describe("refuses, naming the field", () => {
  const misconfigured = async (promise: Promise<unknown>, field: string) => {
    const { message, reason } = await errorOf(promise)
    assert.isTrue(reason._tag === "Misconfigured" && reason.field === field, message)
    assert.notInclude(message, "canary")
  }

  it("what a registry is opened with", async () => {
    const options: ReadonlyArray<readonly [options: unknown, field: string]> = [
      ["canary", "options"],
      [null, "options"],
      [[], "options"],
      [{ idel: 1 }, "idel"],
      [{ "canary 4711": 1 }, "options"],
      [{ idle: "5 minutes canary" }, "idle"],
      [{ idle: -1 }, "idle"],
      [{ idle: Number.POSITIVE_INFINITY }, "idle"],
      [{ capacity: 1.5 }, "capacity"],
      [{ patience: Number.NaN }, "patience"],
      [{ respectRateLimits: "canary" }, "respectRateLimits"],
      [{ limits: {} }, "limits"],
      [{ limits: [{ policy: "the canary's", per: "client", quota: 1, window: 1 }] }, "limits"],
      [{ limits: [{ policy: "client_hour", per: "canary", quota: 1, window: 1 }] }, "limits"],
      [
        {
          get idle() {
            throw new Error("canary")
          },
        },
        "options",
      ],
    ]
    for (const [given, field] of options) await misconfigured(openSessions(given as never), field)
    const ways: ReadonlyArray<readonly [how: unknown, field: string]> = [
      ["canary", "how"],
      [{ fetch: "canary" }, "fetch"],
      [{ inspect: {} }, "inspect"],
      [{ fetsh: globalThis.fetch }, "fetsh"],
    ]
    for (const [how, field] of ways) await misconfigured(openSessions({}, how as never), field)
    for (const how of [undefined, {}, { fetch: globalThis.fetch, inspect: { next: () => {} } }]) {
      await (await openSessions({ idle: 0, capacity: 0, patience: 0, limits: [] }, how)).close()
    }
  })

  it.live("what is asked of a registry", () =>
    staged(unpaced, async ({ address, pbx, sessions }) => {
      const reseller = await pbx()
      const ask = sessions.forEachSubject as (...given: ReadonlyArray<unknown>) => Promise<unknown>
      const nothing = () => {}
      for (const account of [undefined, "canary", {}, { account: "canary" }]) {
        await misconfigured(sessions.session(account as never), "account")
      }
      await misconfigured(sessions.session(SkySwitch.configure({ client, address: "ftp://canary" })), "address")
      for (const named of ["ann", { name: "" }, { name: 7 }]) {
        await misconfigured(sessions.session(SkySwitch.configure({ client, address }), named as never), "name")
      }
      await using alone = await openSkySwitch({ address, client, credentials: people.reseller })
      const landstar = await sessions.session(
        Landstar.configure({ address, client, credentials: people.officeManager }),
      )
      for (const parent of [undefined, "canary", {}, alone, landstar]) {
        await misconfigured(ask(parent, uids, nothing), "parent")
      }
      for (const subjects of [undefined, "canary@example.test", 7, {}]) {
        await misconfigured(ask(reseller, subjects, nothing), "subjects")
      }
      await misconfigured(ask(reseller, uids, "canary"), "callback")
      for (const concurrency of [0, -1, 1.5, "4"]) {
        await misconfigured(ask(reseller, uids, nothing, { concurrency }), "concurrency")
      }
      await misconfigured(ask(reseller, uids, nothing, { signal: "canary" }), "signal")
      const [outcome] = (await ask(reseller, [7], nothing)) as ReadonlyArray<{ readonly error: AuthError }>
      assert.strictEqual(outcome?.error.reason._tag, "Misconfigured")
      const child = await reseller.actAs(uids[0] ?? "")
      for (const session of [undefined, "canary", {}, alone, child]) {
        await misconfigured(sessions.closeSession(session as never), "session")
      }
      const { token } = await reseller.bearer()
      for (const of of [alone, reseller, child]) {
        for (const generation of [undefined, "canary", token, Number.NaN]) {
          await misconfigured((async () => of.reject(generation as never))(), "generation")
        }
      }
      for (const headers of [undefined, "canary", new Response("canary")]) {
        await misconfigured((async () => reseller.note(headers as never))(), "headers")
      }
      for (const status of ["canary", 42, Number.NaN]) {
        await misconfigured((async () => reseller.note(new Headers(), status as never))(), "status")
      }
    }),
  )

  it.live("and shows no secret to whoever prints what it gives", () =>
    staged(unpaced, async ({ pbx, sessions }) => {
      const reseller = await pbx()
      await using child = await reseller.actAs(uids[0] ?? "")
      const tokens = [await reseller.accessToken(), await child.accessToken()]
      const outcomes = await sessions.forEachSubject(reseller, [`nobody@${domain}`], () => 1)
      const printed = inspect([sessions, reseller, child, outcomes, reseller.actor.getSnapshot()], {
        depth: 12,
        showHidden: true,
      })
      for (const secret of [...tokens, "mypassword", client.secret]) assert.notInclude(printed, secret)
    }),
  )
})
