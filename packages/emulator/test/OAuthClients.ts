/** OAuth 2 clients that people use, each as its own documentation uses it, behind one face. */
import { OAuth2Client } from "@badgateway/oauth2-client"
import * as oauth from "oauth4webapi"
import * as openid from "openid-client"
import { ClientCredentials, ResourceOwnerPassword } from "simple-oauth2"

/** How the client identifies itself: by HTTP Basic, among the fields, or by its id only. */
export type Authentication = "basic" | "post" | "none"

export interface Setting {
  readonly origin: string
  /** Below the origin. */
  readonly tokenPath: string
  readonly revokePath?: string
  readonly id: string
  readonly secret: string
  readonly authentication: Authentication
}

interface Tokens {
  readonly access: string
  readonly refresh: string | undefined
}

type Fields = Readonly<Record<string, string>>

/** What a client can do. Each promise rejects where the client reports an error. */
export interface OAuthClient {
  readonly password: (username: string, password: string) => Promise<Tokens>
  readonly clientCredentials: (scopes: ReadonlyArray<string>) => Promise<Tokens>
  readonly refresh: (tokens: Tokens) => Promise<Tokens>
  /** A grant of a vendor's own. */
  readonly extension: (grant: string, fields: Fields) => Promise<Tokens>
  readonly revoke: (tokens: Tokens) => Promise<void>
}

interface Reply {
  readonly access_token: string
  readonly refresh_token?: string | undefined
}

const tokensOf = (reply: Reply): Tokens => ({ access: reply.access_token, refresh: reply.refresh_token })

const shown = (tokens: Tokens): string => tokens.refresh ?? "none"

const openidClient = (setting: Setting): OAuthClient => {
  const { id, origin, revokePath, secret, tokenPath } = setting
  const authentication = {
    basic: () => openid.ClientSecretBasic(secret),
    post: () => openid.ClientSecretPost(secret),
    none: () => openid.None(),
  }[setting.authentication]()
  const server = {
    issuer: origin,
    token_endpoint: origin + tokenPath,
    ...(revokePath !== undefined && { revocation_endpoint: origin + revokePath }),
  }
  const config = new openid.Configuration(server, id, undefined, authentication)
  openid.allowInsecureRequests(config)
  const extension = async (grant: string, fields: Fields) =>
    tokensOf(await openid.genericGrantRequest(config, grant, fields))
  return {
    extension,
    password: (username, password) => extension("password", { username, password }),
    clientCredentials: async (scopes) =>
      tokensOf(await openid.clientCredentialsGrant(config, { scope: scopes.join(" ") })),
    refresh: async (tokens) => tokensOf(await openid.refreshTokenGrant(config, shown(tokens))),
    revoke: (tokens) => openid.tokenRevocation(config, tokens.access),
  }
}

const oauth4webapi = (setting: Setting): OAuthClient => {
  const { id, origin, revokePath, secret, tokenPath } = setting
  const authentication = {
    basic: () => oauth.ClientSecretBasic(secret),
    post: () => oauth.ClientSecretPost(secret),
    none: () => oauth.None(),
  }[setting.authentication]()
  const server: oauth.AuthorizationServer = {
    issuer: origin,
    token_endpoint: origin + tokenPath,
    ...(revokePath !== undefined && { revocation_endpoint: origin + revokePath }),
  }
  const client: oauth.Client = { client_id: id }
  const options = { [oauth.allowInsecureRequests]: true }
  const extension = async (grant: string, fields: Fields) => {
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      authentication,
      grant,
      new URLSearchParams(fields),
      options,
    )
    return tokensOf(await oauth.processGenericTokenEndpointResponse(server, client, response))
  }
  return {
    extension,
    password: (username, password) => extension("password", { username, password }),
    clientCredentials: async (scopes) => {
      const fields = new URLSearchParams({ scope: scopes.join(" ") })
      const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, fields, options)
      return tokensOf(await oauth.processClientCredentialsResponse(server, client, response))
    },
    refresh: async (tokens) => {
      const response = await oauth.refreshTokenGrantRequest(server, client, authentication, shown(tokens), options)
      return tokensOf(await oauth.processRefreshTokenResponse(server, client, response))
    },
    revoke: async (tokens) => {
      const response = await oauth.revocationRequest(server, client, authentication, tokens.access, options)
      await oauth.processRevocationResponse(response)
    },
  }
}

const simpleOauth2 = (setting: Setting): OAuthClient => {
  const { authentication, id, origin, revokePath = "/nowhere", secret, tokenPath } = setting
  const config = {
    client: { id, secret },
    auth: { tokenHost: origin, tokenPath, revokePath },
    options: { authorizationMethod: authentication === "basic" ? ("header" as const) : ("body" as const) },
  }
  const person = new ResourceOwnerPassword(config)
  const extension = async (fields: Fields) => {
    const { token } = await person.getToken(fields as never)
    return tokensOf(token as unknown as Reply)
  }
  return {
    extension: (grant, fields) => extension({ ...fields, grant_type: grant }),
    password: (username, password) => extension({ username, password }),
    clientCredentials: async (scopes) => {
      const { token } = await new ClientCredentials(config).getToken({ scope: [...scopes] })
      return tokensOf(token as unknown as Reply)
    },
    refresh: async (tokens) => {
      const held = person.createToken({ access_token: tokens.access, refresh_token: shown(tokens) })
      return tokensOf((await held.refresh()).token as unknown as Reply)
    },
    revoke: (tokens) => person.createToken({ access_token: tokens.access }).revoke("access_token"),
  }
}

const badgateway = (setting: Setting): OAuthClient => {
  const { authentication, id, origin, revokePath = "/nowhere", secret, tokenPath } = setting
  const client = new OAuth2Client({
    server: origin,
    tokenEndpoint: tokenPath,
    revocationEndpoint: revokePath,
    clientId: id,
    ...(authentication !== "none" && { clientSecret: secret }),
    authenticationMethod: authentication === "basic" ? "client_secret_basic" : "client_secret_post",
  })
  const heldAs = (tokens: Tokens) => ({
    accessToken: tokens.access,
    refreshToken: tokens.refresh ?? null,
    expiresAt: null,
  })
  const given = (token: { readonly accessToken: string; readonly refreshToken: string | null }): Tokens => ({
    access: token.accessToken,
    refresh: token.refreshToken ?? undefined,
  })
  return {
    extension: async (grant, fields) =>
      tokensOf(await client.request("tokenEndpoint", { ...fields, grant_type: grant } as never)),
    password: async (username, password) => given(await client.password({ username, password })),
    clientCredentials: async (scopes) => given(await client.clientCredentials({ scope: [...scopes] })),
    refresh: async (tokens) => given(await client.refreshToken(heldAs(tokens))),
    revoke: (tokens) => client.revoke(heldAs(tokens)),
  }
}

/** All of them, by their package's name. */
export const clients: Readonly<Record<string, (setting: Setting) => OAuthClient>> = {
  "openid-client": openidClient,
  oauth4webapi,
  "simple-oauth2": simpleOauth2,
  "@badgateway/oauth2-client": badgateway,
}
