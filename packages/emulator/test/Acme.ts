/** A witness as a stranger writes one, with the mistakes that a stranger makes: it copies what it was sent into its findings. */
import * as Schema from "effect/Schema"
import { type Call, json } from "../src/exchange/Exchange.ts"
import * as TokenTable from "../src/exchange/TokenTable.ts"
import { defineWitness } from "../src/exchange/Witness.ts"

export const acme = defineWitness({
  id: "acme",
  world: Schema.Struct({
    clients: Schema.Array(Schema.Struct({ id: Schema.String, apiKey: Schema.String })),
    codes: Schema.Record(Schema.String, Schema.String),
    lifetime: Schema.Int,
  }),
  defaults: {
    clients: [{ id: "acme-app", apiKey: "acme-canary-key" }],
    codes: { "acme-canary-code": "maria" },
    lifetime: 60,
  },
  grants: ["urn:acme:key"],
  make: (world) => {
    const table = TokenTable.make<{ readonly client: string }>(() => TokenTable.randomHex(16))
    const token = (call: Call) => {
      const key = call.fields.get("api_key") ?? ""
      const client = world().clients.find(({ apiKey }) => apiKey === key)
      const grant = "urn:acme:key"
      if (!client) {
        // The mistake: the key is the client's name here, and stands in the sentence.
        return {
          reply: json(403, { error: "denied", message: `Unknown key ${key}` }),
          finding: { grant, client: key, account: key, outcome: "refused: bad client" } as const,
        }
      }
      const { lifetime } = world()
      const issued = table.issue({ client: client.id }, call.now, {
        lifetime,
        rotation: "none",
        renewalEndsAccess: false,
      })
      return {
        reply: json(200, { access_token: issued.access, expires_in: issued.expiresIn }),
        finding: { grant, client: client.id, outcome: "issued" } as const,
      }
    }
    return {
      routes: [
        {
          methods: ["POST"],
          // A path that IPEX has too.
          paths: ["/token"],
          answer: token,
          issues: true,
          grant: "urn:acme:key",
          citations: {
            "urn:acme:key issued": {
              page: "acme",
              url: "https://acme.example/",
              fixture: "token.curl",
              sentence: "api_key=",
            },
          },
        },
      ],
      ...table,
    }
  },
})
