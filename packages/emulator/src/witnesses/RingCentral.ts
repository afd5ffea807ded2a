/**
 * RingCentral: a pair for a JWT credential, and a refresh token that is good once but brings the same pair again for a moment.
 *
 * The pages are in `fixtures/ringcentral`. What an expired JWT gets is `invented`.
 */
import * as Schema from "effect/Schema"
import * as Basic from "../exchange/Basic.ts"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness } from "../exchange/Witness.ts"

const World = Schema.Struct({
  clients: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      secret: Schema.String,
      /** Whether the application takes a JWT: "Unauthorized for this grant type" if not. */
      takesJwt: Schema.Boolean,
    }),
  ),
  jwts: Schema.Array(
    Schema.Struct({
      assertion: Schema.String,
      /** The person's extension id, printed as `owner_id`. */
      owner: Schema.String,
      /** Whether its end is past. */
      expired: Schema.Boolean,
    }),
  ),
  /** s; the sample says 7199. */
  lifetime: Schema.Int,
  /** s; "7 days". */
  refreshLifetime: Schema.Int,
  /** s; so long a used refresh token brings the same pair again. */
  grace: Schema.Int,
})

interface Holder {
  readonly client: string
  readonly owner: string
}

/** As in `fixtures/ringcentral/errors.json`. */
const refusals = {
  "bad client": [401, "invalid_client", "OAU-153", "Invalid client: "],
  "unknown grant": [400, "invalid_request", "OAU-250", "Unsupported grant type"],
  "not allowed": [400, "unauthorized_client", "OAU-251", "Unauthorized for this grant type"],
  "bad refresh token": [400, "invalid_grant", "OAU-213", "Token not found"],
  // Invented: no page shows it, and the words are those that people report.
  "bad credentials": [400, "invalid_grant", undefined, "JWT is expired"],
  "bad token": [401, "invalid_token", "OAU-210", "Token expired"],
} as const

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

/** The witness. */
export const witness = defineWitness({
  id: "ringcentral",
  world: World,
  defaults: {
    clients: [{ id: "ringcentral-client-id", secret: "ringcentral-client-secret", takesJwt: true }],
    jwts: [
      {
        assertion: "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIyNTY0NDAwMTYiLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmVkLXdpdGgtbm90aGluZw",
        owner: "256440016",
        expired: false,
      },
      {
        assertion: "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIyNTY0NDAwMTciLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmVkLXdpdGgtbm90aGluZw",
        owner: "256440017",
        expired: false,
      },
    ],
    lifetime: 7_199,
    refreshLifetime: 604_799,
    grace: 10,
  },
  make: (world) => {
    const table = makeTable<Holder>(() => `U1BC${randomHex(20)}`)

    const refuse = (reason: keyof typeof refusals, known: Omit<Answer["finding"], "outcome"> = {}): Answer => {
      const [status, error, errorCode, message] = refusals[reason]
      const errors = errorCode === undefined ? {} : { errors: [{ errorCode, message }] }
      return {
        reply: json(status, { error, ...errors, error_description: message }),
        finding: { ...known, outcome: `refused: ${reason}` },
      }
    }

    const policy = () => ({
      lifetime: world().lifetime,
      refreshLifetime: world().refreshLifetime,
      rotation: { grace: world().grace },
      // "Immediately upon refreshing an access token, the older/previous token will be invalidated."
      renewalEndsAccess: true,
    })

    const pair = (holder: Holder, issued: ReturnType<typeof table.issue>) =>
      json(200, {
        access_token: issued.access,
        token_type: "bearer",
        expires_in: issued.expiresIn,
        refresh_token: issued.refresh,
        refresh_token_expires_in: issued.refreshExpiresIn,
        scope: "AccountInfo CallLog ExtensionInfo Messages SMS",
        owner_id: holder.owner,
      })

    const clientOf = (call: Call) => {
      const found = Basic.find(world().clients, call.basic ? Basic.readings(call.basic, "both") : [])
      return found?.right === true ? found.client : undefined
    }

    const token = (call: Call): Answer => {
      const client = clientOf(call)
      if (!client) return refuse("bad client")
      switch (call.fields.get("grant_type")) {
        case jwtBearer: {
          const known = { grant: "client_credentials", client: client.id } as const
          if (!client.takesJwt) return refuse("not allowed", known)
          const jwt = world().jwts.find(({ assertion }) => assertion === call.fields.get("assertion"))
          if (!jwt || jwt.expired) return refuse("bad credentials", known)
          const holder = { client: client.id, owner: jwt.owner }
          return {
            reply: pair(holder, table.issue(holder, call.now, policy())),
            finding: { ...known, account: jwt.owner, outcome: "issued" },
          }
        }
        case "refresh_token": {
          const known = { grant: "refresh_token", client: client.id } as const
          const isOwner = (holder: Holder) => holder.client === client.id
          const renewed = table.renew(call.fields.get("refresh_token") ?? "", call.now, policy(), isOwner)
          return renewed
            ? {
                reply: pair(renewed.holder, renewed.issued),
                finding: { ...known, account: renewed.holder.owner, outcome: "renewed" },
              }
            : refuse("bad refresh token", known)
        }
        default:
          return refuse("unknown grant", { client: client.id })
      }
    }

    const revoke = (call: Call): Answer => {
      const client = clientOf(call)
      if (!client) return refuse("bad client")
      table.revoke(call.fields.get("token") ?? "", call.now)
      // RFC 7009 section 2.2: a success says nothing about whether there was one.
      return { reply: json(200, {}), finding: { client: client.id, outcome: "revoked" } }
    }

    // Invented: a stand-in for the rest of the API.
    const api = (call: Call): Answer => {
      const holder = table.find(call.bearer ?? "", call.now)?.holder
      return holder
        ? {
            reply: json(200, { id: holder.owner }),
            finding: { client: holder.client, account: holder.owner, outcome: `api call as ${holder.owner}` },
          }
        : refuse("bad token")
    }

    return {
      routes: [
        {
          methods: ["POST"],
          paths: ["/restapi/oauth/token"],
          answer: token,
          issues: true,
          grant: (call) => (call.fields.get("grant_type") === jwtBearer ? "client_credentials" : undefined),
        },
        { methods: ["POST"], paths: ["/restapi/oauth/revoke"], answer: revoke },
        { methods: ["GET", "POST"], paths: ["/restapi/v1.0/*"], answer: api },
      ],
      ...table,
    }
  },
})
