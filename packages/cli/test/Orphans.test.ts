/** What no profile names does not stay. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { TokenRecord } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as KeptStore from "../src/kept/KeptStore.ts"
import { recordKey } from "../src/profile/Place.ts"
import * as Profile from "../src/profile/Profile.ts"
import { clocked } from "./Clocked.ts"
import { folder } from "./Folder.ts"
import { accounts } from "./Served.ts"

type Own = ReturnType<typeof folder>

const storeOf = ({ PBX_AUTH_DIRECTORY }: Own) => Effect.runPromise(KeptStore.open(PBX_AUTH_DIRECTORY))

/** The record of a key: `undefined` if there is none. */
const kept = async (own: Own, key: string): Promise<TokenRecord | "signed_out" | undefined> => {
  const found = await Effect.runPromise((await storeOf(own)).tokens.read(key))
  return found && (found.record ?? "signed_out")
}

const profileOf = ({ PBX_AUTH_DIRECTORY }: Own, name: string): Profile.Profile => {
  const profile = Profile.read(PBX_AUTH_DIRECTORY, name)
  assert(profile !== undefined)
  return profile
}

/** A folder with one profile, and what a login leaves that is killed before it writes the profile of another account. */
const withOrphan = async () => {
  const world = await clocked()
  const own = folder()
  const login = ["login", "skyswitch", "--address", world.origin]
  await world.run(login, { ...own, ...accounts.officeManager })
  const record = await kept(own, recordKey(profileOf(own, "skyswitch")))
  assert(record !== undefined && record !== "signed_out")
  const id = Profile.newId()
  const key = `skyswitch-${id}`
  const store = await storeOf(own)
  await Effect.runPromise(store.clientSecret(id).write(Redacted.make("a secret of nobody")))
  await Effect.runPromise(store.tokens.replace(key, undefined, record))
  const secret = async () => Effect.runPromise((await storeOf(own)).clientSecret(id).read)
  return { ...world, own, key, secret, login: () => world.run(login, { ...own, ...accounts.officeManager }) }
}

describe("what no profile names", () => {
  it("is cleared after a day, by keep --all and by login", async () => {
    for (const command of ["keep", "login"]) {
      const { key, login, own, pass, run, secret } = await withOrphan()
      const clear = async () => (command === "keep" ? run(["keep", "--all"], own) : login())
      await pass("20 hours")
      assert.strictEqual((await clear()).code, 0)
      assert.notStrictEqual(await kept(own, key), "signed_out", "a login may be at work")
      await pass("10 hours")
      assert.strictEqual((await clear()).code, 0)
      assert.deepStrictEqual([await kept(own, key), await secret()], ["signed_out", undefined])
      assert.notStrictEqual(await kept(own, recordKey(profileOf(own, "skyswitch"))), "signed_out")
      assert.strictEqual((await run(["token"], own)).code, 0)
    }
  })

  it("stays while the id of a damaged profile is unknown", async () => {
    const { key, own, pass, run } = await withOrphan()
    writeFileSync(join(own.PBX_AUTH_DIRECTORY, "profiles", "damaged.json"), "{")
    await pass("2 days")
    await run(["keep", "--all"], own)
    assert.notStrictEqual(await kept(own, key), "signed_out")
  })

  it("stays if an app named it by a fingerprint", async () => {
    const { own, pass, run } = await withOrphan()
    const record = await kept(own, recordKey(profileOf(own, "skyswitch")))
    assert(record !== undefined && record !== "signed_out")
    const key = `skyswitch-${"0123456789abcdef".repeat(2)}`
    await Effect.runPromise((await storeOf(own)).tokens.replace(key, undefined, record))
    await pass("2 days")
    await run(["keep", "--all"], own)
    assert.notStrictEqual(await kept(own, key), "signed_out")
  })
})

describe("the record of a profile", () => {
  it("that is removed, or of another account from now on, is the note of a sign-out, for 90 days", async () => {
    for (const remove of [true, false]) {
      const { origin, own, pass, run } = await withOrphan()
      const key = recordKey(profileOf(own, "skyswitch"))
      if (remove) await run(["profiles", "remove", "skyswitch"], own)
      else await run(["login", "skyswitch", "--address", origin], { ...own, ...accounts.reseller })
      assert.strictEqual(await kept(own, key), "signed_out")
      await pass("91 days")
      const again = await run(["login", "skyswitch", "--address", origin, "--profile", "again"], {
        ...own,
        ...accounts.officeManager,
      })
      assert.strictEqual(again.code, 0, again.stderr)
      assert.isUndefined(await kept(own, key))
    }
  })
})
