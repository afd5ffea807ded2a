/**
 * FreePBX: an application that signs in by itself, and one that works for a person by a refresh token which is replaced each time.
 *
 * There is no page with a reply. `fixtures/freepbx` has what its sources send, at two releases that refuse in two forms.
 */
import * as Schema from "effect/Schema"
import * as Basic from "../exchange/Basic.ts"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness } from "../exchange/Witness.ts"

const World = Schema.Struct({
  /** The release of the module: 16 says its sentence in `message` alone. */
  release: Schema.Literals([16, 17]),
  applications: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      secret: Schema.String,
      /** An application has one grant only, and renewal with it. */
      grant: Schema.Literals(["client_credentials", "authorization_code"]),
      /** What it may ask for; without a scope it gets all of them. */
      scopes: Schema.Array(Schema.String),
      /** Codes that a person's consent brought, each with that person. Good once. */
      codes: Schema.Record(Schema.String, Schema.String),
    }),
  ),
  /** s; `PT1H`. */
  lifetime: Schema.Int,
  /** s; `P1M`. */
  refreshLifetime: Schema.Int,
})

interface Holder {
  readonly client: string
  readonly account?: string
}

type Known = Omit<Answer["finding"], "outcome">

/** As in `fixtures/freepbx/errors.json`: status, `error`, sentence, hint. */
const refusals = {
  "bad client": [401, "invalid_client", "Client authentication failed", undefined],
  "bad refresh token": [401, "invalid_request", "The refresh token is invalid.", "Token has been revoked"],
  "bad scope": [400, "invalid_scope", "The requested scope is invalid, unknown, or malformed", "Check the scope"],
  "unknown grant": [
    400,
    "unsupported_grant_type",
    "The authorization grant type is not supported by the authorization server.",
    "Check the `grant_type` parameter",
  ],
  "bad request": [400, "invalid_request", "The request is missing a required parameter.", "Check the `code` parameter"],
  "bad token": [401, "access_denied", "The resource owner or authorization server denied the request.", undefined],
} as const

/** The witness. */
export const witness = defineWitness({
  id: "freepbx",
  world: World,
  defaults: {
    release: 17,
    applications: [
      {
        id: "freepbx-client-id",
        secret: "freepbx-client-secret",
        grant: "client_credentials",
        scopes: ["gql", "rest"],
        codes: {},
      },
      {
        id: "freepbx-web-id",
        secret: "freepbx-web-secret",
        grant: "authorization_code",
        scopes: ["gql", "rest"],
        codes: { "freepbx-code-1": "maria", "freepbx-code-2": "noor" },
      },
    ],
    lifetime: 3_600,
    refreshLifetime: 2_678_400,
  },
  make: (world) => {
    const table = makeTable<Holder>(({ kind }) => (kind === "access" ? `eyJ0.${randomHex(24)}.e30` : randomHex(40)))
    const spent = new Set<string>()

    const refuse = (reason: keyof typeof refusals, known: Known = {}): Answer => {
      const [status, error, message, hint] = refusals[reason]
      const said = world().release === 16 ? { message } : { error_description: message, message }
      const challenge = reason === "bad client" ? { "www-authenticate": 'Basic realm="OAuth"' } : {}
      return {
        reply: json(status, { error, ...said, ...(hint !== undefined && { hint }) }, challenge),
        finding: { ...known, outcome: `refused: ${reason}` },
      }
    }

    // `RefreshTokenGrant` revokes the pair before it issues the next one.
    const policy = (refreshes: boolean) => ({
      lifetime: world().lifetime,
      ...(refreshes && { refreshLifetime: world().refreshLifetime }),
      rotation: "once" as const,
      renewalEndsAccess: true,
    })

    const pair = (issued: ReturnType<typeof table.issue>) =>
      json(200, {
        token_type: "Bearer",
        expires_in: issued.expiresIn,
        access_token: issued.access,
        ...(issued.refresh !== undefined && { refresh_token: issued.refresh }),
      })

    const clientOf = (call: Call) => {
      const shown = call.basic ? Basic.readings(call.basic, "both") : []
      const fields = { id: call.fields.get("client_id") ?? "", secret: call.fields.get("client_secret") ?? "" }
      const found = Basic.find(world().applications, call.basic ? shown : [fields])
      return found?.right === true ? found.client : undefined
    }

    const token = (call: Call): Answer => {
      const named = call.fields.get("grant_type")
      if (named !== "client_credentials" && named !== "authorization_code" && named !== "refresh_token")
        return refuse("unknown grant")
      const client = clientOf(call)
      const known: Known = {
        ...(named !== "authorization_code" && { grant: named }),
        ...(client && { client: client.id }),
      }
      if (!client || (named !== "refresh_token" && client.grant !== named)) return refuse("bad client", known)

      const scopes = call.fields.get("scope")?.split(" ").filter(Boolean) ?? []
      // `checkScope`: a scope is in a wider one, `gql:core` in `gql`.
      const isWithin = (scope: string) => client.scopes.some((wider) => `${scope}:`.startsWith(`${wider}:`))
      if (!scopes.every(isWithin)) return refuse("bad scope", known)

      switch (named) {
        case "client_credentials": {
          const issued = table.issue({ client: client.id }, call.now, policy(false))
          return { reply: pair(issued), finding: { ...known, outcome: "issued" } }
        }
        case "authorization_code": {
          const code = call.fields.get("code") ?? ""
          const account = client.codes[code]
          if (account === undefined || spent.has(code)) return refuse("bad request", known)
          spent.add(code)
          const issued = table.issue({ client: client.id, account }, call.now, policy(true))
          return { reply: pair(issued), finding: { ...known, account, outcome: "issued" } }
        }
        case "refresh_token": {
          const isOwner = (holder: Holder) => holder.client === client.id
          const renewed = table.renew(call.fields.get("refresh_token") ?? "", call.now, policy(true), isOwner)
          return renewed
            ? { reply: pair(renewed.issued), finding: { ...known, ...renewed.holder, outcome: "renewed" } }
            : refuse("bad refresh token", known)
        }
      }
    }

    // Invented: a stand-in for GraphQL and REST.
    const api = (call: Call): Answer => {
      const holder = table.find(call.bearer ?? "", call.now)?.holder
      if (!holder) return refuse("bad token")
      const who = holder.account ?? holder.client
      return { reply: json(200, { data: { who } }), finding: { ...holder, outcome: `api call as ${who}` } }
    }

    return {
      routes: [
        { methods: ["POST"], paths: ["/admin/api/api/token"], answer: token, issues: true },
        { methods: ["GET", "POST"], paths: ["/admin/api/api/*"], answer: api },
      ],
      ...table,
    }
  },
})
