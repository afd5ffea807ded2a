/** The limits that a provider of `defineProvider` declares: whom a pause holds, and who has a quota of one's own. */
import { assert, describe, it } from "@effect/vitest"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { RateLimit } from "@pbx-auth/providers/Provider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { open } from "../src/promise/Opening.ts"
import { described } from "./MadeUpVendor.ts"

const credentials = (username: string) => ({ username, password: "made-up" })

let vendors = 0

/** Each at an address of its own, because the process remembers pauses. `limited` are the users that are told to wait. */
const vendor = (rateLimits: ReadonlyArray<RateLimit>, named?: string, limited = "one") => {
  const acme = defineProvider({
    ...described,
    id: "acme-limits",
    options: { tenant: { title: "Tenant", doc: "It is the name before .acme.example.", identifies: true } },
    addresses: { standard: `https://limits-${++vendors}.acme.example` },
    rateLimits,
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
  const fetch: typeof globalThis.fetch = async (_, init) =>
    named !== undefined && new URLSearchParams(String(init?.body)).get("username") === limited
      ? new Response("{}", { status: 429, headers: { ratelimit: `"${named}";r=0;t=40` } })
      : Response.json({ access_token: "token", expires_in: 3_600 })
  const of = (username: string, tenant = "north") => acme.configure({ tenant, credentials: credentials(username) })
  return { fetch, of }
}

/** What a caller got: `token`, or the name of the limit that holds it. */
const asked = (token: Promise<string>): Promise<unknown> =>
  token.catch((error: unknown) =>
    isAuthError(error) && error.reason._tag === "Throttled" ? error.reason.policy : error,
  )

const limit = (policy: string, per: RateLimit["per"]): RateLimit => ({ policy, per, quota: 60, window: 60_000 })

describe("a pause that a reply asks for by the name of a limit that no value declares", () => {
  // A name that nobody knows is not repeated.
  for (const [policy, told, held] of [
    ["subscriber_minute", "subscriber_minute", "token"],
    ["somebody_minute", undefined, undefined],
  ] as const) {
    it(`holds one subscriber if the name says so, and else the client: ${policy}`, async () => {
      const { fetch, of } = vendor([limit("other", "client")], policy)
      await using one = await open(of("one"), { fetch })
      assert.strictEqual(await asked(one.accessToken()), told)
      await using two = await open(of("two"), { fetch })
      assert.strictEqual(await asked(two.accessToken()), held)
    })
  }
})

describe("a pause that a reply asks for by the name of a declared limit", () => {
  for (const [policy, per] of [
    ["user_minute", "subscriber"],
    ["subscriber_calls", "client"],
    ["subscriber_minute", "subscriber"],
    ["client_minute", "client"],
  ] as const) {
    const held = per === "client" ? policy : "token"

    it(`holds whom the limit is of, and not whom its name may suggest: ${policy} of a ${per}`, async () => {
      const { fetch, of } = vendor([limit(policy, per)], policy)
      await using sessions = await openSessions({ patience: 1 }, { fetch })
      assert.strictEqual(await asked((await sessions.session(of("one"))).accessToken()), policy)
      assert.strictEqual(await asked((await sessions.session(of("two"))).accessToken()), held)
    })

    it(`holds the same without a registry: ${policy} of a ${per}`, async () => {
      const { fetch, of } = vendor([limit(policy, per)], policy)
      await using one = await open(of("one"), { fetch })
      assert.strictEqual(await asked(one.accessToken()), policy)
      await using two = await open(of("two"), { fetch })
      assert.strictEqual(await asked(two.accessToken()), held)
    })
  }
})

describe("the quotas of tenants", () => {
  for (const per of ["client", "subscriber"] as const) {
    it(`are apart, though the client and the user names are the same: a limit of a ${per}`, async () => {
      const { fetch, of } = vendor([{ policy: "burst", per, quota: 1, window: 3_600_000 }])
      await using sessions = await openSessions({ patience: 1 }, { fetch })
      const ask = async (...who: Parameters<typeof of>) => asked((await sessions.session(of(...who))).accessToken())
      const again = async (...who: Parameters<typeof of>) => {
        const pbx = await sessions.session(of(...who))
        await pbx.signOut()
        return asked(pbx.signIn(credentials(who[0])).then(() => pbx.accessToken()))
      }
      assert.strictEqual(await ask("one", "north"), "token")
      assert.strictEqual(await again("one", "north"), "burst")
      assert.strictEqual(await ask("one", "south"), "token")
      assert.strictEqual(await again("one", "south"), "burst")
      assert.strictEqual(await ask("two", "north"), per === "client" ? "burst" : "token")
    })
  }
})
