/** A static API key, for apps without Effect. */
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { AuthError } from "@pbx-auth/providers/AuthError"
import { openApiKey } from "@pbx-auth/session/PromiseApiKey"
import * as Redacted from "effect/Redacted"

const key = `nsr_${"a1B2c3D4".repeat(7)}`
const address = "portal.example.com"

const reasonOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  )
  assert.instanceOf(error, AuthError)
  return error.reason
}

describe("a static API key, with promises", () => {
  it("is a session from the start, and ends with a 401", async () => {
    const events: Array<string> = []
    await using pbx = await openApiKey({ address, apiKey: key }, { inspect: ({ type }) => events.push(type) })
    assert.sameMembers(Object.keys(pbx), [
      ...["accessToken", "bearer", "cancel", "close", "confirm", "reject", "signIn", "signOut", "subscribe", "view"],
    ])
    assert.strictEqual(await pbx.accessToken(), key)
    const { expiresAt, generation, scope } = await pbx.bearer()
    assert.isNull(expiresAt)
    assert.strictEqual(scope, "Reseller")
    assert.strictEqual((await pbx.signIn()).path, "authenticated")
    const heard: Array<string> = []
    pbx.subscribe(({ path }) => heard.push(path))
    pbx.reject(generation)
    const reason = await reasonOf(pbx.accessToken())
    assert.isTrue(reason._tag === "Misconfigured" && reason.field === "apiKey")
    assert.strictEqual(heard.at(-1), "unauthenticated.idle")
    assert.include(events, "@xstate.snapshot")
    assert.notInclude(inspect(pbx, { depth: 12, showHidden: true }), "a1B2c3D4")
  })

  it("is signed out, and closed", async () => {
    const pbx = await openApiKey({ address, apiKey: Redacted.make(key) })
    await pbx.accessToken()
    await pbx.signOut()
    assert.strictEqual(pbx.view().path, "unauthenticated.idle")
    await Promise.all([pbx.close(), pbx.close()])
    assert.strictEqual((await reasonOf(pbx.accessToken()))._tag, "SignedOut")
  })

  it("is refused when it is none, naming the field", async () => {
    const wiped = Redacted.make(key)
    Redacted.wipeUnsafe(wiped)
    const wrong: ReadonlyArray<readonly [options: unknown, field: string]> = [
      [undefined, "options"],
      ["canary", "options"],
      [{ address }, "apiKey"],
      [{ address, apiKey: "canary" }, "apiKey"],
      [{ address, apiKey: 7 }, "apiKey"],
      [{ address, apiKey: wiped }, "apiKey"],
      [{ apiKey: key }, "address"],
      [{ address: "http://portal.example.com", apiKey: key }, "address"],
      [{ address: 7, apiKey: key }, "address"],
      [{ address, apiKey: key, client: { id: "canary" } }, "client"],
    ]
    for (const [options, field] of wrong) {
      const reason = await reasonOf(openApiKey(options as never))
      assert.isTrue(reason._tag === "Misconfigured" && reason.field === field, `${field}: ${reason.message}`)
      assert.notMatch(reason.message, /canary|a1B2/)
    }
    const how = await reasonOf(openApiKey({ address, apiKey: key }, { fetch: globalThis.fetch } as never))
    assert.isTrue(how._tag === "Misconfigured" && how.field === "fetch")
  })
})
