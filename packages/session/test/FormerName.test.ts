/** The names that a record has, and had, by the versions of a provider's value. */
import { assert, describe, it } from "@effect/vitest"
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { Account } from "@pbx-auth/providers/Provider"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as SessionKey from "../src/record/SessionKey.ts"
import { stage } from "./FormerStage.ts"
import { clear, client, people } from "./Harness.ts"
import { after, operator } from "./SitedVendor.ts"

describe("the name of a record", () => {
  it.live("has the version from the second on, so that a changed default meets no other account", () =>
    Effect.gen(function* () {
      const region = { title: "Region", doc: "Where the account is.", identifies: true }
      const first = defineProvider({
        ...operator,
        addresses: { standard: "https://api.acme.example" },
        options: { region: { ...region, default: "us" } },
      })
      const second = defineProvider({
        ...operator,
        addresses: { standard: "https://api.acme.example" },
        options: { region: { ...region, default: "eu" } },
        formerAccounts: [
          (account: Account): Account => {
            const { region } = account.options ?? {}
            return { ...account, identity: region === "us" ? undefined : { region: String(region) } }
          },
        ],
      })
      const store = yield* TokenStore.makeMemory
      const names = (provider: typeof first, region: string | undefined) =>
        Effect.gen(function* () {
          const { account } = Result.getOrThrow(provider.configure({ client, region }))
          return {
            now: yield* SessionKey.make(store, account, people.officeManager),
            former: yield* SessionKey.formerNames(store, account, people.officeManager, undefined),
          }
        })
      const [us, eu] = [yield* names(first, undefined), yield* names(first, "eu")]
      const [usNow, euNow] = [yield* names(second, "us"), yield* names(second, undefined)]
      assert.strictEqual(new Set([us.now, eu.now, usNow.now, euNow.now]).size, 4)
      assert.deepStrictEqual(usNow.former, [us.now])
      assert.deepStrictEqual(euNow.former, [eu.now])
    }),
  )

  it.live("has no earlier one where the provider's function throws", () =>
    Effect.gen(function* () {
      const throwing = {
        ...after,
        formerAccounts: [
          () => {
            throw new RangeError("a secret may stand here")
          },
        ],
      }
      const all = yield* stage()
      const { account, credentials } = all.of("main")
      assert.deepStrictEqual(
        yield* SessionKey.formerNames(all.store, { ...account, provider: throwing }, credentials, undefined),
        [],
      )
      const driver = yield* all.opened({ account: { ...account, provider: throwing }, credentials })
      assert.isNotEmpty(clear((yield* driver.bearer).token))
    }).pipe(Effect.scoped),
  )
})
