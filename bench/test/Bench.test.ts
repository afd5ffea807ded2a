/** Each bench runs, at a size that says nothing about time, and its tables have their rows. */
import { describe, expect, it } from "vitest"
import type { Bench } from "../src/Board.ts"
import * as AuthorisedCall from "../src/benches/AuthorisedCall.ts"
import * as Bundles from "../src/benches/Bundles.ts"
import * as CommandStart from "../src/benches/CommandStart.ts"
import * as HandOver from "../src/benches/HandOver.ts"
import * as IdleSessions from "../src/benches/IdleSessions.ts"
import * as JoinedRenewal from "../src/benches/JoinedRenewal.ts"
import * as ReadReply from "../src/benches/ReadReply.ts"
import * as Stores from "../src/benches/Stores.ts"
import * as UsableToken from "../src/benches/UsableToken.ts"
import { boardAsText } from "../src/Print.ts"

const peers = ["google-auth-library", "@badgateway/oauth2-client", "@azure/core-rest-pipeline"]

/** Many sessions over an hour, many processes, a bundle of each peer, real sockets, thousands of writes: seconds of a processor. */
const heavy: ReadonlyArray<Bench> = [
  IdleSessions.bench,
  Bundles.bench,
  CommandStart.bench,
  AuthorisedCall.bench,
  Stores.bench,
  HandOver.bench,
]

const tags = (bench: Bench) => (heavy.includes(bench) ? ["matrix"] : [])

/** One run of each does for all tests. It begins in the first of them, so that one that is left out costs nothing. */
const boards = new Map<Bench, ReturnType<Bench["run"]>>()
const small = (bench: Bench) => {
  const board = boards.get(bench) ?? bench.run(true)
  boards.set(bench, board)
  return board
}

describe.each([
  { bench: UsableToken.bench, names: ["session.accessToken", "pbx.accessToken()", "a bare async function", ...peers] },
  { bench: JoinedRenewal.bench, names: ["session.accessToken, in fibers", "a bare shared promise", ...peers] },
  {
    bench: IdleSessions.bench,
    names: ["session, signed in and idle", "a started actor", "renewals", "one client id, in 60 s", "when due"],
  },
  { bench: Bundles.bench, names: ["pbx-auth"] },
  { bench: CommandStart.bench, names: ["node -e 0", "pbx-auth --version", "pbx-auth token, kept"] },
  { bench: AuthorisedCall.bench, names: ["with a session", "BearerHttpClient", ...peers] },
  { bench: ReadReply.bench, names: ["one string", "words", "many keys", "nesting", "JSON.parse alone"] },
  { bench: Stores.bench, names: ["seal 400 B", "TokenRecordSchema", "memory: read, p50", "memory: replace, p99"] },
  { bench: HandOver.bench, names: ["files: hand-over", "files: p99", "SQLite: hand-over"] },
])("$bench.id", ({ bench, names }) => {
  it("has its rows, with a number each", { tags: tags(bench) }, async () => {
    const { tables } = await small(bench)
    for (const { estimate, name } of tables.flatMap(({ rows }) => rows)) {
      expect(Number.isFinite(estimate.value), name).toBe(true)
    }
  })

  it("shows them, and what it is held to", { tags: tags(bench) }, async () => {
    const { id, title } = bench
    const { bars, ...rest } = await small(bench)
    const text = boardAsText({ id, title, bars, ...rest })
    for (const name of names) expect(text).toContain(name)
    expect(bars.length).toBeGreaterThan(0)
    for (const { says } of bars) expect(text).toContain(says)
  })
})

describe("what must be counted, and not timed", () => {
  const found = async (bench: Bench, says: RegExp) => (await small(bench)).bars.find((bar) => says.test(bar.says))

  it("is no fiber for a usable token by a promise", async () => {
    expect(await found(UsableToken.bench, /fibers started/)).toMatchObject({ found: "0", holds: true })
  })

  it("is one renewal for all who join it", async () => {
    expect(await found(JoinedRenewal.bench, /renewals/)).toMatchObject({ found: "1.00", holds: true })
  })

  it("is one timer for all sessions, and one renewal for each in the hour", { tags: ["matrix"] }, async () => {
    const { bars } = await small(IdleSessions.bench)
    const counted = bars.filter(({ says }) => !says.startsWith("heap"))
    expect(counted.filter(({ holds }) => !holds)).toEqual([])
    const of = (says: RegExp) => counted.find((bar) => says.test(bar.says))?.found
    expect(of(/renewed once/)).toBe("440 of 440")
    expect(of(/renewed while/)).toBe("440 of 440")
    expect(of(/one subscriber/)).toBe("1")
  })

  it("is what the limits allow, where the jitter alone would not keep to them", { tags: ["matrix"] }, async () => {
    const { tables } = await small(IdleSessions.bench)
    const rows = tables.flatMap(({ rows }) => rows)
    const most = (name: string) => rows.find((row) => row.name === name)?.estimate.value
    expect(most("one client id, in 60 s")).toBeLessThanOrEqual(90)
    expect(most("· if each were sent when due")).toBeGreaterThan(90)
  })
})
