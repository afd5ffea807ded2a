/** The demand for a second factor, the end of a refresh token and the answer to an inspection, in a vendor's own words. */
import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { configure } from "../src/configuration/Configuration.ts"
import { defineProvider, type Fields } from "../src/definition/Definition.ts"
import { form } from "../src/description/Presentation.ts"
import type { ChallengeShape, InspectionShape, RefusalRule } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import * as Grant from "../src/token/Grant.ts"
import { leaked } from "./Leak.ts"
import { overBoth } from "./Transports.ts"

const usual = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  addresses: {},
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "password",
  renewsWith: "refresh_token",
  defaultLifetime: 3_600_000,
  capabilities: ["passcode", "inspect"],
} as const satisfies Partial<Fields>

/** A vendor that says these things in its own words, at a server that answers so. */
const vendor = (
  status: number,
  body: unknown,
  more: {
    readonly challenge?: ChallengeShape
    readonly inspectionReply?: InspectionShape
    readonly refusals?: ReadonlyArray<RefusalRule>
    readonly capabilities?: ReadonlyArray<"passcode" | "inspect">
  } = {},
) =>
  Effect.gen(function* () {
    const received: Array<string> = []
    const http = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer((request, response) => {
          let sent = ""
          request.on("data", (chunk) => {
            sent += chunk
          })
          request.on("end", () => {
            received.push(sent)
            response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
          })
        })
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
        return server
      }),
      (server) => Effect.sync(() => void server.close().closeAllConnections()),
    )
    const at = http.address()
    const address = `http://127.0.0.1:${typeof at === "object" && at !== null ? at.port : 0}`
    const provider = defineProvider({
      ...usual,
      ...more,
      grants: {
        Password: ({ password, username }) =>
          form("/token", [
            ["username", username],
            ["password", password],
          ]),
        Passcode: ({ challenge, passcode }) =>
          form("/second", [
            ["session", challenge.token],
            ["factor", challenge.type],
            ["by", challenge.vendor],
            ["otp", passcode],
          ]),
        RefreshToken: ({ refreshToken }) => form("/token", [["refresh_token", refreshToken]]),
      },
      inspection: (bearer) => form("/introspect", [["token", bearer]]),
    })
    const { account } = yield* Effect.fromResult(provider.configure({ address }))
    return { account, received }
  })

type Stage = Effect.Success<ReturnType<typeof vendor>>

const present = ({ account }: Stage, grant: Grant.Grant) =>
  Effect.gen(function* () {
    const endpoint = yield* TokenEndpoint
    return Result.match(yield* Effect.result(endpoint.present(account, grant)), {
      onFailure: ({ reason }) => ({ ...reason }) as object,
      onSuccess: (reply) => {
        if (reply._tag === "Issued") return { _tag: "Issued" }
        const { token, ...others } = reply.challenge
        return { ...others, token: Redacted.value(token) }
      },
    })
  }).pipe(overBoth())

const inspect = ({ account }: Stage) =>
  Effect.gen(function* () {
    const endpoint = yield* TokenEndpoint
    return Result.match(yield* Effect.result(endpoint.inspect(account, Redacted.make("the-bearer-itself"))), {
      onFailure: ({ reason }) => ({ ...reason }) as object,
      onSuccess: (told) => told as object,
    })
  }).pipe(overBoth())

const password = Grant.password("maria", Redacted.make("made-up-password"))

const answer = Grant.passcode(
  { token: Redacted.make("s-1"), type: "sms", vendor: "", lifetime: 1 },
  Redacted.make("123456"),
)

describe("a demand for a second factor in a vendor's own words", () => {
  for (const [words, status, body, challenge, expected] of [
    [
      "a state and a session",
      200,
      { state: "otp", session: "s-1", factor: { kind: "sms" } },
      { when: [{ field: "state", value: "otp" }], ticket: "session", type: "factor.kind" },
      { token: "s-1", type: "sms", vendor: "", lifetime: 3_600_000 },
    ],
    [
      "an error with a ticket, as a refusal",
      403,
      { error: "mfa_required", error_description: "Multifactor required", mfa_token: "t-2" },
      { when: [{ status: 403, field: "error", value: "mfa_required" }], ticket: "mfa_token" },
      { token: "t-2", type: "", vendor: "", lifetime: 3_600_000 },
    ],
    [
      "one of several marks, below another field, with minutes",
      401,
      { challenge: { name: "TOTP", by: "Okta", session: "s-3", minutes: "5" } },
      {
        when: [
          { field: "challenge.name", value: "SMS_MFA" },
          { field: "challenge.name", value: "totp" },
        ],
        ticket: "challenge.session",
        type: "challenge.name",
        vendor: "challenge.by",
        lifetime: [{ field: "challenge.minutes", unit: "min" }],
      },
      { token: "s-3", type: "TOTP", vendor: "Okta", lifetime: 300_000 },
    ],
  ] as const) {
    it.live(`is answerable: ${words}`, () =>
      Effect.gen(function* () {
        for (const told of yield* present(yield* vendor(status, body, { challenge }), password)) {
          assert.deepStrictEqual(told, expected)
        }
        const without = yield* vendor(status, body, { challenge, capabilities: ["inspect"] })
        for (const told of yield* present(without, password)) {
          assert.deepInclude(told, { _tag: "PasscodeRequired", unsupportedByProvider: true })
        }
      }).pipe(Effect.scoped),
    )
  }

  const when = [{ field: "state", value: "otp" }]

  it.live("takes a token beside it for no success, and no secret or long text for a word", () =>
    Effect.gen(function* () {
      const body = { state: "otp", access_token: "partial", refresh_token: "never", expires_in: 60 }
      const challenge = { when, type: "kind", vendor: "by" }
      const stage = yield* vendor(200, { ...body, kind: "made-up-password", by: "two words" }, { challenge })
      for (const told of yield* present(stage, password)) {
        assert.deepStrictEqual(told, { token: "partial", type: "", vendor: "", lifetime: 60_000 })
      }
    }).pipe(Effect.scoped),
  )

  it.live("says where no ticket was, with the vendor's own status", () =>
    Effect.gen(function* () {
      const challenge = { when, ticket: "login.session" }
      for (const login of [undefined, {}, { session: 7 }]) {
        const stage = yield* vendor(403, { state: "otp", login }, { challenge })
        for (const told of yield* present(stage, password)) {
          assert.deepInclude(told, { _tag: "PasscodeRequired", status: 403, unsupportedByProvider: true })
          assert.include("fix" in told && told.fix, "without a ticket in login.session. Correct challenge.ticket")
        }
        for (const told of yield* present(stage, answer)) assert.deepInclude(told, { _tag: "Unreadable", status: 403 })
      }
      const without = yield* vendor(403, { state: "otp", login: { session: "s-1" } }, { challenge, capabilities: [] })
      for (const told of yield* present(without, password)) {
        assert.deepInclude(told, { _tag: "PasscodeRequired", status: 403, unsupportedByProvider: true })
        assert.notProperty(told, "fix")
      }
    }).pipe(Effect.scoped),
  )

  it.live("leaves other replies to the general grammar", () =>
    Effect.gen(function* () {
      const challenge = { when, ticket: "session" }
      const fine = yield* vendor(200, { state: "done", access_token: "token" }, { challenge })
      assert.deepStrictEqual(yield* present(fine, password), [{ _tag: "Issued" }, { _tag: "Issued" }])
      const wrong = yield* vendor(400, { error: "invalid_grant" }, { challenge })
      for (const told of yield* present(wrong, password)) assert.deepInclude(told, { _tag: "BadCredentials" })
      const limited = yield* vendor(429, { state: "otp", session: "s-1" }, { challenge })
      for (const told of yield* present(limited, password)) assert.deepInclude(told, { _tag: "Throttled" })
      const without = yield* vendor(200, { state: "otp" }, { challenge })
      for (const told of yield* present(without, password)) assert.deepInclude(told, { _tag: "PasscodeRequired" })
    }).pipe(Effect.scoped),
  )

  it.live("is answered by the value's own grant, and a row says that a passcode is wrong", () =>
    Effect.gen(function* () {
      const refusals = [{ on: "Passcode", field: "error", value: "wrong_otp", reason: "BadPasscode" }] as const
      const body = { error: "wrong_otp", state: "otp", session: "s-1" }
      const stage = yield* vendor(401, body, { challenge: { when, ticket: "session" }, refusals })
      for (const told of yield* present(stage, answer)) assert.deepInclude(told, { _tag: "BadPasscode" })
      for (const sent of stage.received) {
        assert.deepStrictEqual(
          [...new URLSearchParams(sent)],
          [
            ["client_id", "acme-app"],
            ["session", "s-1"],
            ["factor", "sms"],
            ["by", ""],
            ["otp", "123456"],
          ],
        )
      }
      const next = yield* vendor(
        200,
        { state: "otp", session: "s-2" },
        { challenge: { when, ticket: "session" }, refusals },
      )
      for (const told of yield* present(next, answer)) assert.deepInclude(told, { token: "s-2" })
    }).pipe(Effect.scoped),
  )

  it.live("may be a row of refusals, if nothing of it can be answered", () =>
    Effect.gen(function* () {
      const fix = "This account needs a security key, which no program has. Use another account."
      const refusals = [{ field: "state", value: "fido", reason: "PasscodeRequired", fix }] as const
      for (const told of yield* present(yield* vendor(200, { state: "fido" }, { refusals }), password)) {
        assert.deepInclude(told, { _tag: "PasscodeRequired", unsupportedByProvider: true, fix })
      }
    }).pipe(Effect.scoped),
  )
})

describe("the end of a refresh token", () => {
  it.live("is a row that reads the description, where the code says another thing", () =>
    Effect.gen(function* () {
      const value = /^Token has (expired|been revoked)$/
      const refusals = [{ on: "RefreshToken", field: "error_description", value, reason: "RenewalRefused" }] as const
      const renewal = Grant.refreshToken(Redacted.make("made-up-refresh-token"))
      for (const [error_description, tag] of [
        ["Token has expired", "RenewalRefused"],
        ["Token has been revoked", "RenewalRefused"],
        ["Check the `refresh_token` parameter", "Unavailable"],
      ] as const) {
        const stage = yield* vendor(400, { error: "invalid_request", error_description }, { refusals })
        for (const told of yield* present(stage, renewal)) assert.deepInclude(told, { _tag: tag })
      }
    }).pipe(Effect.scoped),
  )
})

describe("a value that describes them wrongly", () => {
  it.live("is refused, also if it has nothing that reads them", () =>
    Effect.gen(function* () {
      const { provider } = (yield* vendor(200, {})).account
      const fixOf = (more: object) => {
        const dialect = { ...provider.dialect, ...more } as typeof provider.dialect
        const told = configure({ ...provider, dialect }, { address: "http://127.0.0.1" })
        return Result.isFailure(told) ? told.failure.message : "nothing"
      }
      const when = [{ field: "state" }]
      for (const wrong of [
        { when: [] },
        { when: "otp" },
        { when: [7] },
        { when, ticket: 7 },
        { when, lifetime: ["h"] },
      ]) {
        assert.match(fixOf({ challenge: wrong }), /^Invalid option "provider"\. Expected as (dialect\.)?challenge\b/)
      }
      assert.match(fixOf({ inspectionReply: { uid: "" } }), /Expected as (dialect\.)?inspectionReply\.uid/)
      assert.match(fixOf({ refusals: [{ status: 401, reason: "NotAllowed", fix: 7 }] }), /refusals\[\d\]\.fix a text/)
      assert.strictEqual(fixOf({ challenge: { when }, inspectionReply: { uid: "login" } }), "nothing")
      const plain = configure(
        { ...provider, dialect: { ...provider.dialect, challenge: { when } }, ownGrammar: undefined },
        { address: "http://127.0.0.1" },
      )
      assert.include(Result.isFailure(plain) ? plain.failure.message : "", "by defineProvider")
    }).pipe(Effect.scoped),
  )
})

describe("the answer to an inspection", () => {
  it.live("is read as RFC 7662 has it", () =>
    Effect.gen(function* () {
      const body = { active: true, username: "maria", client_id: "app", scope: "a b", exp: 2_000_000_000, iss: "acme" }
      for (const told of yield* inspect(yield* vendor(200, body))) {
        assert.deepStrictEqual(told, {
          clientId: "app",
          territory: undefined,
          domain: undefined,
          uid: "maria",
          scope: "a b",
          expires: "2000000000",
          apiversion: undefined,
          details: { iss: "acme" },
        })
      }
      for (const told of yield* inspect(yield* vendor(200, { active: true }))) {
        assert.deepInclude(told, { uid: undefined, scope: null, details: {} })
      }
    }).pipe(Effect.scoped),
  )

  it.live("says of a token that is not active that it is dead, and says nothing else", () =>
    Effect.gen(function* () {
      for (const active of [false, "false", "False", 0, "0", "no"]) {
        for (const told of yield* inspect(yield* vendor(200, { active, username: "maria" }))) {
          assert.deepStrictEqual(told, {
            _tag: "NotAllowed",
            provider: "acme-voice",
            status: 200,
            tokenRejected: true,
            remedy: "sign_in",
          })
        }
      }
    }).pipe(Effect.scoped),
  )

  it.live("has its parts where the value says, and echoes no bearer", () =>
    Effect.gen(function* () {
      const inspectionReply = { active: "data.alive", uid: "data.login", domain: "data.tenant", expires: "data.until" }
      const data = { alive: true, login: "maria", tenant: "north", until: 7, echo: "the-bearer-itself" }
      for (const told of yield* inspect(yield* vendor(200, { data, uid: "not this one" }, { inspectionReply }))) {
        assert.deepInclude(told, { uid: "maria", domain: "north", expires: "7", scope: null })
        assert.isEmpty(leaked(told, ["the-bearer-itself"]))
      }
      for (const told of yield* inspect(yield* vendor(200, { data: { alive: false } }, { inspectionReply }))) {
        assert.deepInclude(told, { _tag: "NotAllowed", tokenRejected: true })
      }
    }).pipe(Effect.scoped),
  )

  it.live("is still NetSapiens' where a reply has its names, and unreadable where it has none", () =>
    Effect.gen(function* () {
      const body = { uid: "1000@acme", domain: "acme", expires: "2020-06-11 21:04:14", username: "maria" }
      for (const told of yield* inspect(yield* vendor(200, body))) {
        assert.deepInclude(told, { uid: "1000@acme", domain: "acme", expires: "2020-06-11 21:04:14" })
        assert.deepInclude(told, { details: { username: "maria" } })
      }
      for (const other of [{}, { hello: 1 }, { active: null }]) {
        for (const told of yield* inspect(yield* vendor(200, other))) assert.deepInclude(told, { _tag: "Unreadable" })
      }
    }).pipe(Effect.scoped),
  )

  it.live("is a refusal first, by its status or by a row", () =>
    Effect.gen(function* () {
      for (const told of yield* inspect(yield* vendor(401, { active: false, error: "invalid_token" }))) {
        assert.deepInclude(told, { _tag: "NotAllowed", status: 401 })
      }
      const refusals = [{ on: "inspect", field: "active", value: "false", reason: "Unavailable" }] as const
      for (const told of yield* inspect(yield* vendor(200, { active: false }, { refusals }))) {
        assert.deepInclude(told, { _tag: "Unavailable" })
      }
    }).pipe(Effect.scoped),
  )
})
