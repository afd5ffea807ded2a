/** A vendor that the emulator was given: where it answers, its world, and what the journal shows of it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Emulator from "../src/emulator/Emulator.ts"
import { openEmulator } from "../src/emulator/OpenEmulator.ts"
import { json } from "../src/exchange/Exchange.ts"
import { defineWitness } from "../src/exchange/Witness.ts"
import { decodeWorld, defaultWorld } from "../src/world/World.ts"
import { acme } from "./Acme.ts"

const asked = (key: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams({ api_key: key }).toString(),
})
const right = asked("acme-canary-key")
const made = (options: Parameters<typeof Emulator.make>[0] = {}) => Emulator.make({ witnesses: [acme], ...options })

describe("A witness", () => {
  it.effect("answers at its own prefix, and not where another vendor has the same path", () =>
    Effect.gen(function* () {
      const emulator = yield* made()
      const status = (url: string) => Effect.promise(async () => (await emulator.fetch(url, right)).status)
      assert.strictEqual(yield* status("https://anything.example/@acme/token"), 200)
      assert.strictEqual(yield* status("https://anything.example/@acme/token/"), 200)
      assert.strictEqual(yield* status("https://anything.example/@acme/other"), 404)
      assert.strictEqual(yield* status("https://anything.example/@nobody/token"), 404)
      assert.strictEqual(yield* status("https://anything.example/token"), 401)
      assert.strictEqual(yield* status("https://anything.example/@ipex/token"), 401)
      const providers = (yield* emulator.journal).map(({ provider, path, outcome }) => [provider, path, outcome])
      assert.deepStrictEqual(providers, [
        ["acme", "/token", "issued"],
        ["acme", "/token/", "issued"],
        ["ipex", "/token", "refused: bad client"],
        ["ipex", "/token", "refused: bad client"],
      ])
    }),
  )

  it.effect("answers at its hosts alone with its vendor's own paths", () =>
    Effect.gen(function* () {
      const emulator = yield* made({ witnesses: [{ ...acme, hosts: ["acme.example", "*.acme.example"] }] })
      const status = (url: string) => Effect.promise(async () => (await emulator.fetch(url, right)).status)
      assert.strictEqual(yield* status("https://acme.example/token"), 200)
      assert.strictEqual(yield* status("https://eu.acme.example/token"), 200)
      assert.strictEqual(yield* status("https://notacme.example/token"), 401)
      // A vendor's id is its name on every host.
      assert.strictEqual(yield* status("https://acme.example/@acme/token"), 200)
      assert.strictEqual(yield* status("https://acme.example/@ipex/token"), 401)
      // Its host has no other vendor on it.
      assert.strictEqual(yield* status("https://acme.example/ns-api/oauth2/read"), 404)
    }),
  )

  it("sees a request's headers, and JSON at any depth, of which the journal shows nothing", async () => {
    const seen: Array<unknown> = []
    const witness = defineWitness({
      id: "bureau",
      world: Schema.Struct({}),
      defaults: {},
      make: () => ({
        routes: [
          {
            methods: ["POST"],
            paths: ["/session"],
            answer: ({ encoding, fields, headers, json: body }) => {
              seen.push([headers.get("X-Application"), headers.get("x-nothing"), encoding, fields.get("kind"), body])
              return { reply: json(200, {}), finding: { outcome: "issued" } }
            },
          },
        ],
        killAccess: () => 0,
        killRefresh: () => 0,
        shorten: () => {},
      }),
    })
    await using vendor = openEmulator({ witnesses: [witness] })
    const body = { kind: "a", session: { user: "maria", secrets: ["canary-1"] } }
    const ask = (type: string, text: string) =>
      vendor.fetch("https://x.example/@bureau/session", {
        method: "POST",
        headers: { "content-type": type, "x-application": "canary-2" },
        body: text,
      })
    await ask("application/json; charset=utf-8", JSON.stringify(body))
    await ask("application/x-www-form-urlencoded", "kind=b")
    for (const unreadable of ["{", "null", ""]) await ask("application/json", unreadable)
    assert.deepStrictEqual(seen, [
      ["canary-2", null, "json", "a", body],
      ["canary-2", null, "form", "b", undefined],
      ["canary-2", null, "none", null, undefined],
      ["canary-2", null, "none", null, undefined],
      ["canary-2", null, "none", null, undefined],
    ])
    assert.notInclude(JSON.stringify(await vendor.journal()), "canary")
  })

  it.effect("has a world that is checked, changed and restored as the others'", () =>
    Effect.gen(function* () {
      const world = yield* decodeWorld({ witnesses: { acme: { lifetime: 5 } } }, defaultWorld, [acme])
      const emulator = yield* made({ world })
      const told = () =>
        Effect.promise(
          async () => (await (await emulator.fetch("https://x.example/@acme/token", right)).json()).expires_in,
        )
      assert.strictEqual(yield* told(), 5)
      yield* emulator.updateWorld(({ witnesses: _, ...rest }) => rest)
      assert.strictEqual(yield* told(), 60)
      for (const wrong of [{ acme: { lifetime: "x" } }, { acme: { livetime: 5 } }, { other: {} }]) {
        const { message } = yield* Effect.flip(decodeWorld({ witnesses: wrong }, defaultWorld, [acme]))
        assert.match(message, /^world\.witnesses\./)
      }
      const unknown = yield* Effect.flip(decodeWorld({ witnesses: { acme: {} } }))
      assert.include(unknown.message, "world.witnesses: Unknown field")
    }),
  )

  it.effect("shows no secret in the journal, in its lines, or in the world, though it repeats what it was sent", () =>
    Effect.gen(function* () {
      const emulator = yield* made({ wire: true })
      const ask = (url: string, init?: RequestInit) =>
        Effect.promise(async () => (await emulator.fetch(`http://127.0.0.1${url}`, init)).text())
      yield* ask("/@acme/token", right)
      yield* ask("/@acme/token?api_key=acme-canary-key", asked("acme-canary-wrong"))
      const journal = yield* emulator.journal
      const shown = [
        JSON.stringify(journal),
        yield* ask("/__emulator/journal"),
        yield* ask("/__emulator/world"),
        yield* ask("/"),
      ].join("\n")
      assert.notInclude(shown, "canary")
      assert.include(shown, "POST /@acme/token")
      assert.deepInclude(journal[0], { provider: "acme", grant: "urn:acme:key", client: "acme-app", outcome: "issued" })
      assert.strictEqual(journal[0]?.follows?.fixture, "token.curl")
      assert.deepInclude(journal[1], { client: "<redacted>", account: "<redacted>", outcome: "refused: bad client" })
      assert.include(shown, '"id":"acme-app"')
    }),
  )

  it("is hit by faults at its own name and grant, and ages with the clock", async () => {
    await using vendor = openEmulator({
      clock: "steered",
      witnesses: [acme],
      world: { witnesses: { acme: { lifetime: 9 } } },
    })
    const ask = async () => (await vendor.fetch("https://x.example/@acme/token", right)).status
    await vendor.arm({
      fault: { _tag: "server_error", status: 502 },
      match: { provider: "acme", grant: "urn:acme:key" },
    })
    assert.deepStrictEqual([await ask(), await ask()], [502, 200])
    const wrong = await vendor.arm({ fault: { _tag: "firewall" }, match: { provider: "acme-2" } }).catch(String)
    assert.include(wrong, "rule.match.provider: Expected one of netsapiens, ipex, sangoma-cx, acme")
  })

  it.effect("still names an account that the world leaves out, because its tokens may still act", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const send = (path: string, init: RequestInit) =>
        Effect.promise(() => emulator.fetch(`https://vendor.test${path}`, init))
      const tokenOf = (response: Response) =>
        Effect.promise(async () => ((await response.json()) as { access_token: string }).access_token)
      const own = yield* tokenOf(
        yield* send("/token", {
          method: "POST",
          body: new URLSearchParams({
            ...{ grant_type: "password", client_id: "api" },
            ...{ username: "api-user@example.test", password: "ipex-password" },
          }),
        }),
      )
      const acting = yield* tokenOf(
        yield* send("/token-exchange", {
          method: "POST",
          headers: { authorization: `Bearer ${own}`, "content-type": "application/json" },
          body: JSON.stringify({ email: "someone@example.test" }),
        }),
      )
      yield* emulator.updateWorld((world) => ({
        ...world,
        ipex: { ...world.ipex, accounts: world.ipex.accounts.filter(({ email }) => email !== "api-user@example.test") },
      }))
      const called = yield* send("/ipbx/calls", { headers: { authorization: `Bearer ${acting}` } })
      assert.strictEqual(called.status, 200)
      const last = (yield* emulator.journal).at(-1)
      assert.strictEqual(last?.account, "api-user@example.test")
      assert.strictEqual(last?.outcome, "api call as someone@example.test")
    }).pipe(Effect.scoped),
  )

  it.effect("has an id of its own, and one that can stand in a path", () =>
    Effect.gen(function* () {
      for (const id of ["", "Acme", "a/b", "-x", "__emulator"]) {
        assert.throws(() => defineWitness({ ...acme, id }), "small letters")
      }
      const exit = yield* Effect.exit(Effect.scoped(Emulator.make({ witnesses: [acme, { ...acme, id: "ipex" }] })))
      assert.include(String(exit), "two witnesses have the id ipex")
    }),
  )
})
