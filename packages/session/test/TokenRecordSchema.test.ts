import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { decode, encode, TokenRecordSchema } from "@pbx-auth/session/TokenRecordSchema"
import type { TokenRecord } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const record: TokenRecord = {
  generation: 3,
  via: "renewal",
  tokens: {
    accessToken: Redacted.make("made-up-access-token"),
    refreshToken: Redacted.make("made-up-refresh-token"),
    tokenType: "Bearer",
    lifetime: Number.POSITIVE_INFINITY,
    refreshLifetime: undefined,
    scope: null,
    identity: { uid: "111@abc-company", email: undefined },
    details: { nested: { list: [1, null, "x"] } },
  },
  times: { issuedAt: 1_000, dueAt: null, usableUntil: 2_000, expiresAt: null },
  intent: { holder: "one", purpose: "sign_in", startedAt: 1, until: 2 },
}

/** What a record is worth, with its secrets in clear. */
const clear = (one: TokenRecord) => JSON.stringify(Schema.encodeSync(TokenRecordSchema)(one))

describe("TokenRecordSchema", () => {
  it.effect("takes a record to JSON and back, with a life that does not end, and secrets that stay Redacted", () =>
    Effect.gen(function* () {
      const text = yield* encode(record)
      const back = yield* decode(text)
      const { identity, ...tokens } = record.tokens ?? assert.fail()
      assert.deepStrictEqual(back, { ...record, tokens: { ...tokens, identity: { uid: identity.uid } } })
      assert.strictEqual(Redacted.value(back.tokens?.accessToken ?? assert.fail()), "made-up-access-token")
      assert.notInclude(String(JSON.stringify(back)), "made-up")
      assert.strictEqual(yield* encode(back), text)
    }),
  )

  it.effect("takes a record with nothing in it", () =>
    Effect.gen(function* () {
      const empty: TokenRecord = {
        generation: 0,
        via: "sign_in",
        tokens: undefined,
        times: undefined,
        intent: undefined,
      }
      assert.deepStrictEqual(yield* decode(yield* encode(empty)), empty)
    }),
  )

  it.effect.prop("takes every record to JSON and back", [Schema.toType(TokenRecordSchema)], ([one]) =>
    Effect.gen(function* () {
      const text = yield* encode(one)
      assert.strictEqual(clear(yield* decode(text)), text)
    }),
  )

  it.effect("refuses what is no record, and repeats nothing of it", () =>
    Effect.gen(function* () {
      const good = yield* encode(record)
      const broken = [
        undefined,
        "",
        good.slice(0, -2),
        "null",
        `{"tokens":"made-up-access-token"}`,
        good.replace('"renewal"', '"made-up-access-token"'),
        good.replace('"made-up-access-token"', '""'),
        good.replace('"generation":3', '"generation":"3"'),
        good.replace('"issuedAt":1000', '"issuedAt":null'),
      ]
      for (const text of broken) {
        const failed = yield* Effect.flip(decode(text))
        assert.instanceOf(failed, StoreFailed)
        assert.strictEqual(failed.remedy, "configure")
        assert.notInclude(`${failed.message} ${JSON.stringify(failed)} ${failed.stack}`, "made-up")
      }
    }),
  )
})
