import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { netsapiens as ns, served, type Told } from "./Served.ts"

interface Item {
  readonly name: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Items of a structured list (RFC 9651 section 3.1) as far as these two headers have them. */
const itemsOf = (value: string | null): ReadonlyArray<Item> =>
  (value ?? "").split(", ").map((item) => {
    const [name = "", ...parameters] = item.split(";")
    return {
      name: JSON.parse(name),
      parameters: Object.fromEntries(parameters.map((parameter) => parameter.split(/=(.*)/s).slice(0, 2))),
    }
  })

const limitOf = ({ headers }: Told, name: string) =>
  itemsOf(headers.get("ratelimit")).find((item) => item.name === name)?.parameters

// The beginning of an hour, so that no window ends in the middle of a test.
const hour = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000)

const limited = Effect.fnUntraced(function* (rateLimits: unknown, world: object = {}) {
  const room = yield* served({ netsapiens: { rateLimits, ...world } })
  yield* room.clock.setWall(hour)
  return { ...room, signIn: room.ask(ns.token, { form: ns.password }) }
})

const minute = (per: string, quota: number) => ({ name: `${per}_minute`, per, quota, window: 60 })

describe("Rate limits", () => {
  it.live("are off at first", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { headers } = yield* ask(ns.token, { form: ns.password })
      assert.isNull(headers.get("ratelimit"))
      assert.isNull(headers.get("ratelimit-policy"))
    }),
  )

  it.live("as published: told by every reply, refusals too", () =>
    Effect.gen(function* () {
      const { ask, signIn } = yield* limited("published")
      const told = yield* signIn
      const [subscriber, client] = [btoa("111@abc-company.12345.service"), btoa("your-client-id")]
      assert.deepStrictEqual(itemsOf(told.headers.get("ratelimit-policy")), [
        { name: "subscriber_minute", parameters: { q: "60", w: "60", pk: `:${subscriber}:` } },
        { name: "subscriber_hour", parameters: { q: "1800", w: "3600", pk: `:${subscriber}:` } },
        { name: "client_minute", parameters: { q: "90", w: "60", pk: `:${client}:` } },
        { name: "client_hour", parameters: { q: "2700", w: "3600", pk: `:${client}:` } },
      ])
      assert.deepInclude(limitOf(told, "subscriber_minute"), { r: "59" })
      assert.approximately(Number(limitOf(told, "subscriber_minute")?.t), 58, 2)
      assert.approximately(Number(limitOf(told, "client_hour")?.t), 3598, 2)

      const bearer = told.fields.access_token
      assert.strictEqual(limitOf(yield* ask("/ns-api/", { bearer }), "subscriber_minute")?.r, "58")
      assert.strictEqual(limitOf(yield* ask("/ns-api/oauth2/read", { bearer }), "client_hour")?.r, "2697")
      const renewal = ns.refresh(told.fields.refresh_token)
      assert.strictEqual(limitOf(yield* ask(ns.token, { form: renewal }), "subscriber_hour")?.r, "1796")
      const wrong = yield* ask(ns.token, { form: { ...ns.password, password: "wrong" } })
      assert.deepStrictEqual([wrong.status, limitOf(wrong, "client_minute")?.r], [400, "85"])
      const missing = yield* ask("/ns-api/v2/none", { bearer })
      assert.deepStrictEqual([missing.status, limitOf(missing, "client_minute")?.r], [404, "84"])
    }),
  )

  it.live("refuse what is too much, until the next minute of the emulator's clock", () =>
    Effect.gen(function* () {
      const { ask, signIn, clock, emulator } = yield* limited([minute("subscriber", 3)])
      for (const left of ["2", "1", "0"]) {
        const told = yield* signIn
        assert.deepStrictEqual([told.status, limitOf(told, "subscriber_minute")?.r], [200, left])
      }
      const refused = yield* signIn
      assert.deepStrictEqual([refused.status, limitOf(refused, "subscriber_minute")?.r], [429, "0"])
      assert.isNull(refused.headers.get("retry-after"))
      const entry = (yield* emulator.journal).at(-1)
      assert.deepInclude(entry, {
        grant: "password",
        client: "your-client-id",
        account: "111@abc-company.12345.service",
        outcome: "refused: too many requests",
        status: 429,
      })
      // Another subscriber has a quota of its own.
      assert.strictEqual((yield* ask(ns.token, { form: ns.reseller })).status, 200)
      const wait = Number(limitOf(yield* signIn, "subscriber_minute")?.t)
      yield* clock.adjust((wait - 5) * 1000)
      assert.strictEqual((yield* signIn).status, 429)
      yield* clock.adjust("5 seconds")
      const told = yield* signIn
      assert.deepStrictEqual([told.status, limitOf(told, "subscriber_minute")?.r], [200, "2"])
    }),
  )

  it.live("are shared by all users of one client", () =>
    Effect.gen(function* () {
      const clients = [{ id: "your-client-id", secret: "your-client-secret" }, { id: "other" }]
      const { ask } = yield* limited([minute("client", 2)], { clients })
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 200)
      const second = yield* ask(ns.token, { form: ns.reseller })
      assert.strictEqual((yield* ask(ns.token, { form: ns.basicUser })).status, 429)
      assert.strictEqual((yield* ask("/ns-api/", { bearer: second.fields.access_token })).status, 429)
      assert.strictEqual((yield* ask(ns.token, { form: { ...ns.password, client_id: "other" } })).status, 200)
    }),
  )

  it.live("do not act on what they refuse: nothing is spent", () =>
    Effect.gen(function* () {
      const { ask, signIn, clock, emulator } = yield* limited([minute("subscriber", 1)], { rotation: "strict" })
      const form = ns.refresh((yield* signIn).fields.refresh_token)
      assert.strictEqual((yield* ask(ns.token, { form })).status, 429)
      assert.strictEqual((yield* emulator.journal).at(-1)?.account, "111@abc-company.12345.service")
      yield* clock.adjust("60 seconds")
      assert.strictEqual((yield* ask(ns.token, { form })).status, 200)
    }),
  )

  it.live("count a passcode and an acting user where they belong", () =>
    Effect.gen(function* () {
      const { ask } = yield* limited([minute("subscriber", 2)])
      const challenge = yield* ask(ns.token, { form: ns.withFactor })
      const own = yield* ask(ns.token, { form: ns.mfa(challenge.fields.access_token) })
      assert.strictEqual(limitOf(own, "subscriber_minute")?.r, "0")
      // The request to act is the reseller's, a call with the token the other's.
      assert.strictEqual((yield* ask(ns.token, { form: ns.masquerade(own.fields.access_token) })).status, 429)
      const reseller = yield* ask(ns.token, { form: ns.reseller })
      const masked = yield* ask(ns.token, { form: ns.masquerade(reseller.fields.access_token) })
      assert.strictEqual(limitOf(masked, "subscriber_minute")?.r, "0")
      const call = yield* ask("/ns-api/", { bearer: masked.fields.access_token })
      assert.deepStrictEqual([call.status, limitOf(call, "subscriber_minute")?.r], [200, "1"])
    }),
  )

  it.live("count nobody who cannot be told", () =>
    Effect.gen(function* () {
      const { ask } = yield* limited([minute("subscriber", 1), minute("client", 1)])
      for (let turn = 0; turn < 3; turn++) {
        const told = yield* ask("/ns-api/", { bearer: "never-issued" })
        assert.deepStrictEqual([told.status, told.headers.get("ratelimit")], [401, null])
      }
    }),
  )

  it.live("can be switched on mid-run, and are refused by path", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const change = (rateLimits: unknown) => ask("/__emulator/world", { json: { netsapiens: { rateLimits } } })
      assert.strictEqual((yield* change([minute("subscriber", 1)])).status, 200)
      assert.isNotNull((yield* ask(ns.token, { form: ns.password })).headers.get("ratelimit"))
      for (const wrong of [
        "on",
        5,
        [{ ...minute("subscriber", 1), per: "day" }],
        [minute("client", 0)],
        [minute('"', 1)],
      ]) {
        const told = yield* change(wrong)
        assert.deepStrictEqual([told.status, told.fields.error.includes("world.netsapiens.rateLimits")], [400, true])
      }
    }),
  )
})
