import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { decodeWorld, defaultWorld, withoutSecrets } from "../src/world/World.ts"

describe("A world from JSON", () => {
  it.effect("is the default where it says nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* decodeWorld({}), defaultWorld)
      assert.deepStrictEqual(yield* decodeWorld(JSON.parse(JSON.stringify(defaultWorld))), defaultWorld)
    }),
  )

  it.effect("replaces parts at any depth, and lists whole", () =>
    Effect.gen(function* () {
      const world = yield* decodeWorld({
        netsapiens: { rotation: { grace: 10 }, challenge: { lifetime: 5 }, clients: [{ id: "only" }] },
        ipex: { refusal: { status: 401, body: "empty" } },
      })
      assert.deepStrictEqual(world.netsapiens.rotation, { grace: 10 })
      assert.deepStrictEqual(world.netsapiens.challenge, { lifetime: 5, wrongPasscodeSpends: false })
      assert.deepStrictEqual(world.netsapiens.clients, [{ id: "only" }])
      assert.deepStrictEqual(world.netsapiens.accounts, defaultWorld.netsapiens.accounts)
      assert.deepStrictEqual(world.ipex.refusal, { status: 401, body: "empty" })
      assert.deepStrictEqual(world.sangomaCx, defaultWorld.sangomaCx)
    }),
  )

  const account = { extension: "1", domain: "acmecorp.12345.service", password: "canary", scope: "Reseller" }
  const ipexAccount = { email: "canary@b.test", impersonation: true }
  const sangomaClient = { id: "canary", secret: "s", scopes: [] }
  const tooLong = 100 * 365 * 86_400 + 1
  const wrong: ReadonlyArray<readonly [json: unknown, ...paths: ReadonlyArray<string>]> = [
    [[], "world:"],
    ["text", "world:"],
    [null, "world:"],
    [{ netsapien: {} }, "world.netsapien:"],
    [{ netsapiens: { lifetimes: 5 } }, "world.netsapiens.lifetimes: Unknown field"],
    [{ netsapiens: { lifetime: 0 } }, "world.netsapiens.lifetime: Expected a whole number of seconds above 0"],
    [{ netsapiens: { lifetime: "3600" } }, "world.netsapiens.lifetime:"],
    [{ netsapiens: { lifetime: 1.5 } }, "world.netsapiens.lifetime:"],
    [{ netsapiens: { rotation: "sometimes" } }, `world.netsapiens.rotation: Expected "none", "strict" or {"grace"`],
    [{ netsapiens: { rotation: { grace: -1 } } }, "world.netsapiens.rotation"],
    [{ netsapiens: { refusal: { status: 418, body: "text" } } }, "world.netsapiens.refusal"],
    [{ netsapiens: { domains: ["acmecorp"] } }, "world.netsapiens.domains[0]: Expected a full domain"],
    [{ netsapiens: { accounts: [{ ...account, password: 5 }] } }, "world.netsapiens.accounts[0].password:"],
    [{ netsapiens: { accounts: [{ ...account, domain: "other.1.service" }] } }, "world.netsapiens.accounts[0].domain:"],
    [{ netsapiens: { accounts: [account, account] } }, "world.netsapiens.accounts[1].extension:"],
    [
      { netsapiens: { accounts: [{ ...account, mfa: { vendor: "google" } }] } },
      "world.netsapiens.accounts[0].mfa.type:",
    ],
    [{ ipex: { accounts: [{ email: "a@b.test" }] } }, "world.ipex.accounts[0].impersonation: Missing field"],
    [{ ipex: null }, "world.ipex:"],
    [{ sangomaCx: { early: "maybe" } }, "world.sangomaCx.early:"],
    [{ ipex: { lifetime: -1 }, sangomaCx: { lifetime: -1 } }, "world.ipex.lifetime:", "world.sangomaCx.lifetime:"],
    [
      { netsapiens: { clients: [{ id: "canary" }, { id: "b" }, { id: "canary", secret: "s" }] } },
      "world.netsapiens.clients[2].id: Expected a client id used once",
    ],
    [{ ipex: { clients: ["canary", "canary"] } }, "world.ipex.clients[1]: Expected a client id used once"],
    [
      { ipex: { accounts: [ipexAccount, { ...ipexAccount, password: "other" }] } },
      "world.ipex.accounts[1].email: Expected an e-mail used once",
    ],
    [
      { sangomaCx: { clients: [sangomaClient, { ...sangomaClient, secret: "other" }] } },
      "world.sangomaCx.clients[1].id: Expected a client id used once",
    ],
    [
      {
        netsapiens: { lifetime: tooLong, refreshLifetime: tooLong, challenge: { lifetime: tooLong } },
        ipex: { lifetime: tooLong, refreshLifetime: Number.MAX_SAFE_INTEGER },
        sangomaCx: { lifetime: tooLong },
      },
      "world.netsapiens.lifetime: Expected a whole number of seconds above 0 and up to 3153600000 (100 years)",
      "world.netsapiens.refreshLifetime:",
      "world.netsapiens.challenge.lifetime:",
      "world.ipex.lifetime:",
      "world.ipex.refreshLifetime:",
      "world.sangomaCx.lifetime:",
    ],
    [{ ipex: { rotation: { grace: tooLong } } }, "world.ipex.rotation"],
    [JSON.parse('{"__proto__": {"netsapiens": 5}}'), "world.__proto__:"],
  ]

  it.effect("may have lives of 100 years", () =>
    Effect.gen(function* () {
      const world = yield* decodeWorld({ ipex: { lifetime: tooLong - 1 } })
      assert.strictEqual(world.ipex.lifetime, tooLong - 1)
    }),
  )

  for (const [json, ...paths] of wrong) {
    it.effect(`is refused by path: ${JSON.stringify(json)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(decodeWorld(json))
        assert.strictEqual(error._tag, "WorldError")
        for (const path of paths) assert.include(error.message, path)
        assert.notInclude(error.message, "canary")
        assert.notInclude(error.message, "\n")
      }),
    )
  }
})

describe("The README", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

  it.effect("shows a world that can be read", () =>
    Effect.gen(function* () {
      const examples = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = ""]) => JSON.parse(json))
      assert.lengthOf(examples, 1)
      for (const example of examples) yield* decodeWorld(example)
    }),
  )

  it("names every field of a section", () => {
    for (const section of Object.values(defaultWorld)) {
      for (const field of Object.keys(section)) assert.include(readme, `\`${field}\``)
    }
  })
})

describe("A world for everybody's eyes", () => {
  it("has no password, passcode or client secret", () => {
    const text = JSON.stringify(withoutSecrets(defaultWorld))
    for (const secret of [
      '1234"',
      "5678",
      "246802",
      "mypassword",
      "ipex-password",
      "your-client-secret",
      "sangoma-client-secret",
    ]) {
      assert.notInclude(text, secret)
    }
    assert.include(text, "your-client-id")
    assert.include(text, "111")
  })
})
