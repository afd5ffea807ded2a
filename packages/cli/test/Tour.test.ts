import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { defaultWorld } from "@pbx-auth/emulator/World"
import type { ProviderDone, TourEvent } from "../src/tour/TourEvent.ts"
import { run, start } from "./Process.ts"

const folder = mkdtempSync(join(tmpdir(), "tour-"))
afterAll(() => rmSync(folder, { recursive: true }))

const eventsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line): TourEvent & { readonly at: string } => JSON.parse(line))

const of = <E extends TourEvent["event"]>(events: ReadonlyArray<TourEvent>, event: E) =>
  events.filter((told): told is Extract<TourEvent, { readonly event: E }> => told.event === event)

const doneOf = (events: ReadonlyArray<TourEvent>, provider: string): ProviderDone => {
  const done = of(events, "provider_done").find((done) => done.provider === provider)
  assert.isDefined(done)
  return done
}

/** Begins with the first test that needs it. */
const lazily = <A>(begin: () => A) => {
  let begun: A | undefined
  return () => (begun ??= begin())
}

describe("the tour", () => {
  const tour = lazily(() => run(["tour", "--json"]))

  it("finds everything as the pages say, and ends with 0", async () => {
    const { code, stderr, stdout } = await tour()
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    const events = eventsOf(stdout)
    assert.deepStrictEqual(
      of(events, "check").filter(({ ok }) => !ok),
      [],
    )
    const [summary] = of(events, "summary")
    assert.isTrue(summary?.ok)
    assert.strictEqual(events.at(-1)?.event, "summary")
  })

  it("leads SkySwitch through all six states", async () => {
    const { states } = doneOf(eventsOf((await tour()).stdout), "skyswitch")
    assert.deepStrictEqual(states, [
      "unauthenticated",
      "mfa_required",
      "authenticated",
      "expiring",
      "refreshed",
      "masqueraded",
      "refreshed",
      "unauthenticated",
    ])
  })

  it("leads the others through sign-in and renewal", async () => {
    const events = eventsOf((await tour()).stdout)
    const renewed = ["unauthenticated", "authenticated", "expiring", "refreshed"]
    assert.deepStrictEqual(doneOf(events, "landstar").states, [...renewed, "expiring", "refreshed"])
    assert.deepStrictEqual(doneOf(events, "ipex").states, renewed)
    assert.deepStrictEqual(doneOf(events, "sangoma-cx").states, renewed)
  })

  it("shows the requests that it makes, each with its answer", async () => {
    const asked = of(eventsOf((await tour()).stdout), "request")
    const grants = (provider: string) =>
      asked.flatMap((request) =>
        request.provider === provider && request.grant ? `${request.grant}: ${request.outcome}` : [],
      )
    assert.deepStrictEqual(grants("skyswitch"), [
      "password: challenged",
      "mfa: refused: bad passcode",
      "mfa: issued",
      "refresh_token: renewed",
      "masquerade: masqueraded",
    ])
    assert.deepStrictEqual(grants("landstar"), ["password: issued", "refresh_token: renewed", "refresh_token: renewed"])
    assert.deepStrictEqual(grants("ipex"), [
      "password: issued",
      "refresh_token: renewed",
      "impersonation: impersonated",
      "password: issued",
      "impersonation: refused: not allowed",
    ])
    assert.deepStrictEqual(grants("sangoma-cx"), ["client_credentials: issued", "client_credentials: issued"])
  })

  it("moves one clock, by which its own events are dated too", async () => {
    const events = eventsOf((await tour()).stdout)
    const jumps = of(events, "clock").map(({ provider, words }) => `${provider}: ${words}`)
    assert.deepStrictEqual(jumps, [
      "skyswitch: 57 minutes later",
      "landstar: 57 minutes later",
      "ipex: 47 minutes later",
      "sangoma-cx: 280 days later",
      "sangoma-cx: 2 days later",
    ])
    const seconds = of(events, "clock").reduce((sum, jump) => sum + jump.seconds, 0)
    const dates = events.map(({ at }) => Date.parse(at))
    assert.isAtLeast(Number(dates.at(-1)) - Number(dates[0]), seconds * 1000)
  })

  it("asks for no token between the first one of Sangoma CX and its end", async () => {
    const events = eventsOf((await tour()).stdout)
    const jumps = events.flatMap((event, index) =>
      event.event === "clock" && event.provider === "sangoma-cx" ? [index] : [],
    )
    const between = of(events.slice(jumps[0], jumps[1]), "request")
    assert.deepStrictEqual(
      between.map(({ outcome }) => outcome),
      ["api call as sangoma-client-id"],
    )
  })
})

describe.concurrent("what the tour prints", () => {
  const tapped = (args: ReadonlyArray<string>, name: string) => {
    const tap = join(folder, name)
    const preload = fileURLToPath(new URL("Tap.ts", import.meta.url))
    return run(["tour", ...args], { TAP: tap }, ["--import", preload]).then((ran) => ({
      ...ran,
      replies: readFileSync(tap, "utf8"),
    }))
  }

  const tours = { "": lazily(() => tapped([], "replies")), "--json": lazily(() => tapped(["--json"], "replies-json")) }

  const secretsOf = (value: unknown): ReadonlyArray<string> =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, inner]) =>
          typeof inner === "string" && ["secret", "password", "passcode"].includes(key) ? [inner] : secretsOf(inner),
        )
      : []

  for (const [flags, ran] of Object.entries(tours)) {
    it(`holds no secret: tour ${flags}`, { tags: flags === "" ? [] : ["matrix"] }, async () => {
      const { code, replies, stderr, stdout } = await ran()
      assert.strictEqual(code, 0)
      const tokens = [...replies.matchAll(/"(?:access_token|refresh_token|token)":"([^"]+)"/g)].map(
        ([, token = ""]) => token,
      )
      assert.isAtLeast(new Set(tokens).size, 20, "the tap is in place")
      const worlds = secretsOf(defaultWorld)
      assert.includeMembers([...worlds], ["1234", "5678", "246802", "your-client-secret", "sangoma-client-secret"])
      const printed = stdout + stderr
      for (const token of tokens) assert.isFalse(printed.includes(token))
      for (const secret of worlds) {
        // 1234 is a password here, and a part of the territory 12345.
        assert.notMatch(printed, new RegExp(`(?<![\\w-])${secret}(?![\\w-])`))
      }
    })
  }

  it("is for people: titles, states, requests, time and a summary in lines that fit", async () => {
    const { stdout } = await tours[""]()
    for (const line of [
      "  SkySwitch                                            pbx.readme.io/reference",
      "    ● mfa_required.awaiting_passcode",
      "    → POST /ns-api/oauth2/token/ 200 masquerade         masqueraded",
      "  … 57 minutes later",
      "    ✓ good for 24 304 413 s, 281 days",
    ]) {
      assert.include(stdout.split("\n"), line)
    }
    assert.match(stdout, /✓ SkySwitch +6 +8 +1 +\d+ +57 minutes\n/)
    assert.match(stdout, /✓ All as the pages say: 26 requests, \d+ checks, 282 days in \d+\.\d s\.\n/)
    for (const line of stdout.split("\n")) assert.isAtMost(line.length, 84)
  })

  it("may be read in part, as head does", async () => {
    const { child, exit } = start(["tour"])
    child.stdout?.once("data", () => child.stdout?.destroy())
    const { code, stderr } = await exit
    assert.deepStrictEqual({ code, stderr }, { code: 141, stderr: "" })
  })

  it("has colour where it is wanted, and none where nobody sees it", { tags: ["matrix"] }, async () => {
    const escape = "\u001b["
    const [piped, forced, refused] = await Promise.all([
      run(["tour"]),
      run(["tour"], { FORCE_COLOR: "1" }),
      run(["tour"], { FORCE_COLOR: "1", NO_COLOR: "1" }),
    ])
    assert.notInclude(piped.stdout, escape)
    assert.include(forced.stdout, escape)
    assert.notInclude(refused.stdout, escape)
  })
})

describe.concurrent("a tour of a world that is not that of the pages", () => {
  const worldFile = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  const [, , , basicUser] = defaultWorld.netsapiens.accounts
  assert.strictEqual(basicUser?.extension, "1001")

  const worlds: Record<
    string,
    { readonly world: unknown; readonly wrong: ReadonlyArray<string>; readonly says: RegExp }
  > = {
    "nobody can be masqueraded": {
      world: { netsapiens: { accounts: defaultWorld.netsapiens.accounts.filter((account) => account !== basicUser) } },
      wrong: ["skyswitch"],
      says: /NotAllowed/,
    },
    "tokens of NetSapiens live for two hours": {
      world: { netsapiens: { lifetime: 7200 } },
      wrong: ["skyswitch", "landstar"],
      says: /good for 3600 s/,
    },
    "there is no second factor": {
      world: { netsapiens: { accounts: defaultWorld.netsapiens.accounts.map(({ mfa, ...account }) => account) } },
      wrong: ["skyswitch"],
      says: /password 200 challenged.*password 200 issued/,
    },
    "everybody may impersonate": {
      world: { ipex: { accounts: defaultWorld.ipex.accounts.map((account) => ({ ...account, impersonation: true })) } },
      wrong: ["ipex"],
      says: /403 refused: not allowed.*200 impersonated/,
    },
    "Sangoma CX gives the dead token again": {
      world: { sangomaCx: { sameTokenForever: true } },
      wrong: ["sangoma-cx"],
      says: /200 issued.*200 given again/,
    },
    "Sangoma CX gives tokens of an hour": {
      world: { sangomaCx: { lifetime: 3600 } },
      wrong: ["sangoma-cx"],
      says: /24 304 413/,
    },
  }

  /** The others are for the matrix: a tour of each starts a process. */
  const few = ["there is no second factor"]

  for (const [name, { says, world, wrong }] of Object.entries(worlds)) {
    it(`ends with 1: ${name}`, { tags: few.includes(name) ? [] : ["matrix"] }, async () => {
      const path = worldFile(`${name.replaceAll(" ", "-")}.json`, JSON.stringify(world))
      const { code, stderr, stdout } = await run(["tour", "--json", "--world", path])
      assert.strictEqual(code, 1)
      assert.match(JSON.parse(stderr).message, /✗/)
      assert.strictEqual(JSON.parse(stderr).error, "TourFailed")
      const events = eventsOf(stdout)
      const [summary] = of(events, "summary")
      assert.isFalse(summary?.ok)
      assert.deepStrictEqual(
        summary?.providers.flatMap(({ ok, provider }) => (ok ? [] : [provider])),
        [...wrong],
      )
      const found = of(events, "check").filter(({ ok }) => !ok)
      assert.strictEqual(found.length, wrong.length, "one mismatch per provider, the first")
      for (const { saw, words } of found) assert.match(`${words} but saw ${saw}`, says)
    })
  }

  it("shows a person where it went wrong", async () => {
    const path = worldFile("person.json", JSON.stringify({ sangomaCx: { sameTokenForever: true } }))
    const { code, stdout } = await run(["tour", "--world", path])
    assert.strictEqual(code, 1)
    assert.include(
      stdout,
      "    ✗ next comes: POST /oauth/token client_credentials 200 issued; but saw: POST /oauth/token",
    )
    assert.include(stdout, "✗ Not as the page says: Sangoma CX.")
  })

  it("cannot begin with a world file that is missing or wrong", async () => {
    const missing = await run(["tour", "--world", join(folder, "missing.json")])
    assert.deepStrictEqual([missing.code, missing.stdout], [2, ""])
    assert.match(missing.stderr, /^pbx-auth: World file [^\n]+missing\.json cannot be read\.\n$/)
    const broken = await run(["tour", "--world", worldFile("broken.json", '{"password": canary}')])
    assert.strictEqual(broken.code, 2)
    assert.match(broken.stderr, /^pbx-auth: World file [^\n]+ is not JSON\.\n$/)
    const wrong = await run(["tour", "--world", worldFile("wrong.json", '{"ipex": {"lifetime": "long"}}')])
    assert.strictEqual(wrong.code, 2)
    assert.match(wrong.stderr, /^pbx-auth: world\.ipex\.lifetime[^\n]+\n$/)
  })
})
