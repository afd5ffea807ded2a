/** Many shells at once: the provider is asked once, and no one is signed out. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clocked } from "./Clocked.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, served } from "./Served.ts"

const ten = [...Array(10).keys()]

const { PBX_AUTH_PASSWORD, ...withoutPassword } = accounts.officeManager

const added = async (origin: string) => {
  const own = folder()
  const args = ["profiles", "add", "office", "--provider", "skyswitch", "--address", origin]
  assert.strictEqual((await inside(args, { ...own, ...withoutPassword })).code, 0)
  return own
}

describe("ten shells at once", () => {
  it("sign in once", async () => {
    const { emulator, origin } = await served()
    const own = await added(origin)
    const all = await Promise.all(ten.map(() => inside(["token"], { ...own, PBX_AUTH_PASSWORD })))
    assert.deepStrictEqual([...new Set(all.map(({ code }) => code))], [0], all.map(({ stderr }) => stderr).join(""))
    assert.strictEqual(new Set(all.map(({ stdout }) => stdout)).size, 1)
    assert.lengthOf(await Effect.runPromise(emulator.journal), 1)
  })

  it("sign in once as processes, too", async () => {
    const { emulator, origin } = await served()
    const own = await added(origin)
    const all = await Promise.all([1, 2, 3].map(() => run(["token"], { ...own, PBX_AUTH_PASSWORD })))
    assert.deepStrictEqual([...new Set(all.map(({ code }) => code))], [0], all.map(({ stderr }) => stderr).join(""))
    assert.strictEqual(new Set(all.map(({ stdout }) => stdout)).size, 1)
    assert.lengthOf(await Effect.runPromise(emulator.journal), 1)
  })

  it("renew once, also where a refresh token works once", async () => {
    const { emulator, origin, outcomes, pass, run } = await clocked({ netsapiens: { rotation: "strict" } })
    const own = folder()
    await run(["login", "skyswitch", "--address", origin], { ...own, ...accounts.officeManager })
    for (const hours of [1, 12]) {
      await pass(`${hours} hours`)
      await Effect.runPromise(emulator.clearJournal)
      const commands = ten.map((at) => (at % 2 === 0 ? ["token"] : ["keep"]))
      const all = await Promise.all(commands.map((args) => run(args, own)))
      assert.deepStrictEqual([...new Set(all.map(({ code }) => code))], [0], all.map(({ stderr }) => stderr).join(""))
      assert.deepStrictEqual(await outcomes(), ["renewed"])
    }
  })
})

describe("a login beside commands that run", () => {
  it("is not undone by a renewal that ends after it", async () => {
    const { origin, pass, run } = await clocked()
    const own = folder()
    await run(["login", "skyswitch", "--address", origin], { ...own, ...accounts.officeManager })
    await pass("2 hours")
    const [login, ...others] = await Promise.all([
      run(["login"], { ...own, ...accounts.officeManager }),
      run(["keep"], own),
      run(["token"], own),
    ])
    assert.deepStrictEqual([login.code, ...others.map(({ code }) => code)], [0, 0, 0])
    const { code, stdout } = await run(["inspect", "--json"], own)
    assert.strictEqual(code, 0)
    assert.include(stdout, "111@abc-company")
  })
})
