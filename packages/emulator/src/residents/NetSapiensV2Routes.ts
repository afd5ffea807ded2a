/**
 * Version 2 of NetSapiens' API, as far as it issues tokens: `/tokens`, `/jwt` and `/version` (NetSapiens' own OpenAPI,
 * https://docs.ns-api.com). Old cores lack it, and so does a world that says `"v2": false`.
 *
 * The OpenAPI shows JSON bodies. Clients in the field send forms and multipart too, and those are read as well. Missing here:
 * the API of keys itself, and revocation by `uid` or `jti`.
 */

import { type Answer, type Call, json, type Route } from "../exchange/Exchange.ts"
import * as Jwt from "../exchange/Jwt.ts"
import * as Citations from "./NetSapiensCitations.ts"
import * as Grants from "./NetSapiensGrants.ts"
import { hostname, inputOf, type Platform, territoryOf, whoIs } from "./NetSapiensPlatform.ts"
import { inVersion2 } from "./NetSapiensRefusal.ts"
import { dateTime } from "./NetSapiensTime.ts"
import { uidOf } from "./NetSapiensWorld.ts"

/** The routes; version 1's own say what a challenge of `/tokens` is, and how its tokens live. */
export const make = (
  platform: Platform,
  { challenged, policy }: Pick<Grants.Saying, "challenged" | "policy">,
): ReadonlyArray<Route> => {
  const { claimsOf, table, world } = platform
  const refuse = inVersion2(() => world().refusal)

  // All fields of the OpenAPI's `AccessToken` that it requires, whatever version 1 would answer this account.
  const tokens = Grants.tokenEndpoint(platform, {
    refuse,
    policy,
    challenged,
    formOf: (account) => account.reply ?? "short",
    issued: (holder, account, issued) =>
      json(200, {
        username: account.login ?? holder.uid,
        user: account.extension,
        territory: territoryOf(account.domain),
        domain: account.domain,
        department: "",
        uid: holder.uid,
        login: account.login ?? holder.uid,
        scope: account.scope,
        user_email: account.email ?? "",
        displayName: account.displayName ?? "",
        access_token: issued.access,
        expires_in: issued.expiresIn,
        token_type: "Bearer",
        refresh_token: issued.refresh,
        client_id: holder.client,
        apiversion: world().apiVersion,
      }),
  })

  // "it will be revoked once used and a new one given". How long a refresh JWT lives is not said.
  const jwtPolicy = () => ({
    lifetime: world().jwtLifetime,
    refreshLifetime: world().refreshLifetime,
    rotation: "once" as const,
    renewalEndsAccess: false,
  })
  const jwts = Grants.make(platform, {
    refuse,
    policy: jwtPolicy,
    formOf: () => "jwt",
    issued: (_, __, issued) => json(200, { token: issued.access, refresh: issued.refresh }),
    // The sample of a second factor's request shows such a JWT: the demand stands in its claims.
    challenged: ({ account, vendor, type, expiresAt }, now) => {
      const claims = { ...claimsOf(account, now, expiresAt), user_scope: "mfa_required" }
      const token = Jwt.make("HS256", { ...claims, login: uidOf(account), mfa_vendor: vendor, mfa_type: type })
      return { token, reply: json(200, { token }) }
    },
  })
  const signIn = jwts.endpoint(
    new Map([
      ["password", jwts.password],
      ["mfa", jwts.mfa],
    ]),
  )

  /** "requires valid access through APIKey and allows for generation of a JWT for a different user": `{ user, domain }`. */
  const delegate = (call: Call, input: ReadonlyMap<string, string>): Answer => {
    const apiKey = world().apiKeys.find(({ key }) => key === call.bearer)
    const grant = "client_credentials"
    if (!apiKey) return refuse("bad client", { grant })
    const uid = `${input.get("user") ?? ""}@${input.get("domain") ?? ""}`
    const account = platform.accountOf(uid)
    if (!account) return refuse("bad subject", { grant, client: apiKey.id })
    if (apiKey.domain !== "*" && apiKey.domain !== account.domain) {
      return refuse("not allowed", { grant, client: apiKey.id, subject: uid })
    }
    const issued = table.issue({ uid, client: apiKey.id, form: "jwt" }, call.now, jwtPolicy())
    return {
      reply: json(200, { token: issued.access, refresh: issued.refresh }),
      finding: { grant, client: apiKey.id, subject: uid, outcome: "issued" },
    }
  }
  const isDelegation = (call: Call, input: ReadonlyMap<string, string>) =>
    call.bearer !== undefined && input.has("user") && input.has("domain")

  const isRenewal = (input: ReadonlyMap<string, string>) => input.has("refresh") && !input.has("grant_type")

  const jwt = (call: Call): Answer => {
    const input = inputOf(call)
    if (call.method === "POST") {
      if (isDelegation(call, input)) return delegate(call, input)
      // The sample names no grant and no client.
      return isRenewal(input) ? jwts.renew(call, input.get("refresh") ?? "", true) : signIn(call)
    }
    const found = platform.bearerOf(call.bearer, call.now)
    if (call.bearer === undefined || found?.holder.form !== "jwt") return refuse("bad token")
    if (call.method === "GET") {
      return {
        reply: json(200, { ...Jwt.claimsOf(call.bearer), apiversion: world().apiVersion }),
        finding: { ...whoIs(found.holder), outcome: "inspected" },
      }
    }
    table.revoke(call.bearer, call.now)
    return {
      reply: json(202, { code: 202, message: "Accepted" }),
      finding: { ...whoIs(found.holder), outcome: "revoked" },
    }
  }

  const version = ({ now }: Call): Answer => ({
    reply: json(200, { apiversion: world().apiVersion, hostname, "current-time": dateTime(now) }),
    finding: { outcome: "version told" },
  })

  const isThere = () => world().v2
  return [
    {
      methods: ["POST"],
      paths: ["/ns-api/v2/tokens"],
      answer: tokens,
      issues: true,
      isThere,
      citations: Citations.tokens,
    },
    {
      methods: ["POST", "GET", "DELETE"],
      paths: ["/ns-api/v2/jwt"],
      answer: jwt,
      issues: true,
      grant: (call) => {
        const input = inputOf(call)
        if (call.method === "POST" && isDelegation(call, input)) return "client_credentials"
        return isRenewal(input) ? "refresh_token" : undefined
      },
      isThere,
      citations: Citations.jwt,
    },
    { methods: ["GET"], paths: ["/ns-api/v2/version"], answer: version, isThere, citations: Citations.version },
  ]
}
