/** The made-up vendor of browsers, over HTTP: a code at a device, and a code with PKCE. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/emulator/Emulator.ts"
import { serve } from "../src/server/Server.ts"
import { witness } from "../src/witnesses/BrowserVendor.ts"

const client_id = "made-up-app"
const deviceCode = "urn:ietf:params:oauth:grant-type:device_code"

const served = Effect.gen(function* () {
  const emulator = yield* Emulator.make({ witnesses: [witness] })
  const { origin } = yield* serve({ port: 0, emulator })
  const base = `${origin}/@${witness.id}`
  const post = (url: string, form: Record<string, string>) =>
    Effect.promise(async () => {
      const reply = await fetch(url.startsWith("/") ? base + url : url, {
        method: "POST",
        body: new URLSearchParams(form),
      })
      const text = await reply.text()
      return { status: reply.status, fields: text.startsWith("{") ? JSON.parse(text) : {} }
    })
  return { base, emulator, post }
})

describe("the vendor of browsers", () => {
  it.live("gives a token for a device's code when its person has decided, once", () =>
    Effect.gen(function* () {
      const { base, emulator, post } = yield* served
      const { fields } = yield* post("/device_authorization", { client_id })
      assert.strictEqual(fields.verification_uri, `${base}/device`)
      const poll = post("/token", { grant_type: deviceCode, client_id, device_code: fields.device_code })
      assert.strictEqual((yield* poll).fields.error, "authorization_pending")
      assert.strictEqual((yield* poll).fields.error, "slow_down")
      const decide = (user_code: string) => post(fields.verification_uri, { user_code, decision: "allow" })
      assert.strictEqual((yield* decide("ANOTHERS")).status, 404)
      assert.strictEqual((yield* decide(fields.user_code)).status, 200)
      assert.strictEqual((yield* decide(fields.user_code)).status, 404, "decided before")

      const entries = yield* emulator.journal
      assert.deepStrictEqual(
        entries.map(({ outcome }) => outcome),
        [
          "challenged",
          "refused: too early",
          "refused: too many requests",
          "refused: bad challenge",
          "decided",
          "refused: bad challenge",
        ],
      )
      for (const secret of [fields.user_code, fields.device_code]) assert.notInclude(JSON.stringify(entries), secret)
    }),
  )

  it.live("gives a token for a redirect's code to whoever has the verifier, once, and renews it", () =>
    Effect.gen(function* () {
      const { base, post } = yield* served
      const verifier = "a".repeat(43)
      // RFC 7636 section 4.2, by another implementation than the emulator's.
      const { createHash } = yield* Effect.promise(() => import("node:crypto"))
      const code_challenge = createHash("sha256").update(verifier).digest("base64url")
      const redirect_uri = "http://127.0.0.1:1/back"
      const authorize = Effect.promise(async () => {
        const query = {
          client_id,
          redirect_uri,
          response_type: "code",
          code_challenge,
          code_challenge_method: "S256",
          state: "s",
        }
        const reply = await fetch(`${base}/authorize?${new URLSearchParams(query)}`, { redirect: "manual" })
        return new URL(reply.headers.get("location") ?? "").searchParams
      })
      const exchange = (code: string, code_verifier: string) =>
        post("/token", { grant_type: "authorization_code", client_id, code, redirect_uri, code_verifier })
      const back = yield* authorize
      assert.deepInclude(Object.fromEntries(back), { state: "s", iss: "https://vendor.example" })
      const code = back.get("code") ?? ""
      assert.strictEqual((yield* exchange(code, "b".repeat(43))).fields.error, "invalid_grant")
      assert.strictEqual((yield* exchange(code, verifier)).fields.error, "invalid_grant", "a code serves once")

      const { fields } = yield* exchange((yield* authorize).get("code") ?? "", verifier)
      const renew = post("/token", { grant_type: "refresh_token", client_id, refresh_token: fields.refresh_token })
      assert.strictEqual((yield* renew).status, 200)
      assert.strictEqual((yield* renew).fields.error, "invalid_grant", "it rotates")
    }),
  )
})
