/** The grants of NetSapiens, for endpoints with different forms of reply. */
import type { Answer, Call, Reply } from "../exchange/Exchange.ts"
import type { Refuse } from "../exchange/Refusal.ts"
import type { Issued, Policy } from "../exchange/TokenTable.ts"
import { type Holder, inputOf, mayMask, type Platform, whoIs } from "./NetSapiensPlatform.ts"
import type { Reason } from "./NetSapiensRefusal.ts"
import { type NetSapiensAccount, uidOf } from "./NetSapiensWorld.ts"

/** The demand for a second factor. */
interface Demand {
  readonly account: NetSapiensAccount
  readonly vendor: string
  readonly type: string
  readonly client: string
  /** Until when it can be answered, epoch ms. */
  readonly expiresAt: number
}

/** How an endpoint reports the outcome of a grant. */
export interface Saying {
  readonly refuse: Refuse<Reason>
  /** How its tokens live. */
  readonly policy: () => Policy
  /** What its tokens are. */
  readonly formOf: (account: NetSapiensAccount) => Exclude<Holder["form"], "masquerade">
  readonly issued: (holder: Holder, account: NetSapiensAccount, issued: Issued) => Reply
  /** A challenge looks like a token but is none: no token table holds it, nor its refresh token. */
  readonly challenged: (demand: Demand, now: number) => { readonly token: string; readonly reply: Reply }
}

/** What is presented, by which client. */
export type Grant = (call: Call, input: ReadonlyMap<string, string>, client: string) => Answer

/** The grants that an endpoint can take. */
export const make = (platform: Platform, { refuse, policy, formOf, issued, challenged }: Saying) => {
  const { accountNamed, accountOf, bearerOf, challenges, table, world } = platform

  const signedIn = (call: Call, grant: "password" | "mfa", account: NetSapiensAccount, client: string): Answer => {
    const holder: Holder = { uid: uidOf(account), client, form: formOf(account) }
    return {
      reply: issued(holder, account, table.issue(holder, call.now, policy())),
      finding: { grant, ...whoIs(holder), outcome: "issued" },
    }
  }

  const password: Grant = (call, input, client) => {
    const account = accountNamed(input.get("username") ?? "")
    if (!account || account.password === undefined || account.password !== input.get("password")) {
      return refuse("bad credentials", { grant: "password", client, ...(account && { account: uidOf(account) }) })
    }
    const { mfa } = account
    if (!mfa) return signedIn(call, "password", account, client)
    const expiresAt = call.now + world().challenge.lifetime * 1000
    const { token, reply } = challenged({ account, vendor: mfa.vendor, type: mfa.type, client, expiresAt }, call.now)
    challenges.set(token, { uid: uidOf(account), client, expiresAt })
    return { reply, finding: { grant: "password", client, account: uidOf(account), outcome: "challenged" } }
  }

  const mfa: Grant = (call, input, client) => {
    const token = input.get("access_token") ?? ""
    const pending = challenges.get(token)
    const account = pending && accountOf(pending.uid)
    if (!account?.mfa || pending?.client !== client || pending.expiresAt <= call.now) {
      return refuse("bad challenge", { grant: "mfa", client, ...(account && { account: uidOf(account) }) })
    }
    const known = { grant: "mfa", client, account: uidOf(account) } as const
    // The request's sample has `mfa-type`, the challenge's `mfa_type`. The defaults are the platform's own for version 2.
    const type = input.get("mfa_type") ?? input.get("mfa-type") ?? "authenticator"
    const vendor = input.get("mfa_vendor") ?? "google"
    const idType = input.get("ns_id_type") ?? "subscriber"
    if (type !== account.mfa.type || vendor !== account.mfa.vendor || idType !== "subscriber") {
      return refuse("bad request", known)
    }
    if (input.get("passcode") !== account.mfa.passcode) {
      if (world().challenge.wrongPasscodeSpends) challenges.delete(token)
      return refuse("bad passcode", known)
    }
    challenges.delete(token)
    return signedIn(call, "mfa", account, client)
  }

  /** Renews by a refresh token. `client` must be its owner, if that is asked for. */
  const renew = (call: Call, shown: string, isJwt: boolean, client?: string): Answer => {
    const accepts = (holder: Holder) =>
      (client === undefined || holder.client === client) &&
      (holder.form === "jwt") === isJwt &&
      accountOf(holder.uid) !== undefined
    const renewed = table.renew(shown, call.now, policy(), accepts)
    const account = renewed && accountOf(renewed.holder.uid)
    if (!account)
      return refuse("bad refresh token", { grant: "refresh_token", ...(client !== undefined && { client }) })
    return {
      reply: issued(renewed.holder, account, renewed.issued),
      finding: { grant: "refresh_token", ...whoIs(renewed.holder), outcome: "renewed" },
    }
  }

  const refreshToken: Grant = (call, input, client) => renew(call, input.get("refresh_token") ?? "", false, client)

  const masquerade: Grant = (call, input, client) => {
    const masker = bearerOf(input.get("access_token"), call.now)
    if (!masker) return refuse("bad token", { grant: "masquerade", client })
    // "It is always in <extension number>@<full domain string> form": another name of the account is refused.
    const subject = accountOf(input.get("mask_uid") ?? "")
    const known = { grant: "masquerade", client, account: masker.holder.uid } as const
    if (!subject) return refuse("bad subject", known)
    const uid = uidOf(subject)
    if (!mayMask(masker.account, subject)) return refuse("not allowed", { ...known, subject: uid })
    const holder: Holder = { uid, client, form: "masquerade", masker: masker.holder.uid }
    return {
      reply: issued(holder, subject, table.issue(holder, call.now, policy())),
      finding: { grant: "masquerade", ...whoIs(holder), outcome: "masqueraded" },
    }
  }

  /** Answers by the grant that a request names, after its client was checked. */
  const endpoint = (grants: ReadonlyMap<string, Grant>) => {
    return (call: Call): Answer => {
      const input = inputOf(call)
      const client = platform.clientOf(call, input)
      const known = client && { client: client.id }
      const grant = grants.get(input.get("grant_type") ?? "")
      if (!grant) return refuse("unknown grant", known)
      if (!client?.right) return refuse("bad client", known)
      return grant(call, input, client.id)
    }
  }

  return { password, mfa, refreshToken, masquerade, renew, endpoint }
}

/** All grants of a token endpoint, by `grant_type`. */
export const tokenEndpoint = (platform: Platform, saying: Saying): ((call: Call) => Answer) => {
  const { endpoint, ...grants } = make(platform, saying)
  return endpoint(
    new Map([
      ["password", grants.password],
      ["mfa", grants.mfa],
      ["refresh_token", grants.refreshToken],
      ["masquerade", grants.masquerade],
    ]),
  )
}
