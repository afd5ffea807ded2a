/**
 * What the two versions of NetSapiens' API share: subscribers and their rights, clients, tokens and open challenges.
 */
import * as Basic from "../exchange/Basic.ts"
import type { Call } from "../exchange/Exchange.ts"
import type { Finding } from "../exchange/Journal.ts"
import * as Jwt from "../exchange/Jwt.ts"
import { type Mint, make as makeTable, randomHex, type TokenTable } from "../exchange/TokenTable.ts"
import { type NetSapiens, type NetSapiensAccount, uidOf } from "./NetSapiensWorld.ts"

/** The holder of a token. */
export interface Holder {
  readonly uid: string
  readonly client: string
  /** The form of its reply: a pair of JWTs, or one of the pages' sets of fields. */
  readonly form: "short" | "long" | "masquerade" | "jwt"
  /** The account that masquerades, if one does. */
  readonly masker?: string
}

/** A sign-in that waits for its second factor. */
interface Challenge {
  readonly uid: string
  readonly client: string
  /** Epoch ms. */
  readonly expiresAt: number
}

// How far a scope reaches (SkySwitch, "Access Token Privileges"). Any other scope reaches as far as a Basic User's.
const reaches = new Map([
  ["Reseller", 2],
  ["Office Manager", 1],
])
const reachOf = (account: NetSapiensAccount) => reaches.get(account.scope) ?? 0

/** The reseller of a full domain: its middle label. */
export const territoryOf = (domain: string): string => domain.split(".")[1] ?? ""

const shortOf = (domain: string) => domain.split(".")[0] ?? ""

/** Whether the account may ask about a domain. */
export const mayEnter = (account: NetSapiensAccount, domain: string): boolean =>
  account.domain === domain || (reachOf(account) === 2 && territoryOf(account.domain) === territoryOf(domain))

/** "A higher-scoped user may masquerade as a lower-scoped user." */
export const mayMask = (masker: NetSapiensAccount, subject: NetSapiensAccount): boolean =>
  reachOf(masker) > reachOf(subject) && mayEnter(masker, subject.domain)

/** What the journal may know about a holder. */
export const whoIs = (holder: Holder): Pick<Finding, "account" | "subject" | "client"> => ({
  client: holder.client,
  account: holder.masker ?? holder.uid,
  ...(holder.masker !== undefined && { subject: holder.uid }),
})

/** Parameters as PHP collects them: those of the query, overridden by those of the body. */
export const inputOf = (call: Call): ReadonlyMap<string, string> => new Map([...call.query, ...call.fields])

/** The host that version 2 reports as its own; invented. */
export const hostname = "core1.example.test"

/** The platform's state. */
export interface Platform {
  readonly world: () => NetSapiens
  readonly table: TokenTable<Holder>
  /** The open challenges, by the `access_token` in their answer. */
  readonly challenges: Map<string, Challenge>
  accountOf(uid: string): NetSapiensAccount | undefined
  /** By `111@abc-company`, its full domain, or its login. */
  accountNamed(username: string): NetSapiensAccount | undefined
  /** The holder of this living token. An account that left the world takes its tokens with it. */
  bearerOf(
    token: string | undefined,
    now: number,
  ): { readonly holder: Holder; readonly expiresAt: number; readonly account: NetSapiensAccount } | undefined
  /** The client that a request names, by HTTP Basic or by parameters, and whether its secret is right. */
  clientOf(call: Call, input: ReadonlyMap<string, string>): { readonly id: string; readonly right: boolean } | undefined
  /** Claims of a JWT (the OpenAPI's sample of `GET /jwt`). Times in epoch ms; none for a token that does not die of age. */
  claimsOf(account: NetSapiensAccount, now: number, expiresAt: number): Readonly<Record<string, unknown>>
}

/** Makes a platform over a world that may change between requests; its tokens live as long as it does. */
export const make = (world: () => NetSapiens): Platform => {
  const accountOf = (uid: string) => world().accounts.find((account) => uidOf(account) === uid)

  const claimsOf: Platform["claimsOf"] = (account, now, expiresAt) => ({
    aud: "ns",
    ...(Number.isFinite(expiresAt) && { exp: Math.floor(expiresAt / 1000) }),
    iat: Math.floor(now / 1000),
    iss: hostname,
    jti: randomHex(20),
    sub: uidOf(account),
    ...(Number.isFinite(expiresAt) && { time_out: expiresAt - now }),
    domain: account.domain,
    territory: territoryOf(account.domain),
    user: account.extension,
    user_email: account.email ?? "",
    user_scope: account.scope,
    displayName: account.displayName ?? "",
  })

  const mint: Mint<Holder> = ({ kind, holder, now, expiresAt }) => {
    const account = holder.form === "jwt" ? accountOf(holder.uid) : undefined
    if (!account) return randomHex(16)
    const claims = claimsOf(account, now, expiresAt)
    // Invented: no page shows a refresh JWT from inside.
    return Jwt.make("HS256", kind === "access" ? claims : { ...claims, typ: "refresh" })
  }

  const table = makeTable(mint)

  return {
    world,
    table,
    challenges: new Map(),
    accountOf,
    accountNamed: (username) =>
      world().accounts.find((account) =>
        [uidOf(account), `${account.extension}@${shortOf(account.domain)}`, account.login].includes(username),
      ),
    bearerOf: (token, now) => {
      const found = token === undefined ? undefined : table.find(token, now)
      const account = found && accountOf(found.holder.uid)
      return found && account && { ...found, account }
    },
    clientOf: (call, input) => {
      const shown = call.basic
        ? Basic.readings(call.basic, world().basicEncoding)
        : [{ id: input.get("client_id"), secret: input.get("client_secret") }]
      const found = Basic.find(world().clients, shown)
      return found && { id: found.client.id, right: found.right }
    },
    claimsOf,
  }
}
