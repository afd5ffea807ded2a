/**
 * The trial of a cluster with fewer sessions. `npm run cluster` has a thousand.
 *
 * @module-tag matrix
 */
import * as Effect from "effect/Effect"
import * as Postgres from "servers/src/Postgres.ts"
import { notOurs, titled } from "servers/src/Server.ts"
import { describe, expect, it } from "vitest"
import * as Trial from "../src/cluster/Trial.ts"

const without = notOurs(Postgres.source)

describe.skipIf(without !== undefined)(titled("three machines with a cluster", without), () => {
  it("lose no session when one is killed and PostgreSQL is away, and renew once", { timeout: 900_000 }, async () => {
    const result = await Effect.runPromise(Effect.scoped(Trial.run({ sessions: 60, lifetime: 60, away: 60 }, () => {})))
    // How long a takeover takes depends on what else runs: `npm run cluster` judges it.
    expect(Trial.wrongs({ ...result, takeover: 0 })).toEqual([])
  })
})

describe("a trial", () => {
  const good: Trial.Result = {
    sessions: 2,
    signIns: 2,
    atRisk: 0,
    renewals: [2, 2],
    refused: 0,
    takeover: 3_000,
    served: 10,
    failed: {},
    servedAway: 4,
    failedAway: {},
    slowestAway: 1,
    asked: { renewed: 3 },
  }

  it.each<[string, Partial<Trial.Result>]>([
    ["3 sign-ins", { signIns: 3 }],
    ["4 renewals at expiry 2", { renewals: [2, 4] }],
    ["refused 1", { refused: 1 }],
    ["takeover took", { takeover: 4_001 }],
    ["callers failed", { failed: { SignedOut: 1 } }],
    ["without PostgreSQL", { failedAway: { StoreFailed: 1 } }],
    ["nobody was served", { servedAway: 0 }],
    ["no owner renewed", { asked: { no_answer: 3 } }],
  ])("says what is wrong: %s", (words, wrong) => {
    expect(Trial.wrongs(good)).toEqual([])
    expect(Trial.wrongs({ ...good, ...wrong }).join()).toContain(words)
  })
})
