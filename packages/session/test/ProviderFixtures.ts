/** A made-up vendor and its fixtures, as a stranger writes them for the suite. */
import { json } from "@pbx-auth/emulator/Exchange"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import * as TokenTable from "@pbx-auth/emulator/TokenTable"
import { defineWitness } from "@pbx-auth/emulator/Witness"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Configured, Dialect, Presentation, Provider } from "@pbx-auth/providers/Provider"
import type { Fixtures } from "@pbx-auth/session/testing/ProviderTest"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { accountOf, acmeVoice } from "./MadeUpVendor.ts"

const person = (username: string, password: string) => ({ username, password: Redacted.make(password) })

const present = (fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path: "/token",
  encoding: "form",
  fields,
})

const dialect: Dialect = {
  id: "voice",
  challenges: false,
  refreshMethods: ["POST"],
  verdicts: [],
  grants: {
    Password: ({ password, username }) =>
      present([
        ["grant_type", "password"],
        ["login", username],
        ["pin", password],
      ]),
    RefreshToken: ({ refreshToken }) =>
      present([
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ]),
  },
}

export const voice: Provider<never> = {
  ...acmeVoice,
  dialect,
  renewal: {
    policy: "before_expiry",
    window: { fraction: 0.2, atMost: 300_000, jitter: 0.25 },
    margin: { fraction: 0.1, atMost: 30_000 },
  },
  capabilities: new Set<never>(),
  rateLimits: [],
}

/** An account of the made-up vendor, or of a value that was changed. */
const voiceFor = (username: string, pin: string, provider = voice): Configured<never> => ({
  account: accountOf(provider, "https://api.acme.example"),
  credentials: person(username, pin),
})

/** The fixtures, over the right value or a wrong one. */
export const voiceFixtures = (provider = voice): Fixtures<never> => ({
  accounts: [voiceFor("maria", "pin-of-maria", provider), voiceFor("noor", "pin-of-noor", provider)],
  capabilities: [],
  lifetime: 60_000,
  exchanges: [
    {
      name: "sign in",
      grant: Grant.password("maria", Redacted.make("pin-of-maria")),
      request: {
        method: "POST",
        path: "/token",
        body: { grant_type: "password", client_id: "acme-app", login: "maria", pin: "pin-of-maria" },
      },
      reply: { status: 200, body: { access_token: "a-1", token_type: "bearer", expires_in: 60, refresh_token: "r-1" } },
      expected: { accessToken: "a-1", refreshToken: "r-1", lifetime: 60_000 },
    },
    {
      name: "refused sign-in",
      grant: Grant.password("maria", Redacted.make("pin-of-maria")),
      request: {
        method: "POST",
        path: "/token",
        body: { grant_type: "password", client_id: "acme-app", login: "maria", pin: "pin-of-maria" },
      },
      reply: { status: 401, body: { error: "invalid_grant" } },
      expected: { reason: "BadCredentials", code: "invalid_grant" },
    },
  ],
})

const witness = defineWitness({
  id: "acme-voice",
  hosts: ["api.acme.example"],
  world: Schema.Struct({ people: Schema.Record(Schema.String, Schema.String), lifetime: Schema.Int }),
  defaults: { people: { maria: "pin-of-maria", noor: "pin-of-noor" }, lifetime: 60 },
  names: ({ people }) => Object.keys(people),
  make: (world) => {
    const table = TokenTable.make<string>(() => TokenTable.randomHex(16))
    const policy = () => ({
      lifetime: world().lifetime,
      refreshLifetime: 86_400,
      rotation: "strict" as const,
      renewalEndsAccess: true,
    })
    const reply = ({ access, expiresIn, refresh }: TokenTable.Issued) =>
      json(200, { access_token: access, token_type: "bearer", expires_in: expiresIn, refresh_token: refresh })
    return {
      routes: [
        {
          methods: ["POST"],
          paths: ["/token"],
          issues: true,
          answer: ({ fields, now }) => {
            const refused = (outcome: "refused: bad credentials" | "refused: bad refresh token") => ({
              reply: json(401, { error: "invalid_grant" }),
              finding: { outcome },
            })
            if (fields.get("grant_type") === "refresh_token") {
              const renewed = table.renew(fields.get("refresh_token") ?? "", now, policy(), () => true)
              if (!renewed) return refused("refused: bad refresh token")
              return { reply: reply(renewed.issued), finding: { account: renewed.holder, outcome: "renewed" } }
            }
            const login = fields.get("login") ?? ""
            if (world().people[login] !== fields.get("pin")) return refused("refused: bad credentials")
            return { reply: reply(table.issue(login, now, policy())), finding: { account: login, outcome: "issued" } }
          },
        },
      ],
      ...table,
    }
  },
})

export const openVoice = () => openEmulator({ clock: "steered", witnesses: [witness] })
