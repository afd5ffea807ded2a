// A witness of your own in a file, as the emulator takes it: it plays the made-up vendor of acme.ts. By itself it prints nothing.
//
//   npm run node docs/examples/acme-witness.ts
import { type Answer, type Call, json } from "@pbx-auth/emulator/Exchange"
import * as TokenTable from "@pbx-auth/emulator/TokenTable"
import { defineWitness } from "@pbx-auth/emulator/Witness"
import * as Schema from "effect/Schema"

/** Whose a token is. */
interface Holder {
  readonly tenant: string
  readonly name: string
}

export const witness = defineWitness({
  id: "acme-voice",
  hosts: ["api.acme.example"],
  // What the vendor knows beforehand. A world file changes it.
  world: Schema.Struct({
    people: Schema.Array(Schema.Struct({ tenant: Schema.String, name: Schema.String, password: Schema.String })),
    lifetime: Schema.Int, // s
  }),
  defaults: {
    people: [
      { tenant: "north", name: "maria", password: "made-up" },
      { tenant: "south", name: "maria", password: "made-up" },
    ],
    lifetime: 3_600,
  },
  make: (world) => {
    const table = TokenTable.make<Holder>(({ holder }) => `${holder.tenant}-${TokenTable.randomHex(4)}`)
    const policy = () =>
      ({ lifetime: world().lifetime, refreshLifetime: 86_400, rotation: "strict", renewalEndsAccess: true }) as const

    const given = (grant: "password" | "refresh_token", { name }: Holder, issued: TokenTable.Issued): Answer => ({
      reply: json(200, {
        access_token: issued.access,
        token_type: "Bearer",
        expires_in: issued.expiresIn,
        refresh_token: issued.refresh,
      }),
      finding: { grant, account: name, outcome: grant === "password" ? "issued" : "renewed" },
    })

    const refused = (outcome: `refused: bad ${"credentials" | "refresh token"}`): Answer => ({
      reply: json(401, { error: "acme-1017", error_description: "Nobody by that name." }),
      finding: { outcome },
    })

    const token = ({ fields, now }: Call): Answer => {
      if (fields.get("grant_type") === "refresh_token") {
        const renewed = table.renew(fields.get("refresh_token") ?? "", now, policy(), () => true)
        return renewed ? given("refresh_token", renewed.holder, renewed.issued) : refused("refused: bad refresh token")
      }
      const [tenant, name, password] = [fields.get("tenant"), fields.get("username"), fields.get("password")]
      const person = world().people.find((one) => one.tenant === tenant && one.name === name)
      if (person === undefined || person.password !== password) return refused("refused: bad credentials")
      const holder: Holder = { tenant: person.tenant, name: person.name }
      return given("password", holder, table.issue(holder, now, policy()))
    }

    return { routes: [{ methods: ["POST"], paths: ["/oauth/token"], answer: token, issues: true }], ...table }
  },
})
