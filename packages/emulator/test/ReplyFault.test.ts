/** Faults of the answer: another one than the true one, the true one spoilt, or one of another time. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Fault } from "../src/fault/Fault.ts"
import { form, last, settle, signedIn } from "./FaultyRoom.ts"
import { ipex, netsapiens as ns, sangomaCx, served, type Told } from "./Served.ts"

describe("Another answer than the true one", () => {
  const elsewhere = "http://127.0.0.1:1/token"
  const date = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
  const cases: ReadonlyArray<readonly [fault: Fault, status: number, check: (told: Told) => void]> = [
    ...([500, 502, 503, 504] as const).map(
      (status) =>
        [{ _tag: "server_error", status }, status, ({ text }: Told) => assert.include(text, "<html>")] as const,
    ),
    [{ _tag: "server_error", body: "json" }, 500, ({ fields }) => assert.strictEqual(fields.code, 500)],
    [{ _tag: "server_error", body: "text" }, 500, ({ text }) => assert.strictEqual(text, "Internal Server Error")],
    [{ _tag: "server_error", body: "empty", acts: true }, 500, ({ text }) => assert.strictEqual(text, "")],
    [{ _tag: "retry_after", seconds: 30 }, 429, ({ headers }) => assert.strictEqual(headers.get("retry-after"), "30")],
    [
      { _tag: "retry_after", status: 503, form: "imf_fixdate" },
      503,
      ({ headers }) => {
        assert.match(
          headers.get("retry-after") ?? "",
          new RegExp(`^${date}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT$`),
        )
        const [told, at] = [headers.get("date"), headers.get("retry-after")].map((text) => Date.parse(text ?? ""))
        assert.approximately((at ?? 0) - (told ?? 0), 2500, 600)
      },
    ],
    [
      { _tag: "retry_after", form: "rfc850" },
      429,
      ({ headers }) => assert.match(headers.get("retry-after") ?? "", /^\w+day, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT$/),
    ],
    [
      { _tag: "retry_after", form: "asctime" },
      429,
      ({ headers }) =>
        assert.match(
          headers.get("retry-after") ?? "",
          new RegExp(`^${date} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}$`),
        ),
    ],
    [
      { _tag: "rate_limit" },
      429,
      ({ headers }) => {
        const [subscriber, client] = [btoa("111@abc-company.12345.service"), btoa("your-client-id")]
        assert.strictEqual(
          headers.get("ratelimit"),
          `"subscriber_minute";r=0;t=24;pk=:${subscriber}:, "client_hour";r=31;t=324;pk=:${client}:`,
        )
        assert.strictEqual(
          headers.get("ratelimit-policy"),
          `"subscriber_minute";q=60;w=60;pk=:${subscriber}:, "client_hour";q=2700;w=3600;pk=:${client}:`,
        )
        assert.isNull(headers.get("retry-after"))
      },
    ],
    [
      { _tag: "rate_limit", policies: [{ name: "p", quota: 1, window: 2, remaining: 0, reset: 3 }] },
      429,
      ({ headers }) => assert.strictEqual(headers.get("ratelimit"), '"p";r=0;t=3'),
    ],
    [
      { _tag: "firewall" },
      403,
      ({ headers, text }) => {
        assert.include(headers.get("content-type"), "text/html")
        assert.include(text, "Forbidden")
      },
    ],
    ...([301, 302, 303, 307, 308] as const).map(
      (status) =>
        [
          { _tag: "redirect", status, to: elsewhere },
          status,
          ({ headers }: Told) => assert.strictEqual(headers.get("location"), elsewhere),
        ] as const,
    ),
    ...[true, false].flatMap((acts) => [
      [{ _tag: "html_200", acts }, 200, ({ text }: Told) => assert.include(text, "<html>")] as const,
      [{ _tag: "empty_200", acts }, 200, ({ text }: Told) => assert.strictEqual(text, "")] as const,
      [{ _tag: "error_in_200", acts }, 200, ({ fields }: Told) => assert.isString(fields.error)] as const,
    ]),
    [
      { _tag: "error_in_200", form: "code_message" },
      200,
      ({ fields }) => assert.deepStrictEqual(Object.keys(fields), ["code", "message"]),
    ],
    [
      { _tag: "error_in_200", form: "code_msg" },
      200,
      ({ fields }) => assert.deepStrictEqual(Object.keys(fields), ["code", "msg"]),
    ],
    [
      { _tag: "reply", status: 418, headers: { "x-tea": "pot", date: "yesterday" }, body: "héllo" },
      418,
      ({ headers, text }) => {
        assert.deepStrictEqual([headers.get("x-tea"), headers.get("date"), text], ["pot", "yesterday", "héllo"])
        assert.isNull(headers.get("content-type"))
      },
    ],
    [{ _tag: "reply", status: 204, acts: true }, 204, ({ text }) => assert.strictEqual(text, "")],
    [{ _tag: "reply" }, 200, ({ text }) => assert.strictEqual(text, "")],
  ]
  for (const [fault, status, check] of cases) {
    it.live(JSON.stringify(fault), () =>
      Effect.gen(function* () {
        const room = yield* signedIn()
        const { hits } = yield* room.emulator.faults.arm({ fault })
        const told = yield* room.renew
        assert.strictEqual(told.status, status)
        check(told)
        assert.strictEqual(yield* hits, 1)
        yield* settle(room, fault, status, "acts" in fault && fault.acts === true)
      }),
    )
  }

  it.live("any bytes at all", () =>
    Effect.gen(function* () {
      const { emulator, origin } = yield* served()
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      yield* emulator.faults.arm({ fault: { _tag: "reply", base64: btoa(String.fromCharCode(...bytes)) } })
      const got = yield* Effect.promise(async () => {
        const response = await fetch(`${origin}${ns.token}`, { method: "POST", body: form(ns.password) })
        return new Uint8Array(await response.arrayBuffer())
      })
      assert.deepStrictEqual(got, bytes)
    }),
  )
})

describe("The true answer, spoilt", () => {
  const cases: ReadonlyArray<readonly [fault: Fault, check: (told: Told) => void]> = [
    [{ _tag: "cut_json" }, ({ text }) => assert.match(text, /^\{"access_token":"\w+",.*[^}]$/)],
    [{ _tag: "cut_json", bytes: 1 }, ({ text }) => assert.strictEqual(text, "{")],
    [{ _tag: "invalid_utf8" }, ({ text }) => assert.match(text, /"access_token":"\w+\uFFFD\(\uFFFD\w+"/)],
    [
      { _tag: "invalid_utf8", field: "scope" },
      ({ text }) => assert.match(text, /"scope":"[\w ]+\uFFFD\(\uFFFD[\w ]+"/),
    ],
    [{ _tag: "invalid_utf8", field: "none" }, ({ text }) => assert.include(text, "\uFFFD(\uFFFD")],
    [{ _tag: "wrong_type" }, ({ headers }) => assert.strictEqual(headers.get("content-type"), "text/html")],
    [
      { _tag: "wrong_type", type: "image/gif" },
      ({ headers }) => assert.strictEqual(headers.get("content-type"), "image/gif"),
    ],
    [{ _tag: "wrong_type", type: null }, ({ headers }) => assert.isNull(headers.get("content-type"))],
    [{ _tag: "expires_in" }, ({ fields }) => assert.notProperty(fields, "expires_in")],
    ...["3600", -1, 0, 1e12, 1.5, null, true, [], { seconds: 5 }, "soon"].map(
      (value) =>
        [
          { _tag: "expires_in", value },
          ({ fields }: Told) => assert.deepStrictEqual(fields.expires_in, value),
        ] as const,
    ),
    [{ _tag: "token_type" }, ({ fields }) => assert.strictEqual(fields.token_type, "BEARER")],
    [{ _tag: "token_type", value: "bEaReR" }, ({ fields }) => assert.strictEqual(fields.token_type, "bEaReR")],
    [{ _tag: "no_refresh_token" }, ({ fields }) => assert.notProperty(fields, "refresh_token")],
    [
      { _tag: "extra_fields" },
      ({ fields }) => {
        assert.isAbove(Object.keys(fields).length, 10)
        assert.strictEqual(fields.expires_in, 3600)
      },
    ],
    [
      { _tag: "extra_fields", fields: { scope: null, own: [1] } },
      ({ fields }) => assert.deepInclude(fields, { scope: null, own: [1], token_type: "Bearer" }),
    ],
  ]
  for (const [fault, check] of cases) {
    it.live(JSON.stringify(fault), () =>
      Effect.gen(function* () {
        const room = yield* signedIn()
        yield* room.emulator.faults.arm({ fault })
        const told = yield* room.renew
        assert.strictEqual(told.status, 200)
        check(told)
        yield* settle(room, fault, 200, true)
      }),
    )
  }

  it.live("the same token again, with a refresh token that is new", () =>
    Effect.gen(function* () {
      const room = yield* signedIn()
      yield* room.emulator.killAccessTokens
      const { hits } = yield* room.emulator.faults.arm({
        fault: { _tag: "same_token" },
        match: { grant: "refresh_token" },
      })
      const again = yield* room.renew
      assert.strictEqual(again.fields.access_token, room.first.fields.access_token)
      assert.notStrictEqual(again.fields.refresh_token, room.refresh)
      assert.strictEqual(again.fields.expires_in, 3600)
      assert.strictEqual((yield* room.ask("/ns-api/", { bearer: again.fields.access_token })).status, 401)
      const renewed = yield* room.ask(ns.token, { form: ns.refresh(again.fields.refresh_token) })
      assert.strictEqual((yield* room.ask("/ns-api/", { bearer: renewed.fields.access_token })).status, 200)
      assert.strictEqual(yield* hits, 1)
      // It is never another account's token, and an account without a token gets a true one.
      yield* room.emulator.faults.arm({ fault: { _tag: "same_token" }, times: "always" })
      const other = yield* room.ask(ns.token, { form: ns.reseller })
      assert.strictEqual((yield* room.ask("/ns-api/", { bearer: other.fields.access_token })).status, 200)
      assert.strictEqual((yield* last(room))?.fault, undefined)
    }),
  )

  const deaths = [
    ["access", 401, 200],
    ["refresh", 200, 400],
    ["both", 401, 400],
  ] as const
  for (const [which, access, refresh] of deaths) {
    it.live(`tokens that die early: ${which}`, () =>
      Effect.gen(function* () {
        const { ask, emulator, clock } = yield* served()
        yield* emulator.faults.arm({ fault: { _tag: "early_death", which, seconds: 100 } })
        const { fields } = yield* ask(ns.token, { form: ns.password })
        assert.strictEqual(fields.expires_in, 3600)
        const bearer = fields.access_token
        assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, 200)
        yield* clock.adjust("101 seconds")
        assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, access)
        assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, refresh)
      }),
    )
  }

  it.live("tokens that die at birth, with each vendor", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      yield* emulator.faults.arm({ fault: { _tag: "early_death" }, times: 3 })
      const bearers = [
        yield* ask(ns.token, { form: ns.password }),
        yield* ask("/token", { form: ipex.password }),
        yield* ask("/oauth/token", { form: sangomaCx.form(), basic: sangomaCx.basic }),
      ].map(({ fields }) => fields.access_token as string)
      const paths = ["/ns-api/", "/ipbx/calls", "/cx/agent-calls"]
      for (const [index, path] of paths.entries()) {
        assert.strictEqual((yield* ask(path, { bearer: bearers[index] })).status, 401)
      }
    }),
  )
})

describe("A server whose clock is wrong", () => {
  it.live("says so in everything it prints, and lives by it", () =>
    Effect.gen(function* () {
      const { ask, emulator, clock } = yield* served()
      const ahead = (text: string | null) => (Date.parse(text ?? "") - clock.currentTimeMillisUnsafe()) / 1000
      assert.approximately(ahead((yield* ask(ns.token, { form: ns.password })).headers.get("date")), 0, 2)

      yield* emulator.faults.arm({ fault: { _tag: "wrong_clock", seconds: -7200 } })
      const told = yield* ask(ns.token, { form: ns.password })
      const bearer = told.fields.access_token
      assert.approximately(ahead(told.headers.get("date")), -7200, 2)
      const read = yield* ask("/ns-api/oauth2/read", { bearer })
      assert.approximately(ahead(`${read.fields.expires}Z`), -3600, 2)
      const jwt = (yield* ask("/token", { form: ipex.password })).fields.access_token.split(".")[1]
      const { iat, exp } = JSON.parse(Buffer.from(jwt, "base64url").toString())
      assert.approximately(iat - clock.currentTimeMillisUnsafe() / 1000, -7200, 2)
      assert.strictEqual(exp - iat, 3000)
      // By its own clock a token has its whole life, and the journal knows the true time.
      yield* clock.adjust("3590 seconds")
      assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, 200)
      yield* clock.adjust("11 seconds")
      assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, 401)
      const entry = (yield* emulator.journal).at(-1)
      assert.approximately(entry?.at ?? 0, clock.currentTimeMillisUnsafe(), 2000)
      assert.deepStrictEqual([entry?.fault, entry?.acted], ["wrong_clock", true])

      // Other faults hit beside it, in its time.
      yield* emulator.faults.arm({ fault: { _tag: "retry_after", form: "imf_fixdate" } })
      const throttled = yield* ask(ns.token, { form: ns.password })
      assert.approximately(ahead(throttled.headers.get("retry-after")), -7198, 2)
      assert.strictEqual((yield* emulator.journal).at(-1)?.fault, "wrong_clock+retry_after")
    }),
  )
})
