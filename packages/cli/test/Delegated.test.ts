/** The command with a provider where nobody signs in: it goes on with a refresh token from elsewhere. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { witness } from "@pbx-auth/emulator/witnesses/FreePbx"
import { providers } from "@pbx-auth/providers/Catalog"
import { delegated } from "@pbx-auth/providers/FreePbx"
import { delegated as byKey } from "@pbx-auth/providers/NetSapiensV2"
import * as Effect from "effect/Effect"
import { names } from "../src/provider/ProviderTable.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { lasting } from "./Lasting.ts"
import { served } from "./Served.ts"
import { toldFailure } from "./ToldFailure.ts"

const web = { PBX_AUTH_CLIENT_ID: "freepbx-web-id", PBX_AUTH_CLIENT_SECRET: "freepbx-web-secret" }

const vendor = lasting(
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({ witnesses: [{ ...witness, hosts: ["127.0.0.1"] }] })
    const { origin } = yield* serve({ port: 0, emulator })
    return origin
  }),
)

/** The refresh token of a person's consent. */
const consented = async (origin: string, code: string): Promise<string> => {
  const form = {
    client_id: web.PBX_AUTH_CLIENT_ID,
    client_secret: web.PBX_AUTH_CLIENT_SECRET,
    grant_type: "authorization_code",
    code,
  }
  const reply = await fetch(`${origin}/admin/api/api/token`, { method: "POST", body: new URLSearchParams(form) })
  const { refresh_token } = (await reply.json()) as { readonly refresh_token: string }
  return refresh_token
}

describe("a second value of a file", () => {
  it("gets a token for a user by an API key", async () => {
    const { origin } = await served()
    const own = {
      PBX_AUTH_API_KEY: `nsr_${"0".repeat(48)}checksum`,
      PBX_AUTH_USER: "1001",
      PBX_AUTH_DOMAIN: "acmecorp.12345.service",
    }
    const { code, stderr, stdout } = await inside(["token", byKey.id, "--address", origin], own)
    assert.strictEqual(code, 0, stderr)
    assert.lengthOf(stdout.trim().split("."), 3)
  })
})

describe("a provider that goes on with a refresh token from elsewhere", () => {
  it("is among the command's, as every value is", () => {
    assert.deepStrictEqual([...names].sort(), Object.keys(providers).sort())
    assert.include(names, delegated.id)
  })

  it("logs in with the refresh token, and keeps its successors for the next commands", async () => {
    const origin = await vendor
    const own = { ...folder(), ...web, PBX_AUTH_REFRESH_TOKEN: await consented(origin, "freepbx-code-1") }
    const login = await inside(["login", delegated.id, "--address", origin, "--json"], own)
    assert.strictEqual(login.code, 0, login.stderr)
    const { PBX_AUTH_REFRESH_TOKEN: _, ...later } = own
    const token = await inside(["token"], later)
    assert.strictEqual(token.code, 0, token.stderr)
    assert.match(token.stdout, /^eyJ0\./)

    const again = await inside(["login", "--json"], own)
    assert.deepInclude(toldFailure(again.stderr), { error: "RenewalRefused" })
  })

  it("needs the refresh token for a login, and a profile for a token", async () => {
    const origin = await vendor
    const missing = await inside(["login", delegated.id, "--address", origin, "--json"], { ...folder(), ...web })
    assert.strictEqual(missing.code, 2)
    assert.include(toldFailure(missing.stderr).message, "PBX_AUTH_REFRESH_TOKEN")

    const refreshToken = await consented(origin, "freepbx-code-2")
    const own = { ...folder(), ...web, PBX_AUTH_REFRESH_TOKEN: refreshToken }
    const token = await inside(["token", delegated.id, "--address", origin, "--json"], own)
    assert.strictEqual(token.code, 2)
    assert.match(toldFailure(token.stderr).message, /each use replaces it. Log in to a profile/)
    // It was not presented.
    assert.strictEqual((await inside(["login", delegated.id, "--address", origin], own)).code, 0)
  })
})
