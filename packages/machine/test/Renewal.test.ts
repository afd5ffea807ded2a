import { type RenewalPolicy, reached, tokenTimes } from "@pbx-auth/machine/Renewal"
import { describe, expect, it } from "vitest"
import { Random } from "./Random.ts"

const SECOND = 1_000
const DAY = 86_400 * SECOND
const born = Date.UTC(2024, 1, 29)

const beforeExpiry = {
  policy: "before_expiry",
  window: { fraction: 0.2, atMost: 300 * SECOND, jitter: 0.25 },
  margin: { fraction: 0.1, atMost: 30 * SECOND },
} as const satisfies RenewalPolicy

const lives: ReadonlyArray<readonly [string, number]> = [
  ["1 s", SECOND],
  ["60 s", 60 * SECOND],
  ["50 min", 3_000 * SECOND],
  ["24.9 d", 24.9 * DAY],
  ["281 d", 24_304_413 * SECOND],
  ["10 y", 3_650 * DAY],
]

/** The edges of a token's life, as distances from its end. */
const edges = (policy: RenewalPolicy, lifetime: number | null, random = 0.5) => {
  const times = tokenTimes(policy, { issuedAt: born, lifetime, random })
  const fromEnd = (at: number | null) => (at === null || times.expiresAt === null ? null : times.expiresAt - at)
  return { life: fromEnd(times.issuedAt), due: fromEnd(times.dueAt), usable: fromEnd(times.usableUntil) }
}

describe("before_expiry", () => {
  it.each([
    ["1 s", SECOND, 200, 100],
    ["60 s", 60 * SECOND, 12 * SECOND, 6 * SECOND],
    ["50 min", 3_000 * SECOND, 300 * SECOND, 30 * SECOND],
    ["24.9 d", 24.9 * DAY, 300 * SECOND, 30 * SECOND],
    ["281 d", 24_304_413 * SECOND, 300 * SECOND, 30 * SECOND],
    ["10 y", 3_650 * DAY, 300 * SECOND, 30 * SECOND],
  ])("%s: a window and a margin, a share of the life with a cap", (_, life, due, usable) => {
    expect(edges(beforeExpiry, life)).toEqual({ life, due, usable })
  })

  it("jitter moves the window's beginning to both sides, and nothing else", () => {
    const life = 3_000 * SECOND
    expect(edges(beforeExpiry, life, 0)).toEqual({ life, due: 225 * SECOND, usable: 30 * SECOND })
    expect(edges(beforeExpiry, life, 1)).toEqual({ life, due: 375 * SECOND, usable: 30 * SECOND })
  })

  it("is due at the margin when the window is narrower than that: what is not handed out must be renewed", () => {
    const narrow = { ...beforeExpiry, window: { fraction: 0.01, atMost: SECOND, jitter: 0 } }
    expect(edges(narrow, 60 * SECOND)).toEqual({ life: 60 * SECOND, due: 6 * SECOND, usable: 6 * SECOND })
  })
})

describe("after_expiry and never", () => {
  it.each(lives)("%s: handed out to the very end; due then, or never", (_, life) => {
    expect(edges({ policy: "after_expiry" }, life)).toEqual({ life, due: 0, usable: 0 })
    expect(edges({ policy: "never" }, life)).toEqual({ life, due: null, usable: 0 })
  })
})

it.each<RenewalPolicy>([beforeExpiry, { policy: "after_expiry" }, { policy: "never" }])(
  "a token that does not expire is handed out for ever ($policy)",
  (policy) => {
    expect(tokenTimes(policy, { issuedAt: born, lifetime: null, random: 0.5 })).toEqual({
      issuedAt: born,
      dueAt: null,
      usableUntil: null,
      expiresAt: null,
    })
  },
)

describe("whatever the life, the policy and the chance", () => {
  const random = new Random(281)
  const policy = (): RenewalPolicy =>
    random.of<() => RenewalPolicy>([
      () => ({ policy: "after_expiry" }),
      () => ({ policy: "never" }),
      () => ({
        policy: "before_expiry",
        window: { fraction: random.next() / 2, atMost: random.below(DAY), jitter: random.next() },
        margin: { fraction: random.next() / 2, atMost: random.below(DAY) },
      }),
    ])()
  const cases = Array.from({ length: 5_000 }, () => ({
    policy: policy(),
    token: {
      issuedAt: born + random.below(DAY),
      lifetime: random.of([-SECOND, 0, 1, random.below(DAY), ...lives.map(([, life]) => life)]),
      random: random.of([0, random.next(), 1]),
    },
  }))

  it("dueAt <= usableUntil <= expiresAt, and none before the birth", () => {
    for (const { policy, token } of cases) {
      const { dueAt, usableUntil, expiresAt } = tokenTimes(policy, token)
      if (usableUntil === null || expiresAt === null) throw new Error("a mortal token has an end")
      expect(usableUntil).toBeLessThanOrEqual(expiresAt)
      expect(usableUntil).toBeGreaterThanOrEqual(token.issuedAt)
      if (policy.policy === "never") expect(dueAt).toBe(null)
      else {
        expect(dueAt).toBeLessThanOrEqual(usableUntil)
        expect(dueAt).toBeGreaterThanOrEqual(token.issuedAt)
      }
    }
  })

  it("the end is the birth and the life; a life below nothing is no life", () => {
    for (const { policy, token } of cases)
      expect(tokenTimes(policy, token).expiresAt).toBe(token.issuedAt + Math.max(0, token.lifetime))
  })

  it("all edges are whole milliseconds, and survive JSON", () => {
    for (const { policy, token } of cases) {
      const times = tokenTimes(policy, token)
      for (const at of Object.values(times)) expect(at === null || Number.isSafeInteger(at)).toBe(true)
      expect(JSON.parse(JSON.stringify(times))).toEqual(times)
    }
  })
})

it.each(lives)("%s: nobody renews in a storm, for three quarters of a life pass between two renewals", (_, life) => {
  for (const random of [0, 0.5, 1]) {
    let now = born
    for (let renewals = 0; renewals < 1_000; renewals++) {
      const { dueAt } = tokenTimes(beforeExpiry, { issuedAt: now, lifetime: life, random })
      if (dueAt === null) throw new Error("a token of this policy is due")
      expect(dueAt - now).toBeGreaterThanOrEqual(Math.floor(life * 0.75))
      now = dueAt
    }
  }
})

it("reached: from the moment on, and never for null", () => {
  expect([reached(5, 4), reached(5, 5), reached(5, 6), reached(0, 0)]).toEqual([false, true, true, true])
  expect(reached(null, Number.MAX_SAFE_INTEGER)).toBe(false)
})
