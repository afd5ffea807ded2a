/** RingCentral against its witness, over HTTP: a JWT credential, and a refresh token that may be repeated for a moment. */
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/RingCentral"
import { provider as ringcentral } from "@pbx-auth/providers/RingCentral"
import * as Effect from "effect/Effect"
import { clear, eventually } from "./Harness.ts"
import { stage } from "./VendorStage.ts"

const client = { id: "ringcentral-client-id", secret: "ringcentral-client-secret" }
const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIyNTY0NDAwMTYiLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmVkLXdpdGgtbm90aGluZw"
const other = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmVkLXdpdGgtbm90aGluZw"
const credential = (assertion: string, owner: string, expired = false) => ({ assertion, owner, expired })

describe("RingCentral", () => {
  it.live("presents the JWT with the client by Basic, and renews by the refresh token", () =>
    Effect.gen(function* () {
      const { address, clock, presented, session, wire } = yield* stage(witness)
      const pbx = yield* session(ringcentral.configure({ address, client, jwt }))
      const first = yield* pbx.bearer
      assert.strictEqual(first.identity.uid, "256440016")
      assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(wire[0]?.body)), {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: jwt,
      })
      assert.strictEqual(wire[0]?.headers.authorization, `Basic ${btoa(`${client.id}:${client.secret}`)}`)

      yield* clock.adjust("121 minutes")
      const second = yield* pbx.bearer
      assert.notStrictEqual(clear(second.token), clear(first.token))
      assert.deepStrictEqual(presented(), ["client_credentials", "refresh_token"])
    }),
  )

  it.live("says that a person must make a new JWT when it has expired, and asks once", () =>
    Effect.gen(function* () {
      const { address, clock, presented, session } = yield* stage(witness, { jwts: [credential(jwt, "1", true)] })
      const pbx = yield* session(ringcentral.configure({ address, client, jwt }))
      const { message, reason, remedy } = yield* Effect.flip(pbx.bearer)
      assert.strictEqual(remedy, "configure")
      assert.deepInclude({ ...reason }, { _tag: "Misconfigured", field: "jwt", code: "invalid_grant", status: 400 })
      assert.include(message, "Make a new one")
      assert.notInclude(JSON.stringify([message, reason]), jwt)
      // Nothing asks again by itself, however long it waits.
      yield* clock.adjust("1 day")
      assert.strictEqual(presented().length, 1)
    }),
  )

  it.live("tells a refused client, and an application that takes no JWT", () =>
    Effect.gen(function* () {
      const { address, session } = yield* stage(witness, { clients: [{ ...client, takesJwt: false }] })
      const wrong = yield* session(ringcentral.configure({ address, client: { ...client, secret: "another" }, jwt }))
      assert.deepInclude(
        { ...(yield* Effect.flip(wrong.bearer)).reason },
        { _tag: "ClientRefused", code: "invalid_client" },
      )
      const unfit = yield* session(ringcentral.configure({ address, client, jwt }))
      const { reason } = yield* Effect.flip(unfit.bearer)
      assert.deepInclude({ ...reason }, { _tag: "ClientRefused", code: "unauthorized_client" })
    }),
  )

  it.live("presents a refresh token again at once if the reply was lost, and gets the same pair", () =>
    Effect.gen(function* () {
      const { address, clock, loseReply, presented, session, told } = yield* stage(witness)
      const pbx = yield* session(ringcentral.configure({ address, client, jwt }))
      yield* pbx.bearer
      loseReply()
      yield* clock.adjust("121 minutes")
      yield* eventually(
        "the repetition",
        Effect.sync(() => presented().length >= 3 || undefined),
      ).pipe(Effect.raceFirst(Effect.forever(Effect.andThen(clock.adjust("1 second"), Effect.yieldNow))))
      yield* pbx.bearer
      assert.deepStrictEqual(presented(), ["client_credentials", "refresh_token", "refresh_token"])
      assert.deepStrictEqual(told(), ["issued", "renewed", "renewed"])
    }),
  )

  it.live("signs in with the JWT when the refresh token is past, and revokes at sign-out", () =>
    Effect.gen(function* () {
      const { address, clock, presented, session, told } = yield* stage(witness)
      const pbx = yield* session(ringcentral.configure({ address, client, jwt }))
      yield* pbx.bearer
      yield* clock.adjust("8 days")
      yield* pbx.bearer
      assert.strictEqual(presented().at(-1), "client_credentials")
      yield* pbx.signOut
      assert.strictEqual(told().at(-1), "revoked")
    }),
  )

  it.live("keeps two persons of one application apart, and two hosts", () =>
    Effect.gen(function* () {
      const jwts = [credential(jwt, "1"), credential(other, "2")]
      const one = yield* stage(witness, { jwts })
      const two = yield* stage(witness, { jwts })
      const at = (address: string, jwt: string) =>
        Effect.flatMap(one.session(ringcentral.configure({ address, client, jwt })), (pbx) => pbx.bearer)
      const bearers = [yield* at(one.address, jwt), yield* at(one.address, other), yield* at(two.address, jwt)]
      assert.strictEqual(new Set(bearers.map(({ token }) => clear(token))).size, 3)
      assert.deepStrictEqual(
        bearers.map(({ identity }) => identity.uid),
        ["1", "2", "1"],
      )
    }),
  )

  it("refuses a text that is no JWT, and repeats none of it", () => {
    const { failure } = ringcentral.configure({ client, jwt: "a made-up password" }) as unknown as {
      readonly failure: { readonly reason: { readonly _tag: string }; readonly message: string }
    }
    assert.strictEqual(failure.reason._tag, "Misconfigured")
    assert.include(failure.message, "jwt")
    assert.notInclude(failure.message, "made-up password")
  })
})
