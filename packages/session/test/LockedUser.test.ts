/** A vendor that locks one user: its refusal holds that user, for as long as a header of the vendor's own says, and nobody else. */
import { assert, describe, it } from "@effect/vitest"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { RefusalRule } from "@pbx-auth/providers/Provider"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { described } from "./MadeUpVendor.ts"

let vendors = 0

/** Each at an address of its own, because the process remembers pauses. `lars` is locked. */
const vendorWith = (row: Pick<RefusalRule, "per">) => {
  const value = defineProvider({
    ...described,
    id: "acme-locks",
    addresses: { standard: `https://locks-${++vendors}.acme.example` },
    refusals: [{ status: 423, reason: "Throttled", header: "X-Locked-For", retryAfter: 900_000, ...row }],
    grants: {
      Password: ({ password, username }) => ({
        method: "POST",
        path: "/token",
        encoding: "form",
        fields: [
          ["username", username],
          ["password", password],
        ],
      }),
    },
  })
  const asked: Array<string | null> = []
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const username = new URLSearchParams(String(init?.body)).get("username")
    asked.push(username)
    return username === "lars"
      ? Response.json({ locked: true }, { status: 423, headers: { "x-locked-for": "600" } })
      : Response.json({ access_token: "token", expires_in: 3_600 })
  }
  return { asked, fetch, value, of: (username: string) => ({ credentials: { username, password: "made-up" } }) }
}

/** A token, or the seconds of the pause, to the next ten. */
const outcomeOf = (token: Promise<string>): Promise<unknown> =>
  token.catch((error: unknown) => {
    if (!isAuthError(error) || error.reason._tag !== "Throttled") throw error
    return Math.round((error.reason.retryAt - Date.now()) / 10_000) * 10
  })

describe("a lock of one user", () => {
  for (const [per, maria] of [
    ["subscriber", "token"],
    ["client", 600],
    [undefined, 600],
  ] as const) {
    it(`holds whom its row says, in sessions of their own: ${per}`, async () => {
      const { asked, fetch, of, value } = vendorWith({ per })
      await using lars = await open(value, of("lars"), { fetch })
      assert.strictEqual(await outcomeOf(lars.accessToken()), 600)
      await using other = await open(value, of("maria"), { fetch })
      assert.strictEqual(await outcomeOf(other.accessToken()), maria)
      await using again = await open(value, of("lars"), { fetch })
      assert.strictEqual(await outcomeOf(again.accessToken()), 600)
      assert.deepStrictEqual(asked, maria === "token" ? ["lars", "maria"] : ["lars"])
    })

    it(`holds whom its row says, in a registry: ${per}`, async () => {
      const { asked, fetch, of, value } = vendorWith({ per })
      await using sessions = await openSessions({ patience: 1 }, { fetch })
      const ask = async (username: string) => (await sessions.session(value.configure(of(username)))).accessToken()
      assert.strictEqual(await outcomeOf(ask("lars")), 600)
      assert.strictEqual(await outcomeOf(ask("maria")), maria)
      assert.deepStrictEqual(asked, maria === "token" ? ["lars", "maria"] : ["lars"])
    })
  }
})
