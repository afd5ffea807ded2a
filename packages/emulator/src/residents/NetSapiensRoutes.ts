/**
 * A NetSapiens platform, as SkySwitch and Landstar resell it: version 1 of its API, and beside it version 2
 * (`NetSapiensV2Routes.ts`).
 *
 * Grants, parameters and replies are those of the two pages. The path of revocation is known from a client in the field.
 */

import { type Answer, type Call, html, json, type Route, text } from "../exchange/Exchange.ts"
import { grantNames } from "../exchange/Journal.ts"
import * as RateLimit from "../exchange/RateLimit.ts"
import { wordsOf } from "../exchange/Section.ts"
import { type Issued, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness, type Routes } from "../exchange/Witness.ts"
import * as Citations from "./NetSapiensCitations.ts"
import * as Grants from "./NetSapiensGrants.ts"
import { type Holder, inputOf, make as makePlatform, mayEnter, territoryOf, whoIs } from "./NetSapiensPlatform.ts"
import { inVersion1 } from "./NetSapiensRefusal.ts"
import { dateTime } from "./NetSapiensTime.ts"
import * as NetSapiensV2Routes from "./NetSapiensV2Routes.ts"
import { defaults, NetSapiens, type NetSapiensAccount, uidOf } from "./NetSapiensWorld.ts"

const make = (world: () => NetSapiens): Routes => {
  const platform = makePlatform(world)
  const { accountNamed, bearerOf, challenges, clientOf, table } = platform
  const quotas = RateLimit.make()
  const refuse = inVersion1(() => world().refusal)

  const tokens = (issued: Issued) => ({
    access_token: issued.access,
    expires_in: issued.expiresIn,
    token_type: "Bearer",
    refresh_token: issued.refresh,
  })

  const fieldsOf = (holder: Holder, account: NetSapiensAccount, issued: Issued) => {
    const { domain, scope } = account
    const apiversion = world().apiVersion
    const identity = { territory: territoryOf(domain), domain, uid: holder.uid, scope }
    switch (holder.form) {
      case "long":
        return {
          username: account.login ?? holder.uid,
          user: account.extension,
          ...identity,
          user_email: account.email ?? "",
          displayName: account.displayName ?? "",
          ...tokens(issued),
          client_id: holder.client,
          apiversion,
        }
      case "masquerade":
        return { ...identity, ...tokens(issued), client_id: holder.client, apiversion }
      default:
        return { ...tokens(issued), scope, legacy: false, domain, apiversion }
    }
  }

  const challenged: Grants.Saying["challenged"] = ({ vendor, type, client }) => {
    const token = randomHex(16)
    const reply = json(200, {
      mfa: "mfa_required",
      mfa_vendor: vendor,
      mfa_type: type,
      access_token: token,
      expires_in: world().challenge.lifetime,
      token_type: "Bearer",
      refresh_token: randomHex(16),
      client_id: client,
    })
    return { token, reply }
  }

  const token = Grants.tokenEndpoint(platform, {
    refuse,
    // The section of the world itself has a field of each name.
    policy: world,
    formOf: (account) => account.reply ?? "short",
    issued: (holder, account, issued) => json(200, fieldsOf(holder, account, issued)),
    challenged,
  })

  // Not on the pages: SkySwitch's own demo client posts client_id, client_secret and the access token as `token`.
  const revoke = (call: Call): Answer => {
    const input = inputOf(call)
    const client = clientOf(call, input)
    if (!client?.right) return refuse("bad client", client && { client: client.id })
    // RFC 7009 section 2.2: an unknown token is no error, because the client can do nothing about it.
    const holder = bearerOf(input.get("token"), call.now)?.holder
    table.revoke(input.get("token") ?? "", call.now)
    return {
      reply: json(200, {}),
      finding: { ...(holder ? whoIs(holder) : { client: client.id }), outcome: "revoked" },
    }
  }

  // Known from clients in the field: 401, and this sentence.
  const expired: Answer = {
    reply: text(401, "The access token provided has expired", {
      "www-authenticate": 'Bearer realm="ns-api", error="invalid_grant"',
    }),
    finding: { outcome: "refused: bad token" },
  }
  // RFC 6750 section 3.1: a request without credentials gets no error code. The sentence is invented.
  const noToken: Answer = {
    reply: text(401, "The access token was not found", { "www-authenticate": 'Bearer realm="ns-api"' }),
    finding: { outcome: "refused: bad token" },
  }

  const inspect = (call: Call): Answer => {
    if (call.bearer === undefined) return noToken
    const found = bearerOf(call.bearer, call.now)
    if (!found) return expired
    const { holder, account } = found
    return {
      reply: json(200, {
        token: call.bearer,
        client_id: holder.client,
        territory: territoryOf(account.domain),
        domain: account.domain,
        uid: holder.uid,
        expires: dateTime(found.expiresAt),
        scope: account.scope,
        apiversion: world().apiVersion,
      }),
      finding: { ...whoIs(holder), outcome: "inspected" },
    }
  }

  // Invented: a stand-in for the data calls of version 1 (`?object=…&action=…`), which returns the caller's name. Its answers have
  // the shape of the true ones: `read` gives a list, of one entry here, and `count` a `total`, which is a text.
  const data = (call: Call): Answer => {
    if (call.bearer === undefined) return noToken
    const found = bearerOf(call.bearer, call.now)
    if (!found) return expired
    const { holder, account } = found
    const input = inputOf(call)
    const domain = input.get("domain")
    if (domain !== undefined && !mayEnter(account, domain)) {
      return {
        reply: json(403, { error: "insufficient_scope" }),
        finding: { ...whoIs(holder), outcome: "refused: not allowed" },
      }
    }
    const caller = { uid: holder.uid, scope: account.scope, domain: domain ?? account.domain }
    const action = input.get("action")
    const body = action === "read" ? [caller] : { ...(action === "count" && { total: "1" }), ...caller }
    return { reply: json(200, body), finding: { ...whoIs(holder), outcome: `api call as ${holder.uid}` } }
  }

  /** The partitions of the vendor's rate limits that a request falls in, as far as it can be matched to the world. */
  const partitionsOf = (call: Call): RateLimit.Partitions => {
    const holder = call.bearer === undefined ? undefined : table.holderOf(call.bearer)
    return holder ? { client: holder.client, subscriber: holder.uid } : {}
  }

  const partitionsOfForm = (call: Call): RateLimit.Partitions => {
    const input = inputOf(call)
    const account = accountNamed(input.get("username") ?? "")
    const shown =
      ["refresh_token", "access_token", "token", "refresh"].flatMap((name) => input.get(name) ?? [])[0] ?? ""
    const holder = challenges.get(shown) ?? table.holderOf(shown)
    const client = clientOf(call, input)?.id ?? (input.has("refresh") ? holder?.client : undefined)
    const subscriber = account ? uidOf(account) : holder?.uid
    return {
      ...partitionsOf(call),
      ...(client !== undefined && { client }),
      ...(subscriber !== undefined && { subscriber }),
    }
  }

  // The page does not say whether calls of the token endpoint count. SkySwitch's own demo client counts them, and so does this.
  const limited = (partitionsOf: (call: Call) => RateLimit.Partitions, answer: Route["answer"]): Route["answer"] => {
    return (call) => {
      const policies = RateLimit.policiesOf(world().rateLimits)
      if (policies.length === 0) return answer(call)
      const partitions = partitionsOf(call)
      const { states, exceeded } = quotas.take(policies, partitions, call.now)
      const headers = RateLimit.headersOf(states)
      if (!exceeded) {
        const { reply, finding } = answer(call)
        return { reply: { ...reply, headers: { ...reply.headers, ...headers } }, finding }
      }
      const { client, subscriber } = partitions
      const grant = grantNames.find((name) => name === inputOf(call).get("grant_type"))
      return {
        reply: json(429, { code: 429, message: "Too Many Requests" }, headers), // invented: only the status is known
        finding: {
          ...(grant && { grant }),
          ...(client !== undefined && { client }),
          ...(subscriber !== undefined && { account: subscriber }),
          outcome: "refused: too many requests",
        },
      }
    }
  }

  const missing = (): Answer => ({
    reply: html(404, "Not Found"),
    finding: { outcome: "refused: no such endpoint" },
  })

  const version2 = NetSapiensV2Routes.make(platform, { challenged, policy: world })

  return {
    routes: [
      {
        methods: ["POST", "GET"],
        paths: ["/ns-api/oauth2/token", "/oauth2/token"],
        answer: limited(partitionsOfForm, token),
        issues: true,
        citations: Citations.version1,
      },
      {
        methods: ["GET", "POST"],
        paths: ["/ns-api/oauth2/read", "/oauth2/read"],
        answer: limited(partitionsOf, inspect),
        citations: Citations.version1,
      },
      {
        methods: ["POST"],
        paths: ["/ns-api/oauth2/revoke", "/oauth2/revoke"],
        answer: limited(partitionsOfForm, revoke),
      },
      ...version2.map((route) => ({ ...route, answer: limited(partitionsOfForm, route.answer) })),
      { methods: ["GET", "POST"], paths: ["/ns-api"], answer: limited(partitionsOf, data) },
      {
        methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
        paths: ["/ns-api/*"],
        answer: limited(partitionsOf, missing),
      },
    ],
    killAccess: table.killAccess,
    killRefresh: table.killRefresh,
    shorten: table.shorten,
  }
}

/**
 * Its place among the vendors that are always there: where two have one path, the first answers. `scripts/providers.ts` reads it.
 *
 * @public
 */
export const place = 1

/** The platform, with the lists and names of its world. */
export const witness = defineWitness({
  id: "netsapiens",
  world: NetSapiens,
  defaults,
  names: (world) => [
    ...wordsOf(world),
    ...world.accounts.flatMap((account) => [uidOf(account), `${account.extension}@${account.domain.split(".", 1)[0]}`]),
  ],
  make,
})
