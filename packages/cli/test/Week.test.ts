/** A nightly job with a second factor, for a week; and what ends it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clocked } from "./Clocked.ts"
import { folder } from "./Folder.ts"
import { accounts } from "./Served.ts"
import { toldFailure } from "./ToldFailure.ts"

const count = (words: ReadonlyArray<string>, word: string) => words.filter((one) => one === word).length

/** A person is signed in. */
const signedIn = async () => {
  const world = await clocked()
  const own = folder()
  const login = ["login", "skyswitch", "--address", world.origin]
  const { code, stderr } = await world.run(login, { ...own, ...accounts.officeManager })
  assert.strictEqual(code, 0, stderr)
  return { ...world, own }
}

/** The renewal was answered with an error, and the provider is in order again. The refresh token may be used up. */
const afterLostRenewal = async () => {
  const world = await signedIn()
  const { emulator, own, pass, run } = world
  await pass("58 minutes")
  await Effect.runPromise(emulator.faults.arm([{ fault: { _tag: "server_error", status: 502 }, times: 50 }]))
  assert.strictEqual((await run(["keep"], own)).code, 7)
  await Effect.runPromise(emulator.faults.clear)
  return world
}

describe("a week of a nightly job", () => {
  it("takes one sign-in with a second factor, and no secret after that", async () => {
    const { emulator, origin, outcomes, pass, run } = await clocked()
    const own = folder()
    const login = await run(["login", "skyswitch", "--address", origin], { ...own, ...accounts.withFactor })
    assert.strictEqual(login.code, 0, login.stderr)
    const seen = new Set<string>()
    for (let hour = 0; hour < 7 * 24; hour += 6) {
      await pass("6 hours")
      // The timer.
      const kept = await run(["keep", "--json"], own)
      assert.deepStrictEqual({ code: kept.code, stderr: kept.stderr }, { code: 0, stderr: "" })
      assert.deepInclude(JSON.parse(kept.stdout), { renewed: true, refresh_life: "unknown" })
      if (hour % 24 !== 0) continue
      // The job.
      const { code, stderr, stdout } = await run(["token"], own)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      const { status } = await fetch(`${origin}/ns-api/`, { headers: { authorization: `Bearer ${stdout.trim()}` } })
      assert.strictEqual(status, 200)
      seen.add(stdout)
    }
    assert.strictEqual(seen.size, 7)
    const words = (await outcomes()).filter((word) => !word.startsWith("api call"))
    assert.strictEqual(count(words, "challenged"), 1)
    assert.deepStrictEqual([words.length, count(words, "renewed")], [30, 28], words.join(" "))
    // The provider forgets the refresh token: only a person can help, and the exit code says so.
    await pass("1 hour")
    await Effect.runPromise(emulator.killRefreshTokens)
    for (const args of [
      ["keep", "--json"],
      ["keep", "--all", "--json"],
      ["token", "--json"],
    ]) {
      const { code, stderr } = await run(args, own)
      assert.strictEqual(code, 8, args.join(" "))
      const told = toldFailure(stderr)
      assert.deepInclude(told, { error: "LoginNeeded", remedy: "log_in", profile: "skyswitch", provider: "skyswitch" })
    }
    const again = await run(["login"], { ...own, ...accounts.withFactor })
    assert.strictEqual(again.code, 0, again.stderr)
    assert.strictEqual((await run(["token"], own)).code, 0)
  })
})

describe("keep", () => {
  it("asks the provider for nothing before a renewal is due", async () => {
    const { emulator, outcomes, own, pass, run } = await signedIn()
    await Effect.runPromise(emulator.clearJournal)
    await pass("10 minutes")
    const { code, stdout } = await run(["keep"], own)
    assert.strictEqual(code, 0)
    assert.match(stdout, /^skyswitch: nothing is due, next from .*; the life of its refresh token is unknown\n$/)
    assert.deepStrictEqual(await outcomes(), [])
  })

  it("renews before the token ends, so that nobody waits", async () => {
    const { own, pass, run } = await signedIn()
    const before = await run(["token"], own)
    await pass("58 minutes")
    const { code, stdout } = await run(["keep"], own)
    assert.strictEqual(code, 0)
    assert.match(stdout, /^skyswitch: renewed/)
    assert.notStrictEqual((await run(["token"], own)).stdout, before.stdout)
  })

  it("warns before a stated end of the refresh token, and a person is needed after it", async () => {
    const { origin, pass, run } = await clocked()
    const own = folder()
    await run(["login", "ipex", "--address", origin], { ...own, ...accounts.ipex })
    const state = async () => JSON.parse((await run(["status", "--json"], own)).stdout).profiles[0]
    assert.deepInclude(await state(), { refresh_life: "stated", warning: null, state: "signed_in" })
    await pass("100 minutes")
    assert.match((await state()).warning, /The refresh token of ipex ends at .*Z\. Renew before \(pbx-auth keep\)/)
    const kept = await run(["keep"], own)
    assert.strictEqual(kept.code, 0, kept.stderr)
    assert.isNull((await state()).warning)
    await pass("3 hours")
    assert.deepInclude(await state(), { state: "ended", person_needed: true })
    assert.strictEqual((await run(["keep"], own)).code, 8)
    // A password in the environment is as good as a person.
    const alone = await run(["keep"], { ...own, ...accounts.ipex })
    assert.strictEqual(alone.code, 0, alone.stderr)
  })

  it("says that a person is needed as soon as the provider no longer renews, also while the token lives", async () => {
    const { emulator, own, pass, run } = await signedIn()
    await pass("58 minutes")
    await Effect.runPromise(emulator.killRefreshTokens)
    for (const flags of [[], ["--wait", "2m"]]) {
      const { code, stderr } = await run(["keep", "--json", ...flags], own)
      assert.strictEqual(code, 8, stderr)
      const told = toldFailure(stderr)
      assert.deepInclude(told, { error: "LoginNeeded", remedy: "log_in", provider: "skyswitch" })
    }
    assert.strictEqual((await run(["token"], own)).code, 0, "it lives for two minutes yet")
    // A password in the environment is as good as a person: its sign-in is waited for.
    const alone = await run(["keep", "--json"], { ...own, ...accounts.officeManager })
    assert.strictEqual(alone.code, 0, alone.stderr)
    assert.deepInclude(JSON.parse(alone.stdout), { renewed: true })
  })

  it("remembers that the provider no longer renews: status says so, and nothing more is sent until a login", async () => {
    for (const later of ["1 minute", "3 hours"] as const) {
      const { emulator, outcomes, own, pass, run } = await signedIn()
      const state = async () => JSON.parse((await run(["status", "--json"], own)).stdout).profiles[0]
      await pass("57 minutes")
      await pass(later)
      await Effect.runPromise(emulator.killRefreshTokens)
      assert.strictEqual((await run(["keep"], own)).code, 8)
      const has = { refresh_token: false, refresh_life: "none" }
      if (later === "1 minute") {
        const living = await state()
        assert.deepInclude(living, { ...has, state: "signed_in", person_needed: false })
        assert.match(living.warning, /^The provider gave no refresh token for skyswitch, or no longer takes it: log in/)
        await pass("3 hours")
      }
      assert.deepInclude(await state(), { ...has, state: "ended", person_needed: true })
      await Effect.runPromise(emulator.clearJournal)
      for (const command of [["keep"], ["keep", "--all"], ["token"]]) {
        assert.strictEqual((await run(command, own)).code, 8, command.join(" "))
      }
      assert.deepStrictEqual(await outcomes(), [])
      const login = await run(["login"], { ...own, ...accounts.officeManager })
      assert.strictEqual(login.code, 0, login.stderr)
      assert.deepInclude(await state(), { refresh_token: true, state: "signed_in", person_needed: false })
      await pass("58 minutes")
      assert.strictEqual((await run(["keep"], own)).code, 0)
    }
  })

  it("keeps what it has when the provider is out of order, and says when to try again", async () => {
    const { emulator, own, pass, run } = await signedIn()
    const before = await run(["token"], own)
    await pass("58 minutes")
    await Effect.runPromise(emulator.faults.arm([{ fault: { _tag: "server_error", status: 503 }, times: 50 }]))
    const failed = await run(["keep", "--json"], own)
    assert.strictEqual(failed.code, 7, failed.stderr)
    const told = toldFailure(failed.stderr)
    assert.deepInclude(told, { error: "Unavailable", remedy: "retry", profile: "skyswitch" })
    assert.isString(told.retry_at)
    const { code, stdout } = await run(["token"], own)
    assert.deepStrictEqual({ code, stdout }, { code: 0, stdout: before.stdout }, "it lives for two minutes yet")
  })

  it("waits for nobody after a renewal that was answered with an error", async () => {
    const { emulator, outcomes, own, pass, run } = await afterLostRenewal()
    await Effect.runPromise(emulator.clearJournal)
    // The time stands still, so a command that waited would never end.
    const [{ under_way }] = JSON.parse((await run(["status", "--json"], own)).stdout).profiles
    assert.isNull(under_way)
    const token = await run(["token"], own)
    assert.strictEqual(token.code, 0, token.stderr)
    const again = await run(["keep", "--json"], own)
    assert.strictEqual(again.code, 7, again.stderr)
    assert.deepStrictEqual(await outcomes(), [], "the refresh token may be used up")
    await pass("90 seconds")
    assert.strictEqual((await run(["keep"], own)).code, 0)
  })

  it("says on standard error what a failed renewal left behind, and nowhere with --json", async () => {
    for (const [flags, said] of [
      [[], /^pbx-auth: another process began a renewal 7\d{3} s ago; its result is unknown\n$/],
      [["--json"], /^$/],
    ] as const) {
      const { own, pass, run } = await afterLostRenewal()
      await pass("2 hours")
      const { code, stderr, stdout } = await run(["token", ...flags], own)
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /^.+\n$/)
      assert.match(stderr, said)
    }
  })

  it("says with --all whose each line is", async () => {
    const { emulator, own, pass, run } = await afterLostRenewal()
    const of = async (...args: ReadonlyArray<string>) => (await run(["keep", ...args], own)).stderr
    await Effect.runPromise(emulator.faults.arm([{ fault: { _tag: "server_error", status: 503 }, times: 50 }]))
    await pass("2 hours")
    for (const [args, whose] of [
      [["--all"], "skyswitch: "],
      [[], ""],
    ] as const) {
      const [warning, failure, ...others] = (await of(...args)).split("\n")
      assert.match(warning ?? "", new RegExp(`^pbx-auth: ${whose}another process began a renewal`))
      assert.match(failure ?? "", new RegExp(`^pbx-auth: ${whose}127[^ ]* is returning errors`))
      assert.deepStrictEqual(others, [""])
    }
    const told = toldFailure(await of("--all", "--json"))
    assert.match(told.message, /^127/)
    assert.strictEqual(told.profile, "skyswitch")
  })

  it("goes on with the other profiles when one is damaged", async () => {
    const { origin, pass, run } = await clocked()
    const own = folder()
    for (const name of ["a", "b"]) {
      await run(["login", "skyswitch", "--address", origin, "--profile", name], { ...own, ...accounts.officeManager })
    }
    writeFileSync(join(own.PBX_AUTH_DIRECTORY, "profiles", "a.json"), "{")
    await pass("2 hours")
    const { code, stderr, stdout } = await run(["keep", "--all"], own)
    assert.strictEqual(code, 2)
    assert.match(stderr, /a\.json is damaged/)
    assert.match(stdout, /^b: renewed/)
  })
})

describe("--wait", () => {
  it("waits for the end of an outage: a sign-in, a login, a renewal", async () => {
    const { emulator, origin, pass, run } = await clocked()
    const own = folder()
    const broken = Effect.suspend(() =>
      emulator.faults.arm([{ fault: { _tag: "server_error", status: 503 }, times: 1 }]),
    )
    for (const args of [
      ["token", "ipex", "--address", origin, "--wait", "1m"],
      ["login", "ipex", "--address", origin, "--wait", "1m"],
      ["token", "--wait", "1m"],
    ]) {
      await Effect.runPromise(broken)
      const { code, stderr } = await run(args, args.length > 3 ? { ...own, ...accounts.ipex } : own)
      assert.strictEqual(code, 0, `${args[0]}: ${stderr}`)
      await pass("55 minutes")
    }
  })
})
