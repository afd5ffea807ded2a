/** What a message names: the thing to look at, by its own name. */
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { generate } from "@pbx-auth/store/KeyRing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, answering, served } from "./Served.ts"

const { origin } = await served()

const signedIn = async (...names: ReadonlyArray<string>) => {
  const own = folder()
  for (const name of names) {
    const login = ["login", "landstar", "--address", origin, "--profile", name]
    assert.strictEqual((await inside(login, { ...own, ...accounts.officeManager })).code, 0)
  }
  return { ...own, directory: own.PBX_AUTH_DIRECTORY }
}

const json = ({ stderr }: { readonly stderr: string }) => JSON.parse(stderr)

describe("a message about what is kept", () => {
  it("names the folder, whatever is wrong with the store", async () => {
    const { directory, ...own } = await signedIn("office")
    chmodSync(join(directory, "cells"), 0o777)
    for (const args of [["token"], ["status"], ["keep"], ["keep", "--all"]]) {
      const { code, stderr } = await inside(args, own)
      assert.strictEqual(code, 2)
      assert.include(stderr, `${directory}/cells. Forbid it: chmod go-w.`)
    }
  })

  it("names a damaged key file", async () => {
    const { directory, ...own } = await signedIn("office")
    writeFileSync(join(directory, "key"), "no key\n")
    const { code, stderr } = await inside(["token"], own)
    assert.strictEqual(code, 2)
    assert.strictEqual(
      stderr,
      `pbx-auth: The key ${directory}/key is damaged. Restore it, or remove it and log in again. Docs: errors/store-failed.\n`,
    )
  })

  it("says what to do after another key, and that helps", async () => {
    const { directory, ...own } = await signedIn("office")
    writeFileSync(join(directory, "key"), `${Redacted.value(await Effect.runPromise(generate))}\n`)
    const { code, stderr } = await inside(["token"], own)
    assert.strictEqual(code, 2)
    assert.include(stderr, `Restore ${directory}/key, or run pbx-auth login.`)
    assert.strictEqual((await inside(["login"], { ...own, ...accounts.officeManager })).code, 0)
    assert.strictEqual((await inside(["token"], own)).code, 0)
  })

  it("repeats the name of a profile that is not there, in JSON as well", async () => {
    const { directory, ...own } = await signedIn("office")
    for (const args of [
      ["token", "--profile", "nope"],
      ["logout", "--profile", "nope"],
      ["profiles", "remove", "nope"],
    ]) {
      const told = json(await inside([...args, "--json"], own))
      assert.deepInclude(told, { error: "Profile", profile: "nope" })
      assert.strictEqual(told.message, `There is no profile nope. There is office. (Looked in ${directory}.)`)
    }
    const { stderr } = await inside(["token", "--json"], { ...own, PBX_AUTH_PROFILE: "a secret/by mistake" })
    assert.notInclude(stderr, "by mistake")
  })

  it("names a profile that is damaged, in JSON as well; a file that is no profile is nobody's trouble", async () => {
    const { directory, ...own } = await signedIn("office")
    writeFileSync(join(directory, "profiles", "x y.json"), "{}")
    for (const args of [["token"], ["status"], ["keep", "--all"]]) {
      const { code, stderr } = await inside(args, own)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    }
    writeFileSync(join(directory, "profiles", "torn.json"), "{")
    for (const args of [["token", "--profile", "torn"], ["status"], ["keep", "--all"]]) {
      const told = json(await inside([...args, "--json"], own))
      assert.deepInclude(told, { error: "Profile", profile: "torn" })
    }
  })
})

describe("a message about arguments", () => {
  it("says that a profile is chosen by --profile", async () => {
    const { directory, ...own } = await signedIn("office")
    for (const command of ["logout", "status", "keep"]) {
      const { code, stderr } = await inside([command, "nope"], own)
      assert.strictEqual(code, 2)
      assert.include(stderr, "--profile NAME")
    }
    assert.strictEqual((await inside(["token"], own)).code, 0, directory)
  })

  it("names the program that exec does not find", async () => {
    const { directory, ...own } = await signedIn("office")
    const { code, stderr } = await run(["exec", "--", "no-such-program"], own)
    assert.deepStrictEqual(
      { code, stderr },
      { code: 127, stderr: "pbx-auth: The program no-such-program was not found.\n" },
      directory,
    )
  })
})

describe("a message about a sign-in", () => {
  it("names the refresh token that the provider refused", async () => {
    const { PBX_AUTH_CLIENT_ID, PBX_AUTH_CLIENT_SECRET, PBX_AUTH_USERNAME } = accounts.officeManager
    const env = { PBX_AUTH_CLIENT_ID, PBX_AUTH_CLIENT_SECRET, PBX_AUTH_USERNAME }
    for (const [provider, client] of [
      ["skyswitch", env],
      ["landstar", env],
      ["ipex", {}],
    ] as const) {
      const ran = await inside(["login", provider, "--address", origin, "--refresh-token", "--json"], {
        ...folder(),
        ...client,
        PBX_AUTH_REFRESH_TOKEN: "a-wrong-one",
      })
      assert.strictEqual(ran.code, 3, ran.stderr)
      assert.deepInclude(json(ran), { error: "RenewalRefused", look_at: ["PBX_AUTH_REFRESH_TOKEN"] })
      assert.notInclude(ran.stderr, "a-wrong-one")
    }
  })

  it("says that one login on a terminal is enough for a second factor", async () => {
    const { PBX_AUTH_PASSCODE, ...env } = accounts.withFactor
    for (const command of ["token", "login"]) {
      const { code, stderr } = await inside([command, "skyswitch", "--address", origin], { ...folder(), ...env })
      assert.strictEqual(code, 4, PBX_AUTH_PASSCODE)
      assert.include(stderr, "log in once on a terminal (pbx-auth login)")
    }
  })
})

describe("a warning", () => {
  it("is on standard error for a person, and with --json in the JSON alone", async () => {
    const body = JSON.stringify({ access_token: "made-up-token", token_type: "Bearer", expires_in: 3_600 })
    const address = await answering(200, { "content-type": "application/json" }, body)
    const own = folder()
    const login = (...flags: ReadonlyArray<string>) =>
      inside(["login", "ipex", "--address", address, ...flags], { ...own, ...accounts.ipex })
    const text = await login()
    assert.strictEqual(text.code, 0, text.stderr)
    assert.match(text.stderr, /^pbx-auth: The provider gave no refresh token for ipex, or [^\n]+\n$/)
    const said = await login("--json")
    assert.deepStrictEqual({ code: said.code, stderr: said.stderr }, { code: 0, stderr: "" })
    const { notice, warning } = JSON.parse(said.stdout)
    assert.deepStrictEqual({ notice, warning: `pbx-auth: ${warning}\n` }, { notice: null, warning: text.stderr })
    const kept = await inside(["keep", "--json"], own)
    assert.deepStrictEqual({ code: kept.code, stderr: kept.stderr }, { code: 0, stderr: "" })
    assert.strictEqual(JSON.parse(kept.stdout).warning, warning)
  })
})
