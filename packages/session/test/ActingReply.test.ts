/** A reply to acting whose token is not the subject's. */
import { assert, describe, it } from "@effect/vitest"
import type { AuthError, Stead } from "@pbx-auth/providers/AuthError"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Driver } from "../src/engine/Driver.ts"
import { clear, eventually, harness, people, reaches, settle, subjectOf } from "./Harness.ts"

/** What was presented to get the subject's token, and what the account was given to keep. */
interface Given {
  readonly presented: string
  readonly refreshToken: string
}

type Answer = (given: Given) => object

/** The emulator, but for its answer to acting. */
const impostor = (answer: Answer) => {
  let refreshToken = ""
  return (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
    async (input, init) => {
      const request = new Request(input, init)
      const text = await request.clone().text()
      const fields = new URLSearchParams(text)
      const isActing = fields.get("grant_type") === "masquerade" || request.url.endsWith("/token-exchange")
      if (!isActing) {
        const response = await fetch(request)
        if (fields.get("grant_type") === "password") refreshToken = (await response.clone().json()).refresh_token
        return response
      }
      const presented = fields.get("access_token") ?? request.headers.get("authorization")?.replace("Bearer ", "") ?? ""
      await fetch(request)
      const body = {
        access_token: "a".repeat(32),
        expires_in: 3600,
        token_type: "Bearer",
        ...answer({ presented, refreshToken }),
      }
      return Response.json(body)
    }
}

const jwt = (claims: object) =>
  ["eyJhbGciOiJSUzI1NiJ9", Buffer.from(JSON.stringify(claims)).toString("base64url"), "c2ln"].join(".")

const wires = {
  skyswitch: { person: people.reseller, subject: subjectOf.netsapiens },
  ipex: { person: people.ipex, subject: subjectOf.ipex },
} as const

type Wire = keyof typeof wires

/** A signed-in session at a provider that answers so. */
const stage = Effect.fnUntraced(function* (
  wire: Wire,
  answer: Answer,
  runtime?: (made: SessionRuntime["Service"]) => SessionRuntime["Service"],
) {
  const made = yield* harness({ between: impostor(answer) })
  const driver = yield* made.drive(made.accounts[wire](), runtime?.(made.runtime) ?? made.runtime)
  yield* driver.signIn(wires[wire].person)
  return { ...made, driver, own: clear((yield* driver.bearer).token), subject: wires[wire].subject }
})

type Staged = Effect.Success<ReturnType<typeof stage>>

type Call = Effect.Effect<unknown, AuthError>

const ways: Readonly<Record<string, (staged: Staged) => Call>> = {
  "as a child": ({ driver, subject }) => driver.child(subject),
  "in place": ({ driver, subject }) => driver.startActing(subject),
}

const account = "1000@acmecorp.12345.service"

const refused: ReadonlyArray<readonly [what: string, wire: Wire, instead: Stead, answer: Answer]> = [
  ["the very token that was presented", "skyswitch", "own_token", ({ presented }) => ({ access_token: presented })],
  [
    "the very token that was presented, by the subject's name",
    "skyswitch",
    "own_token",
    ({ presented }) => ({ access_token: presented, uid: subjectOf.netsapiens }),
  ],
  ["the account's refresh token", "skyswitch", "own_token", ({ refreshToken }) => ({ access_token: refreshToken })],
  ["a token that names the account", "skyswitch", "account", () => ({ uid: account, scope: "Reseller" })],
  ["a token that names the account by its short domain", "skyswitch", "account", () => ({ uid: "1000@AcmeCorp" })],
  ["a token of another extension", "skyswitch", "other_user", () => ({ uid: "1002@acmecorp.12345.service" })],
  ["a token of another domain's", "skyswitch", "other_user", () => ({ uid: "1001@othercorp.12345.service" })],
  [
    "a token of a domain that only begins alike",
    "skyswitch",
    "other_user",
    () => ({ uid: "1001@acmecorp2.12345.service" }),
  ],
  ["a token of a name with two signs", "skyswitch", "other_user", () => ({ uid: "1001@acmecorp@othercorp" })],
  ["the very token that was presented", "ipex", "own_token", ({ presented }) => ({ access_token: presented })],
  [
    "a token that names the account's e-mail",
    "ipex",
    "account",
    () => ({ access_token: jwt({ email: "API-user@example.test", exp: 4e9 }) }),
  ],
  [
    "a token whose sub is the account",
    "ipex",
    "account",
    () => ({ access_token: jwt({ sub: "api-user@example.test", exp: 4e9 }) }),
  ],
  [
    "a token whose preferred name is the account's",
    "ipex",
    "account",
    () => ({ access_token: jwt({ preferred_username: "api-user@example.test", email: subjectOf.ipex, exp: 4e9 }) }),
  ],
  ["a reply that names the account beside its token", "ipex", "account", () => ({ email: "api-user@example.test" })],
]

describe("refuses", () => {
  for (const [way, act] of Object.entries(ways)) {
    it.live.each(refused)(`%s (%s), ${way}`, ([, wire, instead, answer]) =>
      Effect.gen(function* () {
        const staged = yield* stage(wire, answer)
        const { reason } = yield* Effect.flip(act(staged))
        assert.deepInclude(reason, { _tag: "Unreadable", remedy: "report", instead })
        assert.match(reason.message, /instead|account itself|another user/)
        assert.strictEqual(clear((yield* staged.driver.bearer).token), staged.own)
        yield* settle
        assert.notInclude(yield* staged.outcomes, "revoked")
      }),
    )
  }
})

const taken: ReadonlyArray<readonly [what: string, wire: Wire, answer: Answer]> = [
  ["the subject", "skyswitch", () => ({ uid: subjectOf.netsapiens })],
  ["the subject by its short domain, in capitals", "skyswitch", () => ({ uid: "1001@ACMECORP" })],
  ["nobody", "skyswitch", () => ({})],
  ["somebody unreadable, as on the page", "skyswitch", () => ({ uid: "[email protected]" })],
  ["an extension alone", "skyswitch", () => ({ uid: "1002" })],
  ["the subject", "ipex", () => ({ access_token: jwt({ email: "Someone@example.test", sub: "42", exp: 4e9 }) })],
  ["nobody", "ipex", () => ({})],
]

describe("takes a token that names", () => {
  for (const [way, act] of Object.entries(ways)) {
    it.live.each(taken)(`%s (%s), ${way}`, ([, wire, answer]) =>
      Effect.gen(function* () {
        yield* act(yield* stage(wire, answer))
      }),
    )
  }
})

describe("the account's own token", () => {
  it.live("is not revoked when it comes as an answer that nobody waits for any more", () =>
    Effect.gen(function* () {
      const staged = yield* stage("skyswitch", ({ presented }) => ({ access_token: presented }))
      const { driver, emulator, outcomes, own, subject } = staged
      const { release } = yield* emulator.hold
      const acting = yield* Effect.forkChild(Effect.exit(driver.startActing(subject)))
      yield* reaches(driver, "masqueraded.starting")
      yield* settle
      yield* driver.stopActing
      yield* release
      yield* Fiber.join(acting)
      yield* settle
      assert.notInclude(yield* outcomes, "revoked")
      assert.strictEqual(clear((yield* driver.bearer).token), own)
      assert.strictEqual((yield* driver.inspect).uid, account)
    }),
  )

  it.live("is refused to a child that had a token of its own before", () =>
    Effect.gen(function* () {
      let isSound = true
      const staged = yield* stage("skyswitch", ({ presented }) =>
        isSound ? { uid: subjectOf.netsapiens } : { access_token: presented },
      )
      const child = yield* staged.driver.child(staged.subject)
      yield* child.bearer
      isSound = false
      child.reject(child.view.generation)
      const { reason } = yield* Effect.flip(child.bearer)
      assert.deepInclude(reason, { _tag: "Unreadable", instead: "own_token" })
      assert.isUndefined(child.peek())
    }),
  )
})

describe("acting for oneself is refused without a request", () => {
  const cases: ReadonlyArray<readonly [wire: Wire, subject: string]> = [
    ["skyswitch", account],
    ["skyswitch", "1000@AcmeCorp"],
    ["ipex", "API-user@example.test"],
  ]
  it.live.each(cases)("%s %s", ([wire, subject]) =>
    Effect.gen(function* () {
      const { driver, grants } = yield* stage(wire, () => ({}))
      for (const call of [driver.child(subject), driver.startActing(subject)] as ReadonlyArray<Call>) {
        const { reason } = yield* Effect.flip(call)
        assert.deepInclude(reason, { _tag: "Misconfigured", field: "subject" })
      }
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live("and where its name is only known from the sign-in, right after that", () =>
    Effect.gen(function* () {
      const { accounts, drive, grants } = yield* harness()
      const credentials = { ...people.reseller, username: account }
      const calls: ReadonlyArray<(driver: Driver) => Call> = [
        (driver) => driver.startActing("1000@acmecorp"),
        (driver) => driver.child("1000@acmecorp"),
      ]
      for (const act of calls) {
        const { reason } = yield* Effect.flip(act(yield* drive(accounts.skyswitch({ credentials }))))
        assert.deepInclude(reason, { _tag: "Misconfigured", field: "subject" })
      }
      assert.notInclude(yield* grants, "masquerade")
    }),
  )
})

describe("another e-mail of IPEX", () => {
  it.live("is an event and no refusal: a subject is an e-mail or a login there", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { driver, subject } = yield* stage(
        "ipex",
        () => ({ access_token: jwt({ email: "by-another-name@example.test", exp: 4e9 }) }),
        (runtime) => SessionRuntime.of({ ...runtime, watcher: (_, { _tag }) => void seen.push(_tag) }),
      )
      const child = yield* driver.child(subject)
      yield* child.bearer
      yield* driver.startActing(subject)
      yield* eventually(
        "two events",
        Effect.sync(() => seen.filter((tag) => tag === "ActingUnlike").length === 2),
      )
    }),
  )
})
