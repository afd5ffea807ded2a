/** The short way to a kept token gives what the long way gives, or nothing. */
import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Profile from "../src/profile/Profile.ts"
import * as TokenLine from "../src/start/TokenLine.ts"
import * as WarmToken from "../src/start/WarmToken.ts"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, everyProvider, served } from "./Served.ts"
import { signedInAt } from "./SignedIn.ts"

const { origin } = await served()
const login = signedInAt(origin)

const signedIn = async (provider = "landstar", env: Readonly<Record<string, string>> = accounts.officeManager) => {
  const { own } = await login(provider, env)
  const directory = own.PBX_AUTH_DIRECTORY
  const profile = Profile.read(directory, provider)
  assert.isDefined(profile)
  return { own, directory, profile: profile as Profile.Profile }
}

/** A clock that stands: the two clocks of a machine may drift apart by a millisecond while a command runs. */
const standingAt = (now: number): Clock.Clock => {
  const nanos = BigInt(now) * 1_000_000n
  return {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.succeed(now),
    currentTimeNanosUnsafe: () => nanos,
    currentTimeNanos: Effect.succeed(nanos),
    monotonicTimeNanosUnsafe: () => nanos,
    monotonicTimeNanos: Effect.succeed(nanos),
    sleep: () => Effect.never,
  }
}

const cellOf = (directory: string): string => {
  const cells = join(directory, "cells")
  const [folder = ""] = readdirSync(cells).filter((name) => name.startsWith("cell-record"))
  const [version = ""] = readdirSync(join(cells, folder))
  return join(cells, folder, version)
}

describe("the short way", () => {
  it("prints what the long way prints, for each provider and in each form", async () => {
    for (const [provider, env] of everyProvider) {
      const { directory, own, profile } = await signedIn(provider, env)
      const now = Date.now()
      const short = WarmToken.read(directory, profile, now)
      assert.isDefined(short)
      if (short === undefined) continue
      for (const form of [{}, { json: true }, { curlConfig: true }]) {
        const flags = "json" in form ? ["--json"] : "curlConfig" in form ? ["--curl-config"] : []
        const long = await inside(["token", ...flags], own, undefined, standingAt(now))
        assert.strictEqual(`${TokenLine.of(form, short)}\n`, long.stdout, provider)
      }
    }
  })

  it("goes through a link to the folder, as the long way does", async () => {
    const { directory, own, profile } = await signedIn()
    const link = `${directory}-link`
    symlinkSync(directory, link)
    assert.isDefined(WarmToken.read(link, profile, Date.now()))
    const [short, long] = [await inside(["token"], own), await inside(["token"], { PBX_AUTH_DIRECTORY: link })]
    assert.deepStrictEqual(long, short)
  })

  it("gives nothing when the token is due, or has ended, or this clock is behind", async () => {
    const { directory, profile } = await signedIn()
    const now = Date.now()
    assert.isDefined(WarmToken.read(directory, profile, now))
    assert.isDefined(WarmToken.read(directory, profile, now - 50_000))
    for (const moment of [now + 59 * 60_000, now + 2 * 3_600_000, now - 120_000]) {
      assert.isUndefined(WarmToken.read(directory, profile, moment))
    }
  })

  it("gives nothing after a logout", async () => {
    const { directory, own, profile } = await signedIn()
    await inside(["logout"], own)
    assert.isUndefined(WarmToken.read(directory, profile, Date.now()))
  })

  it("never gives anything else of a record that is cut, altered or another profile's", async () => {
    const { directory, profile } = await signedIn()
    const cell = cellOf(directory)
    const whole = readFileSync(cell)
    const now = Date.now()
    const kept = WarmToken.read(directory, profile, now)
    assert.isDefined(kept)
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(cell, whole.subarray(0, length))
      assert.isUndefined(WarmToken.read(directory, profile, now), `cut at ${length}`)
    }
    for (let at = 0; at < whole.length; at += 3) {
      writeFileSync(
        cell,
        whole.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
      )
      const given = WarmToken.read(directory, profile, now)
      // What says only which key to try, and the checksum, are not looked at.
      if (given !== undefined) assert.deepStrictEqual(given, kept, `altered at ${at}`)
    }
    writeFileSync(cell, whole)
    assert.isDefined(WarmToken.read(directory, profile, now))
    assert.isUndefined(WarmToken.read(directory, { ...profile, id: Profile.newId() }, now))
  })

  it("gives nothing where others could read the key, or write beside the records", async () => {
    const { directory, profile } = await signedIn()
    const now = Date.now()
    chmodSync(join(directory, "key"), 0o640)
    assert.isUndefined(WarmToken.read(directory, profile, now))
    chmodSync(join(directory, "key"), 0o600)
    chmodSync(join(directory, "cells"), 0o770)
    assert.isUndefined(WarmToken.read(directory, profile, now))
  })

  it("opens by any key of the file", async () => {
    const { directory, own, profile } = await signedIn()
    const key = join(directory, "key")
    writeFileSync(key, `q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k\n${readFileSync(key, "utf8")}`)
    assert.isDefined(WarmToken.read(directory, profile, Date.now()))
    // The long way seals it again by the newest.
    const { stdout } = await inside(["token"], own)
    assert.strictEqual(WarmToken.read(directory, profile, Date.now())?.token, stdout.trim())
  })

  it("is the way of the process", async () => {
    const { own } = await signedIn()
    const { stdout } = await inside(["token"], own)
    const ran = await run(["token"], { ...own, NODE_DEBUG: "" })
    assert.deepStrictEqual(ran, { code: 0, stdout, stderr: "" })
  })
})
