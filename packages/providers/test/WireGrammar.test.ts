/** The wire of a vendor as data: requests with headers, nested JSON and a proof of their own; replies and refusals by tables. */
import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Account, Dialect, Presentation, Provider, RefusalRule, ReplyShape } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import type { AuthError } from "../src/error/AuthError.ts"
import type { Purpose } from "../src/refusal/Refusal.ts"
import * as Retry from "../src/refusal/Retry.ts"
import * as Reply from "../src/reply/Reply.ts"
import * as Grant from "../src/token/Grant.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import { leaked } from "./Leak.ts"
import { asked, decode, now, open, reply } from "./Replied.ts"
import { overBoth } from "./Transports.ts"

const secrets = {
  header: "canary-in-a-header",
  leaf: "canary-in-a-body",
  client: "canary-client",
  password: "canary-pw",
}

/** A made-up vendor, whose password grant is presented so. */
const vendor = (presentation: Partial<Presentation>, more: Partial<Dialect> = {}): Provider<never> => ({
  ...(Ipex.provider as unknown as Provider<never>),
  id: "acme-voice",
  clientAuthentication: "form",
  dialect: {
    id: "acme",
    challenges: false,
    refreshMethods: ["POST"],
    verdicts: [],
    grants: { Password: () => ({ method: "POST", path: "/token", encoding: "form", ...presentation }) },
    ...more,
  },
})

const account = (origin: string, provider: Provider<never>): Account => ({
  provider,
  address: { origin, prefix: "" },
  client: { id: "acme-app", secret: Redacted.make(secrets.client) },
  scopes: [],
  settings: { refreshMethod: "POST", passcodeRepeatsCredentials: false, basicEncoding: "raw", deadline: 5_000 },
})

interface Received {
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** A token endpoint that answers so, and what it received. */
const server = (answer: (received: Received) => readonly [status: number, body: unknown]) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const received: Array<Received> = []
      const http = createServer((request, response) => {
        let body = ""
        request.on("data", (chunk) => {
          body += chunk
        })
        request.on("end", () => {
          const one = { url: request.url ?? "", headers: request.headers, body }
          received.push(one)
          const [status, said] = answer(one)
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said))
        })
      })
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
      const address = http.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { origin: `http://127.0.0.1:${port}`, received, http }
    }),
    ({ http }) => Effect.sync(() => void http.close().closeAllConnections()),
  )

const signIn = Grant.password("maria", Redacted.make(secrets.password))

const present = (of: Account) =>
  Effect.gen(function* () {
    return yield* Effect.result((yield* TokenEndpoint).present(of, signIn))
  }).pipe(overBoth())

const fine = () => [200, { access_token: "token", expires_in: 60 }] as const

describe("a request", () => {
  it.live("proves the client as its own presentation says", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* server(fine)
      const fields = [["grant_type", "password"]] as const
      const id = ["client_id", "acme-app"]
      const secret = ["client_secret", secrets.client]
      const basic = `Basic ${btoa(`acme-app:${secrets.client}`)}`
      const bearer = Redacted.make("a-bearer")
      for (const [presentation, authorization, sent] of [
        [{}, undefined, [id, secret]],
        [{ client: "form" }, undefined, [id, secret]],
        [{ client: "none" }, undefined, [id]],
        [{ client: "basic" }, basic, []],
        [{ client: "absent" }, undefined, []],
        [{ bearer }, "Bearer a-bearer", []],
        [{ bearer, client: "form" }, "Bearer a-bearer", [id, secret]],
      ] as const) {
        received.length = 0
        yield* present(account(origin, vendor({ fields, ...presentation })))
        assert.lengthOf(received, 2)
        for (const one of received) {
          assert.deepStrictEqual([...new URLSearchParams(one.body)], [...sent, ["grant_type", "password"]] as never)
          assert.strictEqual(one.headers.authorization, authorization)
        }
      }
    }).pipe(Effect.scoped),
  )

  it.live("has headers and nested JSON, with secrets that stay wrapped until it is written", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* server(fine)
      const provider = vendor({
        encoding: "json",
        client: "absent",
        headers: [
          ["X-Api-Key", Redacted.make(secrets.header)],
          ["Accept", "application/vnd.acme+json"],
        ],
        fields: [["flat", "1"]],
        body: { login: { user: "maria", secrets: [Redacted.make(secrets.leaf), { deep: 1 }] }, none: null, off: false },
      })
      const presented = provider.dialect.grants.Password?.(signIn as never, account(origin, provider))
      assert.isEmpty(leaked(presented, Object.values(secrets)))
      yield* present(account(origin, provider))
      for (const { body, headers } of received) {
        assert.deepStrictEqual(JSON.parse(body), {
          flat: "1",
          login: { user: "maria", secrets: [secrets.leaf, { deep: 1 }] },
          none: null,
          off: false,
        })
        assert.strictEqual(headers["x-api-key"], secrets.header)
        assert.strictEqual(headers.accept, "application/vnd.acme+json")
        assert.strictEqual(headers["content-type"], "application/json")
      }
      assert.lengthOf(received, 2)
    }).pipe(Effect.scoped),
  )

  it.live("keeps the query of its path beside the fields that go there", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* server(fine)
      const path = "/token?grant_type=account&mode=server&back=a?b"
      const bare = { client: "absent", path } as const
      yield* present(account(origin, vendor({ ...bare, encoding: "query", fields: [["id", "x y"]] })))
      yield* present(account(origin, vendor({ ...bare, encoding: "query", fields: [] })))
      yield* present(account(origin, vendor({ ...bare, encoding: "form", fields: [["id", "x y"]] })))
      assert.deepStrictEqual(
        // One transport encodes a "?" in a query, which means the same.
        received.map(({ body, url = "" }) => [url.replaceAll("%3F", "?"), body]),
        [...Array(2).fill([`${path}&id=x+y`, ""]), ...Array(2).fill([path, ""]), ...Array(2).fill([path, "id=x+y"])],
      )
    }).pipe(Effect.scoped),
  )

  it.live("has neither fields nor headers of an option that was left out, which JavaScript passes on", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* server(fine)
      const left = [
        ["x-site", undefined],
        ["x-team", null],
        ["x-empty", ""],
      ] as never
      for (const encoding of ["form", "query", "json"] as const) {
        received.length = 0
        yield* present(account(origin, vendor({ client: "absent", encoding, headers: left, fields: left })))
        assert.lengthOf(received, 2)
        for (const { body, headers, url } of received) {
          const sent =
            encoding === "json" ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body || url.split("?")[1]))
          assert.deepStrictEqual(sent, { "x-empty": "" })
          assert.strictEqual(headers["x-empty"], "")
          assert.notProperty(headers, "x-site")
          assert.notProperty(headers, "x-team")
        }
      }
    }).pipe(Effect.scoped),
  )

  it.live("is not sent with a header that none may be, and nothing of it is told", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* server(fine)
      const headers = [["x-api-key", Redacted.make(`${secrets.header}\nx`)]] as const
      for (const result of yield* present(account(origin, vendor({ headers })))) {
        const error = Result.getOrThrow(Result.flip(result)) as AuthError
        assert.deepInclude({ ...error.reason }, { _tag: "Unreadable", threw: "TypeError" })
        assert.isEmpty(leaked(error, [secrets.header]))
      }
      assert.isEmpty(received)
    }).pipe(Effect.scoped),
  )

  it.live("has no secret that a reply's echo can bring into what is kept", () =>
    Effect.gen(function* () {
      const echo = Object.values(secrets).join(" ")
      for (const answer of [
        { access_token: "an-access-token", echo, nested: [{ echo }], displayName: echo },
        { error: echo, message: echo, code: echo },
      ]) {
        const { origin } = yield* server(() => ["error" in answer ? 400 : 200, answer])
        const presentation: Partial<Presentation> = {
          encoding: "json",
          client: "basic",
          headers: [["x-api-key", Redacted.make(secrets.header)]],
          body: { a: [{ b: Redacted.make(secrets.leaf) }] },
        }
        for (const result of yield* present(account(origin, vendor(presentation)))) {
          assert.isEmpty(leaked(result, Object.values(secrets)))
        }
      }
    }).pipe(Effect.scoped),
  )
})

describe("an option that is a secret", () => {
  it.live("is not kept from an echo, though the request has it only as a part of a header", () =>
    Effect.gen(function* () {
      const key = "canary-api-key"
      const { origin } = yield* server(() => [200, { access_token: "an-access-token", note: `you sent ${key}` }])
      const of = account(origin, vendor({ headers: [["x-api-key", Redacted.make(`Key ${key}`)]] }))
      for (const result of yield* present({ ...of, options: { apiKey: Redacted.make(key) } })) {
        assert.isTrue(Result.isSuccess(result))
        assert.isEmpty(leaked(result, [key]))
      }
    }).pipe(Effect.scoped),
  )
})

const shaped = (shape: ReplyShape, body: unknown) => open(decode(body, asked(vendor({}, { reply: shape }))))

describe("a reply", () => {
  it("has its parts where its dialect says, and no token among its details", () => {
    const shape: ReplyShape = {
      accessToken: "Token.key",
      refreshToken: "Token.again",
      scope: "Token.rights",
      tokenType: "Token.kind",
      lifetime: [{ field: "Token.minutes", unit: "min" }],
      refreshLifetime: [
        { field: "Token.none", unit: "s" },
        { field: "Token.ends", unit: "ms" },
      ],
      identity: { email: "person.mail" },
    }
    const token = {
      key: "an-access-token",
      again: "a-refresh-token",
      rights: "all",
      kind: "bearer",
      minutes: 60,
      ends: 5e3,
    }
    const tokens = shaped(shape, { Token: token, person: { mail: "m@acme.example" }, echo: "of an-access-token" }) as {
      readonly [part: string]: unknown
    }
    assert.deepInclude(tokens, {
      accessToken: "an-access-token",
      refreshToken: "a-refresh-token",
      scope: "all",
      lifetime: 3_600_000,
      refreshLifetime: 5_000,
      identity: { email: "m@acme.example" },
    })
    assert.isEmpty(leaked(tokens.details, ["an-access-token", "a-refresh-token"]))
    assert.strictEqual(shaped(shape, { Token: null, access_token: "token" }), "Unreadable")
    assert.strictEqual(shaped(shape, { Token: { ...token, kind: "mac" } }), "Unreadable")
  })

  it("has another word for a bearer only where its dialect says so", () => {
    const body = { access_token: "token", token_type: "BearerToken", expires_in: 60 }
    const provider = (more: Partial<Dialect>) => vendor({}, more)
    assert.strictEqual(open(decode(body, asked(provider({})))), "Unreadable")
    const told = decode(body, asked(provider({ reply: { bearerTypes: ["BearerToken"] } })))
    assert.deepInclude(open(told), { accessToken: "token", tokenType: "Bearer" })
  })

  it("lives as the first of the ordered places says", () => {
    const jwt = `${btoa('{"alg":"none"}')}.${btoa('{"iat":100,"exp":160}')}.x`.replaceAll("=", "")
    const life = (lifetime: ReplyShape["lifetime"], body: object) =>
      (shaped({ lifetime }, { access_token: jwt, ...body }) as { readonly lifetime: number }).lifetime
    const field = { field: "life", unit: "s" } as const
    assert.strictEqual(life([field, "jwt"], { life: "7" }), 7_000)
    assert.strictEqual(life([field, "jwt"], { expires_in: 9 }), 60_000)
    assert.strictEqual(life(["jwt", field], { life: 7 }), 60_000)
    assert.strictEqual(life(["page", field], { life: 7 }), Ipex.provider.defaultLifetime)
    assert.strictEqual(life([], { expires_in: 9 }), Ipex.provider.defaultLifetime)
    assert.strictEqual(life(undefined, { expires_in: 9 }), 9_000)
  })
})

const refused = (
  refusals: ReadonlyArray<RefusalRule>,
  body: unknown,
  {
    headers = {},
    purpose = "Password",
    status = 200,
  }: { headers?: Record<string, string>; purpose?: Purpose; status?: number } = {},
): object =>
  Result.match(Reply.tokenReply(reply(body, status, headers), asked(vendor({}, { refusals }), purpose)), {
    onFailure: ({ reason }) => ({ ...reason }),
    onSuccess: ({ _tag }) => ({ _tag }),
  })

describe("a refusal", () => {
  // Yeastar's way: always 200, and a number for each reason.
  const numbers: ReadonlyArray<RefusalRule> = [
    { field: "errcode", value: 10_003, reason: "BadCredentials", code: "10003" },
    { field: "errcode", value: [10_004, "10005"], on: "RefreshToken", reason: "RenewalRefused", code: "10004" },
    { field: "errcode", value: 20_001, reason: "Throttled", retryAfter: 30_000 },
    { field: "errcode", value: 20_002, reason: "Misconfigured", option: "address", fix: "Write the other one." },
    { field: "errcode", value: 20_003, reason: "Unavailable", retryAfter: 5_000 },
    { field: "errcode", value: 20_004, reason: "NotAllowed", tokenRejected: true },
  ]

  it("has the reason of its row, with each number its own", () => {
    const token = { access_token: "token" }
    assert.deepStrictEqual(refused(numbers, { errcode: 0, ...token }), { _tag: "Issued" })
    assert.deepInclude(refused(numbers, { errcode: 10_003, ...token }), { _tag: "BadCredentials", code: "10003" })
    assert.deepInclude(refused(numbers, { errcode: "10005" }, { purpose: "RefreshToken" }), { _tag: "RenewalRefused" })
    assert.deepInclude(refused(numbers, { errcode: 20_001 }), { _tag: "Throttled", retryAt: now + 500 + 30_000 })
    const headers = { "retry-after": "7" }
    assert.deepInclude(refused(numbers, { errcode: 20_001 }, { headers, status: 400 }), { retryAt: now + 500 + 7_000 })
    assert.deepInclude(refused(numbers, { errcode: 20_002 }), { field: "address", fix: "Write the other one." })
    assert.deepInclude(refused(numbers, { errcode: 20_003 }), { _tag: "Unavailable", retryAt: now + 500 + 5_000 })
    assert.deepInclude(refused(numbers, { errcode: 20_004 }), { _tag: "NotAllowed", tokenRejected: true })
  })

  it("says what its row says, whatever its reason is", () => {
    const reasons = ["BadCredentials", "BadPasscode", "ChallengeExpired", "ClientRefused", "RenewalRefused"] as const
    for (const reason of [...reasons, "NotAllowed", "Throttled", "Unavailable", "Misconfigured"] as const) {
      const fix = `Made-up words about ${reason}.`
      const rows = [{ field: "errcode", value: 7, reason, fix }]
      const told = Reply.tokenReply(reply({ errcode: 7, errmsg: "of the wire" }), asked(vendor({}, { refusals: rows })))
      const error = Option.getOrThrow(Result.getFailure(told))
      assert.deepInclude({ ...error.reason }, { _tag: reason, fix })
      assert.strictEqual(error.message, reason === "Misconfigured" ? `Invalid option "provider". ${fix}` : fix)
    }
  })

  it.live("says so, too, if HTTP Basic can write the client in two ways", () =>
    Effect.gen(function* () {
      const { origin } = yield* server(() => [400, { errcode: 7 }])
      const fix = "The trial of this application is over. Buy it."
      const refusals = [{ field: "errcode", value: 7, reason: "ClientRefused", fix }] as const
      const of = account(origin, vendor({ client: "basic" }, { refusals }))
      for (const told of yield* present({ ...of, client: { id: "acme app", secret: of.client.secret } })) {
        const error = Option.getOrThrow(Result.getFailure(told))
        assert.strictEqual(error.message, fix)
        assert.deepInclude({ ...error.reason }, { _tag: "ClientRefused", basicEncoding: "raw" })
      }
    }).pipe(Effect.scoped),
  )

  it("may name whom a pause holds, and a header of the vendor's own that says how long", () => {
    const locks: ReadonlyArray<RefusalRule> = [
      { status: 423, reason: "Throttled", per: "subscriber", header: "X-Locked-For", retryAfter: 900_000 },
      { status: 503, reason: "Unavailable", header: "X-Back-In" },
    ]
    const locked = (headers: Record<string, string>) => refused(locks, {}, { status: 423, headers })
    const at = (ms: number) => ({ _tag: "Throttled", per: "subscriber", retryAt: now + 500 + ms })
    assert.deepInclude(locked({ "x-locked-for": "600" }), at(600_000))
    assert.deepInclude(locked({ "x-locked-for": "600", "retry-after": "20" }), at(600_000))
    assert.deepInclude(locked({ "x-locked-for": "600", "retry-after": "700" }), at(700_000))
    for (const unreadable of ["a while", "", "__proto__"]) {
      assert.deepInclude(locked({ "x-locked-for": unreadable }), at(900_000))
    }
    assert.deepInclude(locked({}), at(900_000))
    const away = refused(locks, {}, { status: 503, headers: { "x-back-in": "30" } })
    assert.deepInclude(away, { _tag: "Unavailable", retryAt: now + 500 + 30_000 })
  })

  it("is read by the general grammar where no row matches", () => {
    assert.deepInclude(refused(numbers, { errcode: 10_004 }), { _tag: "BadCredentials" })
    assert.deepInclude(refused(numbers, { error: "invalid_client" }, { status: 401 }), { _tag: "ClientRefused" })
  })

  it("is never a page, and a row without a status leaves a 429 alone", () => {
    const any: ReadonlyArray<RefusalRule> = [{ on: "Password", reason: "BadCredentials" }]
    assert.deepInclude(refused(any, {}, { status: 403 }), { _tag: "BadCredentials" })
    assert.deepInclude(refused(any, "<html>403</html>", { status: 403 }), { _tag: "Throttled", policy: "firewall" })
    assert.deepInclude(refused(any, {}, { status: 429 }), { _tag: "Throttled" })
    assert.deepStrictEqual(refused(any, { access_token: "token" }), { _tag: "Issued" })
    const named: ReadonlyArray<RefusalRule> = [{ status: [429], value: "locked", reason: "BadCredentials" }]
    assert.deepInclude(refused(named, { message: "Locked" }, { status: 429 }), { _tag: "BadCredentials" })
  })

  it("takes the first of its rows, by a pattern or a whole text, and repeats nothing of the wire", () => {
    const rows: ReadonlyArray<RefusalRule> = [
      { value: /\blocked\b/gi, reason: "NotAllowed" },
      { field: "error.kind", value: "WRONG", reason: "BadCredentials" },
      { value: "no such user", reason: "BadCredentials" },
    ]
    for (const _ of [1, 2]) {
      assert.deepInclude(refused(rows, { message: "It is locked" }, { status: 400 }), { _tag: "NotAllowed" })
    }
    const wrong = refused(rows, { error: { kind: "wrong", text: "made-up" } }, { status: 400 })
    assert.deepInclude(wrong, { _tag: "BadCredentials" })
    assert.notInclude(JSON.stringify(wrong), "made-up")
    assert.deepInclude(refused(rows, "No such user", { status: 401 }), { _tag: "BadCredentials" })
    assert.deepInclude(refused(rows, "No such user, says a proxy", { status: 401 }), { _tag: "Throttled" })
  })

  it("makes a revocation or a question fail, too", () => {
    const body = reply({ errcode: 20_004 })
    const what = asked(vendor({}, { refusals: numbers }), "revoke")
    for (const result of [Reply.revocation(body, what), Reply.inspection(body, { ...what, purpose: "inspect" })]) {
      assert.strictEqual(
        (Result.getOrThrow(Result.flip<unknown, AuthError>(result)) as AuthError).reason._tag,
        "NotAllowed",
      )
    }
  })
})

describe("a limit", () => {
  it("is told by the headers that its provider declares", () => {
    const own = [{ policy: "heavy", headers: { remaining: "X-Rate-Limit-Remaining", reset: "X-Rate-Limit-Window" } }]
    const headers = (remaining: string) => ({ "x-rate-limit-remaining": remaining, "x-rate-limit-window": "60" })
    assert.deepInclude(Retry.limitOf(headers("0"), now, 429, own), { policy: "heavy", retryAt: now + 60_000 })
    assert.isUndefined(Retry.limitOf(headers("3"), now, 200, own))
    assert.isUndefined(Retry.limitOf(headers("0"), now, 200))
  })
})
