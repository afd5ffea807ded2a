/** With `--json` a failure is JSON too, of one schema, whichever command it was and whatever went wrong. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as ConnectionFailure from "@pbx-auth/providers/ConnectionFailure"
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"
import * as Explanation from "../src/failure/Explanation.ts"
import * as Failure from "../src/failure/Failure.ts"
import { FailureReport } from "../src/failure/FailureReport.ts"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, answering, deserted, served } from "./Served.ts"

const { origin } = await served()
const throttling = await answering(429, { "retry-after": "3600" }, "")
const broken = await answering(503, { "content-type": "text/html" }, "<h1>Out of order</h1>")

const nobody = await deserted()

const decode = Schema.decodeUnknownSync(FailureReport, { onExcessProperty: "error" })

const keys = Object.keys(FailureReport.fields)

type Expected = Partial<typeof FailureReport.Type>
type Env = Readonly<Record<string, string>>

const at = (address: string, ...more: ReadonlyArray<string>) => ["token", "skyswitch", "--address", address, ...more]

/** What is asked for, the environment, and what the report holds. */
const failures: Record<string, readonly [ReadonlyArray<string>, Env, Expected]> = {
  "a wrong password": [
    at(origin),
    { ...accounts.reseller, PBX_AUTH_PASSWORD: "wrong" },
    { error: "BadCredentials", remedy: "sign_in", exit_code: 3, provider: "skyswitch", code: "invalid_grant" },
  ],
  "a wrong client": [
    at(origin),
    { ...accounts.reseller, PBX_AUTH_CLIENT_SECRET: "wrong" },
    { error: "ClientRefused", exit_code: 2, look_at: ["PBX_AUTH_CLIENT_ID", "PBX_AUTH_CLIENT_SECRET"] },
  ],
  "no passcode": [
    at(origin),
    { ...accounts.withFactor, PBX_AUTH_PASSCODE: "" },
    { error: "PasscodeRequired", remedy: "passcode", exit_code: 4, look_at: ["PBX_AUTH_PASSCODE"] },
  ],
  "a limit": [at(throttling), accounts.reseller, { error: "Throttled", remedy: "wait", exit_code: 6, status: 429 }],
  "a server that is failing": [
    at(broken),
    accounts.reseller,
    { error: "Unavailable", remedy: "retry", exit_code: 7, status: 503 },
  ],
  "nobody there": [
    at(nobody),
    accounts.reseller,
    { error: "Unavailable", exit_code: 7, status: null, host: new URL(nobody).host, failed: "refused" },
  ],
  "a wrong address": [
    at("http://pbx.example.com"),
    accounts.reseller,
    { error: "Misconfigured", exit_code: 2, look_at: ["--address"] },
  ],
  "a variable that is missing": [
    ["token", "ipex"],
    { PBX_AUTH_PASSWORD: "made-up" },
    { error: "Missing", look_at: ["PBX_AUTH_USERNAME"] },
  ],
  "two variables that are missing": [
    ["token", "ipex"],
    {},
    { error: "Missing", look_at: ["PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD"] },
  ],
  "a variable from a file with CRLF": [
    ["token", "ipex"],
    { PBX_AUTH_USERNAME: "api-user@example.test\r" },
    { error: "Malformed", look_at: ["PBX_AUTH_USERNAME"] },
  ],
  "no provider": [["token"], {}, { error: "Usage", exit_code: 2, look_at: [] }],
  "an unknown flag": [["inspect", "ipex", "--verbose"], {}, { error: "Usage", exit_code: 2 }],
  "no such command": [["tokens"], {}, { error: "Usage", exit_code: 2 }],
  "what the provider cannot do": [["inspect", "ipex"], {}, { error: "Usage", exit_code: 2, provider: null }],
  "both formats": [["token", "ipex", "--curl-config"], {}, { error: "Usage", exit_code: 2 }],
  "a world that is missing": [["tour", "--world", "/missing.json"], {}, { error: "Usage", exit_code: 2 }],
}

describe("a failure with --json", () => {
  for (const [name, [args, env, expected]] of Object.entries(failures)) {
    it(`is JSON: ${name}`, async () => {
      const plain = await inside(args, env)
      const { code, stderr, stdout } = await inside([...args, "--json"], env)
      assert.match(stderr, /^\{[^\n]+\}\n$/, "one line, and nothing beside it")
      const report = decode(JSON.parse(stderr))
      assert.deepInclude(report, expected)
      assert.deepStrictEqual(Object.keys(JSON.parse(stderr)), keys, "each field, always")
      assert.strictEqual(report.exit_code, code)
      // What people read is the same in both forms.
      if (args.includes("--curl-config")) return
      assert.strictEqual(stdout, "")
      const time = /\d{4}-\d\d-\d\dT[\d:]+Z/g
      assert.strictEqual(plain.code, code)
      const page = report.page === null ? "" : ` Docs: ${report.page}.`
      assert.strictEqual(plain.stderr.replaceAll(time, ""), `pbx-auth: ${report.message}${page}\n`.replaceAll(time, ""))
      const ofLibrary = report.error in AuthError
      assert.strictEqual(report.page, ofLibrary ? AuthError.pageOf(report.error as AuthError.Reason["_tag"]) : null)
    })
  }

  it("says until when to wait, in UTC", async () => {
    const { stderr } = await inside([...at(throttling), "--json"], accounts.reseller)
    const { retry_at } = decode(JSON.parse(stderr))
    assert.match(retry_at ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.isAbove(Date.parse(retry_at ?? ""), Date.now() + 3_000_000)
  })

  it("says from when on to ask again, for every reason that knows it, and never a moment too early", () => {
    const retryAt = Date.UTC(2026, 0, 31, 12, 0, 0, 1)
    for (const reason of [
      new AuthError.Throttled({ retryAt }),
      new AuthError.Unavailable({ status: 503, retryAt }),
      new AuthError.OutcomeUnknown({ grant: "RefreshToken", retryAt }),
      new AuthError.StoreFailed({ remedy: "retry", retryAt }),
      new AuthError.Unreadable({ refused: true, retryAt }),
      new AuthError.ClientRefused({ retryAt }),
    ]) {
      const failure = Explanation.of(Cause.fail(AuthError.fromReason(reason)))
      const { message, retry_at } = decode(Failure.report(failure))
      assert.strictEqual(retry_at, "2026-01-31T12:00:01Z", reason._tag)
      assert.include(message, `${reason.message} Not before 2026-01-31T12:00:01Z.`)
    }
    const unknown = Explanation.of(Cause.fail(AuthError.fromReason(new AuthError.Unavailable({ status: 503 }))))
    assert.isNull(decode(Failure.report(unknown)).retry_at)
    assert.notInclude(unknown.line, "Not before")
    assert.strictEqual(Failure.utc(retryAt - 1), "2026-01-31T12:00:00Z")
  })

  it("says what a provider's value says, for every reason", () => {
    const fix = "The vendor has closed this account. Ask its sales department."
    for (const reason of [
      new AuthError.RenewalRefused({ fix }),
      new AuthError.BadCredentials({ fix }),
      new AuthError.ClientRefused({ fix }),
    ]) {
      const { message } = decode(Failure.report(Explanation.of(Cause.fail(AuthError.fromReason(reason)))))
      assert.include(message, fix, reason._tag)
    }
  })

  it("names the moment of the next try of a provider that is out of order", async () => {
    const before = Date.now()
    const { stderr } = await inside([...at(broken), "--json"], accounts.reseller)
    const { exit_code, retry_at } = decode(JSON.parse(stderr))
    assert.strictEqual(exit_code, 7)
    assert.isAbove(Date.parse(retry_at ?? ""), before)
  })

  it("is JSON from the process too, and repeats no secret", async () => {
    const { code, stderr, stdout } = await run(["token", "skyswitch", "--json=true", "--password", "canary-4711"])
    assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
    assert.strictEqual(decode(JSON.parse(stderr)).error, "Usage")
    assert.notInclude(stderr, "canary")
  })

  it("is documented field by field, with each word for what failed", () => {
    const page = readFileSync(new URL("../../../docs/command.md", import.meta.url), "utf8")
    const [, table = ""] = /<!-- fields of FailureReport -->(.*)<!-- \/fields -->/s.exec(page) ?? []
    assert.deepStrictEqual(
      [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field),
      keys,
    )
    for (const word of ConnectionFailure.words) assert.include(table, `\`${word}\``)
    const reasons = Object.entries(AuthError).flatMap(([name, value]) =>
      typeof value === "function" && value.prototype instanceof Error && name !== "AuthError" ? [name] : [],
    )
    assert.isAbove(reasons.length, 10)
    for (const word of [...reasons, ...Failure.ownErrors]) assert.include(page, `\`${word}\``)
    for (const [remedy, code] of Object.entries(Failure.exitCodes)) assert.include(page, `| ${code} | \`${remedy}\` |`)
  })

  it("is words where --json is no flag, but stands behind --", async () => {
    const { stderr } = await inside(["token", "ipex", "--", "--json"], {})
    assert.match(stderr, /^pbx-auth: /)
  })
})
