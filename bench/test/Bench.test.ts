/** Each bench runs, at a size that says nothing about time, and its tables have their rows. */
import { describe, expect, it } from "vitest"
import * as AuthorisedCall from "../src/benches/AuthorisedCall.ts"
import * as Bundles from "../src/benches/Bundles.ts"
import * as CommandStart from "../src/benches/CommandStart.ts"
import * as IdleSessions from "../src/benches/IdleSessions.ts"
import * as JoinedRenewal from "../src/benches/JoinedRenewal.ts"
import * as UsableToken from "../src/benches/UsableToken.ts"
import { boardAsText } from "../src/Print.ts"

const peers = ["google-auth-library", "@badgateway/oauth2-client", "@azure/core-rest-pipeline"]

describe.each([
  { bench: UsableToken.bench, names: ["session.accessToken", "pbx.accessToken()", "a bare async function", ...peers] },
  { bench: JoinedRenewal.bench, names: ["session.accessToken, in fibers", "a bare shared promise", ...peers] },
  { bench: IdleSessions.bench, names: ["session, signed in and idle", "a started actor", "renewals"] },
  { bench: Bundles.bench, names: ["pbx-auth"] },
  { bench: CommandStart.bench, names: ["node -e 0", "pbx-auth --version"] },
  { bench: AuthorisedCall.bench, names: ["with a session", "BearerHttpClient", ...peers] },
])("$bench.id", ({ bench, names }) => {
  const board = bench.run(true)

  it("has its rows, with a number each", async () => {
    const { tables } = await board
    for (const { estimate, name } of tables.flatMap(({ rows }) => rows)) {
      expect(Number.isFinite(estimate.value), name).toBe(true)
    }
  })

  it("shows them, and what it is held to", async () => {
    const { id, title } = bench
    const { bars, ...rest } = await board
    const text = boardAsText({ id, title, bars, ...rest })
    for (const name of names) expect(text).toContain(name)
    expect(bars.length).toBeGreaterThan(0)
    for (const { says } of bars) expect(text).toContain(says)
  })
})

describe("what must be counted, and not timed", () => {
  const found = async (bench: typeof JoinedRenewal.bench, says: RegExp) =>
    (await bench.run(true)).bars.find((bar) => says.test(bar.says))

  it("is no fiber for a usable token by a promise", async () => {
    expect(await found(UsableToken.bench, /fibers started/)).toMatchObject({ found: "0", holds: true })
  })

  it("is one renewal for all who join it", async () => {
    expect(await found(JoinedRenewal.bench, /renewals/)).toMatchObject({ found: "1.00", holds: true })
  })

  it("is one timer for all sessions, and one renewal for each in the hour", async () => {
    expect(await found(IdleSessions.bench, /timers/)).toMatchObject({ holds: true })
    expect(await found(IdleSessions.bench, /renewed once/)).toMatchObject({ found: "200 of 200", holds: true })
  })
})
