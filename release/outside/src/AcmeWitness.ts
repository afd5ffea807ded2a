/** Plays Acme Voice in tests. It is written from the vendor's page (`fixtures/acme`), and imports nothing of the client. */
import * as Basic from "@pbx-auth/emulator/Basic"
import { type Answer, type Call, json } from "@pbx-auth/emulator/Exchange"
import * as TokenTable from "@pbx-auth/emulator/TokenTable"
import { defineWitness } from "@pbx-auth/emulator/Witness"
import * as Schema from "effect/Schema"

const World = Schema.Struct({
  clients: Schema.Array(Schema.Struct({ id: Schema.String, secret: Schema.String })),
  /** Two tenants may have a person of one name. */
  people: Schema.Array(Schema.Struct({ tenant: Schema.String, name: Schema.String, password: Schema.String })),
  /** Of an access token, in seconds. */
  lifetime: Schema.Int,
})

interface Holder {
  readonly client: string
  readonly tenant: string
  readonly account: string
}

/** The page's table of errors: status, code and sentence. */
const refusals = {
  "bad client": [401, "invalid_client", "Unknown client."],
  "bad credentials": [403, "ACME-1017", "Nobody by that name and password."],
  "bad subject": [404, "ACME-1020", "No such tenant."],
  "bad refresh token": [403, "ACME-1031", "The refresh token was used, or is too old."],
  "unknown grant": [400, "unsupported_grant_type", "Unknown grant."],
} as const

const refuse = (reason: keyof typeof refusals, known: Omit<Answer["finding"], "outcome"> = {}): Answer => {
  const [status, error, message] = refusals[reason]
  return {
    reply: json(status, { error, error_description: message }),
    finding: { ...known, outcome: `refused: ${reason}` },
  }
}

export const witness = defineWitness({
  id: "acme-voice",
  hosts: ["api.acme.example"],
  world: World,
  defaults: {
    clients: [{ id: "acme-app", secret: "made-up-secret" }],
    people: [
      { tenant: "north", name: "maria", password: "made-up-password" },
      { tenant: "south", name: "maria", password: "made-up-password" },
    ],
    lifetime: 900,
  },
  make: (world) => {
    const table = TokenTable.make<Holder>(() => TokenTable.randomHex(16))
    const policy = () =>
      ({ lifetime: world().lifetime, refreshLifetime: 86_400, rotation: "strict", renewalEndsAccess: true }) as const

    const clientOf = ({ basic }: Call) => {
      const found = Basic.find(world().clients, basic ? Basic.readings(basic, "both") : [])
      return found?.right ? found.client.id : undefined
    }

    const given = (outcome: "issued" | "renewed", holder: Holder, issued: TokenTable.Issued): Answer => ({
      reply: json(200, {
        access_token: issued.access,
        token_type: "bearer",
        expires_in: issued.expiresIn,
        refresh_token: issued.refresh,
        refresh_expires_in: issued.refreshExpiresIn,
      }),
      finding: {
        grant: outcome === "issued" ? "password" : "refresh_token",
        client: holder.client,
        account: holder.account,
        outcome,
      },
    })

    const token = (call: Call): Answer => {
      const client = clientOf(call)
      if (client === undefined) return refuse("bad client")
      const grant = call.fields.get("grant_type")
      const tenant = call.fields.get("tenant") ?? ""
      if (grant === "refresh_token") {
        const presented = call.fields.get("refresh_token") ?? ""
        const isTheirs = (holder: Holder) => holder.client === client && holder.tenant === tenant
        const renewed = table.renew(presented, call.now, policy(), isTheirs)
        return renewed
          ? given("renewed", renewed.holder, renewed.issued)
          : refuse("bad refresh token", { grant, client })
      }
      if (grant !== "password") return refuse("unknown grant", { client })
      const people = world().people.filter((person) => person.tenant === tenant)
      if (people.length === 0) return refuse("bad subject", { grant, client })
      const name = call.fields.get("username")
      const person = people.find((one) => one.name === name && one.password === call.fields.get("password"))
      if (!person) return refuse("bad credentials", { grant, client })
      const holder = { client, tenant, account: person.name }
      return given("issued", holder, table.issue(holder, call.now, policy()))
    }

    const revoke = (call: Call): Answer => {
      const client = clientOf(call)
      if (client === undefined) return refuse("bad client")
      table.revoke(call.fields.get("token") ?? "", call.now)
      return { reply: json(200, {}), finding: { client, outcome: "revoked" } }
    }

    /** Says who calls. */
    const whoAmI = (call: Call): Answer => {
      const holder = table.find(call.bearer ?? "", call.now)?.holder
      return holder
        ? {
            reply: json(200, { tenant: holder.tenant, name: holder.account }),
            finding: { client: holder.client, account: holder.account, outcome: `api call as ${holder.account}` },
          }
        : { reply: json(401, { error: "invalid_token" }), finding: { outcome: "refused: bad token" } }
    }

    return {
      routes: [
        { methods: ["POST"], paths: ["/oauth/token"], answer: token, issues: true },
        { methods: ["POST"], paths: ["/oauth/revoke"], answer: revoke },
        { methods: ["GET"], paths: ["/v1/me"], answer: whoAmI },
      ],
      ...table,
    }
  },
})
