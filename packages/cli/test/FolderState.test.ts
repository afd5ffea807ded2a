/** What the command says of a folder that somebody or something has damaged, and how a person gets out of it. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { accounts, served } from "./Served.ts"
import { signedInAt, states } from "./SignedIn.ts"
import { toldFailure } from "./ToldFailure.ts"

const { origin } = await served()
const signedIn = signedInAt(origin)

describe("a folder in a bad state", () => {
  it("a profile's file that was half written is named, and can be removed", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const file = join(own.PBX_AUTH_DIRECTORY, "profiles", "landstar.json")
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 40))
    const { code, stderr } = await inside(["token", "--profile", "landstar", "--json"], own)
    assert.strictEqual(code, 2)
    assert.deepInclude(toldFailure(stderr), { error: "Profile", remedy: "configure" })
    assert.include(stderr, "landstar.json is damaged")
    assert.strictEqual((await inside(["profiles", "remove", "landstar"], own)).code, 0)
    assert.strictEqual(
      (await inside(["login", "landstar", "--address", origin], { ...own, ...accounts.officeManager })).code,
      0,
    )
  })

  it("status shows the other profiles, and fails because of a damaged one", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    writeFileSync(join(own.PBX_AUTH_DIRECTORY, "profiles", "broken.json"), "{")
    const { code, stderr, stdout } = await inside(["status", "--json"], own)
    assert.strictEqual(code, 2)
    assert.match(stderr, /broken\.json is damaged/)
    assert.deepInclude(JSON.parse(stdout).profiles[0], { profile: "landstar", state: "signed_in" })
  })

  it("a profile of a later version is refused clearly", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const file = join(own.PBX_AUTH_DIRECTORY, "profiles", "landstar.json")
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version: 2 }))
    assert.match((await inside(["token"], own)).stderr, /written by a later version of pbx-auth/)
  })

  it("a record that was half written is told apart, and a login mends it", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const cells = join(own.PBX_AUTH_DIRECTORY, "cells")
    const [record = ""] = readdirSync(cells).filter((name) => name.startsWith("cell-record"))
    const file = join(cells, record, "1")
    writeFileSync(file, readFileSync(file).subarray(0, 60))
    const { code, stderr } = await inside(["token", "--json"], own)
    assert.strictEqual(code, 2)
    assert.deepInclude(toldFailure(stderr), { error: "StoreFailed", remedy: "configure", profile: "landstar" })
    assert.deepInclude((await states(own))[0], { state: "unreadable", person_needed: true })
    assert.strictEqual((await inside(["login"], { ...own, ...accounts.officeManager })).code, 0)
    assert.strictEqual((await inside(["token"], own)).code, 0)
  })

  it("a profile whose record is damaged can be signed out, and removed", async () => {
    for (const args of [["logout"], ["profiles", "remove", "landstar"]]) {
      const { own } = await signedIn("landstar", accounts.officeManager)
      const cells = join(own.PBX_AUTH_DIRECTORY, "cells")
      for (const name of readdirSync(cells).filter((name) => name.startsWith("cell-"))) {
        writeFileSync(join(cells, name, "1"), "rubbish")
      }
      const { code, stderr } = await inside(args, own)
      assert.strictEqual(code, 0, stderr)
      const known = await states(own)
      assert.deepStrictEqual(
        known.map(({ state }: { readonly state: string }) => state),
        args[0] === "logout" ? ["not_signed_in"] : [],
      )
    }
  })

  it("another key is told apart, and a login mends it", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    writeFileSync(join(own.PBX_AUTH_DIRECTORY, "key"), "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k\n")
    const { code, stderr } = await inside(["token", "--json"], own)
    assert.strictEqual(code, 2)
    assert.deepInclude(toldFailure(stderr), { error: "StoreFailed", remedy: "configure" })
    assert.match(stderr, /key/)
    assert.strictEqual((await inside(["login"], { ...own, ...accounts.officeManager })).code, 0)
    assert.strictEqual((await inside(["token"], own)).code, 0)
  })

  it("a new key in front of the old one seals all again, and the old one can be removed", async () => {
    const { own } = await signedIn("skyswitch", accounts.reseller)
    const file = join(own.PBX_AUTH_DIRECTORY, "key")
    const fresh = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"
    writeFileSync(file, `${fresh}\n${readFileSync(file, "utf8")}`)
    assert.strictEqual((await inside(["keep", "--all"], own)).code, 0)
    writeFileSync(file, `${fresh}\n`)
    const { code, stderr } = await inside(["act-as", "1001@acmecorp.12345.service"], own)
    assert.strictEqual(code, 0, stderr)
  })

  it("a folder that others can write to is refused", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    chmodSync(own.PBX_AUTH_DIRECTORY, 0o777)
    const { code, stderr, stdout } = await inside(["token"], own)
    assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
    assert.match(stderr, /Other users may write to/)
  })

  it("a key that others can read is refused", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    chmodSync(join(own.PBX_AUTH_DIRECTORY, "key"), 0o644)
    const { code, stderr } = await inside(["token"], own)
    assert.strictEqual(code, 2)
    assert.include(
      stderr,
      `Other users may read ${own.PBX_AUTH_DIRECTORY}/key, a file that is yours alone. Forbid it: chmod 600`,
    )
  })

  it("two shells with different folders are told so plainly", async () => {
    const home = folder().PBX_AUTH_DIRECTORY
    const first = await inside(["login", "landstar", "--address", origin], { HOME: home, ...accounts.officeManager })
    assert.strictEqual(first.code, 0, first.stderr)
    assert.strictEqual((await inside(["token"], { HOME: home })).code, 0)
    // The lock is where the tokens are: a shell with another cache or configuration folder finds both.
    assert.strictEqual((await inside(["token"], { HOME: home, XDG_CONFIG_HOME: "/x", XDG_CACHE_HOME: "/y" })).code, 0)
    const other = await inside(["token", "--profile", "landstar"], { HOME: home, XDG_STATE_HOME: join(home, "other") })
    assert.strictEqual(other.code, 2)
    assert.include(other.stderr, "XDG_STATE_HOME chooses that folder")
    const moved = await inside(["token", "--profile", "landstar"], { HOME: join(home, "elsewhere") })
    assert.include(moved.stderr, "HOME is not the home of your user")
  })
})
