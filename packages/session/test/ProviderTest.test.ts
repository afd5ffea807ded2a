/** The suite that a provider's package runs: it passes for right providers, and fails for wrong ones. */
import { assert, describe, it } from "@effect/vitest"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import * as Ipex from "@pbx-auth/providers/Ipex"
import type { Provider } from "@pbx-auth/providers/Provider"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as ProviderTest from "@pbx-auth/session/testing/ProviderTest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ipex, openVoice, skyswitch, voice, voiceFixtures } from "./ProviderFixtures.ts"

const runner = { assert, describe, it }
const open = () => openEmulator({ clock: "steered" })

ProviderTest.suite(Ipex.provider, open, ipex, runner)
ProviderTest.suite(SkySwitch.provider, open, skyswitch, runner)
ProviderTest.suite(voice, openVoice, voiceFixtures(), runner)

/** The names of the tests that fail. */
const failing = Effect.fnUntraced(function* (provider: Provider<never>, fixtures = voiceFixtures(provider)) {
  const tests: Array<readonly [string, () => Effect.Effect<void, unknown, Scope.Scope>]> = []
  ProviderTest.suite(provider, openVoice, fixtures, {
    assert,
    describe: (_, declare) => declare(),
    it: { live: (name, test) => tests.push([name, test]) },
  })
  const failed: Array<string> = []
  for (const [name, test] of tests) {
    const exit = yield* Effect.exit(Effect.scoped(Effect.suspend(test)))
    if (exit._tag === "Failure") failed.push(name)
  }
  return failed
})

const { grants } = voice.dialect

describe("the suite fails", () => {
  it.live("for nothing of the right provider", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failing(voice), [])
    }),
  )

  it.live("for a request with another field", () =>
    Effect.gen(function* () {
      const Password: typeof grants.Password = (grant, account) => {
        const right = grants.Password?.(grant, account)
        assert(right)
        return { ...right, fields: right.fields?.map(([name, value]) => [name === "pin" ? "password" : name, value]) }
      }
      const failed = yield* failing({ ...voice, dialect: { ...voice.dialect, grants: { ...grants, Password } } })
      assert.include(failed, "sign in: is sent and read as the fixture has it")
      assert.include(failed, "brings a bearer by one request, and keeps it")
    }),
  )

  it.live("for two tenants that nothing tells apart", () =>
    Effect.gen(function* () {
      const { accounts, ...fixtures } = voiceFixtures()
      const failed = yield* failing(voice, { ...fixtures, accounts: [accounts[0], accounts[0]] })
      assert.deepStrictEqual(failed, ["never hands one tenant the other's bearer, nor by their common store"])
    }),
  )

  it.live("for a capability that the page does not have", () =>
    Effect.gen(function* () {
      const failed = yield* failing({ ...voice, capabilities: new Set(["inspect"]) as never })
      assert.deepStrictEqual(failed, ["can do what its fixtures say, and nothing else"])
    }),
  )

  it.live("for a life in another unit", () =>
    Effect.gen(function* () {
      const fixtures = voiceFixtures()
      const [signIn, ...rest] = fixtures.exchanges
      assert(signIn)
      const wrong = { ...signIn, expected: { accessToken: "a-1", lifetime: 3_600_000 } }
      const failed = yield* failing(voice, { ...fixtures, exchanges: [wrong, ...rest] })
      assert.deepStrictEqual(failed, ["sign in: is sent and read as the fixture has it"])
    }),
  )
})
