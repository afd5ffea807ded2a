import { stripVTControlCharacters } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { inside } from "./Inside.ts"
import { accounts, served } from "./Served.ts"

const { emulator, origin } = await served()

const skyswitch = ["token", "skyswitch", "--address", origin]

/** What a person sees in the end: escape sequences are not to be read. */
const readable = stripVTControlCharacters

describe("on a terminal", () => {
  it("everything that is missing is asked for, and what is secret is not echoed", async () => {
    const answers = ["your-client-id", "your-client-secret", "222@abc-company", "5678", "246802"]
    const { code, drawn, stderr, stdout } = await inside(skyswitch, {}, answers)
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    assert.match(stdout, /^[0-9a-f]{32}\n$/)
    const seen = readable(drawn)
    for (const question of ["Client id", "Client secret", "Username", "Password", "Passcode"])
      assert.include(seen, question)
    for (const shown of ["your-client-id", "222@abc-company"]) assert.include(seen, shown)
    for (const secret of ["your-client-secret", "5678", "246802", "*"]) assert.notInclude(drawn, secret)
    // Not even a letter of it, nor how long it is.
    assert.match(seen, /Password \(not shown\) …\s/)
  })

  it("what a variable gives is not asked for", async () => {
    const { PBX_AUTH_PASSWORD: _, ...rest } = accounts.reseller
    const { code, drawn } = await inside(skyswitch, rest, ["mypassword"])
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(
      [...new Set(readable(drawn).match(/Client id|Client secret|Username|Password|Passcode/g))],
      ["Password"],
    )
  })

  it("scopes are asked for where they are needed, and client and scopes not where everybody uses the same", async () => {
    const { PBX_AUTH_SCOPES: _, ...client } = accounts.sangomaCx
    const cx = await inside(["token", "sangoma-cx", "--address", origin, "--json"], client, ["cx.queue-calls"])
    assert.strictEqual(cx.code, 0)
    assert.deepInclude(JSON.parse(cx.stdout), { scope: "cx.queue-calls" })
    const ipex = await inside(["token", "ipex", "--address", origin], {}, ["api-user@example.test", "ipex-password"])
    assert.strictEqual(ipex.code, 0)
    assert.notMatch(readable(ipex.drawn), /Client|Scopes/)
  })

  it("a refused passcode is asked for again, twice", async () => {
    const { PBX_AUTH_PASSCODE: _, ...rest } = accounts.withFactor
    const third = await inside(skyswitch, rest, ["000001", "000002", "246802"])
    assert.strictEqual(third.code, 0)
    assert.strictEqual(third.stderr.match(/refused the passcode/g)?.length, 2)
    const never = await inside(skyswitch, rest, ["000001", "000002", "000003", "246802"])
    assert.strictEqual(never.code, 4)
    assert.strictEqual(never.stdout, "")
  })

  it("a refused passcode from a variable is not presented again", async () => {
    await Effect.runPromise(emulator.clearJournal)
    const { code } = await inside(skyswitch, { ...accounts.withFactor, PBX_AUTH_PASSCODE: "000000" }, ["246802"])
    assert.strictEqual(code, 4)
    const presented = (await Effect.runPromise(emulator.journal)).filter(({ grant }) => grant === "mfa")
    assert.strictEqual(presented.length, 1)
  })

  it("an empty answer is none", async () => {
    const { PBX_AUTH_PASSWORD: _, ...rest } = accounts.reseller
    const { code, drawn } = await inside(skyswitch, rest, ["", "mypassword"])
    assert.strictEqual(code, 0)
    assert.include(readable(drawn), "Type it, or press Esc to leave.")
  })

  it("blanks around a name are said as such; a password may have them", async () => {
    const { PBX_AUTH_PASSWORD: _, PBX_AUTH_USERNAME: __, ...rest } = accounts.reseller
    const { drawn } = await inside(skyswitch, rest, [" 1000@acmecorp", null])
    assert.include(readable(drawn), "There are blanks around it.")
    const { code } = await inside(skyswitch, { ...rest, PBX_AUTH_USERNAME: "1000@acmecorp" }, [" mypassword"])
    assert.strictEqual(code, 3, "it was sent, and refused")
  })

  it("nobody is kept: leaving is an interruption", async () => {
    const { code, stdout } = await inside(skyswitch, {}, [null])
    assert.deepStrictEqual({ code, stdout }, { code: "interrupted", stdout: "" })
  })

  it("nothing is asked before it is clear that it can be of use", async () => {
    for (const args of [
      ["inspect", "ipex"],
      ["token", "landstar", "--act-as", "x"],
      ["token", "ipex", "--address", "http://a.example"],
    ]) {
      const { code, drawn } = await inside(args, {}, ["somebody", "something"])
      assert.deepStrictEqual({ code, drawn }, { code: 2, drawn: "" })
    }
  })
})
