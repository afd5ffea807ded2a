/**
 * A person's session at FreePBX, against two real OAuth 2 servers that rotate refresh tokens. They are not FreePBX: they show that the
 * session keeps to rotation, and what it does after a replay, at servers that nobody of this project wrote.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import OAuth2Server from "@node-oauth/oauth2-server"
import { delegated } from "@pbx-auth/providers/FreePbx"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import Provider from "oidc-provider"
import { clear, harness, reaches } from "./Harness.ts"
import { serving } from "./LoopbackServer.ts"

const client = { id: "freepbx-web-id", secret: "freepbx-web-secret" }
const path = "/admin/api/api/token"

interface Server {
  readonly listener: RequestListener
  /** A refresh token as a person's consent would have brought it. */
  readonly refreshToken: string
}

const bodyOf = async (incoming: IncomingMessage) => {
  const chunks: Array<Buffer> = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
}

/** `@node-oauth/oauth2-server` 5: a used refresh token is revoked before the next one is saved. */
const nodeOAuth = async (): Promise<Server> => {
  const tokens = new Map<string, OAuth2Server.RefreshToken>()
  const application = { ...client, grants: ["refresh_token"] }
  const first: OAuth2Server.RefreshToken = { refreshToken: "made-up-first", client: application, user: { id: "maria" } }
  tokens.set(first.refreshToken, first)
  const server = new OAuth2Server({
    accessTokenLifetime: 3_600,
    model: {
      getClient: async (id, secret) => (id === client.id && secret === client.secret ? application : false),
      getAccessToken: async () => false,
      getRefreshToken: async (text) => tokens.get(text) ?? false,
      revokeToken: async (token) => tokens.delete(token.refreshToken),
      saveToken: async (token, client, user) => {
        const saved = { ...token, client, user }
        if (saved.refreshToken !== undefined)
          tokens.set(saved.refreshToken, { ...saved, refreshToken: saved.refreshToken })
        return saved
      },
    },
  })
  const listener = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    const request = new OAuth2Server.Request({ method: "POST", headers, query: {}, body: await bodyOf(incoming) })
    const response = new OAuth2Server.Response({ headers: {} })
    await server.token(request, response).catch(() => undefined)
    outgoing.writeHead(response.status ?? 500, { ...response.headers, "content-type": "application/json" })
    outgoing.end(JSON.stringify(response.body))
  }
  return { listener, refreshToken: first.refreshToken }
}

/** `oidc-provider` 9: a used refresh token that comes again ends the whole grant (RFC 9700 section 4.14.2). */
const oidc = async (origin: string): Promise<Server> => {
  const provider = new Provider(origin, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        token_endpoint_auth_method: "client_secret_post",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: ["https://app.example/callback"],
      },
    ],
    routes: { token: path },
    rotateRefreshToken: true,
    ttl: { AccessToken: 3_600, RefreshToken: 86_400, Grant: 86_400 },
    scopes: ["openid", "offline_access"],
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ["made-up"] },
  })
  const grant = new provider.Grant({ accountId: "maria", clientId: client.id })
  grant.addOIDCScope("openid offline_access")
  const grantId = await grant.save()
  const found = await provider.Client.find(client.id)
  if (found === undefined) throw new Error("the client is there")
  const token = new provider.RefreshToken({
    accountId: "maria",
    client: found,
    grantId,
    scope: "openid offline_access",
    gty: "authorization_code",
    expiresWithSession: false,
  } as ConstructorParameters<typeof provider.RefreshToken>[0])
  return { listener: provider.callback(), refreshToken: await token.save() }
}

/** Serves one of them, and a session with it. */
const served = Effect.fnUntraced(function* (make: (origin: string) => Promise<Server>) {
  const home = yield* harness({ wire: "http", transport: "fetch" })
  const replies: Array<number> = []
  let refreshToken = ""
  const address = yield* serving(async (origin) => {
    const made = await make(origin)
    refreshToken = made.refreshToken
    return (incoming, outgoing) => {
      outgoing.on("finish", () => replies.push(outgoing.statusCode))
      made.listener(incoming, outgoing)
    }
  })
  const pbx = yield* home.open(Result.getOrThrow(delegated.configure({ address, client, refreshToken })))
  /** Presents a refresh token past the library, as a thief would, or a second program. */
  const replayed = (text: string) =>
    Effect.promise(async () => {
      const form = {
        client_id: client.id,
        client_secret: client.secret,
        grant_type: "refresh_token",
        refresh_token: text,
      }
      const reply = await fetch(address + path, { method: "POST", body: new URLSearchParams(form) })
      return { status: reply.status, fields: (await reply.json()) as Record<string, unknown> }
    })
  return { ...home, pbx, refreshToken, replayed, replies }
})

for (const [name, make, endsAll] of [
  ["@node-oauth/oauth2-server", nodeOAuth, false],
  ["oidc-provider", oidc, true],
] as const) {
  describe(name, () => {
    it.live("replaces the refresh token each time, and the session keeps to it", () =>
      Effect.gen(function* () {
        const { clock, pbx, replies } = yield* served(make)
        const tokens = [clear((yield* pbx.bearer).token)]
        for (let hour = 0; hour < 3; hour++) {
          yield* clock.adjust("61 minutes")
          tokens.push(clear((yield* pbx.bearer).token))
        }
        assert.strictEqual(new Set(tokens).size, 4)
        assert.deepStrictEqual(replies, [200, 200, 200, 200])
      }),
    )

    it.live(`refuses a replay; after it the session ${endsAll ? "needs its person" : "goes on"}`, () =>
      Effect.gen(function* () {
        const { clock, pbx, refreshToken, replayed } = yield* served(make)
        yield* pbx.bearer
        const replay = yield* replayed(refreshToken)
        assert.strictEqual(replay.status, 400)
        assert.strictEqual(replay.fields.error, "invalid_grant")
        yield* clock.adjust("61 minutes")
        if (!endsAll) return void (yield* pbx.bearer)
        const { reason, remedy } = yield* Effect.flip(pbx.bearer)
        assert.deepInclude({ ...reason }, { _tag: "RenewalRefused", code: "invalid_grant" })
        assert.strictEqual(remedy, "sign_in")
        yield* reaches(pbx, "unauthenticated.idle")
      }),
    )
  })
}
