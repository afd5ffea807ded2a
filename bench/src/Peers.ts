/** The libraries that this one is compared with, each used as its own documentation says. */
import { createRequire } from "node:module"
import type { AccessToken } from "@azure/core-auth"
import { bearerTokenAuthenticationPolicy, createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline"
import { OAuth2Client as BadgatewayClient, OAuth2Fetch, type OAuth2Token } from "@badgateway/oauth2-client"
import { OAuth2Client as GoogleClient } from "google-auth-library"

const require = createRequire(import.meta.url)

const versionOf = (name: string): string => {
  // A package may hide its manifest behind its `exports`.
  for (const directory of require.resolve.paths(name) ?? []) {
    try {
      return require(`${directory}/${name}/package.json`).version
    } catch {}
  }
  return "?"
}

const named = (name: string) => `${name} ${versionOf(name)}`

export const names = {
  google: named("google-auth-library"),
  badgateway: named("@badgateway/oauth2-client"),
  azure: named("@azure/core-rest-pipeline"),
  xstate: named("xstate"),
  effect: named("effect"),
} as const

/** How a token comes; `undefined` for at once. There is never a second one: nothing here lives long enough. */
type Awaited = Promise<void> | undefined

const LIFE = 3_600_000

/** `getAccessToken` of google's client, which joins callers by the refresh token that they would present. */
export const google = (token: string, renewed?: () => Awaited): GoogleClient => {
  const client = new GoogleClient({ clientId: "client", clientSecret: "secret" })
  const isUsable = renewed === undefined
  client.setCredentials({
    access_token: token,
    refresh_token: "refresh",
    token_type: "Bearer",
    expiry_date: Date.now() + (isUsable ? LIFE : -1),
  })
  if (renewed !== undefined) {
    // Its own code runs; only the wire is replaced.
    Reflect.set(client, "transporter", {
      request: async () => {
        await renewed()
        return { data: { access_token: token, expires_in: LIFE / 1000, token_type: "Bearer" }, status: 200 }
      },
    })
  }
  return client
}

/** badgateway's `OAuth2Fetch`, without its timer. */
export const badgateway = (token: string, renewed?: () => Awaited): OAuth2Fetch => {
  const issued: OAuth2Token = { accessToken: token, expiresAt: Date.now() + LIFE, refreshToken: null }
  return new OAuth2Fetch({
    client: new BadgatewayClient({ server: "http://127.0.0.1/", clientId: "client" }),
    scheduleRefresh: false,
    getNewToken: async () => {
      await renewed?.()
      return issued
    },
  })
}

/**
 * Azure's token cycler. It is not exported: the policy passes it to the function that authorises requests, which is called once to
 * keep a reference.
 */
export const azure = async (token: string, renewed?: () => Awaited): Promise<() => Promise<AccessToken | null>> => {
  let isReady = false
  let cycler: (() => Promise<AccessToken | null>) | undefined
  const policy = bearerTokenAuthenticationPolicy({
    credential: {
      getToken: async () => {
        if (isReady) await renewed?.()
        return { token, expiresOnTimestamp: Date.now() + LIFE }
      },
    },
    scopes: "scope",
    challengeCallbacks: {
      authorizeRequest: async ({ getAccessToken, scopes }) => {
        cycler = () => getAccessToken(scopes, {})
      },
    },
  })
  await policy.sendRequest(createPipelineRequest({ url: "https://127.0.0.1/" }), async (request) => ({
    request,
    headers: createHttpHeaders(),
    status: 200,
  }))
  isReady = true
  if (cycler === undefined) throw new Error("the policy did not ask for a token")
  return cycler
}
