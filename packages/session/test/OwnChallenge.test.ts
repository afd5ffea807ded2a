/** A second factor in a vendor's own words, in a session: from the password to the token, and the answer to an inspection. */
import { createServer, type IncomingMessage } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { Presentation } from "@pbx-auth/providers/Provider"
import * as Session from "@pbx-auth/session/Session"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpRuntime from "../src/HttpRuntime.ts"
import { open } from "../src/PromiseProvider.ts"
import { described } from "./MadeUpVendor.ts"

const json = (path: string, fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path,
  encoding: "json",
  client: "absent",
  fields,
})

/** A vendor, and where its value says that the ticket stands. */
const vendorWith = (ticket: string) =>
  defineProvider({
    ...described,
    id: "acme-voice",
    capabilities: ["passcode", "inspect"],
    challenge: { when: [{ field: "next", value: "otp" }], ticket, type: "login.by" },
    refusals: [{ on: "Passcode", field: "next", value: "otp", status: 401, reason: "BadPasscode" }],
    grants: {
      Password: ({ password, username }) =>
        json("/login", [
          ["name", username],
          ["password", password],
        ]),
      Passcode: ({ challenge, passcode }) =>
        json("/login/second", [
          ["id", challenge.token],
          ["by", challenge.type],
          ["code", passcode],
        ]),
    },
    inspection: (bearer) => json("/introspect", [["token", bearer]]),
  })

const acme = vendorWith("login.id")

const bodyOf = async (request: IncomingMessage) => {
  let body = ""
  for await (const chunk of request) body += chunk
  return JSON.parse(body) as Record<string, string>
}

/** The vendor's server, until the work is done. */
const served = async (work: (address: string, vendor: { active: boolean }) => Promise<void>) => {
  const vendor = { active: true }
  const login = { next: "otp", login: { id: "login-7", by: "sms" } }
  const answer = (url: string | undefined, sent: Record<string, string>): readonly [number, object] => {
    if (url === "/login") return [403, login]
    if (url === "/introspect") return [200, { active: vendor.active && sent.token === "a-token", username: "maria" }]
    const isRight = sent.id === "login-7" && sent.by === "sms" && sent.code === "123456"
    return isRight ? [200, { access_token: "a-token", expires_in: 3_600 }] : [401, login]
  }
  const http = createServer(async (request, response) => {
    const [status, body] = answer(request.url, await bodyOf(request))
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
  const at = http.address()
  try {
    await work(`http://127.0.0.1:${typeof at === "object" && at !== null ? at.port : 0}`, vendor)
  } finally {
    http.close().closeAllConnections()
  }
}

const reasonOf = (failing: Promise<unknown>) =>
  failing.then(
    () => assert.fail("It did not fail"),
    (error: unknown) => (isAuthError(error) ? { ...error.reason } : assert.fail(String(error))),
  )

describe("a session with a vendor that asks for a passcode in its own words", () => {
  it("waits for the passcode, takes another one after a wrong one, and then has a token", () =>
    served(async (address, vendor) => {
      const pbx = await open(acme, { address, credentials: { username: "maria", password: "made-up" } })
      try {
        await pbx.signIn()
        assert.strictEqual(pbx.view().path, "mfa_required.awaiting_passcode")
        assert.deepInclude(await reasonOf(pbx.submitPasscode("000000")), { _tag: "BadPasscode", status: 401 })
        await pbx.submitPasscode("123456")
        assert.strictEqual(await pbx.accessToken(), "a-token")

        assert.deepInclude(await pbx.inspect(), { uid: "maria" })
        vendor.active = false
        // The token is dead, so the session signs in again. That asks for the next passcode.
        assert.deepInclude(await reasonOf(pbx.inspect()), { _tag: "PasscodeRequired" })
        assert.strictEqual(pbx.view().path, "mfa_required.awaiting_passcode")
      } finally {
        await pbx.close()
      }
    }))

  it("says what is wrong if the value looks for the ticket elsewhere, with Effect and with promises", () =>
    served(async (address) => {
      const mistaken = vendorWith("login.ticket")
      const options = { address, credentials: { username: "maria", password: "made-up" } }
      const expected = {
        _tag: "PasscodeRequired" as const,
        status: 403,
        fix: "The provider demands a second factor without a ticket in login.ticket. Correct challenge.ticket, or use an account without one.",
      }
      await using pbx = await open(mistaken, options)
      assert.deepInclude(await reasonOf(pbx.accessToken()), expected)
      const effect = Effect.fromResult(mistaken.configure(options)).pipe(
        Effect.flatMap((right) => Session.make(right)),
        Effect.flatMap(({ accessToken }) => accessToken),
        Effect.provide(HttpRuntime.layer()),
        Effect.provide(FetchHttpClient.layer),
        Effect.scoped,
      )
      const told = await reasonOf(Effect.runPromise(effect))
      assert.deepInclude(told, expected)
    }))
})
