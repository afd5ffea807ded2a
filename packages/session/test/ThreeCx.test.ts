/** 3CX against its witness, over HTTP: a life in minutes, one token at a time, and a host for each system. */
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/ThreeCx"
import { provider as threeCx } from "@pbx-auth/providers/ThreeCx"
import * as Effect from "effect/Effect"
import { clear } from "./Harness.ts"
import { stage } from "./VendorStage.ts"

const client = { id: "apiclient", secret: "3cx-api-key-north" }
const minute = 60_000

describe("3CX", () => {
  for (const [name, world] of [
    ["minutes, with a JWT that says its end", { counts: "minutes", tellsEnd: true }],
    ["minutes, with a token that says nothing", { counts: "minutes", tellsEnd: false }],
    ["seconds, with a JWT that says its end", { counts: "seconds", tellsEnd: true }],
  ] as const) {
    it.live(`one request serves most of the hour: ${name}`, () =>
      Effect.gen(function* () {
        const { address, clock, session, told, wire } = yield* stage(witness, world)
        const system = yield* session(threeCx.configure({ address, client }))
        const first = yield* system.bearer
        assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(wire[0]?.body)), {
          client_id: client.id,
          client_secret: client.secret,
          grant_type: "client_credentials",
        })
        assert.isUndefined(wire[0]?.headers.authorization)
        for (let minutes = 0; minutes < 50; minutes += 5) {
          yield* clock.adjust(5 * minute)
          assert.strictEqual(clear((yield* system.bearer).token), clear(first.token))
        }
        assert.deepStrictEqual(told(), ["issued"])
        yield* clock.adjust(9.6 * minute)
        assert.notStrictEqual(clear((yield* system.bearer).token), clear(first.token))
        assert.deepStrictEqual(told(), ["issued", "issued"])
      }),
    )
  }

  it.live("a JWT of a minute is a minute's, whatever `expires_in` means", () =>
    Effect.gen(function* () {
      const { address, clock, session, told } = yield* stage(witness, { counts: "seconds", lifetime: 60 })
      const system = yield* session(threeCx.configure({ address, client }))
      yield* system.bearer
      yield* clock.adjust(minute)
      yield* system.bearer
      assert.isAtLeast(told().length, 2)
    }),
  )

  it.live("a token that another process has ended is replaced once it is rejected", () =>
    Effect.gen(function* () {
      const { address, ask, session } = yield* stage(witness)
      const system = yield* session(threeCx.configure({ address, client }))
      const first = yield* system.bearer
      const api = (token: string) => ask("/xapi/v1/Users", { headers: { authorization: `Bearer ${token}` } })
      const body = new URLSearchParams({
        grant_type: "client_credentials",
        client_id: client.id,
        client_secret: client.secret,
      })
      yield* ask("/connect/token", { method: "POST", body })
      assert.deepInclude(yield* api(clear(first.token)), { status: 401 })
      yield* system.reject(first.generation)
      assert.deepInclude(yield* api(clear((yield* system.bearer).token)), { status: 200 })
    }),
  )

  it.live("a wrong key is ClientRefused, and is asked once", () =>
    Effect.gen(function* () {
      const { address, clock, session, wire } = yield* stage(witness)
      const system = yield* session(threeCx.configure({ address, client: { ...client, secret: "another" } }))
      const error = yield* Effect.flip(system.bearer)
      assert.deepInclude({ ...error.reason }, { _tag: "ClientRefused", code: "invalid_client", status: 401 })
      assert.strictEqual(error.remedy, "configure")
      yield* clock.adjust("1 day")
      assert.lengthOf(wire, 1)
    }),
  )

  it.live("two systems with one client id and one key never meet", () =>
    Effect.gen(function* () {
      const north = yield* stage(witness)
      const south = yield* stage(witness)
      const at = (address: string) =>
        Effect.flatMap(north.session(threeCx.configure({ address, client })), (system) => system.bearer)
      const [one, two] = [yield* at(north.address), yield* at(south.address)]
      const headers = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
      assert.deepInclude(yield* north.ask("/callcontrol/100", headers(clear(one.token))), { status: 200 })
      assert.deepInclude(yield* south.ask("/callcontrol/100", headers(clear(two.token))), { status: 200 })
      assert.deepInclude(yield* south.ask("/callcontrol/100", headers(clear(one.token))), { status: 401 })
    }),
  )

  it("has no address of its own", () => {
    // @ts-expect-error: each system has its own host
    const { failure } = threeCx.configure({ client }) as unknown as {
      readonly failure: { readonly reason: { readonly _tag: string; readonly field: string } }
    }
    assert.deepInclude({ ...failure.reason }, { _tag: "Misconfigured", field: "address" })
  })
})
