/** Zoom against its witness, over HTTP: a token for an account, for an hour. */
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/Zoom"
import { provider as zoom } from "@pbx-auth/providers/Zoom"
import * as Effect from "effect/Effect"
import { clear } from "./Harness.ts"
import { stage } from "./VendorStage.ts"

const north = {
  accountId: "ZoomAccountNorth00001",
  client: { id: "zoom-client-id", secret: "zoom-client-secret" },
}
const south = {
  accountId: "ZoomAccountSouth00001",
  client: { id: "zoom-south-id", secret: "zoom-south-secret" },
}

describe("Zoom", () => {
  it.live("asks for the account in the body, with the client by Basic, and again before the hour is over", () =>
    Effect.gen(function* () {
      const { address, ask, clock, session, told, wire } = yield* stage(witness)
      const app = yield* session(zoom.configure({ address, ...north }))
      const first = yield* app.bearer
      assert.strictEqual(wire[0]?.url, "/oauth/token")
      assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(wire[0]?.body)), {
        grant_type: "account_credentials",
        account_id: north.accountId,
      })
      assert.strictEqual(wire[0]?.headers.authorization, `Basic ${btoa(`${north.client.id}:${north.client.secret}`)}`)

      yield* clock.adjust("59 minutes")
      const second = yield* app.bearer
      assert.notStrictEqual(clear(second.token), clear(first.token))
      assert.deepStrictEqual(told(), ["issued", "issued"])
      // Several tokens live: the first one's call under way is answered.
      const headers = { authorization: `Bearer ${clear(first.token)}` }
      assert.deepInclude(yield* ask("/v2/users", { headers }), { status: 200 })
      yield* clock.adjust("2 minutes")
      assert.deepInclude(yield* ask("/v2/users", { headers }), { status: 401 })
    }),
  )

  it.live("says where the account's API is, also to the next process, and believes no other host", () =>
    Effect.gen(function* () {
      const { address, change, clock, process, session } = yield* stage(witness, { apiUrl: "https://api-eu.zoom.us" })
      const configured = zoom.configure({ address, ...north })
      const { identity } = yield* (yield* session(configured)).bearer
      assert.deepStrictEqual(identity, { apiOrigin: "https://api-eu.zoom.us" })
      const next = yield* session(configured, yield* process)
      assert.deepStrictEqual((yield* next.bearer).identity, identity)
      change({ apiUrl: "https://api.zoom.us.evil.example" })
      yield* clock.adjust("61 minutes")
      assert.deepStrictEqual((yield* next.bearer).identity, {})
    }),
  )

  it.live("a wrong secret is ClientRefused, in spite of the status 400, and is asked once", () =>
    Effect.gen(function* () {
      const { address, clock, session, wire } = yield* stage(witness)
      const client = { ...north.client, secret: "another" }
      const app = yield* session(zoom.configure({ address, ...north, client }))
      const error = yield* Effect.flip(app.bearer)
      assert.deepInclude({ ...error.reason }, { _tag: "ClientRefused", code: "invalid_client", status: 400 })
      assert.strictEqual(error.remedy, "configure")
      assert.notInclude(JSON.stringify(error), "another")
      yield* clock.adjust("1 day")
      assert.lengthOf(wire, 1)
    }),
  )

  it.live("another account's id is Misconfigured and names the option, and so is an app that was deactivated", () =>
    Effect.gen(function* () {
      const { address, change, session } = yield* stage(witness)
      const wrong = yield* session(zoom.configure({ address, ...north, accountId: south.accountId }))
      const error = yield* Effect.flip(wrong.bearer)
      assert.deepInclude({ ...error.reason }, { _tag: "Misconfigured", field: "accountId", code: "invalid_request" })
      assert.include(error.message, "Copy the Account ID")
      change({ clients: [{ ...north.client, account: north.accountId, isActive: false }] })
      const off = yield* session(zoom.configure({ address, ...north }))
      assert.include((yield* Effect.flip(off.bearer)).message, "activated")
    }),
  )

  it.live("a rejected token is replaced", () =>
    Effect.gen(function* () {
      const { address, killAccess, session, told } = yield* stage(witness)
      const app = yield* session(zoom.configure({ address, ...north }))
      const dead = yield* app.bearer
      killAccess()
      yield* app.reject(dead.generation)
      assert.notStrictEqual(clear((yield* app.bearer).token), clear(dead.token))
      assert.deepStrictEqual(told(), ["issued", "issued"])
    }),
  )

  it.live("two accounts of one registry get their own tokens, even if they share the client by mistake", () =>
    Effect.gen(function* () {
      const { address, ask, session } = yield* stage(witness)
      const of = (options: typeof north) =>
        Effect.flatMap(session(zoom.configure({ address, ...options })), (app) => Effect.result(app.bearer))
      const accountOf = (token: string) =>
        Effect.map(ask("/v2/accounts/me", { headers: { authorization: `Bearer ${token}` } }), ({ fields }) => fields)
      for (const one of [north, south]) {
        const { token } = yield* Effect.fromResult(yield* of(one))
        assert.deepStrictEqual(yield* accountOf(clear(token)), { account_id: one.accountId })
      }
      // The first one's token is at hand. It is not handed out for the second account.
      const mistaken = yield* of({ ...north, accountId: south.accountId })
      assert.strictEqual(mistaken._tag, "Failure")
    }),
  )

  it("wants an account id of the vendor's form", () => {
    const { failure } = zoom.configure({ ...north, accountId: "north & south" }) as unknown as {
      readonly failure: { readonly reason: { readonly _tag: string; readonly field: string } }
    }
    assert.deepInclude({ ...failure.reason }, { _tag: "Misconfigured", field: "accountId" })
  })
})
