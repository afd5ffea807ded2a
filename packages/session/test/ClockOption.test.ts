/** What the option `clock` of the promise faces takes. */
import { assert, describe, it } from "@effect/vitest"
import { openApiKey } from "@pbx-auth/session/PromiseApiKey"
import { type GivenClock, type PromiseClock, promiseClock } from "@pbx-auth/session/PromiseClock"
import { makeOperations } from "@pbx-auth/session/PromiseOperations"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import { TokenStore } from "@pbx-auth/session/TokenStore"
import { client, people } from "./Harness.ts"
import { errorOf } from "./PromiseStage.ts"

const address = "http://127.0.0.1:1"
const options = { address, client, credentials: people.officeManager }

describe("a clock", () => {
  it("that is none is refused, naming the field", async () => {
    const wrong = [
      null,
      7,
      "canary",
      {},
      { now: Date.now },
      { now: () => "canary", sleep: async () => {} },
      { now: () => Number.NaN, sleep: async () => {} },
      { now: () => 1e300, sleep: async () => {} },
      {
        now: () => {
          throw new Error("canary")
        },
        sleep: async () => {},
      },
    ] as unknown as ReadonlyArray<GivenClock>
    for (const given of wrong) {
      const made = await errorOf((async () => promiseClock(given))())
      assert.isTrue(made.reason._tag === "Misconfigured" && made.reason.field === "clock", made.message)
      assert.notInclude(made.message, "canary")
      // It was not made by `promiseClock`.
      const clock = given as unknown as PromiseClock
      for (const opened of [
        () => openSkySwitch(options, { clock }),
        () => openSessions({}, { clock }),
        () => openApiKey({ address, apiKey: `nsr_${"a1B2c3D4".repeat(7)}` }, { clock }),
        () => openTokenStore(TokenStore.layerMemory, { clock }),
        async () => makeOperations(() => {}, { clock }),
      ]) {
        const { message, reason } = await errorOf(opened() as Promise<unknown>)
        assert.isTrue(reason._tag === "Misconfigured" && reason.field === "clock", message)
        assert.notInclude(message, "canary")
      }
    }
  })
})
