/**
 * The contract of every provider, as a suite that its package runs:
 *
 * ```ts
 * import { assert, describe, it } from "@effect/vitest"
 * import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
 * import * as ProviderTest from "@pbx-auth/session/testing/ProviderTest"
 *
 * const witnesses = [{ ...witness, hosts: ["api.acme.example"] }]
 * ProviderTest.suite(acme, () => openEmulator({ clock: "steered", witnesses }), fixtures, { assert, describe, it })
 * ```
 *
 * The fixtures say what the vendor's page prints; the witness plays the vendor. Both are yours, and the suite compares the provider's
 * value with both. `FixtureFolder` reads fixtures that are files. The test runner and the emulator are passed in, so that this module
 * depends on neither.
 *
 * What a vendor does not have is said by the provider's value. The tests of it are skipped, with the reason in their names.
 */
import type { Capability, Provider } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import { apartCases } from "./ProviderApartCases.ts"
import { compared, shown } from "./ProviderExchange.ts"
import { lifeCases } from "./ProviderLifeCases.ts"
import { personCases } from "./ProviderPersonCases.ts"
import { secretCases } from "./ProviderSecretCases.ts"
import { type Case, type Fixtures, secretsOf, type Tried, type Vendor } from "./ProviderStage.ts"
import type { Runner } from "./TokenStoreTest.ts"

export type { Exchange, Expected, ExpectedRequest, Presented, SampleReply } from "./ProviderExchange.ts"
export type { Fixtures, Vendor } from "./ProviderStage.ts"

/**
 * The part of a test runner that the suite needs; `@effect/vitest` fits.
 *
 * @category models
 */
export interface ProviderRunner extends Omit<Runner, "it"> {
  /** Declares a test. Without `skip`, a test that says nothing of a provider is not declared. */
  readonly it: {
    /** Declares a test that runs on the real clock, with a scope. */
    readonly live: Runner["it"]["live"] & {
      /** Declares one that does not run. */
      readonly skip?: Runner["it"]["live"]
    }
  }
}

const exchangeCases = <C extends Capability>({ assert, fixtures }: Tried<C>): ReadonlyArray<Case> =>
  fixtures.exchanges.map((exchange) => ({
    name: `${exchange.name}: is sent and read as the fixture has it`,
    run: Effect.fnUntraced(function* () {
      const configured = exchange.account ?? fixtures.accounts[0]
      const { expected, sent } = yield* compared(configured, exchange)
      assert.deepStrictEqual(sent.got, sent.wanted, "the request")
      assert.strictEqual(sent.times, 1, "it was sent more than once")
      assert.deepStrictEqual(expected.got, expected.wanted, "the outcome")
      assert.strictEqual(shown([expected.said], secretsOf(configured), configured), 0, "secrets stand in the outcome")
    }),
  }))

/**
 * Runs the contract. `open` is called for each test that needs the vendor.
 *
 * @category testing
 */
export const suite = <C extends Capability>(
  provider: Provider<C>,
  open: () => Vendor,
  fixtures: Fixtures<C>,
  { assert, describe, it }: ProviderRunner,
): void => {
  const tried: Tried<C> = { provider, open, fixtures, assert }
  const cases = [
    ...exchangeCases(tried),
    ...personCases(tried),
    ...lifeCases(tried),
    ...apartCases(tried),
    ...secretCases(tried),
  ]
  describe(`Provider: ${provider.id}`, () => {
    for (const { name, run, skipped } of cases) {
      if (skipped === undefined) it.live(name, run)
      else it.live.skip?.(`${name} (${skipped})`, run)
    }
  })
}
