/** A cap of living tokens, where several tenants or hosts have the same client id: each token goes to its own host alone. */
import { assert, describe, it } from "@effect/vitest"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { keptBelow } from "@pbx-auth/providers/LiveTokens"
import type { Presentation } from "@pbx-auth/providers/Provider"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import { promiseClock } from "@pbx-auth/session/PromiseClock"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import { serveApi } from "./CalledApi.ts"
import { described } from "./MadeUpVendor.ts"

const form = (path: string, fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path,
  encoding: "form",
  fields,
})

/** What a person would write, with a cap of two. */
const acme = (more: { readonly clientIdsBy?: "vendor" | "address" } = {}, tenant: { readonly secret?: boolean } = {}) =>
  defineProvider({
    ...described,
    id: "acme-capped",
    options: { tenant: { title: "Tenant", doc: "The name of the tenant.", identifies: true, ...tenant } },
    signsInWith: "client",
    renewsWith: "sign_in",
    rotation: "none",
    capabilities: ["revoke"],
    liveTokens: keptBelow(2),
    grants: { ClientCredentials: (_, { options }) => form("/token", [["tenant", options.tenant]]) },
    revocation: (bearer, { options }) =>
      form("/revoke", [
        ["tenant", String(options?.tenant)],
        ["token", bearer],
      ]),
    ...more,
  })

/** A vendor's host: its tokens say its name, and it keeps what was revoked there. */
const host = async (name: string) => {
  const revoked: Array<{ readonly token: string | null; readonly tenant: string | null }> = []
  let issued = 0
  const api = await serveApi(({ body, path }, response) => {
    const { pathname, searchParams } = new URL(path, "http://127.0.0.1")
    const fields = new URLSearchParams(body)
    if (pathname === "/revoke") revoked.push({ token: fields.get("token"), tenant: fields.get("tenant") })
    if (pathname.endsWith("/del_token")) revoked.push({ token: searchParams.get("access_token"), tenant: null })
    issued++
    response.setHeader("content-type", "application/json")
    response.end(
      JSON.stringify({
        errcode: 0,
        access_token: `${name}-${issued}`,
        refresh_token: `r-${issued}`,
        expires_in: 3_600,
      }),
    )
  })
  return { ...api, revoked }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))

/** A clock that stands, and moves on to where a token is not handed out any more, and lives. */
const standing = () => {
  let now = Date.UTC(2030, 0, 1)
  const clock = promiseClock({ now: () => now, sleep: (_, signal) => aborted(signal) })
  const comeDue = () => {
    now += 3_580_000
  }
  return { clock, comeDue }
}

/** Two hosts, and a registry whose sessions name a tenant. */
const twoHosts = async (provider: ReturnType<typeof acme>) => {
  const north = await host("north")
  const south = await host("south")
  const { clock, comeDue } = standing()
  const sessions = await openSessions({}, { clock })
  const at = async ({ origin }: typeof north, tenant: string) => {
    const session = await sessions.session(provider.configure({ address: origin, tenant }))
    return { session, token: await session.accessToken() }
  }
  const end = async () => {
    await sessions.close()
    north.close()
    south.close()
  }
  return { at, comeDue, north, south, [Symbol.asyncDispose]: end }
}

describe("a cap of living tokens among tenants", () => {
  for (const [what, provider, tenants] of [
    ["tenants with a client id of the vendor's", acme(), ["a", "b", "b"]],
    ["hosts that issue their own client ids", acme({ clientIdsBy: "address" }), ["a", "a", "a"]],
  ] as const) {
    it(`counts apart for ${what}`, async () => {
      await using all = await twoHosts(provider)
      const first = await all.at(all.north, tenants[0])
      // Its first token is replaced, and the cap is reached there.
      all.comeDue()
      assert.notStrictEqual(await first.session.accessToken(), first.token)
      await all.at(all.south, tenants[1])
      await all.at(all.south, tenants[2])
      assert.deepStrictEqual([all.north.revoked, all.south.revoked], [[], []])
    })
  }

  it("counts apart for tenants that only a secret tells apart", async () => {
    await using all = await twoHosts(acme({}, { secret: true }))
    for (const tenant of ["a", "b", "c"]) assert.isString((await all.at(all.north, tenant)).token)
    assert.deepStrictEqual(all.north.revoked, [])
  })

  it("lets a third tenant have its token", async () => {
    await using all = await twoHosts(acme())
    for (const tenant of ["a", "b", "c"]) assert.isString((await all.at(all.north, tenant)).token)
  })

  it("revokes a token at the host that issued it, where one client id is for all hosts", async () => {
    await using all = await twoHosts(acme())
    const first = await all.at(all.north, "a")
    all.comeDue()
    await first.session.accessToken()
    await all.at(all.south, "a")
    assert.deepStrictEqual(all.south.revoked, [])
    assert.deepStrictEqual(all.north.revoked, [{ token: first.token, tenant: "a" }])
  })

  it("revokes it by the way that its own session has", async () => {
    await using north = await host("north")
    await using south = await host("south")
    const { clock, comeDue } = standing()
    const via: Array<string> = []
    const opened = (name: string, address: string) =>
      open(
        acme(),
        { address, tenant: "a" },
        {
          clock,
          fetch: (input, init) => {
            via.push(`${name} ${new URL(String(input)).origin === north.origin ? "north" : "south"}`)
            return fetch(input, init)
          },
        },
      )
    await using first = await opened("one", north.origin)
    await first.accessToken()
    comeDue()
    await first.accessToken()
    await using second = await opened("two", south.origin)
    await second.accessToken()
    assert.deepStrictEqual([north.revoked.length, south.revoked.length], [1, 0])
    assert.notInclude(via, "two north")
  })

  it("counts apart for each PBX of Yeastar, which issues its own client ids", async () => {
    await using north = await host("north")
    await using south = await host("south")
    const client = { id: "yeastar-client-id", secret: "yeastar-client-secret" }
    const sessions = await Promise.all(
      [...Array.from({ length: 8 }, () => north), south].map(({ origin }) =>
        open(yeastar, { address: origin, client }),
      ),
    )
    for (const session of sessions) assert.isString(await session.accessToken())
    assert.deepStrictEqual([north.revoked, south.revoked], [[], []])
    for (const session of sessions) await session.close()
    assert.deepStrictEqual([north.revoked.length, south.revoked.length], [8, 1])
    assert.isTrue(north.revoked.every(({ token }) => token?.startsWith("north-")))
  })
})
