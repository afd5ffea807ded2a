/** What the objects really have: the types promise no more and no less. */
import { assert, describe, it } from "@effect/vitest"
import type { Capability } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { configured } from "./BrowserSigning.ts"
import { harness, people, subjectOf } from "./Harness.ts"

const source = ["accessToken", "bearer", "changes", "origin", "reject", "confirm", "view"]
const session = [...source, "cancel", "signIn", "signOut"]
const extra: Readonly<Record<Capability, ReadonlyArray<string>>> = {
  passcode: ["submitPasscode"],
  act_as: ["actAs", "startActing", "stopActing"],
  inspect: ["inspect"],
  revoke: [],
  browser: ["prompt"],
}

describe("a session has exactly the methods of its provider", () => {
  it.live("SkySwitch, Landstar, IPEX, Sangoma CX, and a child of each that has children", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const skyswitch = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const ipex = yield* open(accounts.ipex({ credentials: people.ipex }))
      assert.sameMembers(Object.keys(skyswitch), [...session, ...Object.values({ ...extra, browser: [] }).flat()])
      assert.sameMembers(Object.keys(ipex), [...session, ...extra.act_as])
      assert.sameMembers(Object.keys(yield* open(accounts.landstar())), [...session, ...extra.inspect])
      assert.sameMembers(Object.keys(yield* open(accounts.sangoma())), session)
      assert.sameMembers(Object.keys(yield* open(configured("maria"))), [...session, ...extra.browser])
      const child = yield* skyswitch.actAs(subjectOf.netsapiens)
      assert.sameMembers(Object.keys(child), [...source, "subject", "inspect"])
      assert.sameMembers(Object.keys(yield* ipex.actAs(subjectOf.ipex)), [...source, "subject"])
    }),
  )

  it.live("any operator of NetSapiens, by what it offers", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      for (const capabilities of [[], ["inspect"], ["passcode", "revoke"], ["act_as"]] as const) {
        const pbx = yield* open(accounts.netsapiens({ capabilities }))
        assert.sameMembers(Object.keys(pbx), [...session, ...capabilities.flatMap((one) => extra[one])])
      }
    }),
  )

  it.live("and no others, which may be taken apart and spread, and cannot be added to", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const landstar = yield* open(accounts.landstar({ credentials: people.reseller }))
      for (const absent of ["actAs", "submitPasscode", "pacing", "subject"]) assert.isFalse(absent in landstar, absent)
      assert.strictEqual(landstar.signIn, landstar.signIn, "what is read is made once")
      const { accessToken, signIn, view } = landstar
      yield* signIn()
      const copy = { ...landstar, origin: "elsewhere" }
      assert.strictEqual(yield* copy.accessToken, yield* accessToken)
      assert.strictEqual(yield* copy.view, yield* view)
      assert.deepStrictEqual([copy.origin, landstar.origin], ["elsewhere", "http://127.0.0.1:1"])
      assert.isFalse(Object.isExtensible(landstar), "so Vue's `ref` leaves it as it is")
    }),
  )

  it.live("a client without a secret, at an operator that issues such", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness({ world: { netsapiens: { clients: [{ id: "public" }] } } })
      const pbx = yield* open(accounts.netsapiens({ client: { id: "public" }, credentials: people.officeManager }))
      yield* pbx.accessToken
      yield* pbx.signOut
    }),
  )

  it.live("`changes` begins with the view of now, and tells every step after it", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.sangoma())
      yield* pbx.accessToken
      const [now] = yield* Stream.runCollect(Stream.take(pbx.changes, 1))
      assert.strictEqual(now, yield* pbx.view)
      assert.strictEqual(now?.path, "authenticated")
    }),
  )

  it.live("a password in clear, as an app in JavaScript may give it, is wrapped or refused on entry", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch())
      const given = { username: "111@abc-company", password: "1234" }
      assert.strictEqual((yield* pbx.signIn(given as never)).path, "authenticated")
      yield* pbx.signOut
      const error = yield* Effect.flip(pbx.signIn({ ...given, password: "" } as never))
      assert.strictEqual(error.reason._tag, "Misconfigured")
    }),
  )
})
