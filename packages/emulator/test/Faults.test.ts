import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Emulator from "../src/emulator/Emulator.ts"
import type { Fault, Rule } from "../src/fault/Fault.ts"
import { actingOf, faultNames } from "../src/fault/Fault.ts"
import * as SteerableClock from "../src/time/SteerableClock.ts"
import { decodeWorld } from "../src/world/World.ts"
import { form, signIn, until } from "./FaultyRoom.ts"
import { post, send } from "./RawClient.ts"
import { ipex, netsapiens as ns, served } from "./Served.ts"

describe("Rules", () => {
  const statuses = (rules: ReadonlyArray<Rule>, paths: ReadonlyArray<string> = Array(6).fill("/ns-api/")) =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { hits } = yield* emulator.faults.arm(rules)
      const told = yield* Effect.forEach(paths, (path) =>
        Effect.promise(() => emulator.fetch(`https://a.test${path}`)).pipe(Effect.map(({ status }) => status)),
      )
      return { told, hits: yield* hits, armed: yield* emulator.faults.armed }
    })
  // Without a bearer the true answer is 401.
  const error = (status: 500 | 502 | 503 | 504): Fault => ({ _tag: "server_error", status })

  it.effect("hit once unless told otherwise", () =>
    Effect.gen(function* () {
      const { told, hits, armed } = yield* statuses([{ fault: error(500) }])
      assert.deepStrictEqual(told, [500, 401, 401, 401, 401, 401])
      assert.strictEqual(hits, 1)
      assert.deepStrictEqual(armed, [{ fault: error(500), hits: 1 }])
    }),
  )

  it.effect("are a script", () =>
    Effect.gen(function* () {
      const rules: ReadonlyArray<Rule> = [
        { fault: error(500) },
        { fault: error(502), times: 2, skip: 1 },
        { fault: error(503), times: "always" },
      ]
      const { told, hits } = yield* statuses(rules)
      assert.deepStrictEqual(told, [500, 503, 502, 502, 503, 503])
      assert.strictEqual(hits, 6)
    }),
  )

  it.effect("match by provider and path", () =>
    Effect.gen(function* () {
      const paths = ["/ns-api", "/ns-api/", "/ns-api/v2/x", "/ns-api/oauth2/read/", "/ipbx/calls", "/nothing"]
      const told = (match: Rule["match"]) =>
        Effect.map(statuses([{ fault: error(500), times: "always", ...(match && { match }) }], paths), ({ told }) =>
          told.map((status) => status === 500),
        )
      assert.deepStrictEqual(yield* told({ provider: "ipex" }), [false, false, false, false, true, false])
      assert.deepStrictEqual(yield* told({ path: "/ns-api/" }), [true, true, false, false, false, false])
      assert.deepStrictEqual(yield* told({ path: "/ns-api/*" }), [false, true, true, true, false, false])
      assert.deepStrictEqual(yield* told({ path: "/ns-api/oauth2/read" }), [false, false, false, true, false, false])
      // An armed rule ignores requests that belong to no vendor.
      assert.deepStrictEqual(yield* told(undefined), [true, true, true, true, true, false])
    }),
  )

  it.live("match by grant, in body or query, and the grant that a path stands for", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const { hits } = yield* emulator.faults.arm([
        { fault: error(500), match: { grant: "refresh_token" }, times: "always" },
        { fault: error(502), match: { grant: "impersonation" } },
      ])
      const { fields } = yield* ask(ns.token, { form: ns.password })
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, 500)
      assert.strictEqual((yield* ask(ns.token, { query: ns.refresh(fields.refresh_token) })).status, 500)
      assert.strictEqual((yield* ask("/token-exchange", { json: { email: "someone@example.test" } })).status, 502)
      assert.strictEqual((yield* ask("/token", { form: ipex.refresh("none") })).status, 500)
      assert.strictEqual(yield* hits, 4)
    }),
  )

  it.live("about tokens let pass what gives none, and do not count it", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const { hits } = yield* emulator.faults.arm({ fault: { _tag: "no_refresh_token" } })
      assert.strictEqual((yield* ask("/ns-api/", { bearer: "none" })).status, 401)
      assert.strictEqual((yield* ask(ns.token, { form: { ...ns.password, password: "wrong" } })).status, 400)
      assert.strictEqual(yield* hits, 0)
      assert.isTrue((yield* emulator.journal).every(({ fault, acted }) => fault === undefined && acted === undefined))
      assert.notProperty((yield* ask(ns.token, { form: ns.password })).fields, "refresh_token")
      assert.property((yield* ask(ns.token, { form: ns.password })).fields, "refresh_token")
      assert.strictEqual(yield* hits, 1)
    }),
  )

  it.live("keep their order when one of them hits before the request is read", () =>
    Effect.gen(function* () {
      const { emulator, origin } = yield* served()
      yield* emulator.faults.arm([
        { fault: error(500) },
        { fault: { _tag: "reset_before_read" }, skip: 1 },
        { fault: { _tag: "reset_after_read" } },
      ])
      const ends: Array<string> = []
      for (let turn = 0; turn < 4; turn++) {
        const seen = yield* Effect.promise(() => send(origin, post(ns.token, ns.password)))
        ends.push(seen.text.split(" ")[1] ?? "none")
      }
      assert.deepStrictEqual(ends, ["500", "none", "none", "200"])
      assert.deepStrictEqual(
        (yield* emulator.journal).map(({ fault }) => fault),
        ["server_error", "reset_after_read", "reset_before_read", undefined],
      )
    }),
  )

  it.effect("are disarmed alone or all together", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const arm = (fault: Fault) => emulator.faults.arm({ fault, times: "always" })
      const first = yield* arm(error(500))
      yield* arm(error(502))
      yield* arm(error(503))
      const status = Effect.map(signIn(emulator), ({ status }) => status)
      assert.strictEqual(yield* status, 500)
      yield* first.disarm
      assert.strictEqual(yield* status, 502)
      yield* emulator.faults.clear
      assert.strictEqual(yield* status, 200)
      assert.deepStrictEqual(yield* emulator.faults.armed, [])
      assert.strictEqual(yield* first.hits, 1)
    }),
  )

  it.effect("that have done their times do not pile up", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      for (let turn = 0; turn < 300; turn++) {
        const { hits } = yield* emulator.faults.arm({ fault: error(500) })
        assert.strictEqual((yield* signIn(emulator)).status, 500)
        assert.strictEqual(yield* hits, 1)
      }
      assert.isBelow((yield* emulator.faults.armed).length, 110)
    }),
  )

  it.effect("that are none are a defect of whoever arms them", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const exit = yield* Effect.exit(emulator.faults.arm({ fault: error(500), times: 0 }))
      assert.isTrue(Exit.hasDies(exit))
      assert.deepStrictEqual(yield* emulator.faults.armed, [])
    }),
  )
})

describe("Faults over HTTP", () => {
  it.live("are armed, shown with their hits, and cleared", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const faults = "/__emulator/faults"
      const rules = [{ fault: { _tag: "firewall" } }, { fault: { _tag: "empty_200" }, times: "always" }]
      assert.deepStrictEqual((yield* ask(faults, { json: rules[0] })).fields, { armed: 1 })
      assert.deepStrictEqual((yield* ask(faults, { json: rules })).fields, { armed: 2 })
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 403)
      assert.deepStrictEqual((yield* ask(faults)).fields as unknown, [
        { ...rules[0], hits: 1 },
        { ...rules[0], hits: 0 },
        { ...rules[1], hits: 0 },
      ])
      assert.deepStrictEqual((yield* ask(faults, { method: "DELETE" })).fields, { armed: 0 })
      assert.deepStrictEqual((yield* ask(faults)).fields as unknown, [])
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 200)
    }),
  )

  it.live("are refused by path, and armed all or none", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const told = yield* ask("/__emulator/faults", {
        json: [{ fault: { _tag: "hang" } }, { fault: { _tag: "hung" } }],
      })
      assert.strictEqual(told.status, 400)
      assert.include(told.fields.error, "rules[1].fault: Expected")
      assert.strictEqual((yield* ask("/__emulator/faults", { body: "{" })).status, 400)
      assert.deepStrictEqual(yield* emulator.faults.armed, [])
      const foreign = { headers: { origin: "https://example.test" } }
      assert.strictEqual(
        (yield* ask("/__emulator/faults", { json: { fault: { _tag: "hang" } }, ...foreign })).status,
        403,
      )
    }),
  )

  it.live("change the world mid-run, and end a family on a replay", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const change = (json: unknown) => ask("/__emulator/world", { json })
      yield* change({ ipex: { lifetime: 77 } })
      const changed = yield* change({ netsapiens: { rotation: "strict" } })
      assert.strictEqual(changed.fields.netsapiens.rotation, "strict")
      assert.strictEqual(changed.fields.ipex.lifetime, 77)
      assert.notInclude(changed.text, "your-client-secret")
      const wrong = yield* change({ netsapiens: { rotation: "rarely" } })
      assert.deepStrictEqual([wrong.status, wrong.fields.error.split(":")[0]], [400, "world.netsapiens.rotation"])
      assert.strictEqual((yield* ask("/__emulator/world", { body: "{" })).status, 400)
      assert.strictEqual((yield* emulator.world).netsapiens.clients[0]?.secret, "your-client-secret")

      yield* emulator.faults.arm({ fault: { _tag: "drop_reply" }, match: { grant: "refresh_token" } })
      const { fields } = yield* ask(ns.token, { form: ns.password })
      const renewal = { form: ns.refresh(fields.refresh_token) }
      yield* ask(ns.token, renewal).pipe(Effect.catchDefect(() => Effect.void))
      assert.strictEqual((yield* ask("/ns-api/", { bearer: fields.access_token })).status, 200)
      assert.strictEqual((yield* ask(ns.token, renewal)).status, 400)
      assert.strictEqual((yield* ask("/ns-api/", { bearer: fields.access_token })).status, 401)
    }),
  )
})

describe("Every fault", () => {
  const rest: Partial<Record<string, object>> = { redirect: { to: "https://a.test" }, delay: { millis: 0 } }
  const acting: Partial<Record<string, boolean>> = { wrong_clock: true }

  it.live("notes in the journal whether the server acted, and tells no secret there", () =>
    Effect.gen(function* () {
      for (const name of faultNames.filter((name) => name !== "reset_on_accept")) {
        const clock = yield* SteerableClock.make()
        const world = yield* decodeWorld({ netsapiens: { rotation: "strict" } })
        const emulator = yield* Effect.provideService(Emulator.make({ world }), Clock.Clock, clock)
        const first = yield* Effect.promise(async () =>
          (
            await emulator.fetch(`https://a.test${ns.token}`, {
              method: "POST",
              body: form(ns.password),
            })
          ).json(),
        )
        yield* emulator.faults.arm({ fault: { _tag: name, ...rest[name] } as Fault })
        const controller = new AbortController()
        const settled = emulator
          .fetch(`https://a.test${ns.token}`, {
            method: "POST",
            body: form(ns.refresh(first.refresh_token)),
            signal: controller.signal,
          })
          .catch(() => undefined)
        yield* until(Effect.map(emulator.journal, (journal) => journal.length === 2))
        controller.abort()
        yield* Effect.promise(() => settled)
        const journal = yield* emulator.journal
        const expected = acting[name] ?? actingOf(name) === "yes"
        assert.deepInclude(journal[1], { fault: name, acted: expected }, name)
        const text = JSON.stringify(journal)
        for (const secret of [first.access_token, first.refresh_token, "your-client-secret"]) {
          assert.notInclude(text, secret, name)
        }
      }
    }),
  )
})
