/**
 * 3CX v20: a token for an hour by client credentials, whose reply counts minutes, and of which one lives at a time.
 *
 * The sources are in `fixtures/3cx`. The refusals are `invented`.
 */
import * as Schema from "effect/Schema"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import { make as makeJwt } from "../exchange/Jwt.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness } from "../exchange/Witness.ts"

const World = Schema.Struct({
  /** The API clients of this system. */
  clients: Schema.Array(Schema.Struct({ id: Schema.String, secret: Schema.String })),
  /** s */
  lifetime: Schema.Int,
  /** In which unit the reply counts the life. Sources differ. */
  counts: Schema.Literals(["minutes", "seconds"]),
  /** Whether the token is a JWT that says its own end. */
  tellsEnd: Schema.Boolean,
})

/** As in `fixtures/3cx/errors.json`. */
const refusals = {
  "bad client": [401, { error: "invalid_client", error_description: "Client authentication failed" }],
  "unknown grant": [400, { error: "unsupported_grant_type", error_description: "Unsupported grant type" }],
} as const

/** The witness. */
export const witness = defineWitness({
  id: "3cx",
  world: World,
  defaults: {
    clients: [{ id: "apiclient", secret: "3cx-api-key-north" }],
    lifetime: 3_600,
    counts: "minutes",
    tellsEnd: true,
  },
  make: (world) => {
    const table = makeTable<{ readonly client: string }>(({ expiresAt, holder, now }) =>
      world().tellsEnd
        ? makeJwt("RS256", {
            client_id: holder.client,
            jti: randomHex(8),
            iat: Math.floor(now / 1_000),
            exp: Math.floor(expiresAt / 1_000),
          })
        : randomHex(32),
    )
    /** The token of each client that lives. */
    const living = new Map<string, string>()

    const refuse = (reason: keyof typeof refusals, known: Omit<Answer["finding"], "outcome"> = {}): Answer => {
      const [status, body] = refusals[reason]
      return { reply: json(status, body), finding: { ...known, outcome: `refused: ${reason}` } }
    }

    const token = (call: Call): Answer => {
      const { counts, clients, lifetime } = world()
      const client = clients.find(
        ({ id, secret }) => id === call.fields.get("client_id") && secret === call.fields.get("client_secret"),
      )
      if (!client) return refuse("bad client")
      const known = { grant: "client_credentials", client: client.id } as const
      if (call.fields.get("grant_type") !== "client_credentials") return refuse("unknown grant", known)
      // "Only one access token can be created at a time."
      table.revoke(living.get(client.id) ?? "", call.now)
      const issued = table.issue({ client: client.id }, call.now, {
        lifetime,
        rotation: "none",
        renewalEndsAccess: true,
      })
      living.set(client.id, issued.access)
      return {
        reply: json(200, {
          token_type: "Bearer",
          expires_in: counts === "minutes" ? Math.floor(issued.expiresIn / 60) : issued.expiresIn,
          access_token: issued.access,
          refresh_token: null,
        }),
        finding: { ...known, outcome: "issued" },
      }
    }

    // Invented: a stand-in for the Configuration and the Call Control API.
    const api = (call: Call): Answer => {
      const client = table.find(call.bearer ?? "", call.now)?.holder.client
      return client === undefined
        ? { reply: json(401, { error: "invalid_token" }), finding: { outcome: "refused: bad token" } }
        : { reply: json(200, { client }), finding: { client, outcome: `api call as ${client}` } }
    }

    return {
      routes: [
        { methods: ["POST"], paths: ["/connect/token"], answer: token, issues: true },
        { methods: ["GET", "POST"], paths: ["/xapi/v1/*", "/callcontrol/*"], answer: api },
      ],
      ...table,
    }
  },
})
