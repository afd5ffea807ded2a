/** The command with a PBX in a private network that has no certificate: the flag, the profile that remembers it, and who sees it. */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { witness } from "@pbx-auth/emulator/witnesses/ThreeCx"
import * as Effect from "effect/Effect"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { lasting } from "./Lasting.ts"
import { loadingIt } from "./PrivateResolver.ts"
import { run } from "./Process.ts"
import { answering } from "./Served.ts"

const host = "pbx.home.arpa"

/** A provider from a file, which does not offer it. */
const acme = fileURLToPath(new URL("own/Acme.ts", import.meta.url))

const env = { PBX_AUTH_CLIENT_ID: "apiclient", PBX_AUTH_CLIENT_SECRET: "3cx-api-key-north" }

/** A PBX at a name of the private network. */
const pbx = () =>
  lasting(
    Effect.gen(function* () {
      const witnesses = [{ ...witness, hosts: [host, "127.0.0.1"] }]
      const emulator = yield* Emulator.make({ world: yield* decodeWorld({}, undefined, witnesses), witnesses })
      const { origin } = yield* serve({ port: 0, emulator })
      const told = async () => (await Effect.runPromise(emulator.journal)).map(({ outcome }) => outcome)
      return { origin, address: origin.replace("127.0.0.1", host), told }
    }),
  )

const kept = (directory: string, name: string) =>
  JSON.parse(readFileSync(join(directory, "profiles", `${name}.json`), "utf8"))

const inClear = /^ {2}plain http {5}everybody on the way can read passwords and tokens$/m

describe("--plain-http", () => {
  it("gets a token of a PBX in a private network, in a program of its own", async () => {
    const { address, told } = await pbx()
    const { code, stderr, stdout } = await run(["token", "3cx", "--plain-http", "--address", address], env, loadingIt)
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    assert.match(stdout, /^\S{8,}\n$/)
    assert.deepStrictEqual(await told(), ["issued"])
  })

  it("is named where it is missing, with the place of the address, and nothing is sent", async () => {
    const { address, told } = await pbx()
    const fix = "Use https://. If the PBX is in a private network and has no certificate, add --plain-http."
    const token = await inside(["token", "3cx", "--address", address], env)
    assert.deepStrictEqual(token, {
      code: 2,
      stdout: "",
      stderr: `pbx-auth: --address: ${fix} Docs: errors/misconfigured.\n`,
      drawn: "",
    })
    const login = await inside(["login", "3cx"], { ...folder(), ...env, PBX_AUTH_ADDRESS: address })
    assert.deepInclude(login, { code: 2, stdout: "" })
    assert.include(login.stderr, `PBX_AUTH_ADDRESS: ${fix}`)
    const off = await inside(["token", "3cx", "--no-plain-http", "--address", address, "--json"], env)
    assert.deepInclude(JSON.parse(off.stderr), { error: "Misconfigured", look_at: ["--address"] })
    assert.isEmpty(await told())
  })

  it("is a flag for a provider from a file whose value offers it", async () => {
    const path = join(dirname(folder().PBX_AUTH_DIRECTORY), "on-premises.mjs")
    writeFileSync(
      path,
      `import acme from ${JSON.stringify(pathToFileURL(acme).href)}
export default { ...acme, addresses: { ...acme.addresses, plainHttpOption: true } }`,
    )
    const body = JSON.stringify({ access_token: "made-up-token", refresh_token: "made-up", expires_in: 3_600 })
    const origin = await answering(200, { "content-type": "application/json" }, body)
    const address = origin.replace("127.0.0.1", host)
    const { code, stderr, stdout } = await inside(["token", "--provider", path, "--plain-http", "--address", address], {
      PBX_AUTH_CLIENT_ID: "made-up-app",
      PBX_AUTH_ACCOUNT_ID: "north",
      PBX_AUTH_API_KEY: "made-up-key",
      PBX_AUTH_USERNAME: "ann",
      PBX_AUTH_PASSWORD: "made-up-password",
    })
    assert.deepStrictEqual({ code, stderr, stdout }, { code: 0, stderr: "", stdout: "made-up-token\n" })
  })

  it("takes no host of the internet, and repeats nothing of an address", async () => {
    for (const address of ["http://pbx.example.com", "http://canary:canary@10.0.0.1"]) {
      const { code, stderr } = await inside(["token", "3cx", "--plain-http", "--address", address], env)
      assert.strictEqual(code, 2)
      assert.match(stderr, /^pbx-auth: --address: (Use https:\/\/\.|Leave user and password out)/)
      assert.notInclude(stderr, "canary")
    }
  })

  it("is no flag for a provider that has certificates", async () => {
    for (const args of [
      ["token", "skyswitch"],
      ["inspect", "skyswitch"],
      ["login", "skyswitch"],
      ["profiles", "add", "office", "--provider", "skyswitch"],
      ["token", "--provider", acme],
    ]) {
      for (const flag of ["--plain-http", "--no-plain-http"]) {
        const { code, stderr } = await inside([...args, flag], folder())
        assert.strictEqual(code, 2)
        assert.match(
          stderr,
          /^pbx-auth: (SkySwitch|Acme Voice) takes no plain http beyond this machine\. Leave --plain-http out\.\n$/,
        )
      }
    }
  })
})

describe("a profile at plain http", () => {
  it("remembers it for its address, and says so wherever it is shown", async () => {
    const { address, told } = await pbx()
    const own = folder()
    const login = await inside(["login", "3cx", "--plain-http", "--address", address], { ...own, ...env })
    assert.deepInclude(login, { code: 0, stderr: "" })
    assert.match(login.stdout, inClear)
    assert.deepInclude(kept(own.PBX_AUTH_DIRECTORY, "3cx"), { address, plainHttp: true })
    assert.match((await inside(["status"], own)).stdout, inClear)
    const [shown] = JSON.parse((await inside(["status", "--json"], own)).stdout).profiles
    assert.deepInclude(shown, { address, plain_http: true, warning: null })

    const first = await inside(["token"], own)
    // Two hours later the token is over, so the next command gets another one at the same place.
    const clock = await Effect.runPromise(SteerableClock.make({ start: Date.now() + 7_200_000 }))
    const second = await inside(["token"], own, undefined, clock)
    assert.deepInclude(second, { code: 0, stderr: "" })
    assert.notStrictEqual(second.stdout, first.stdout)
    assert.deepStrictEqual(await told(), ["issued", "issued"])
    // What `login` was told once, it need not be told again.
    assert.strictEqual((await inside(["login"], { ...own, ...env })).code, 0)
    assert.lengthOf(await told(), 3)
  })

  it("is asked again for another address, and ends when the flag is taken back", async () => {
    const { address, origin, told } = await pbx()
    const own = folder()
    await inside(["login", "3cx", "--plain-http", "--address", address], { ...own, ...env })
    const other = address.replace(host, "other.home.arpa")
    for (const args of [["--address", other], ["--no-plain-http"]]) {
      const { code, stderr } = await inside(["login", ...args], { ...own, ...env })
      assert.strictEqual(code, 2)
      assert.include(stderr, "add --plain-http.")
    }
    assert.lengthOf(await told(), 1)
    // This machine needs no such word, so the profile keeps none.
    const login = await inside(["login", "--plain-http", "--address", origin], { ...own, ...env })
    assert.strictEqual(login.code, 0)
    assert.notMatch(login.stdout, inClear)
    assert.isUndefined(kept(own.PBX_AUTH_DIRECTORY, "3cx").plainHttp)
  })

  it("is added without a sign-in, and tells `token` where to go", async () => {
    const { address, told } = await pbx()
    const own = folder()
    const add = ["profiles", "add", "night", "--provider", "3cx", "--plain-http", "--address", address]
    assert.deepInclude(await inside(add, { ...own, ...env }), { code: 0, stderr: "" })
    assert.deepInclude(kept(own.PBX_AUTH_DIRECTORY, "night"), { address, plainHttp: true })
    assert.deepInclude(await inside(["token"], own), { code: 0, stderr: "" })
    assert.deepStrictEqual(await told(), ["issued"])
    const { code, stderr } = await inside(["token", "--plain-http"], own)
    assert.strictEqual(code, 2)
    assert.include(stderr, "The profile says where its provider is.")
  })
})
