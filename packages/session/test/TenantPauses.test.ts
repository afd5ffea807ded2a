/** A pause that a vendor asks of one tenant, where an option tells tenants apart, a secret one too. Over sockets of this machine. */
import { assert, describe, it } from "@effect/vitest"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Session from "@pbx-auth/session/Session"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as HttpRuntime from "../src/HttpRuntime.ts"
import { open } from "../src/promise/Opening.ts"
import { serveApi } from "./CalledApi.ts"
import { clear } from "./Harness.ts"
import { described } from "./MadeUpVendor.ts"

/** All tenants have the client id of the vendor's app. */
const acme = (secret: boolean) =>
  defineProvider({
    ...described,
    id: "acme-tenants",
    options: { tenant: { title: "Tenant", doc: "What the vendor knows a tenant by.", identifies: true, secret } },
    grants: {
      Password: ({ password, username }, { options }) => ({
        method: "POST",
        path: "/token",
        encoding: "form",
        fields: [
          ["tenant", options.tenant],
          ["username", username],
          ["password", password],
        ],
      }),
    },
  })

/** The vendor has had too much of the tenant `a`, and takes all others. */
const vendor = async (secret: boolean) => {
  const asked: Array<string> = []
  const api = await serveApi(({ body }, response) => {
    const tenant = new URLSearchParams(body).get("tenant") ?? ""
    asked.push(tenant)
    const isLimited = tenant === "a"
    response.writeHead(isLimited ? 429 : 200, { "content-type": "application/json", "retry-after": "60" })
    response.end(JSON.stringify(isLimited ? { error: "slow_down" } : { access_token: `of-${tenant}`, expires_in: 60 }))
  })
  const of = (tenant: string, username: string) =>
    acme(secret).configure({ address: api.origin, tenant, credentials: { username, password: "made-up" } })
  return { ...api, asked, of }
}

type Of = Awaited<ReturnType<typeof vendor>>["of"]
/** What a caller of each of these accounts got, one after the other. */
type Way = (accounts: ReadonlyArray<ReturnType<Of>>) => Promise<ReadonlyArray<string>>

const said = (error: unknown): string => (isAuthError(error) ? error.reason._tag : String(error))

const one = (pbx: Session.BearerSource) =>
  Effect.map(pbx.accessToken, clear).pipe(Effect.catch((error) => Effect.succeed(said(error))))

const ways: Readonly<Record<string, Way>> = {
  "a session of its own, with Effect": (accounts) =>
    Effect.forEach(accounts, (configured) =>
      Effect.fromResult(configured).pipe(
        Effect.flatMap((right) => Session.make(right)),
        Effect.flatMap(one),
        Effect.scoped,
        Effect.provide(HttpRuntime.layer()),
      ),
    ).pipe(Effect.provide(FetchHttpClient.layer), Effect.runPromise),
  "a registry, with Effect": (accounts) =>
    Effect.flatMap(Sessions, (sessions) =>
      Effect.forEach(accounts, (configured) =>
        Effect.flatMap(Effect.fromResult(configured), (right) => Effect.flatMap(sessions.session(right), one)),
      ),
    ).pipe(Effect.provide(Layer.provide(Sessions.layer(), FetchHttpClient.layer)), Effect.scoped, Effect.runPromise),
  "a session of its own, with promises": async (accounts) => {
    const all: Array<string> = []
    for (const configured of accounts) {
      await using pbx = await open(configured)
      all.push(await pbx.accessToken().catch(said))
    }
    return all
  },
  "a registry, with promises": async (accounts) => {
    await using sessions = await openSessions()
    const all: Array<string> = []
    for (const configured of accounts) all.push(await (await sessions.session(configured)).accessToken().catch(said))
    return all
  },
}

describe("a pause that a vendor asks of one tenant", () => {
  for (const [name, way] of Object.entries(ways)) {
    for (const secret of [false, true]) {
      it(`holds all of that tenant and no other, told apart by ${secret ? "a secret" : "a name"}: ${name}`, async () => {
        await using all = await vendor(secret)
        const accounts = [all.of("a", "maria"), all.of("a", "jose"), all.of("b", "maria")]
        assert.deepStrictEqual(await way(accounts), ["Throttled", "Throttled", "of-b"])
        assert.deepStrictEqual(all.asked, ["a", "b"])
      })
    }
  }
})
