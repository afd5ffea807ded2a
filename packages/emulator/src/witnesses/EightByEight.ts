/**
 * 8x8: a token for half an hour by client credentials, with its numbers as texts and a token type of its own.
 *
 * The pages are in `fixtures/8x8`. What a refused client gets is `invented`.
 */
import * as Schema from "effect/Schema"
import * as Basic from "../exchange/Basic.ts"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness } from "../exchange/Witness.ts"

const World = Schema.Struct({
  /** The apps of the Admin Console. */
  clients: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      secret: Schema.String,
      /** "API product list for which you can use the token." */
      products: Schema.Array(Schema.String),
    }),
  ),
  /** s; the sample says "1799". */
  lifetime: Schema.Int,
})

/** As in `fixtures/8x8/errors.json`. */
const refusals = {
  "unknown grant": [400, { ErrorCode: "invalid_request", Error: "Unsupported grant type : something" }],
  // Invented: the OpenAPI shows the form and the status, and not the code.
  "bad client": [401, { ErrorCode: "invalid_client", Error: "Client credentials are invalid" }],
} as const

/** The witness. */
export const witness = defineWitness({
  id: "8x8",
  world: World,
  defaults: {
    clients: [
      { id: "eght_client-id", secret: "8x8-client-secret", products: ["analytics product", "storage", "vcc"] },
      { id: "eght_south-id", secret: "8x8-south-secret", products: ["storage"] },
    ],
    lifetime: 1_799,
  },
  make: (world) => {
    const table = makeTable<{ readonly client: string }>(() => randomHex(14))

    const refuse = (reason: keyof typeof refusals, known: Omit<Answer["finding"], "outcome"> = {}): Answer => {
      const [status, body] = refusals[reason]
      return {
        reply: json(status, body, { "content-type": "application/problem+json" }),
        finding: { ...known, outcome: `refused: ${reason}` },
      }
    }

    const token = (call: Call): Answer => {
      const found = Basic.find(world().clients, call.basic ? Basic.readings(call.basic, "both") : [])
      if (!found?.right) return refuse("bad client")
      const { client } = found
      const known = { grant: "client_credentials", client: client.id } as const
      if (call.fields.get("grant_type") !== "client_credentials") return refuse("unknown grant", known)
      const policy = { lifetime: world().lifetime, rotation: "none", renewalEndsAccess: false } as const
      const issued = table.issue({ client: client.id }, call.now, policy)
      return {
        reply: json(200, {
          access_token: issued.access,
          token_type: "BearerToken",
          api_product_list: `[${client.products.join(", ")}]`,
          status: "approved",
          scope: "",
          refresh_token_expires_in: "0",
          expires_in: String(issued.expiresIn),
          refresh_count: "0",
          "developer.email": "deprecated",
          issued_at: String(call.now),
          client_id: "deprecated",
          api_product_list_json: client.products,
        }),
        finding: { ...known, outcome: "issued" },
      }
    }

    // Invented: a stand-in for the APIs behind the token.
    const api = (call: Call): Answer => {
      const client = table.find(call.bearer ?? "", call.now)?.holder.client
      return client === undefined
        ? { reply: json(401, { message: "Invalid access token" }), finding: { outcome: "refused: bad token" } }
        : { reply: json(200, { client }), finding: { client, outcome: `api call as ${client}` } }
    }

    return {
      routes: [
        { methods: ["POST"], paths: ["/oauth/v2/token"], answer: token, issues: true },
        { methods: ["GET"], paths: ["/analytics/*", "/storage/*"], answer: api },
      ],
      ...table,
    }
  },
})
