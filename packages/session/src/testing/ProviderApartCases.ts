/** Two tenants stay apart, and a session can do what the page says. */
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SessionKey from "../record/SessionKey.ts"
import { bearerOf, type Case, clear, sessionOf, stage, type Tried } from "./ProviderStage.ts"

const apart = (tried: Tried): Case => ({
  name: "never hands one tenant the other's bearer, nor by their common store",
  run: Effect.fnUntraced(function* () {
    const { assert, fixtures } = tried
    const { accounts, process } = yield* stage(tried)
    const [first, second] = accounts
    const of = (configured: Configured) =>
      Effect.flatMap(sessionOf(configured), (session) => Effect.map(bearerOf(session, fixtures), clear))
    const [one, other] = yield* (yield* process)(Effect.all([of(first), of(second)]))
    assert.notStrictEqual(one, other, "one bearer for two tenants")
    // Another process on the same store, in the other order.
    const found = yield* (yield* process)(Effect.all([of(second), of(first)]))
    assert.deepStrictEqual(found, [other, one], "the store gave another tenant's bearer")
  }),
})

/** The first account with one option of the second. */
const mixed = ({ account, ...rest }: Configured, second: Configured, name: string): Configured => {
  const { [name]: value } = second.account.options ?? {}
  const { [name]: tells } = second.account.identity ?? {}
  return {
    ...rest,
    account: {
      ...account,
      options: { ...account.options, ...(value !== undefined && { [name]: value }) },
      identity: { ...account.identity, ...(tells !== undefined && { [name]: tells }) },
    },
  }
}

const named = (tried: Tried): Case => {
  const [first, second] = tried.fixtures.accounts
  const names = Object.keys(tried.provider.options ?? {})
  return {
    name: "keeps another record for each single option that differs",
    skipped: names.length === 0 ? "it has no options of its own" : undefined,
    run: Effect.fnUntraced(function* () {
      const { assert } = tried
      const { store } = yield* stage(tried)
      const nameOf = ({ account, credentials, refreshToken }: Configured) =>
        SessionKey.make(store, account, credentials, refreshToken)
      const own = yield* nameOf(first)
      for (const name of names) {
        if (said(first, name) === said(second, name)) continue
        assert.notStrictEqual(
          yield* nameOf(mixed(first, second, name)),
          own,
          `two tenants that differ in ${name} share it`,
        )
      }
    }),
  }
}

const said = ({ account }: Configured, name: string) => {
  const value = account.options?.[name]
  return typeof value === "object" ? Redacted.value(value) : value
}

/** The member of a session that each capability brings. */
const members = { passcode: "submitPasscode", act_as: "actAs", inspect: "inspect", browser: "prompt" } as const

const able = (tried: Tried): Case => ({
  name: "can do what its fixtures say, and nothing else",
  run: Effect.fnUntraced(function* () {
    const { assert, fixtures, provider } = tried
    assert.deepStrictEqual([...provider.capabilities].sort(), [...fixtures.capabilities].sort())
    const { accounts, process } = yield* stage(tried)
    const session = yield* (yield* process)(sessionOf(accounts[0]))
    for (const [capability, member] of Object.entries(members)) {
      const isThere = fixtures.capabilities.some((one) => one === capability)
      assert.strictEqual(member in session, isThere, `a session's ${member}`)
    }
  }),
})

/** All of them. */
export const apartCases = <C extends Capability>(tried: Tried<C>): ReadonlyArray<Case> => {
  const any = tried as unknown as Tried
  return [apart(any), named(any), able(any)]
}
