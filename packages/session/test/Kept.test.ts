/** Tokens and times as a session at rest keeps them: lighter, and the same to everyone who reads, copies or prints them. */
import { inspect } from "node:util"
import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as KeptTimes from "../src/record/KeptTimes.ts"
import * as KeptTokens from "../src/record/KeptTokens.ts"

const tokens = (refreshToken: string | undefined): Tokens => ({
  accessToken: Redacted.make("made-up-access"),
  refreshToken: refreshToken === undefined ? undefined : Redacted.make(refreshToken),
  tokenType: "Bearer",
  lifetime: 3_600_000,
  refreshLifetime: undefined,
  scope: "Office Manager",
  identity: { uid: "111@abc-company" },
  details: {},
})

describe.each(["made-up-refresh", undefined])("tokens with the refresh token %s", (refreshToken) => {
  const kept = KeptTokens.of(tokens(refreshToken))

  it("are the same to read and to copy", () => {
    expect(Redacted.value(kept.accessToken)).toBe("made-up-access")
    expect(kept.refreshToken && Redacted.value(kept.refreshToken)).toBe(refreshToken)
    expect(Object.keys(kept).sort()).toEqual(Object.keys(tokens(refreshToken)).sort())
    const copy = { ...kept }
    expect(Redacted.value(copy.accessToken)).toBe("made-up-access")
    expect(copy).toMatchObject({ tokenType: "Bearer", lifetime: 3_600_000, scope: "Office Manager", details: {} })
    expect(KeptTokens.of(kept)).toBe(kept)
  })

  it("are shown by no print", () => {
    const prints = [
      String(kept),
      JSON.stringify(kept),
      JSON.stringify({ ...kept }),
      inspect(kept, { showHidden: true, getters: true, depth: 9 }),
      JSON.stringify(Object.getOwnPropertyDescriptors(kept)),
      inspect(structuredClone({ ...kept, accessToken: null, refreshToken: null })),
    ]
    for (const print of prints) expect(print).not.toContain("made-up")
    expect(JSON.parse(JSON.stringify(kept)).accessToken).toBe("<redacted>")
  })

  it("survive a reader that wipes what it was given", () => {
    Redacted.wipeUnsafe(kept.accessToken)
    expect(Redacted.value(kept.accessToken)).toBe("made-up-access")
  })
})

describe.each<TokenTimes>([
  {
    issuedAt: 1_783_000_000_000,
    dueAt: 1_783_003_300_017,
    usableUntil: 1_783_003_570_000,
    expiresAt: 1_783_003_600_000,
  },
  { issuedAt: 1_783_000_000_000, dueAt: null, usableUntil: null, expiresAt: null },
  { issuedAt: 1_783_000_000_000, dueAt: null, usableUntil: 1_783_000_000_000, expiresAt: 4_938_760_000_000 },
  { issuedAt: 0, dueAt: 0, usableUntil: 1, expiresAt: 2_147_483_648 },
])("the times %j", (times) => {
  it("are the same to read, to copy and to print", () => {
    const kept = KeptTimes.of(times)
    for (const name of ["issuedAt", "dueAt", "usableUntil", "expiresAt"] as const) expect(kept[name]).toBe(times[name])
    expect({ ...kept }).toEqual(times)
    expect(JSON.parse(JSON.stringify(kept))).toEqual(times)
  })
})
