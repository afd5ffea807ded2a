/** The suite that a provider's package runs: it passes for right providers (`EveryProvider.test.ts`), and fails for wrong ones. */
import { assert, describe, it } from "@effect/vitest"
import { configure } from "@pbx-auth/providers/Configuration"
import type { Capability, Dialect, Presentation, Provider, RefusalRule } from "@pbx-auth/providers/Provider"
import * as FixtureFolder from "@pbx-auth/session/testing/FixtureFolder"
import * as ProviderTest from "@pbx-auth/session/testing/ProviderTest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { browserFixtures, provider as browserProvider, files, openBrowserVendor, suite } from "./BrowserFixtures.ts"
import { openVoice, voice, voiceFixtures } from "./ProviderFixtures.ts"
import { providers, suiteOf } from "./ProviderFolders.ts"

ProviderTest.suite(voice, openVoice, voiceFixtures(), { assert, describe, it })
ProviderTest.suite(browserProvider, openBrowserVendor, browserFixtures, { assert, describe, it })

type Declared = readonly [string, () => Effect.Effect<void, unknown, Scope.Scope>]

/** The tests that a suite declares, and those that it skips. */
const declared = <C extends Capability>(
  provider: Provider<C>,
  open: () => ProviderTest.Vendor,
  fixtures: ProviderTest.Fixtures<C>,
) => {
  const tests: Array<Declared> = []
  const skipped: Array<string> = []
  ProviderTest.suite(provider, open, fixtures, {
    assert,
    describe: (_, declare) => declare(),
    it: {
      live: Object.assign((...test: Declared) => tests.push(test), { skip: (name: string) => skipped.push(name) }),
    },
  })
  return { tests, skipped }
}

/** The names of the tests that fail. */
const failuresOf = Effect.fnUntraced(function* (tests: ReadonlyArray<Declared>) {
  const failed: Array<string> = []
  for (const [name, test] of tests) {
    const exit = yield* Effect.exit(Effect.scoped(Effect.suspend(test)))
    if (exit._tag === "Failure") failed.push(name)
  }
  return failed
})

const failing = (provider: Provider<never>, fixtures = voiceFixtures(provider)) =>
  failuresOf(declared(provider, openVoice, fixtures).tests)

/** The tests whose names have one of these words, and that fail for a value of this id with wrong parts. */
const failingAs = (id: string, words: RegExp, wrong: (right: Provider) => Partial<Provider>) => {
  const right = providers.find((one) => one.id === id)
  assert(right)
  const { fixtures, open, provider } = suiteOf(id, wrong(right))
  const { tests } = declared(provider, open, fixtures)
  return failuresOf(tests.filter(([name]) => words.test(name)))
}

const { grants } = voice.dialect

/** What only shows that one more of the suite's tests can fail: a whole suite runs for each. */
const more = { tags: ["matrix"] }

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

  it.live(
    "for a field that goes out twice",
    () =>
      Effect.gen(function* () {
        const Password: typeof grants.Password = (grant, account) => {
          const right = grants.Password?.(grant, account)
          assert(right)
          return { ...right, fields: [...(right.fields ?? []), ...(right.fields ?? []).slice(0, 1)] }
        }
        const failed = yield* failing({ ...voice, dialect: { ...voice.dialect, grants: { ...grants, Password } } })
        assert.include(failed, "sign in: is sent and read as the fixture has it")
      }),
    more,
  )

  it.live(
    "for a request that goes to another host",
    () =>
      Effect.gen(function* () {
        const Password: typeof grants.Password = (grant, account) => {
          const right = grants.Password?.(grant, account)
          assert(right)
          return { ...right, path: `.elsewhere.test${right.path}` }
        }
        const failed = yield* failing({ ...voice, dialect: { ...voice.dialect, grants: { ...grants, Password } } })
        assert.include(failed, "sign in: is sent and read as the fixture has it")
      }),
    more,
  )

  it.live("for two tenants that nothing tells apart", () =>
    Effect.gen(function* () {
      const { accounts, ...fixtures } = voiceFixtures()
      const failed = yield* failing(voice, { ...fixtures, accounts: [accounts[0], accounts[0]] })
      assert.deepStrictEqual(failed, ["never hands one tenant the other's bearer, nor by their common store"])
    }),
  )

  it.live("for an option that tells tenants apart, and is not said to", () =>
    Effect.gen(function* () {
      const failed = yield* failingAs("zoom", /single option/, ({ options = {} }) => ({
        options: Object.fromEntries(
          Object.entries(options).map(([name, field]) => [name, { ...field, identifies: false }]),
        ),
      }))
      assert.lengthOf(failed, 1)
    }),
  )

  it.live(
    "for a capability that the page does not have",
    () =>
      Effect.gen(function* () {
        const failed = yield* failing({ ...voice, capabilities: new Set(["inspect"]) as never })
        assert.include(failed, "can do what its fixtures say, and nothing else")
      }),
    more,
  )

  for (const capability of ["passcode", "act_as", "inspect", "revoke"] as const) {
    it.live(`for a value without ${capability}, where the page has it`, () =>
      Effect.gen(function* () {
        const failed = yield* failingAs("skyswitch", /can do what/, ({ capabilities }) => ({
          capabilities: new Set([...capabilities].filter((one) => one !== capability)),
        }))
        assert.lengthOf(failed, 1)
      }),
    )
  }

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

describe("the suite fails, by a sign-in at a browser,", () => {
  const { dialect } = browserProvider
  const without = (name: string) => (right?: Presentation) => {
    assert(right)
    return { ...right, fields: right.fields?.filter(([one]) => one !== name) }
  }
  const failingWith = (wrong: Partial<Dialect["grants"]>) => {
    const provider = { ...browserProvider, dialect: { ...dialect, grants: { ...dialect.grants, ...wrong } } }
    const fixtures = FixtureFolder.read(
      { ...provider, configure: (options: { readonly user: string }) => configure(provider, options) },
      files,
      JSON.stringify(suite),
    )
    return failuresOf(declared(provider, openBrowserVendor, fixtures).tests)
  }
  const signsIn = "signs a person in by a code, and shows the code by its prompt alone"

  it.live("for nothing of the right provider", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failingWith({}), [])
    }),
  )

  it.live(
    "for a poll without the device's code",
    () =>
      Effect.gen(function* () {
        const failed = yield* failingWith({
          DeviceCode: (grant, account) => without("device_code")(dialect.grants.DeviceCode?.(grant, account)),
        })
        for (const name of ["poll: is sent and read as the fixture has it", signsIn]) assert.include(failed, name)
      }),
    more,
  )

  it.live("for a code without its proof", () =>
    Effect.gen(function* () {
      const failed = yield* failingWith({
        AuthorizationCode: (grant, account) =>
          without("code_verifier")(dialect.grants.AuthorizationCode?.(grant, account)),
      })
      assert.deepStrictEqual(failed, [
        "present a code: is sent and read as the fixture has it",
        "present a code, refused by errors.json#grant: is sent and read as the fixture has it",
      ])
    }),
  )

  it.live(
    "for a code of the device in an address",
    () =>
      Effect.gen(function* () {
        const failed = yield* failingWith({
          DeviceCode: (grant, account) => inPath(grant.deviceCode, dialect.grants.DeviceCode?.(grant, account)),
        })
        assert.include(failed, "sends no secret in a URL, but where its page does")
      }),
    more,
  )
})

const expiry = /^has a token of the fixture's life/

describe("the suite fails, by the time of a token,", () => {
  for (const [what, field] of [
    ["for a life that is read too long", { field: "access_token_expire_time", unit: "min" }],
    ["for a life that is read too short", { field: "access_token_expire_time", unit: "ms" }],
    ["for a life that is read from another field", { field: "refresh_token_expire_time", unit: "s" }],
  ] as const) {
    it.live(what, () =>
      Effect.gen(function* () {
        const failed = yield* failingAs("yeastar", expiry, ({ dialect }) => ({
          dialect: { ...dialect, reply: { ...dialect.reply, lifetime: [field] } },
        }))
        assert.lengthOf(failed, 1)
      }),
    )
  }

  it.live("for a renewal that the value has not, and for one that comes too late", () =>
    Effect.gen(function* () {
      const without = yield* failingAs("landstar", expiry, ({ dialect: { grants, ...dialect } }) => ({
        dialect: { ...dialect, grants: { ...grants, RefreshToken: grants.ActAs as never } },
      }))
      assert.lengthOf(without, 1)
      const never = yield* failingAs("landstar", expiry, () => ({ renewal: { policy: "never" } }))
      assert.lengthOf(never, 1)
    }),
  )
})

describe("the suite fails, by a refresh token that is used again,", () => {
  for (const [id, rotation] of [
    ["skyswitch", "strict"],
    ["skyswitch", { grace: 10_000 }],
    ["ringcentral", "strict"],
    ["ringcentral", "none"],
    ["ringcentral", { grace: 60_000 }],
    ["ringcentral", { grace: 5_000 }],
    ["freepbx-delegated", "none"],
    ["freepbx-delegated", { grace: 10_000 }],
  ] as const) {
    it.live(`for ${id} with the rotation ${JSON.stringify(rotation)}`, () =>
      Effect.gen(function* () {
        assert.lengthOf(yield* failingAs(id, /used refresh token/, () => ({ rotation })), 1)
      }),
    )
  }

  for (const [id, rotation] of [
    ["skyswitch", "none"],
    ["ringcentral", { grace: 10_000 }],
    ["freepbx-delegated", "strict"],
    ["freepbx-delegated", "unknown"],
  ] as const) {
    it.live(`and not for ${id} with the rotation ${JSON.stringify(rotation)}`, () =>
      Effect.gen(function* () {
        assert.isEmpty(yield* failingAs(id, /refresh token|lost reply/, () => ({ rotation })))
      }),
    )
  }
})

/** Wrong from the second time on. */
const once = <A extends ReadonlyArray<unknown>>(right?: (...args: A) => Presentation) => {
  let times = 0
  return (...args: A): Presentation => {
    assert(right)
    times += 1
    return times === 1 ? right(...args) : { ...right(...args), fields: [] }
  }
}

describe("the suite fails, by a lost reply,", () => {
  it.live("for a sign-in that works once", () =>
    Effect.gen(function* () {
      const failed = yield* failingAs("ipex", /lost reply/, ({ dialect }) => ({
        dialect: { ...dialect, grants: { ...dialect.grants, Password: once(dialect.grants.Password) } },
      }))
      assert.lengthOf(failed, 2)
    }),
  )
})

/** A request whose path has a secret. */
const inPath = (secret: Redacted.Redacted<string> | undefined, right: Presentation | undefined): Presentation => {
  assert(right)
  return { ...right, path: `${right.path}/${secret ? Redacted.value(secret) : ""}` }
}

/** Values that put the secret of one way into the path of its request. */
const leaking: Readonly<Record<string, (right: Dialect) => Partial<Dialect>>> = {
  "sign-in": ({ grants }) => ({
    grants: { ...grants, Password: (grant, account) => inPath(grant.password, grants.Password?.(grant, account)) },
  }),
  "second factor": ({ grants }) => ({
    grants: { ...grants, Passcode: (grant, account) => inPath(grant.passcode, grants.Passcode?.(grant, account)) },
  }),
  renewal: ({ grants }) => ({
    grants: {
      ...grants,
      RefreshToken: (grant, account) => inPath(grant.refreshToken, grants.RefreshToken?.(grant, account)),
    },
  }),
  acting: ({ grants }) => ({
    grants: { ...grants, ActAs: (grant, account) => inPath(grant.bearer, grants.ActAs?.(grant, account)) },
  }),
  inspection: ({ inspection }) => ({ inspection: (bearer, account) => inPath(bearer, inspection?.(bearer, account)) }),
  revocation: ({ revocation }) => ({ revocation: (bearer, account) => inPath(bearer, revocation?.(bearer, account)) }),
}

/** What reads a table of refusals. The values of NetSapiens have none, and need none. */
const { ownGrammar } = suiteOf("zoom").provider

describe("the suite fails, by a secret that is shown,", () => {
  for (const [way, wrong] of Object.entries(leaking)) {
    it.live(`for the path of a request: ${way}`, () =>
      Effect.gen(function* () {
        const failed = yield* failingAs("skyswitch", /in a URL/, ({ dialect }) => ({
          dialect: { ...dialect, ...wrong(dialect) },
        }))
        assert.lengthOf(failed, 1)
      }),
    )
  }

  for (const [on, secret] of [
    ["Password", "5678"],
    ["Passcode", "a-made-up-passcode"],
    ["RefreshToken", "a-made-up-refresh-token"],
    ["ActAs", "a-made-up-bearer"],
    ["inspect", "a-made-up-bearer"],
    ["revoke", "a-made-up-bearer"],
  ] as const) {
    it.live(`for the error of a refusal: ${on}`, () =>
      Effect.gen(function* () {
        const rule: RefusalRule = { on, reason: "Misconfigured", option: "client", fix: `Do not write ${secret}.` }
        const failed = yield* failingAs("skyswitch", /^reads a refusal as an error code/, ({ dialect }) => ({
          dialect: { ...dialect, refusals: [rule] },
          ownGrammar,
        }))
        assert.lengthOf(failed, 1)
      }),
    )
  }

  it.live("for a text of its own that has one", () =>
    Effect.gen(function* () {
      const rule: RefusalRule = {
        on: "Passcode",
        status: [400, 401, 403],
        reason: "Misconfigured",
        option: "client",
        fix: "Do not write a-wrong-passcode.",
      }
      const failed = yield* failingAs("skyswitch", /^shows no secret/, ({ dialect }) => ({
        dialect: { ...dialect, refusals: [rule] },
        ownGrammar,
      }))
      assert.lengthOf(failed, 1)
    }),
  )

  it("looks at every way, and skips none without a reason", () => {
    const { fixtures, open, provider } = suiteOf("zoom")
    const { skipped, tests } = declared(provider, open, fixtures)
    assert.isAbove(tests.length, 15)
    for (const name of skipped) assert.match(name, /\(it .+\)$/)
  })
})
