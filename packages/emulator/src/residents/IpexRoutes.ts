/**
 * IPEX: sign-in by password for a client without a secret, renewal, and impersonation by a JSON request.
 *
 * The page shows requests and no reply. Replies have the shape that the vendor's own client documentation prints
 * (IpexCloud/voipex-docs, docs/auth.md), which is Keycloak's; refusals are Keycloak's too.
 */
import * as Citations from "../exchange/Citations.ts"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import type { Finding } from "../exchange/Journal.ts"
import * as Jwt from "../exchange/Jwt.ts"
import { refusing } from "../exchange/Refusal.ts"
import { wordsOf } from "../exchange/Section.ts"
import { type Issued, type Mint, make as makeTable } from "../exchange/TokenTable.ts"
import { defineWitness, type Routes } from "../exchange/Witness.ts"
import { defaults, Ipex } from "./IpexWorld.ts"

interface Holder {
  readonly email: string
  /** Keycloak's `session_state`, the same for all tokens of one sign-in. */
  readonly session: string
  /** The account that impersonates, if one does. */
  readonly impersonator?: string
}

const refusals = {
  "bad request": { status: 400, error: "invalid_request", message: "Missing or malformed parameter" },
  "unknown grant": { status: 400, error: "unsupported_grant_type", message: "Unsupported grant_type" },
  "bad client": { status: 401, error: "invalid_client", message: "Invalid client or Invalid client credentials" },
  "bad credentials": { status: 401, error: "invalid_grant", message: "Invalid user credentials" },
  "bad refresh token": { status: 400, error: "invalid_grant", message: "Token is not active" },
  "bad token": { status: 401, error: "invalid_token", message: "Token verification failed" },
  "bad subject": { status: 404, error: "not_found", message: "User not found" },
  "not allowed": { status: 403, error: "access_denied", message: "Client not allowed to exchange" },
} as const

// The rights of an access without impersonation: "calls log, switchboard".
const openToAll = ["calls", "switchboard"]

const mint: Mint<Holder> = ({ kind, holder, now, expiresAt }) =>
  Jwt.make("RS256", {
    exp: Math.floor(expiresAt / 1000),
    iat: Math.floor(now / 1000),
    jti: crypto.randomUUID(),
    typ: kind === "access" ? "Bearer" : "Refresh",
    azp: "api",
    session_state: holder.session,
    email: holder.email,
  })

const line = Citations.of("ipex", "https://ipexas.atlassian.net/wiki/spaces/VD/pages/626720808")

/** The lines of the page that its replies follow. */
export const citations: Citations.Lines = {
  "password issued": line("password.curl", "grant_type=password&client_id=api"),
  "refresh_token renewed": line("refresh.curl", "--data-urlencode 'grant_type=refresh_token'"),
  "impersonation impersonated": line("impersonation.curl", '{"email": "someone@example.test"}'),
}

const make = (world: () => Ipex): Routes => {
  const table = makeTable<Holder>(mint)
  const refuse = refusing(refusals, () => world().refusal)

  const accountOf = (email: string) => world().accounts.find((account) => account.email === email)

  const policy = () => {
    const { lifetime, refreshLifetime, rotation } = world()
    return { lifetime, refreshLifetime, rotation, renewalEndsAccess: false }
  }

  const bearerOf = (call: Call) => {
    const found = call.bearer === undefined ? undefined : table.find(call.bearer, call.now)
    const account = found && accountOf(found.holder.email)
    return found && account && { ...found, account }
  }

  const whoIs = (holder: Holder): Pick<Finding, "account" | "subject"> => ({
    account: holder.impersonator ?? holder.email,
    ...(holder.impersonator !== undefined && { subject: holder.email }),
  })

  const tokens = (holder: Holder, issued: Issued) =>
    json(200, {
      access_token: issued.access,
      expires_in: issued.expiresIn,
      // Keycloak says 0 if there is no refresh token.
      refresh_expires_in: issued.refreshExpiresIn ?? 0,
      ...(issued.refresh !== undefined && { refresh_token: issued.refresh }),
      token_type: "Bearer",
      "not-before-policy": 0,
      session_state: holder.session,
      // The documentation prints another scope than the page asks for.
      scope: "profile email",
    })

  const token = (call: Call): Answer => {
    // "The post body must be formatted by using x-www-form-urlencoded."
    if (call.encoding !== "form") return refuse("bad request")
    const client = world().clients.find((id) => id === call.fields.get("client_id"))
    if (client === undefined) return refuse("bad client")
    switch (call.fields.get("grant_type")) {
      case "password": {
        const account = accountOf(call.fields.get("username") ?? "")
        if (!account || account.password === undefined || account.password !== call.fields.get("password")) {
          return refuse("bad credentials", { grant: "password", client, ...(account && { account: account.email }) })
        }
        const holder: Holder = { email: account.email, session: crypto.randomUUID() }
        return {
          reply: tokens(holder, table.issue(holder, call.now, policy())),
          finding: { grant: "password", client, ...whoIs(holder), outcome: "issued" },
        }
      }
      case "refresh_token": {
        const accepts = (holder: Holder) => accountOf(holder.email) !== undefined
        const renewed = table.renew(call.fields.get("refresh_token") ?? "", call.now, policy(), accepts)
        if (!renewed) return refuse("bad refresh token", { grant: "refresh_token", client })
        return {
          reply: tokens(renewed.holder, renewed.issued),
          finding: { grant: "refresh_token", client, ...whoIs(renewed.holder), outcome: "renewed" },
        }
      }
      default:
        return refuse("unknown grant", { client })
    }
  }

  const tokenExchange = (call: Call): Answer => {
    const found = bearerOf(call)
    if (!found) return refuse("bad token", { grant: "impersonation" })
    const known = { grant: "impersonation", account: found.account.email } as const
    if (!found.account.impersonation) return refuse("not allowed", known)
    const email = call.fields.get("email")
    // Only JSON: not the form of RFC 8693, though the path has its name.
    if (call.encoding !== "json" || email === null) return refuse("bad request", known)
    const subject = accountOf(email)
    if (!subject) return refuse("bad subject", known)
    const holder: Holder = {
      email: subject.email,
      session: crypto.randomUUID(),
      impersonator: found.account.email,
    }
    const { refreshLifetime, ...withoutRefresh } = policy()
    const issued = table.issue(holder, call.now, world().impersonationRefreshToken ? policy() : withoutRefresh)
    return { reply: tokens(holder, issued), finding: { ...known, ...whoIs(holder), outcome: "impersonated" } }
  }

  // Invented: a stand-in for the IPBX API, which returns the caller's name.
  const ipbx = (call: Call): Answer => {
    const found = bearerOf(call)
    if (!found) {
      return {
        reply: json(401, { error: "invalid_token" }, { "www-authenticate": 'Bearer error="invalid_token"' }),
        finding: { outcome: "refused: bad token" },
      }
    }
    const { holder, account } = found
    const mayRead = openToAll.includes(call.rest) || account.impersonation || holder.impersonator !== undefined
    return mayRead
      ? {
          reply: json(200, { email: holder.email, resource: call.rest }),
          finding: { ...whoIs(holder), outcome: `api call as ${holder.email}` },
        }
      : {
          reply: json(403, { error: "insufficient_scope" }),
          finding: { ...whoIs(holder), outcome: "refused: not allowed" },
        }
  }

  return {
    routes: [
      { methods: ["POST"], paths: ["/token"], answer: token, issues: true, citations: citations },
      {
        methods: ["POST"],
        paths: ["/token-exchange"],
        answer: tokenExchange,
        issues: true,
        citations: citations,
        grant: "impersonation",
      },
      { methods: ["GET", "POST", "PUT", "DELETE"], paths: ["/ipbx/*"], answer: ipbx },
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
export const place = 2

/** IPEX, with its lists. */
export const witness = defineWitness({
  id: "ipex",
  world: Ipex,
  defaults,
  names: wordsOf,
  make,
})
