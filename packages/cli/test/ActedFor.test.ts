/** The tokens of users whom a profile acts for: kept, found by their user, acted for anew when due, and gone with the profile. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as KeptStore from "../src/kept/KeptStore.ts"
import { actingKey, recordKey } from "../src/profile/Place.ts"
import * as Profile from "../src/profile/Profile.ts"
import * as ActedFor from "../src/session/ActedFor.ts"
import * as ProfileSession from "../src/session/ProfileSession.ts"
import * as WarmToken from "../src/start/WarmToken.ts"
import { clocked } from "./Clocked.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { run, start } from "./Process.ts"
import { accounts, served } from "./Served.ts"
import { toldFailure } from "./ToldFailure.ts"

const subject = "1001@acmecorp.12345.service"

/** A reseller is signed in, and time moves as the test says. */
const signedIn = async (world: unknown = {}) => {
  const stage = await clocked(world)
  const own = folder()
  const login = ["login", "skyswitch", "--address", stage.origin]
  const again = () => stage.run(login, { ...own, ...accounts.reseller })
  assert.strictEqual((await again()).code, 0)
  await Effect.runPromise(stage.emulator.clearJournal)
  const token = async (...args: ReadonlyArray<string>) => {
    const { code, stderr, stdout } = await stage.run(args.length === 0 ? ["act-as", subject] : args, own)
    assert.strictEqual(code, 0, stderr)
    return stdout
  }
  const outcomes = async () => {
    const seen = await stage.outcomes()
    await Effect.runPromise(stage.emulator.clearJournal)
    return seen
  }
  const profile = Profile.read(own.PBX_AUTH_DIRECTORY, "skyswitch") as Profile.Profile
  /** The users whose tokens are kept. */
  const users = async () => {
    const store = await Effect.runPromise(KeptStore.open(own.PBX_AUTH_DIRECTORY))
    return (await Effect.runPromise(ActedFor.all(store, profile))).map((one) => one.subject)
  }
  return { ...stage, own, again, token, outcomes, profile, users }
}

describe("the token of a user that a profile acts for", () => {
  it("is kept: the provider is asked once, and the short way prints it", async () => {
    const { now, outcomes, own, profile, token } = await signedIn()
    const first = await token()
    assert.strictEqual(await token("token", "--act-as", subject), first)
    const json = JSON.parse(await token("act-as", subject, "--json"))
    assert.deepInclude(json, { access_token: first.trim(), subject, provider: "skyswitch", scope: "Basic User" })
    const directory = own.PBX_AUTH_DIRECTORY
    const short = WarmToken.read(directory, profile, now(), subject)
    assert.deepInclude(short, { token: first.trim(), subject, scope: "Basic User" })
    const left = (short?.expiresAt ?? 0) - Date.parse(json.expires_at)
    assert.isTrue(left >= 0 && left < 1_000, "the last whole second")
    // Another user has another record, and so has the account itself.
    assert.isUndefined(WarmToken.read(directory, profile, now(), "1002@acmecorp.12345.service"))
    assert.notStrictEqual(await token("token"), first)
    const executed = await run(["exec", "--act-as", subject, "--", "sh", "-c", 'echo "$PBX_AUTH_TOKEN"'], own)
    assert.strictEqual(executed.stdout, first, executed.stderr)
    assert.deepStrictEqual(await outcomes(), ["masqueraded"])
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) assert.notInclude(readFileSync(join(entry.parentPath, entry.name), "latin1"), first.trim())
    }
  })

  it("is shown by status without the token, and inspected", async () => {
    const { outcomes, token } = await signedIn()
    const first = (await token()).trim()
    const text = await token("status")
    assert.match(text, /^ {2}acts for {7}1001@acmecorp\.12345\.service, until 20/m)
    const json = await token("status", "--json")
    assert.notInclude(text + json, first)
    const [{ subject: shown, expires_at, due_at }] = JSON.parse(json).profiles[0].acting_for
    assert.strictEqual(shown, subject)
    assert.isBelow(Date.parse(due_at), Date.parse(expires_at))
    assert.include(await token("inspect", "--act-as", subject), subject.split(".")[0] ?? "")
    assert.deepStrictEqual(await outcomes(), ["masqueraded", "inspected"])
  })

  it("is got anew when it is due, and the old one is served while the provider is away", async () => {
    const { emulator, outcomes, pass, token } = await signedIn()
    const first = await token()
    // Both are due, and neither has ended.
    await pass("58 minutes")
    const { disarm } = await Effect.runPromise(
      emulator.faults.arm([{ fault: { _tag: "server_error", status: 503 }, times: 50 }]),
    )
    assert.strictEqual(await token(), first)
    await Effect.runPromise(disarm)
    await outcomes()
    const second = await token()
    assert.notStrictEqual(second, first)
    assert.strictEqual(await token(), second)
    assert.deepStrictEqual(await outcomes(), ["masqueraded"])
  })

  it("is got once by ten shells", async () => {
    const { outcomes, token } = await signedIn()
    const all = await Promise.all([...Array(10)].map(() => token()))
    assert.strictEqual(new Set(all).size, 1)
    assert.deepStrictEqual(await outcomes(), ["masqueraded"])
  })

  it("is waited for again, when another command asks after the first one", async () => {
    const { clock, now, outcomes, own, profile, token } = await signedIn()
    const first = await token()
    const store = await Effect.runPromise(KeptStore.open(own.PBX_AUTH_DIRECTORY))
    const key = actingKey(profile, subject)
    const { record: done } = (await Effect.runPromise(store.tokens.read(key))) ?? {}
    const write = (record: typeof done) =>
      Effect.gen(function* () {
        const seen = yield* store.tokens.read(key)
        yield* store.tokens.replace(key, seen?.version, record)
      }).pipe(Effect.orDie)
    const claimed = (holder: string) => {
      const intent = { holder, purpose: "renewal", startedAt: now(), until: now() + 10_000 } as const
      return write({ generation: 0, via: "renewal", tokens: undefined, times: undefined, intent })
    }
    let polls = 0
    // The time of the command passes as it looks for the result of another one, so fast that what the machine takes does not count.
    const polled = Effect.suspend(() => {
      polls++
      const between = polls === 16 ? claimed("second") : polls === 30 ? write(done) : Effect.void
      return Effect.andThen(between, clock.adjust(500))
    })
    const polling: Clock.Clock = Object.assign(Object.create(clock), {
      sleep: (pause: Duration.Duration) => (Duration.toMillis(pause) === 50 ? polled : clock.sleep(pause)),
    })
    await Effect.runPromise(claimed("first"))
    const { code, stderr, stdout } = await inside(["act-as", subject], own, undefined, polling)
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stdout, first)
    assert.deepStrictEqual([polls, await outcomes()], [30, ["masqueraded"]])
  })

  it("is asked for by a command that says once that it lives, however often another one comes in between", async () => {
    const { clock, outcomes, own, profile } = await signedIn()
    const holders: Array<string> = []
    let conflicts = 0
    const bearer = await Effect.gen(function* () {
      const store = yield* KeptStore.open(own.PBX_AUTH_DIRECTORY)
      const { tokens } = store
      const announced: Array<string> = []
      const announce = (holder: string) =>
        Effect.acquireRelease(
          Effect.sync(() => void announced.push(holder)),
          () => Effect.sync(() => void holders.push(...announced.splice(0))),
        )
      const replace: typeof tokens.replace = (...what) =>
        ++conflicts <= 3 ? Effect.fail(new TokenStore.StoreConflict()) : tokens.replace(...what)
      const hindered = { ...tokens, replace, presence: { announce, isGone: () => Effect.succeed(false) } }
      const kept = { of: "profile", directory: own.PBX_AUTH_DIRECTORY, name: "skyswitch", profile } as const
      return yield* ActedFor.bearerOf(kept, { ...store, tokens: hindered }, subject, undefined)
    }).pipe(
      Effect.provide([NodeServices.layer, FetchHttpClient.layer]),
      Effect.provideService(Clock.Clock, clock),
      Effect.runPromise,
    )
    assert.strictEqual(bearer.generation, 1)
    assert.isAbove(conflicts, 3)
    assert.lengthOf(holders, 1)
    assert.deepStrictEqual(await outcomes(), ["masqueraded"])
  })

  it("is handed out as long as a session would hand it out, and no longer", async () => {
    const { now, outcomes, own, pass, profile, token } = await signedIn()
    const first = await token()
    const store = await Effect.runPromise(KeptStore.open(own.PBX_AUTH_DIRECTORY))
    const { record } = (await Effect.runPromise(store.tokens.read(actingKey(profile, subject)))) ?? {}
    const { expiresAt, issuedAt, usableUntil } = record?.times ?? {}
    // Its margin is a tenth of its hour, but at most 30 s.
    const life = (until: number | null | undefined) => (until ?? 0) - (issuedAt ?? 0)
    assert.deepStrictEqual([life(usableUntil), life(expiresAt)], [3_570_000, 3_600_000])
    assert.isAtMost(issuedAt ?? 0, now())
    await pass("10 minutes")
    assert.strictEqual(await token(), first)
    assert.deepStrictEqual(await outcomes(), ["masqueraded"])
  })

  it("is revoked and removed by logout, and removed by another login", async () => {
    const { again, users, outcomes, own, run, token } = await signedIn()
    await token()
    await again()
    assert.isEmpty(await users())
    await token()
    assert.deepStrictEqual(await users(), [subject])
    await outcomes()
    assert.include(await token("logout"), "its tokens are revoked")
    assert.deepStrictEqual(await outcomes(), ["revoked", "revoked"])
    assert.isEmpty(await users())
    const { code, stderr } = await run(["act-as", subject, "--json"], own)
    assert.strictEqual(code, 8)
    assert.deepInclude(toldFailure(stderr), { error: "LoginNeeded", profile: "skyswitch" })
    assert.isEmpty(await users())
  })

  it("that was never got, or was given up, does not count as not revoked", async () => {
    const { outcomes, own, profile, run, token, users } = await signedIn()
    const { code } = await run(["act-as", "nobody@elsewhere", "--json"], own)
    assert.strictEqual(code, 5)
    await token()
    // A command that was killed left its intent, and no tokens.
    const store = await Effect.runPromise(KeptStore.open(own.PBX_AUTH_DIRECTORY))
    const startedAt = 1
    const intent = { holder: "made-up", purpose: "renewal", startedAt, until: startedAt + 1 } as const
    const left = { generation: 0, via: "renewal", tokens: undefined, times: undefined, intent } as const
    await Effect.runPromise(store.tokens.replace(actingKey(profile, "1002@acmecorp.12345.service"), undefined, left))
    assert.lengthOf(await users(), 2)
    await outcomes()
    assert.strictEqual(JSON.parse(await token("logout", "--json")).revocation, "revoked")
    assert.deepStrictEqual(await outcomes(), ["revoked", "revoked"])
    assert.isEmpty(await users())
  })

  it("is never the account's own, also if the provider has ended it and the account's password is at hand", async () => {
    const { emulator, outcomes, own, run, token } = await signedIn()
    const first = await token()
    await outcomes()
    await Effect.runPromise(emulator.killAccessTokens)
    const inspected = await run(["inspect", "--act-as", subject, "--json"], { ...own, ...accounts.reseller })
    assert.strictEqual(inspected.code, 0, inspected.stderr)
    assert.deepInclude(JSON.parse(inspected.stdout), { uid: subject, scope: "Basic User" })
    const { stdout } = await run(["act-as", subject, "--json"], { ...own, ...accounts.reseller })
    const second = JSON.parse(stdout)
    assert.deepInclude(second, { subject, scope: "Basic User" })
    const account = (await token("token")).trim()
    assert.notInclude([account, first.trim()], second.access_token)
    const refused = "refused: bad token"
    // The kept token, then the account's own; then the account renews its own, and acts anew. Nobody signs in.
    assert.deepStrictEqual(await outcomes(), [refused, refused, "renewed", "masqueraded", "inspected"])
  })

  it("stays as it is where it is due and cannot be inspected, because the provider is away", async () => {
    const { emulator, own, pass, run, token } = await signedIn()
    const first = await token()
    await pass("58 minutes")
    await Effect.runPromise(emulator.faults.arm([{ fault: { _tag: "server_error", status: 503 }, times: 500 }]))
    const { code, stderr } = await run(["inspect", "--act-as", subject, "--json"], { ...own, ...accounts.reseller })
    assert.notStrictEqual(code, 0)
    assert.deepInclude(toldFailure(stderr), { remedy: "retry" })
    assert.strictEqual(await token(), first)
  })

  it("is removed by keep when it has ended", async () => {
    const { users, pass, token } = await signedIn()
    await token()
    await pass("10 minutes")
    await token("keep")
    assert.deepStrictEqual(await users(), [subject])
    await pass("2 hours")
    await token("keep", "--all")
    assert.isEmpty(await users())
  })

  it("leaves nothing behind where it is refused", async () => {
    const { users, own, run } = await signedIn()
    const { code, stderr } = await run(["act-as", "nobody@elsewhere", "--json"], own)
    assert.strictEqual(code, 5, stderr)
    assert.isEmpty(await users())
  })
})

describe("a session over the token of a user", () => {
  it("does not sign in as the client, also if the provider's clients sign in alone", async () => {
    const { emulator, origin } = await served()
    const own = folder()
    const login = await run(["login", "sangoma-cx", "--address", origin], { ...own, ...accounts.sangomaCx })
    assert.strictEqual(login.code, 0, login.stderr)
    await Effect.runPromise(emulator.clearJournal)
    const directory = own.PBX_AUTH_DIRECTORY
    const profile = Profile.read(directory, "sangoma-cx") as Profile.Profile
    const key = actingKey(profile, subject)
    const failed = await Effect.gen(function* () {
      const store = yield* KeptStore.open(directory)
      const account = (yield* store.tokens.read(recordKey(profile)))?.record
      if (account?.times === undefined) return yield* Effect.die("There is no record.")
      const times = { ...account.times, dueAt: 1, expiresAt: 2, usableUntil: 2 }
      yield* store.tokens.replace(key, undefined, { ...account, times })
      const kept = { of: "profile", directory, name: "sangoma-cx", profile } as const
      const { session } = yield* ProfileSession.open(kept, store, undefined, key)
      return yield* Effect.flip(session.bearer)
    }).pipe(Effect.scoped, Effect.provide([NodeServices.layer, FetchHttpClient.layer]), Effect.runPromise)
    assert.strictEqual(failed.reason._tag, "RenewalRefused")
    assert.isEmpty(await Effect.runPromise(emulator.journal))
  })
})

describe("a command that dies while it acts", () => {
  it.skipIf(!existsSync("/proc/self/stat"))("holds up nobody", async () => {
    const { emulator, origin } = await served()
    const own = folder()
    const login = await run(["login", "skyswitch", "--address", origin], { ...own, ...accounts.reseller })
    assert.strictEqual(login.code, 0, login.stderr)
    const held = await Effect.runPromise(emulator.hold)
    const dying = start(["act-as", subject], own)
    const profile = Profile.read(own.PBX_AUTH_DIRECTORY, "skyswitch") as Profile.Profile
    const store = await Effect.runPromise(KeptStore.open(own.PBX_AUTH_DIRECTORY))
    const key = actingKey(profile, subject)
    const kept = () => Effect.runPromise(store.tokens.read(key))
    while ((await Effect.runPromise(emulator.inFlight)) === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    dying.child.kill("SIGKILL")
    await dying.exit
    await Effect.runPromise(held.release)
    // Whoever waits for the end of what the dead command wanted now waits for a day.
    const { record, version } = (await kept()) ?? {}
    assert.isDefined(record?.intent)
    if (record?.intent === undefined) return
    const intent = { ...record.intent, until: record.intent.startedAt + 86_400_000 }
    await Effect.runPromise(store.tokens.replace(key, version, { ...record, intent }))
    const { code, stderr } = await run(["act-as", subject], own)
    assert.strictEqual(code, 0, stderr)
    assert.isUndefined((await kept())?.record?.intent)
  })
})
