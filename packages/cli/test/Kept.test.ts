/** A person signs in once; then commands go on with what is kept, until the person signs out. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as KeptStore from "../src/kept/KeptStore.ts"
import { recordKey } from "../src/profile/Place.ts"
import * as Profile from "../src/profile/Profile.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { accounts, deserted, everyProvider, served } from "./Served.ts"
import { signedInAt, states } from "./SignedIn.ts"
import { toldFailure } from "./ToldFailure.ts"

const { emulator, origin } = await served()
const signedIn = signedInAt(origin)

const outcomes = async () => (await Effect.runPromise(emulator.journal)).map(({ outcome }) => outcome)

const forgetRequests = () => Effect.runPromise(emulator.clearJournal)

describe("login", () => {
  it("keeps the tokens of each provider, and the next command needs no secret", async () => {
    for (const [provider, env] of everyProvider) {
      const { login, own } = await signedIn(provider, env)
      assert.include(login.stdout, `${provider}: signed in`)
      await forgetRequests()
      const { code, stderr, stdout } = await inside(["token"], own)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /^\S{8,}\n$/)
      const told = JSON.parse((await inside(["token", "--json"], own)).stdout)
      assert.match(told.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.strictEqual(told.expires_at, (await states(own))[0].expires_at)
      assert.deepStrictEqual(await outcomes(), [], "no request")
    }
  })

  it("has no secret in clear in any file, and all files are the user's alone", async () => {
    const { own } = await signedIn("skyswitch", accounts.withFactor)
    const { stdout } = await inside(["token"], own)
    const files = readdirSync(own.PBX_AUTH_DIRECTORY, { recursive: true, withFileTypes: true })
    assert.isAbove(files.length, 5)
    for (const file of files) {
      const path = join(file.parentPath, file.name)
      assert.strictEqual(statSync(path).mode & 0o077, 0, path)
      if (!file.isFile()) continue
      const text = readFileSync(path, "latin1")
      for (const secret of [stdout.trim(), "your-client-secret", "5678", "246802"]) {
        // Short ones may stand in sealed bytes by chance, or in the name of a record.
        if (secret.length > 6 || path.endsWith(".json"))
          assert.notInclude(text.replaceAll(/"id": ".*"/g, ""), secret, path)
      }
    }
  })

  it("asks a person for what no variable says, and for the second factor", async () => {
    const own = folder()
    const typed = ["your-client-id", "your-client-secret", "222@abc-company", "5678", "246802"]
    const { code, drawn, stdout } = await inside(["login", "skyswitch", "--address", origin], own, typed)
    assert.strictEqual(code, 0)
    assert.include(drawn, "Passcode")
    assert.notInclude(drawn + stdout, "your-client-secret")
  })

  it("asks only for the password the next time", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const { code, drawn } = await inside(["login"], own, ["1234"])
    assert.strictEqual(code, 0)
    assert.notInclude(drawn, "Username")
    assert.notInclude(drawn, "Client")
    assert.include(drawn, "Password")
  })

  it("changes nothing when the provider refuses", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const before = await inside(["token"], own)
    const { code } = await inside(["login"], { ...own, ...accounts.officeManager, PBX_AUTH_PASSWORD: "wrong" })
    assert.strictEqual(code, 3)
    assert.strictEqual((await inside(["token"], own)).stdout, before.stdout)
  })

  it("keeps two accounts apart", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const other = await inside(["login", "landstar", "--address", origin, "--profile", "boss"], {
      ...own,
      ...accounts.reseller,
    })
    assert.strictEqual(other.code, 0, other.stderr)
    const [one, two] = await Promise.all([
      inside(["token", "--profile", "landstar"], own),
      inside(["token", "--profile", "boss"], own),
    ])
    assert.notStrictEqual(one.stdout, two.stdout)
    assert.strictEqual((await inside(["token"], { ...own, PBX_AUTH_PROFILE: "boss" })).stdout, two.stdout)
    assert.strictEqual((await inside(["token"], own)).stdout, one.stdout, "the first one is the default")
    assert.strictEqual((await inside(["profiles", "default", "boss"], own)).code, 0)
    assert.strictEqual((await inside(["token"], own)).stdout, two.stdout)
  })

  it("of another account in the same profile leaves nothing of the first", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const before = await inside(["token"], own)
    assert.strictEqual((await inside(["login"], { ...own, ...accounts.reseller })).code, 0)
    const after = await inside(["token", "--json"], own)
    assert.notInclude(after.stdout, before.stdout.trim())
    assert.strictEqual((await states(own))[0].account, accounts.reseller.PBX_AUTH_USERNAME)
  })

  it("sends the kept client secret to no other address", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const other = await served()
    const { PBX_AUTH_CLIENT_SECRET, ...rest } = accounts.officeManager
    const moved = ["login", "landstar", "--address", other.origin]
    const { code, stderr } = await inside(moved, { ...own, ...rest })
    assert.strictEqual(code, 2)
    assert.include(stderr, "PBX_AUTH_CLIENT_SECRET is not set")
    assert.deepStrictEqual(await Effect.runPromise(other.emulator.journal), [])
    assert.strictEqual((await inside(moved, { ...own, ...rest, PBX_AUTH_CLIENT_SECRET })).code, 0)
  })

  it("refuses a profile of another provider", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager, "--profile", "office")
    const { code, stderr } = await inside(["login", "ipex", "--profile", "office"], { ...own, ...accounts.ipex })
    assert.strictEqual(code, 2)
    assert.match(stderr, /The profile office is of landstar/)
  })

  it("begins with a refresh token from a file", async () => {
    const reply = await fetch(`${origin}/ns-api/oauth2/token/`, {
      method: "POST",
      body: new URLSearchParams({
        ...{ grant_type: "password", client_id: "your-client-id", client_secret: "your-client-secret" },
        ...{ username: "111@abc-company", password: "1234" },
      }),
    })
    const own = folder()
    const file = join(own.PBX_AUTH_DIRECTORY, "..", "refresh-token")
    writeFileSync(file, `${(await reply.json()).refresh_token}\n`)
    const { PBX_AUTH_CLIENT_ID, PBX_AUTH_CLIENT_SECRET } = accounts.officeManager
    const { code, stderr } = await inside(["login", "skyswitch", "--address", origin, "--refresh-token"], {
      ...own,
      ...{ PBX_AUTH_CLIENT_ID, PBX_AUTH_CLIENT_SECRET, PBX_AUTH_REFRESH_TOKEN_FILE: file },
    })
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual((await inside(["token"], own)).code, 0)
    assert.isNull((await states(own))[0].account)
  })
})

describe("a command with PROVIDER", () => {
  it("keeps nothing, also where there are profiles", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const listed = () => readdirSync(own.PBX_AUTH_DIRECTORY, { recursive: true }).sort()
    const before = listed()
    const kept = await inside(["token"], own)
    const { code, stdout } = await inside(["token", "landstar", "--address", origin], {
      ...own,
      ...accounts.officeManager,
    })
    assert.strictEqual(code, 0)
    assert.notStrictEqual(stdout, kept.stdout)
    assert.deepStrictEqual(listed(), before)
  })

  it("makes no folder", async () => {
    const own = folder()
    assert.strictEqual((await inside(["token", "ipex", "--address", origin], { ...own, ...accounts.ipex })).code, 0)
    assert.throws(() => readdirSync(own.PBX_AUTH_DIRECTORY))
  })
})

describe("act-as", () => {
  const subject = "1001@acmecorp.12345.service"

  it("is token --act-as with the kept token", async () => {
    const { own } = await signedIn("skyswitch", accounts.reseller)
    await forgetRequests()
    for (const args of [
      ["act-as", subject],
      ["token", "--act-as", subject],
    ]) {
      const { code, stderr, stdout } = await inside([...args, "--json"], own)
      assert.strictEqual(code, 0, stderr)
      assert.deepInclude(JSON.parse(stdout), { subject, provider: "skyswitch", scope: "Basic User" })
    }
    assert.deepStrictEqual(await outcomes(), ["masqueraded"])
  })

  it("is refused where the provider has no such method", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    const { code, stderr } = await inside(["act-as", subject], own)
    assert.strictEqual(code, 2)
    assert.match(stderr, /Landstar describes no way to act for somebody\. Choose a profile of ipex.* or skyswitch/)
  })
})

describe("logout", () => {
  it("revokes, and nobody is signed in again by a password in the environment", async () => {
    const { own } = await signedIn("skyswitch", accounts.officeManager)
    const token = (await inside(["token"], own)).stdout.trim()
    const { code, stdout } = await inside(["logout", "--json"], own)
    assert.deepStrictEqual(
      { code, told: JSON.parse(stdout) },
      { code: 0, told: { profile: "skyswitch", revocation: "revoked" } },
    )
    const asked = await fetch(`${origin}/ns-api/`, { headers: { authorization: `Bearer ${token}` } })
    assert.strictEqual(asked.status, 401)
    const after = await inside(["token", "--json"], { ...own, ...accounts.officeManager })
    assert.strictEqual(after.code, 8)
    assert.deepInclude(toldFailure(after.stderr), {
      error: "LoginNeeded",
      remedy: "log_in",
      exit_code: 8,
      profile: "skyswitch",
    })
    assert.deepInclude((await states(own))[0], { state: "signed_out", person_needed: true, refresh_life: "none" })
  })

  it("says that it revoked, also after a command that was killed in the middle of a renewal", async () => {
    const { own } = await signedIn("skyswitch", accounts.officeManager)
    const profile = Profile.read(own.PBX_AUTH_DIRECTORY, "skyswitch")
    assert(profile !== undefined)
    const { tokens } = await Effect.runPromise(KeptStore.open(own.PBX_AUTH_DIRECTORY))
    const found = await Effect.runPromise(tokens.read(recordKey(profile)))
    assert(found?.record !== undefined)
    const left = {
      holder: "killed.1",
      purpose: "renewal",
      startedAt: Date.now() - 60_000,
      until: Date.now() - 40_000,
    } as const
    await Effect.runPromise(tokens.replace(recordKey(profile), found.version, { ...found.record, intent: left }))
    const { stdout } = await inside(["logout", "--json"], own)
    assert.deepStrictEqual(JSON.parse(stdout), { profile: "skyswitch", revocation: "revoked" })
  })

  it("forgets the client secret, and a new login asks for it", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    await inside(["logout"], own)
    const { drawn } = await inside(["login"], own, [null])
    assert.include(drawn, "Client secret")
    const again = await inside(["login"], { ...own, ...accounts.officeManager })
    assert.strictEqual(again.code, 0, again.stderr)
    assert.strictEqual((await inside(["token"], own)).code, 0)
  })

  it("signs out here when the provider cannot be reached, and says so", async () => {
    const world = await served()
    const own = folder()
    await inside(["login", "skyswitch", "--address", world.origin], { ...own, ...accounts.officeManager })
    const gone = await deserted()
    const file = join(own.PBX_AUTH_DIRECTORY, "profiles", "skyswitch.json")
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), address: gone }))
    const { code, stdout } = await inside(["logout"], own)
    assert.strictEqual(code, 0)
    assert.match(stdout, /did not revoke its tokens: they live until they end/)
    assert.strictEqual((await inside(["token"], own)).code, 8)
  })
})

describe("profiles", () => {
  it("are added without a sign-in, and the first command with a password signs in", async () => {
    const own = folder()
    const { PBX_AUTH_PASSWORD, ...rest } = accounts.officeManager
    const added = await inside(["profiles", "add", "nightly", "--provider", "landstar", "--address", origin], {
      ...own,
      ...rest,
    })
    assert.strictEqual(added.code, 0, added.stderr)
    assert.strictEqual((await states(own))[0].state, "not_signed_in")
    assert.strictEqual((await inside(["token"], own)).code, 8)
    const first = await inside(["token"], { ...own, PBX_AUTH_PASSWORD })
    assert.strictEqual(first.code, 0, first.stderr)
    assert.strictEqual((await inside(["token"], own)).stdout, first.stdout)
  })

  it("do not take a password of another account", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager, "--profile", "office")
    await inside(["logout"], own)
    const { PBX_AUTH_PASSWORD, ...rest } = accounts.officeManager
    await inside(["profiles", "remove", "office"], own)
    await inside(["profiles", "add", "office", "--provider", "landstar", "--address", origin], { ...own, ...rest })
    await forgetRequests()
    const { code } = await inside(["token"], { ...own, PBX_AUTH_USERNAME: "somebody-else", PBX_AUTH_PASSWORD })
    assert.strictEqual(code, 8)
    assert.deepStrictEqual(await outcomes(), [])
  })

  it("are removed with all that is kept of them", async () => {
    const { own } = await signedIn("landstar", accounts.officeManager)
    assert.strictEqual((await inside(["profiles", "remove", "landstar"], own)).code, 0)
    assert.deepStrictEqual(await states(own), [])
    const { code, stderr } = await inside(["status", "--profile", "landstar"], own)
    assert.strictEqual(code, 2)
    assert.include(stderr, own.PBX_AUTH_DIRECTORY)
  })
})

describe("a renewal that is refused", () => {
  it("asks for a person, whatever the command", async () => {
    const world = await served()
    const own = folder()
    await inside(["login", "skyswitch", "--address", world.origin], { ...own, ...accounts.reseller })
    await Effect.runPromise(world.emulator.killRefreshTokens)
    await Effect.runPromise(world.emulator.killAccessTokens)
    for (const args of [
      ["inspect", "--json"],
      ["act-as", "1001@acmecorp.12345.service", "--json"],
    ]) {
      const { code, stderr } = await inside(args, own)
      assert.strictEqual(code, 8, `${args[0]}: ${stderr}`)
      assert.deepInclude(toldFailure(stderr), { error: "LoginNeeded", provider: "skyswitch", profile: "skyswitch" })
    }
  })
})
