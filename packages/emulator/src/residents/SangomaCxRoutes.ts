/**
 * Sangoma CX: client credentials by HTTP Basic, at least one scope, a token of 281 days, and no refresh token.
 *
 * The page says that a token "can be renewed only once it is expired", and its sample has less life than the year that it promises.
 * So a client that asks early probably gets the token that still lives. Refusals are those of RFC 6749 section 5.2.
 */
import * as Basic from "../exchange/Basic.ts"
import * as Citations from "../exchange/Citations.ts"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import { refusing } from "../exchange/Refusal.ts"
import { wordsOf } from "../exchange/Section.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness, type Routes } from "../exchange/Witness.ts"
import { defaults, SangomaCx } from "./SangomaCxWorld.ts"

interface Holder {
  readonly client: string
  readonly scopes: ReadonlyArray<string>
}

const refusals = {
  "bad request": { status: 400, error: "invalid_request", message: "Expected a form body" },
  "unknown grant": { status: 400, error: "unsupported_grant_type", message: "Unsupported grant_type" },
  "bad client": {
    status: 401,
    error: "invalid_client",
    message: "Invalid client id or client secret",
    headers: { "www-authenticate": 'Basic realm="sangoma-cx"' },
  },
  "bad scope": { status: 400, error: "invalid_scope", message: "Expected at least one known scope" },
  "too early": { status: 400, error: "invalid_request", message: "Token can be renewed only once it is expired" },
} as const

const line = Citations.of("sangoma-cx", "https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348")

/** The lines of the page that its replies follow. */
export const citations: Citations.Lines = {
  "client_credentials issued": line("token.curl", "--data-urlencode 'grant_type=client_credentials'"),
  "client_credentials given again": line("token-reply.json", '"expires_in": 24304413'),
}

const make = (world: () => SangomaCx): Routes => {
  const table = makeTable<Holder>(() => randomHex(32))
  const refuse = refusing(refusals, () => world().refusal)

  /** The latest token of each client and set of scopes. */
  const latest = new Map<string, string>()

  const token = (call: Call): Answer => {
    // "Include your Basic Token in the Authorization header": credentials in the form do not count.
    const shown = call.basic ? Basic.readings(call.basic, world().basicEncoding) : []
    const { client, right = false } = Basic.find(world().clients, shown) ?? {}
    const known = { grant: "client_credentials", ...(client && { client: client.id }) } as const
    if (!client || !right) return refuse("bad client", known)
    if (call.encoding !== "form") return refuse("bad request", known)
    if (call.fields.get("grant_type") !== "client_credentials") return refuse("unknown grant", { client: client.id })

    // "You should always request for at least one API scope", "separated by a blank space".
    const scopes = [...new Set(call.fields.get("scope")?.split(" ").filter(Boolean))]
    const areKnown = scopes.every((scope) => client.scopes.includes(scope))
    if (scopes.length === 0 || !areKnown) return refuse("bad scope", known)

    const { early, sameTokenForever, lifetime } = world()
    const reply = (accessToken: string, expiresIn: number) =>
      json(200, { access_token: accessToken, scope: scopes.join(" "), token_type: "bearer", expires_in: expiresIn })

    const key = JSON.stringify([client.id, ...[...scopes].sort()])
    const previous = latest.get(key)
    const living = previous === undefined ? undefined : table.find(previous, call.now)
    if (previous !== undefined && sameTokenForever) {
      return { reply: reply(previous, lifetime), finding: { ...known, outcome: "given again" } }
    }
    if (previous !== undefined && living && early === "same") {
      return { reply: reply(previous, living.secondsLeft), finding: { ...known, outcome: "given again" } }
    }
    if (living && early === "refused") return refuse("too early", known)

    const policy = { lifetime, rotation: "none", renewalEndsAccess: false } as const
    const issued = table.issue({ client: client.id, scopes }, call.now, policy)
    latest.set(key, issued.access)
    return { reply: reply(issued.access, issued.expiresIn), finding: { ...known, outcome: "issued" } }
  }

  // Invented: a stand-in for the CX API. "An OAuth token will only grant you access to API endpoints covered by the
  // scopes you've asked": `/cx/agent-calls` is covered by `cx.agent-calls`.
  const cx = (call: Call): Answer => {
    const found = call.bearer === undefined ? undefined : table.find(call.bearer, call.now)
    if (!found || !world().clients.some(({ id }) => id === found.holder.client)) {
      return {
        reply: json(401, { error: "invalid_token" }, { "www-authenticate": 'Bearer error="invalid_token"' }),
        finding: { outcome: "refused: bad token" },
      }
    }
    const { client, scopes } = found.holder
    return scopes.includes(`cx.${call.rest}`)
      ? {
          reply: json(200, { client_id: client, resource: call.rest, scope: scopes.join(" ") }),
          finding: { client, outcome: `api call as ${client}` },
        }
      : {
          reply: json(403, { error: "insufficient_scope" }),
          finding: { client, outcome: "refused: not allowed" },
        }
  }

  return {
    routes: [
      { methods: ["POST"], paths: ["/oauth/token"], answer: token, issues: true, citations: citations },
      { methods: ["GET", "POST"], paths: ["/cx/*"], answer: cx },
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
export const place = 3

/** Sangoma CX, with its lists. */
export const witness = defineWitness({
  id: "sangoma-cx",
  world: SangomaCx,
  defaults,
  names: wordsOf,
  make,
})
