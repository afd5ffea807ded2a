/** Yeastar P-series against its witness, over HTTP: numbers for refusals, a cap, and a token in the query. */
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/Yeastar"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import { clear, reasonOf } from "./Harness.ts"
import { stage } from "./VendorStage.ts"

const client = { id: "yeastar-client-id", secret: "yeastar-client-secret" }

describe("Yeastar P-series", () => {
  it.live("gives a token for id and secret, and renews it by the refresh token alone", () =>
    Effect.gen(function* () {
      const { address, clock, presented, session, wire } = yield* stage(witness)
      const pbx = yield* session(yeastar.configure({ address, client }))
      const first = yield* pbx.bearer
      assert.deepStrictEqual(JSON.parse(wire[0]?.body ?? ""), { username: client.id, password: client.secret })
      assert.strictEqual(wire[0]?.headers["user-agent"], "OpenAPI")
      assert.isUndefined(wire[0]?.headers.authorization)

      yield* clock.adjust("31 minutes")
      const second = yield* pbx.bearer
      assert.notStrictEqual(clear(second.token), clear(first.token))
      assert.deepStrictEqual(Object.keys(JSON.parse(wire[1]?.body ?? "")), ["refresh_token"])
      assert.deepStrictEqual(presented(), ["client_credentials", "refresh_token"])
      assert.isTrue(wire.every(({ url }) => !url.includes("?")))
    }),
  )

  it.live("signs in by itself when the refresh token is of no use any more", () =>
    Effect.gen(function* () {
      const { address, clock, killRefresh, presented, session, told } = yield* stage(witness)
      const pbx = yield* session(yeastar.configure({ address, client }))
      yield* pbx.bearer
      killRefresh()
      yield* clock.adjust("31 minutes")
      yield* pbx.bearer
      assert.deepStrictEqual(presented(), ["client_credentials", "refresh_token", "client_credentials"])
      assert.deepStrictEqual(told(), ["issued", "refused: bad token", "issued"])
      // After two days even the refresh token is past, and the next token comes all the same.
      yield* clock.adjust("2 days")
      yield* pbx.bearer
      assert.strictEqual(told().at(-1), "issued")
    }),
  )

  for (const errcode of [1, 10_005, 40_002]) {
    it.live(`says that the client is refused if it is told ${errcode} in an HTTP 200, and asks once`, () =>
      Effect.gen(function* () {
        const { address, presented, session } = yield* stage(witness, { wrongClient: errcode })
        const pbx = yield* session(yeastar.configure({ address, client: { ...client, secret: "another" } }))
        const { reason, remedy } = yield* Effect.flip(pbx.bearer)
        assert.deepInclude({ ...reason }, { _tag: "ClientRefused", code: `${errcode}`, status: 200 })
        assert.strictEqual(remedy, "configure")
        assert.notInclude(JSON.stringify(reason), "another")
        assert.strictEqual(presented().length, 1)
      }),
    )
  }

  it.live("waits when the address is blocked, and when it may not come at all a person must mend it", () =>
    Effect.gen(function* () {
      const blocked = yield* stage(witness, { blockAfter: 0 })
      const first = yield* blocked.session(yeastar.configure({ address: blocked.address, client }))
      const { message: said, reason } = yield* Effect.flip(first.bearer)
      assert.strictEqual(reason._tag, "Throttled")
      assert.match(said, /^The PBX has blocked .* remove the block\.$/)
      const wait = (reason._tag === "Throttled" ? (reason.retryAt ?? 0) : 0) - blocked.clock.currentTimeMillisUnsafe()
      assert.isAbove(wait, 500_000)
      assert.isAtMost(wait, 600_000)

      const forbidden = yield* stage(witness, { allowed: false })
      const second = yield* forbidden.session(yeastar.configure({ address: forbidden.address, client }))
      const { message, reason: forbade } = yield* Effect.flip(second.bearer)
      assert.deepInclude({ ...forbade }, { _tag: "Misconfigured", field: "address", code: "70087", status: 200 })
      assert.match(message, /^Invalid option "address"\. This PBX .* the IP address of this program\.$/)
    }),
  )

  it.live("waits at the cap of 8 living tokens, and a sign-out frees a slot", () =>
    Effect.gen(function* () {
      const { address, ask, clock, processWith, session, told, wire } = yield* stage(witness)
      const apart = Effect.flatMap(TokenStore.makeMemory, processWith)
      const asked = ask("/openapi/v1.0/get_token", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username: client.id, password: client.secret }),
      })
      for (let one = 0; one < 7; one++) assert.strictEqual((yield* asked).fields.errcode, 0)
      const eighth = yield* session(yeastar.configure({ address, client }))
      yield* eighth.bearer

      // A program with a store of its own asks for a ninth.
      const ninth = yield* session(yeastar.configure({ address, client }), yield* apart)
      yield* eighth.signOut
      assert.match(wire.at(-1)?.url ?? "", /^\/openapi\/v1\.0\/del_token\?access_token=[0-9a-f]{32}$/)
      yield* ninth.bearer
      assert.strictEqual(told().at(-1), "issued")

      assert.strictEqual((yield* asked).fields.errcode, 60_002)
      yield* ninth.signOut
      assert.strictEqual((yield* asked).fields.errcode, 0)
      const late = yield* session(yeastar.configure({ address, client }), yield* apart)
      assert.strictEqual(yield* reasonOf(late.bearer), "Throttled")
      yield* clock.adjust("31 minutes")
      yield* late.bearer
      assert.strictEqual(told().at(-1), "issued")
    }),
  )

  it.live("keeps two PBXs and two clients of one PBX apart", () =>
    Effect.gen(function* () {
      const other = { id: "yeastar-other-id", secret: "yeastar-other-secret" }
      const one = yield* stage(witness, { clients: [client, other] })
      const two = yield* stage(witness)
      const tokens = [
        yield* (yield* one.session(yeastar.configure({ address: one.address, client }))).bearer,
        yield* (yield* one.session(yeastar.configure({ address: one.address, client: other }))).bearer,
        yield* (yield* one.session(yeastar.configure({ address: two.address, client }))).bearer,
      ].map(({ token }) => clear(token))
      assert.strictEqual(new Set(tokens).size, 3)
      const who = (stage: typeof one, token = "") =>
        Effect.map(stage.ask(`/openapi/v1.0/who?access_token=${token}`), ({ fields }) => fields.client)
      assert.strictEqual(yield* who(one, tokens[0]), client.id)
      assert.strictEqual(yield* who(one, tokens[1]), other.id)
      assert.strictEqual(yield* who(two, tokens[2]), client.id)
      assert.isUndefined(yield* who(two, tokens[0]))
    }),
  )
})
