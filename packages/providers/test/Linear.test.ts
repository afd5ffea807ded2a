/** Whatever a reply looks like, reading it takes steps in proportion to its size. Steps are counted; no test here looks at a clock. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Retry from "../src/refusal/Retry.ts"
import * as Reply from "../src/reply/Reply.ts"
import { echoesOf, scrub } from "../src/reply/Scrub.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { stepsOf } from "./Steps.ts"

const filled = (head: string, part: (index: number) => string, tail: string) => (size: number) => {
  const parts = [head]
  for (let length = head.length + tail.length, index = 0; length < size; index++) {
    const one = part(index)
    parts.push(one)
    length += one.length
  }
  return [...parts, tail].join("")
}

const start = '{"access_token":"access-token","uid":"1000@x"'
const jwt = (payload: string) => `eyJhbGciOiJub25lIn0.${payload}.`

/** Replies of any size, each of the kind that makes some reader slow. */
const shapes: Readonly<Record<string, (size: number) => string>> = {
  "one string": filled(`${start},"x":"`, () => "a", '"}'),
  "one string, as a token": filled('{"access_token":"', () => "a", '"}'),
  "one string, as a JWT": filled(`{"access_token":"${jwt("")}`, () => "abcd", '"}'),
  "one JWT": filled('{"access_token":"eyJhbGciOiJub25lIn0.', () => "eyJh", '.c2ln"}'),
  "a page": filled("<html>", () => "<", ""),
  blanks: filled("", () => " ", ""),
  digits: filled(`${start},"expires_in":"`, () => "1", '"}'),
  "beginnings of JWTs": filled(`${start},"x":"`, () => "-eyJaaaaa", '"}'),
  "a long secret in a long string": (size) =>
    JSON.stringify({ access_token: "b".padEnd(size / 3, "a"), x: "a".repeat((2 * size) / 3) }),
  words: filled('{"error":"x","message":"', () => "token ", '"}'),
  "words of a token that is verified": filled('{"error":"x","message":"', () => "token verif", '"}'),
  "words, not in JSON": filled("", () => "token ", ""),
  "a code": filled('{"error":"x","code":"', () => "invalid_client_", '"}'),
  "many keys": filled(start, (index) => `,"key${index}":${index}`, "}"),
  "many secrets": filled(start, (index) => `,"token${index}":"aaaaaaaa${index}","${index}":"aaaaaaaaaaaa"`, "}"),
  "many short secrets": filled(start, (index) => `,"token${index}":"${index}","${index}":"${index}"`, "}"),
  "many strings": filled(`${start},"x":[`, (index) => `"aaaaaaaa${index}",`, "1]}"),
  nesting: (size) => `${start},"x":${'{"a":'.repeat(size / 6)}1${"}".repeat(size / 6)}}`,
  "nested lists": (size) => `${start},"x":${"[".repeat(size / 2)}${"]".repeat(size / 2)}}`,
}

const readers: Readonly<Record<string, (text: string) => unknown>> = Object.fromEntries(
  [
    ["Password", 200],
    ["Passcode", 401],
    ["ActAs", 403],
    ["inspect", 200],
    ["inspect", 401],
    ["revoke", 200],
  ].map(([purpose, status]) => {
    const asked = {
      provider: SkySwitch.provider,
      purpose: purpose as "Password",
      bearerInHeader: true,
      secrets: ["aaaaaaaa-password", `b${"a".repeat(1_000)}`].map((one) => Redacted.make(one)),
      now: 0,
    }
    const decode = { inspect: Reply.inspection, revoke: Reply.revocation }[String(purpose)] ?? Reply.tokenReply
    return [
      `${purpose} ${status}`,
      (text: string) => decode({ status: Number(status), headers: {}, text, at: 0 }, asked),
    ]
  }),
)

describe("reading a reply", () => {
  for (const [shape, of] of Object.entries(shapes)) {
    it(`takes twice the steps for twice the size: ${shape}`, () => {
      for (const [reader, read] of Object.entries(readers)) {
        const [half, whole] = [32_768, 65_536].map((size) => {
          const text = of(size)
          return { steps: stepsOf(() => read(text)), size: text.length }
        }) as [{ steps: number; size: number }, { steps: number; size: number }]
        assert.isAtMost(whole.steps, 2.3 * half.steps + 1_000, reader)
        // All readers together look at no character more than a few times.
        assert.isAtMost(whole.steps, 20 * whole.size + 100_000, reader)
      }
    })
  }

  it("takes twice the steps for twice the header, whatever is quoted in it", () => {
    for (const part of ['"a";r=0;t=1,', '"', '"a', ";", ",", 'r=0;"']) {
      const [half = 0, whole = 0] = [8_192, 16_384].map((size) => {
        const header = part.repeat(size / part.length)
        const headers = { ratelimit: header, "retry-after": header, date: header }
        return stepsOf(() => [Retry.limitOf(headers, 0), Retry.spentLimits(header, 0)])
      })
      assert.isAtMost(whole, 2.3 * half + 1_000, part)
    }
  })

  it("is counted: what is known to be quadratic is found", () => {
    const quadratic: ReadonlyArray<(size: number) => unknown> = [
      (size) => "a".repeat(size).includes("b".padEnd(size / 2, "a")),
      (size) => /\beyJ[\w-]{5,}\.[\w-]+\./.test("-eyJaaaaa".repeat(size / 9)),
      (size) =>
        Array.from({ length: size / 32 }, () => "aaaaaaaaaaaaaaaa").some((one) => "a".repeat(size).includes(`${one}b`)),
    ]
    for (const run of quadratic) assert.isAbove(stepsOf(() => run(8_192)) / stepsOf(() => run(4_096)), 3)
  })
})

describe("echoes", () => {
  const letters = Schema.Array(Schema.Literals(["a", "b", "\u{1F600}"])).pipe(Schema.check(Schema.isMaxLength(40)))

  it.prop(
    "are found where a search would find them, and nowhere else",
    [letters, Schema.Array(letters)],
    ([text, all]) => {
      const secrets = all.map((one) => one.join("")).filter((one) => one.length >= 8)
      for (const whole of [text.join(""), `${text.join("")}${secrets[0] ?? ""}b`]) {
        assert.strictEqual(
          echoesOf(secrets)(whole),
          secrets.some((secret) => whole.includes(secret)),
        )
      }
    },
  )

  it("cost a step for each character, and a bounded number for places that only look like one", () => {
    for (const size of [16_384, 65_536, 262_144]) {
      const secrets = Array.from({ length: size / 64 }, (_, index) => `${"a".repeat(40)}${index}`)
      const isEcho = echoesOf(secrets)
      const text = "a".repeat(size)
      const steps = stepsOf(() => [1, 2, 3, 4].forEach(() => void isEcho(text)))
      assert.isAtMost(steps, 4 * size + 4 * 8_192)
    }
  })

  it("are taken for granted where somebody made too many places look like one", () => {
    const isEcho = echoesOf(["aaaaaaaab"])
    assert.isFalse(isEcho("a".repeat(800)))
    assert.isTrue(isEcho("a".repeat(100_000)))
  })
})

describe("what is kept", () => {
  const long = "x".repeat(2_049)
  const tokens = (body: object, provider = SkySwitch.provider as Reply.Asked["provider"]) => {
    const asked = { provider, purpose: "Password", bearerInHeader: false, secrets: [], now: 0 } as const
    const reply = { status: 200, headers: {}, text: JSON.stringify({ access_token: "token", ...body }), at: 0 }
    const result = Reply.tokenReply(reply, asked)
    return result._tag === "Success" && result.success._tag === "Issued" ? result.success.tokens : undefined
  }

  it("is no name that is too long, and its reply is none the worse for it", () => {
    for (const provider of [SkySwitch.provider, Ipex.provider]) {
      const reply = tokens(
        { uid: long, displayName: "x".repeat(257), site: "x".repeat(256), scope: long, note: long },
        provider,
      )
      assert.deepInclude(reply, { identity: { site: "x".repeat(256) }, scope: null, details: {} })
    }
    const asked = {
      provider: SkySwitch.provider,
      purpose: "inspect",
      bearerInHeader: true,
      secrets: [],
      now: 0,
    } as const
    const inspected = Reply.inspection({ status: 200, headers: {}, text: JSON.stringify({ uid: long }), at: 0 }, asked)
    assert.deepInclude(inspected, { _tag: "Success" })
  })

  it("is no more than any vendor says", () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key${index}`, index]))
    const kept = tokens({ ...many, uid: "1000@x", list: [] })
    assert.deepInclude(kept, { identity: { uid: "1000@x" } })
    assert.lengthOf(Object.keys(kept?.details ?? {}), 256)
  })

  it("is no secret of a list, of a nested object, or of the session", () => {
    const body = {
      session: { refreshTokens: ["nested-secret-1", "nested-secret-2"] },
      note: "see nested-secret-1",
      other: ["nested-secret-2"],
      last: "the known-password here",
      fine: "yes",
    }
    assert.deepStrictEqual(scrub(body, ["known-password"]).without(new Set()), {
      session: {},
      other: [],
      fine: "yes",
    })
  })
})
