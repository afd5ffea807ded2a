/**
 * A NetSapiens platform, as SkySwitch and Landstar resell it.
 *
 * Grants, parameters and replies are those of the two pages. The refusals, which no page shows, are those of the PHP
 * library whose manners version 1 of the platform has (`oauth2-php`); the sentence of an expired token, the path of
 * revocation and the wording of a wrong login are known from clients in the field.
 */
import * as DateTime from "effect/DateTime"
import { type Answer, type Call, html, json, type Provider, type Route, text } from "./Exchange.ts"
import { type Finding, type GrantName, grantNames } from "./Journal.ts"
import * as RateLimit from "./RateLimit.ts"
import { refusing } from "./Refusal.ts"
import { maxEpochMs } from "./SteerableClock.ts"
import { type Issued, make as makeTable, randomHex } from "./TokenTable.ts"
import { type NetSapiensAccount, uidOf, type World } from "./World.ts"

interface Holder {
  readonly uid: string
  readonly client: string
  /** Which of the pages' sets of fields its replies have. */
  readonly form: "short" | "long" | "masquerade"
  /** Who masquerades, where somebody does. */
  readonly masker?: string
}

interface Challenge {
  readonly uid: string
  readonly client: string
  readonly expiresAt: number
}

const refusals = {
  "bad request": { status: 400, error: "invalid_request", message: "Missing or malformed parameter" },
  "unknown grant": {
    status: 400,
    error: "invalid_request",
    message: "Invalid grant_type parameter or parameter missing",
  },
  "bad client": { status: 400, error: "invalid_client", message: "The client credentials are invalid" },
  "bad credentials": { status: 400, error: "invalid_grant", message: "Invalid User Login", described: false },
  "bad refresh token": { status: 400, error: "invalid_grant", message: "Invalid refresh token" },
  "bad challenge": { status: 400, error: "invalid_grant", message: "Invalid or expired MFA session" },
  "bad passcode": { status: 400, error: "invalid_grant", message: "Invalid passcode" },
  "bad subject": { status: 400, error: "invalid_grant", message: "Invalid mask_uid" },
  "bad token": { status: 401, error: "invalid_grant", message: "The access token provided has expired" },
  "not allowed": { status: 403, error: "insufficient_scope", message: "Not allowed to masquerade as this user" },
} as const

// How far a scope reaches (SkySwitch, "Access Token Privileges"). Any other scope reaches as far as a Basic User's.
const reaches = new Map([
  ["Reseller", 2],
  ["Office Manager", 1],
])
const reachOf = (account: NetSapiensAccount) => reaches.get(account.scope) ?? 0

const territoryOf = (domain: string) => domain.split(".")[1] ?? ""
const shortOf = (domain: string) => domain.split(".")[0] ?? ""

const mayEnter = (account: NetSapiensAccount, domain: string) =>
  account.domain === domain || (reachOf(account) === 2 && territoryOf(account.domain) === territoryOf(domain))

// "A higher-scoped user may masquerade as a lower-scoped user."
const mayMask = (masker: NetSapiensAccount, subject: NetSapiensAccount) =>
  reachOf(masker) > reachOf(subject) && mayEnter(masker, subject.domain)

/** Makes the provider over a world that may change between requests; its tokens live as long as it does. */
export const make = (world: () => World["netsapiens"]): Provider => {
  // Its policy is the section of the world itself, which has a field of each name.
  const table = makeTable<Holder>(() => randomHex(16))
  const challenges = new Map<string, Challenge>()

  const quotas = RateLimit.make()
  const refuse = refusing(refusals, () => world().refusal)

  const accountOf = (uid: string) => world().accounts.find((account) => uidOf(account) === uid)

  const accountNamed = (username: string) =>
    world().accounts.find((account) =>
      [uidOf(account), `${account.extension}@${shortOf(account.domain)}`, account.login].includes(username),
    )

  /** Whose living token this is; an account that left the world takes its tokens with it. */
  const bearerOf = (token: string | undefined, now: number) => {
    const found = token === undefined ? undefined : table.find(token, now)
    const account = found && accountOf(found.holder.uid)
    return found && account && { ...found, account }
  }

  const whoIs = (holder: Holder): Pick<Finding, "account" | "subject" | "client"> => ({
    client: holder.client,
    account: holder.masker ?? holder.uid,
    ...(holder.masker !== undefined && { subject: holder.uid }),
  })

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
      case "short":
        return { ...tokens(issued), scope, legacy: false, domain, apiversion }
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
    }
  }

  const issue = (call: Call, grant: GrantName, holder: Holder, account: NetSapiensAccount): Answer => ({
    reply: json(200, fieldsOf(holder, account, table.issue(holder, call.now, world()))),
    finding: { grant, ...whoIs(holder), outcome: grant === "masquerade" ? "masqueraded" : "issued" },
  })

  const signedIn = (account: NetSapiensAccount, client: string): Holder => ({
    uid: uidOf(account),
    client,
    form: account.reply ?? "short",
  })

  // A challenge looks like a token and is none: it stands in no token table, and its refresh token nowhere at all.
  const challenge = (
    call: Call,
    account: NetSapiensAccount,
    mfa: NonNullable<NetSapiensAccount["mfa"]>,
    client: string,
  ) => {
    const token = randomHex(16)
    const { lifetime } = world().challenge
    challenges.set(token, { uid: uidOf(account), client, expiresAt: call.now + lifetime * 1000 })
    return json(200, {
      mfa: "mfa_required",
      mfa_vendor: mfa.vendor,
      mfa_type: mfa.type,
      access_token: token,
      expires_in: lifetime,
      token_type: "Bearer",
      refresh_token: randomHex(16),
      client_id: client,
    })
  }

  type Grant = (call: Call, input: ReadonlyMap<string, string>, client: string) => Answer

  const password: Grant = (call, input, client) => {
    const account = accountNamed(input.get("username") ?? "")
    if (!account || account.password === undefined || account.password !== input.get("password")) {
      return refuse("bad credentials", { grant: "password", client, ...(account && { account: uidOf(account) }) })
    }
    if (!account.mfa) return issue(call, "password", signedIn(account, client), account)
    return {
      reply: challenge(call, account, account.mfa, client),
      finding: { grant: "password", client, account: uidOf(account), outcome: "challenged" },
    }
  }

  const mfa: Grant = (call, input, client) => {
    const token = input.get("access_token") ?? ""
    const pending = challenges.get(token)
    const account = pending && accountOf(pending.uid)
    if (!account?.mfa || pending?.client !== client || pending.expiresAt <= call.now) {
      return refuse("bad challenge", { grant: "mfa", client, ...(account && { account: uidOf(account) }) })
    }
    const known = { grant: "mfa", client, account: uidOf(account) } as const
    // The request's sample has `mfa-type`, the challenge's `mfa_type`. The defaults are the platform's own for version 2.
    const type = input.get("mfa_type") ?? input.get("mfa-type") ?? "authenticator"
    const vendor = input.get("mfa_vendor") ?? "google"
    const idType = input.get("ns_id_type") ?? "subscriber"
    if (type !== account.mfa.type || vendor !== account.mfa.vendor || idType !== "subscriber") {
      return refuse("bad request", known)
    }
    if (input.get("passcode") !== account.mfa.passcode) {
      if (world().challenge.wrongPasscodeSpends) challenges.delete(token)
      return refuse("bad passcode", known)
    }
    challenges.delete(token)
    return issue(call, "mfa", signedIn(account, client), account)
  }

  const refreshToken: Grant = (call, input, client) => {
    const accepts = (holder: Holder) => holder.client === client && accountOf(holder.uid) !== undefined
    const renewed = table.renew(input.get("refresh_token") ?? "", call.now, world(), accepts)
    const account = renewed && accountOf(renewed.holder.uid)
    if (!account) return refuse("bad refresh token", { grant: "refresh_token", client })
    return {
      reply: json(200, fieldsOf(renewed.holder, account, renewed.issued)),
      finding: { grant: "refresh_token", ...whoIs(renewed.holder), outcome: "renewed" },
    }
  }

  const masquerade: Grant = (call, input, client) => {
    const masker = bearerOf(input.get("access_token"), call.now)
    if (!masker) return refuse("bad token", { grant: "masquerade", client })
    // "It is always in <extension number>@<full domain string> form": no other name of the account will do.
    const subject = accountOf(input.get("mask_uid") ?? "")
    const known = { grant: "masquerade", client, account: masker.holder.uid } as const
    if (!subject) return refuse("bad subject", known)
    const uid = uidOf(subject)
    if (!mayMask(masker.account, subject)) return refuse("not allowed", { ...known, subject: uid })
    return issue(call, "masquerade", { uid, client, form: "masquerade", masker: masker.holder.uid }, subject)
  }

  const grants: ReadonlyMap<string, Grant> = new Map([
    ["password", password],
    ["mfa", mfa],
    ["refresh_token", refreshToken],
    ["masquerade", masquerade],
  ])

  /** Parameters as PHP collects them: those of the query, and over them those of the body. */
  const inputOf = (call: Call): ReadonlyMap<string, string> => new Map([...call.query, ...call.fields])

  /** The client that the request names, by HTTP Basic or by parameters, and whether its secret is right. */
  const clientOf = (call: Call, input: ReadonlyMap<string, string>) => {
    const { id, secret } = call.basic ?? { id: input.get("client_id"), secret: input.get("client_secret") }
    const client = world().clients.find((client) => client.id === id)
    return client && { id: client.id, right: client.secret === undefined || client.secret === secret }
  }

  const token = (call: Call): Answer => {
    const input = inputOf(call)
    const client = clientOf(call, input)
    const known = client && { client: client.id }
    const grant = grants.get(input.get("grant_type") ?? "")
    if (!grant) return refuse("unknown grant", known)
    if (!client?.right) return refuse("bad client", known)
    return grant(call, input, client.id)
  }

  // Not on the pages: SkySwitch's own demo client posts client_id, client_secret and the access token as `token`.
  const revoke = (call: Call): Answer => {
    const input = inputOf(call)
    const client = clientOf(call, input)
    if (!client?.right) return refuse("bad client", client && { client: client.id })
    // RFC 7009 section 2.2: an unknown token is no error, since the client can do nothing about it.
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
  const noToken: Answer = {
    reply: json(400, { error: "invalid_request" }),
    finding: { outcome: "refused: bad request" },
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
        expires: expiresInWords(found.expiresAt),
        scope: account.scope,
        apiversion: world().apiVersion,
      }),
      finding: { ...whoIs(holder), outcome: "inspected" },
    }
  }

  // Invented: a stand-in for the data calls of version 1 (`?object=…&action=…`), which says who is calling.
  const data = (call: Call): Answer => {
    if (call.bearer === undefined) return noToken
    const found = bearerOf(call.bearer, call.now)
    if (!found) return expired
    const { holder, account } = found
    const domain = inputOf(call).get("domain")
    if (domain !== undefined && !mayEnter(account, domain)) {
      return {
        reply: json(403, { error: "insufficient_scope" }),
        finding: { ...whoIs(holder), outcome: "refused: not allowed" },
      }
    }
    return {
      reply: json(200, { uid: holder.uid, scope: account.scope, domain: domain ?? account.domain }),
      finding: { ...whoIs(holder), outcome: `api call as ${holder.uid}` },
    }
  }

  /** The partitions of the vendor's rate limits that a request falls in, as far as it can be matched to the world. */
  const partitionsOf = (call: Call): RateLimit.Partitions => {
    const holder = call.bearer === undefined ? undefined : table.holderOf(call.bearer)
    return holder ? { client: holder.client, subscriber: holder.uid } : {}
  }

  const partitionsOfForm = (call: Call): RateLimit.Partitions => {
    const input = inputOf(call)
    const client = clientOf(call, input)?.id
    const account = accountNamed(input.get("username") ?? "")
    const shown = input.get("refresh_token") ?? input.get("access_token") ?? input.get("token") ?? ""
    const subscriber = account ? uidOf(account) : (challenges.get(shown) ?? table.holderOf(shown))?.uid
    return { ...(client !== undefined && { client }), ...(subscriber !== undefined && { subscriber }) }
  }

  // Whether calls of the token endpoint count is not said; SkySwitch's own demo client treats them alike, and so does this.
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

  return {
    name: "netsapiens",
    routes: [
      {
        methods: ["POST", "GET"],
        paths: ["/ns-api/oauth2/token", "/oauth2/token"],
        answer: limited(partitionsOfForm, token),
        issues: true,
      },
      {
        methods: ["GET", "POST"],
        paths: ["/ns-api/oauth2/read", "/oauth2/read"],
        answer: limited(partitionsOf, inspect),
      },
      {
        methods: ["POST"],
        paths: ["/ns-api/oauth2/revoke", "/oauth2/revoke"],
        answer: limited(partitionsOfForm, revoke),
      },
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

// The page prints no time zone, and which one is meant is unknown; this emulator means UTC.
const expiresInWords = (epochMs: number) =>
  DateTime.formatIso(DateTime.makeUnsafe(Math.min(epochMs, maxEpochMs)))
    .slice(0, 19)
    .replace("T", " ")
