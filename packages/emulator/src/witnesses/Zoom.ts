/**
 * Zoom: a token for an hour by `account_credentials`, no refresh token, and no end of the tokens before it.
 *
 * The pages are in `fixtures/zoom`. What a wrong account id gets is `invented`.
 */
import * as Schema from "effect/Schema"
import * as Basic from "../exchange/Basic.ts"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness } from "../exchange/Witness.ts"

const World = Schema.Struct({
  /** The apps. Each belongs to one account. */
  clients: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      secret: Schema.String,
      /** The account id. */
      account: Schema.String,
      /** "Tokens stop working when the app is deactivated." */
      isActive: Schema.Boolean,
    }),
  ),
  /** s; "one hour (3600 seconds)". */
  lifetime: Schema.Int,
  /** "api_url": the host of the account's region. Left out if it is null, as older replies do. */
  apiUrl: Schema.NullOr(Schema.String),
})

interface Holder {
  readonly client: string
  readonly account: string
}

/** As in `fixtures/zoom/errors.json`. */
const refusals = {
  "bad client": { reason: "Invalid client_id or client_secret", error: "invalid_client" },
  "unknown grant": { reason: "unsupported grant type", error: "unsupported_grant_type" },
  // Invented: no source shows it.
  "bad subject": { reason: "Bad Request", error: "invalid_request" },
} as const

/** The witness. */
export const witness = defineWitness({
  id: "zoom",
  world: World,
  defaults: {
    clients: [
      { id: "zoom-client-id", secret: "zoom-client-secret", account: "ZoomAccountNorth00001", isActive: true },
      { id: "zoom-south-id", secret: "zoom-south-secret", account: "ZoomAccountSouth00001", isActive: true },
    ],
    lifetime: 3_600,
    apiUrl: null,
  },
  make: (world) => {
    const table = makeTable<Holder>(() => randomHex(32))

    const refuse = (reason: keyof typeof refusals, known: Omit<Answer["finding"], "outcome"> = {}): Answer => ({
      reply: json(400, refusals[reason]),
      finding: { ...known, outcome: `refused: ${reason}` },
    })

    const token = (call: Call): Answer => {
      const found = Basic.find(world().clients, call.basic ? Basic.readings(call.basic, "both") : [])
      if (!found?.right) return refuse("bad client")
      const { client } = found
      const known = { grant: "client_credentials", client: client.id } as const
      // The query counts for nothing: the endpoint reads the body.
      if (call.fields.get("grant_type") !== "account_credentials") return refuse("unknown grant", known)
      if (call.fields.get("account_id") !== client.account || !client.isActive) return refuse("bad subject", known)
      const policy = { lifetime: world().lifetime, rotation: "none", renewalEndsAccess: false } as const
      const issued = table.issue({ client: client.id, account: client.account }, call.now, policy)
      return {
        reply: json(200, {
          access_token: issued.access,
          token_type: "bearer",
          expires_in: issued.expiresIn,
          scope: "meeting:read:admin user:read:admin",
          ...(world().apiUrl !== null && { api_url: world().apiUrl }),
        }),
        finding: { ...known, account: client.account, outcome: "issued" },
      }
    }

    // Invented: a stand-in for the rest of the API. Its 401 is the one that users report.
    const api = (call: Call): Answer => {
      const holder = table.find(call.bearer ?? "", call.now)?.holder
      const isActive = world().clients.some(({ id, isActive }) => id === holder?.client && isActive)
      return holder && isActive
        ? {
            reply: json(200, { account_id: holder.account }),
            finding: { client: holder.client, account: holder.account, outcome: `api call as ${holder.account}` },
          }
        : {
            reply: json(401, { code: 124, message: "Invalid access token." }),
            finding: { outcome: "refused: bad token" },
          }
    }

    return {
      routes: [
        { methods: ["POST"], paths: ["/oauth/token"], answer: token, issues: true, grant: () => "client_credentials" },
        { methods: ["GET", "POST"], paths: ["/v2/*"], answer: api },
      ],
      ...table,
    }
  },
})
