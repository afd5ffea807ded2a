/**
 * Yeastar P-Series: a pair for client id and secret, every refusal in an HTTP 200, and at most 8 living access tokens.
 *
 * The pages are in `fixtures/yeastar`. Which number a wrong client gets, when an address is blocked, and what becomes of a used refresh
 * token, or of that of a revoked access token, is `invented`: no page says it.
 */
import * as Schema from "effect/Schema"
import { type Answer, type Call, json } from "../exchange/Exchange.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness } from "../exchange/Witness.ts"

const World = Schema.Struct({
  /** "You can obtain the username from the Client ID on PBX web portal." */
  clients: Schema.Array(Schema.Struct({ id: Schema.String, secret: Schema.String })),
  /** s; the sample's `access_token_expire_time`. */
  lifetime: Schema.Int,
  /** s; the sample's `refresh_token_expire_time`. */
  refreshLifetime: Schema.Int,
  /** So many access tokens of one client may live. */
  cap: Schema.Int,
  /** The number of a wrong client; invented. */
  wrongClient: Schema.Int,
  /** After so many failures in a row nobody may sign in any more; invented. */
  blockAfter: Schema.Int,
  /** Whether the application may be used: "IP FORBIDDEN" if not. */
  allowed: Schema.Boolean,
  /** Whether a revoked access token takes the refresh token of its pair along (RFC 7009 §2.1 leaves it open); invented. */
  revocationEndsRefresh: Schema.Boolean,
})

interface Holder {
  readonly client: string
}

/** The rows of `fixtures/yeastar/errors.json` that it says. */
const messages = {
  10001: "INTERFACE NOT EXISTED",
  10004: "TOKEN EXPIRED",
  10005: "ACCESS DENIED",
  40001: "PARAMETER SYNTAX ERROR",
  40002: "PARAMETER ERROR",
  60002: "MAX LIMITATION EXCEEDED",
  70004: "ACCOUNT IP BLOCKED",
  70087: "IP FORBIDDEN",
} as const

/** The witness. */
export const witness = defineWitness({
  id: "yeastar",
  world: World,
  defaults: {
    clients: [{ id: "yeastar-client-id", secret: "yeastar-client-secret" }],
    lifetime: 1_800,
    refreshLifetime: 86_400,
    cap: 8,
    wrongClient: 10_005,
    blockAfter: 5,
    allowed: true,
    revocationEndsRefresh: true,
  },
  make: (world) => {
    const table = makeTable<Holder>(() => randomHex(16))
    /** The access tokens of each client, dead ones among them until the next is issued. */
    const issued = new Map<string, ReadonlyArray<string>>()
    /** The refresh token of each access token. */
    const refreshOf = new Map<string, string>()
    let failures = 0

    const living = (client: string, now: number) => {
      const left = (issued.get(client) ?? []).filter((token) => table.find(token, now) !== undefined)
      issued.set(client, left)
      return left
    }

    const refused = (errcode: number, known: Omit<Answer["finding"], "outcome"> = {}): Answer => ({
      reply: json(200, { errcode, errmsg: messages[errcode as keyof typeof messages] ?? "FAILURE" }),
      finding: {
        ...known,
        outcome: `refused: ${errcode === 60_002 || errcode === 70_004 ? "too many requests" : errcode === 10_004 ? "bad token" : "bad client"}`,
      },
    })

    const policy = () => ({
      lifetime: world().lifetime,
      refreshLifetime: world().refreshLifetime,
      rotation: "once" as const,
      renewalEndsAccess: false,
    })

    const paired = (client: string, pair: ReturnType<typeof table.issue>) => {
      issued.set(client, [...(issued.get(client) ?? []), pair.access])
      if (pair.refresh !== undefined) refreshOf.set(pair.access, pair.refresh)
      return json(200, {
        errcode: 0,
        errmsg: "SUCCESS",
        access_token_expire_time: pair.expiresIn,
        access_token: pair.access,
        refresh_token_expire_time: pair.refreshExpiresIn,
        refresh_token: pair.refresh,
      })
    }

    const getToken = (call: Call): Answer => {
      const grant = "client_credentials"
      if (call.encoding !== "json") return refused(40_001, { grant })
      if (failures >= world().blockAfter) return refused(70_004, { grant })
      const client = world().clients.find(({ id }) => id === call.fields.get("username"))
      const known = { grant, ...(client && { client: client.id }) } as const
      if (!client || client.secret !== call.fields.get("password")) {
        failures++
        return refused(world().wrongClient, known)
      }
      if (!world().allowed) return refused(70_087, known)
      if (living(client.id, call.now).length >= world().cap) return refused(60_002, known)
      failures = 0
      return {
        reply: paired(client.id, table.issue({ client: client.id }, call.now, policy())),
        finding: { ...known, outcome: "issued" },
      }
    }

    const refreshToken = (call: Call): Answer => {
      const grant = "refresh_token"
      if (call.encoding !== "json") return refused(40_001, { grant })
      const shown = call.fields.get("refresh_token") ?? ""
      const holder = table.holderOf(shown)
      const known = { grant, ...(holder && { client: holder.client }) } as const
      if (holder && living(holder.client, call.now).length >= world().cap) return refused(60_002, known)
      const isThere = ({ client }: Holder) => world().clients.some(({ id }) => id === client)
      const renewed = table.renew(shown, call.now, policy(), isThere)
      if (!renewed) return refused(10_004, known)
      return { reply: paired(renewed.holder.client, renewed.issued), finding: { ...known, outcome: "renewed" } }
    }

    const holderIn = (call: Call) => table.find(call.query.get("access_token") ?? "", call.now)?.holder

    const delToken = (call: Call): Answer => {
      const holder = holderIn(call)
      if (!holder) return refused(10_004)
      // That token alone: those that were issued before and after it live on.
      const shown = call.query.get("access_token") ?? ""
      table.shorten(shown, call.now)
      if (world().revocationEndsRefresh) table.shorten(refreshOf.get(shown) ?? "", call.now)
      return { reply: json(200, { errcode: 0, errmsg: "SUCCESS" }), finding: { ...holder, outcome: "revoked" } }
    }

    // Invented: a stand-in for the rest of the API.
    const api = (call: Call): Answer => {
      const holder = holderIn(call)
      return holder
        ? {
            reply: json(200, { errcode: 0, errmsg: "SUCCESS", client: holder.client }),
            finding: { ...holder, outcome: `api call as ${holder.client}` },
          }
        : refused(10_004)
    }

    return {
      routes: [
        {
          methods: ["POST"],
          paths: ["/openapi/v1.0/get_token"],
          answer: getToken,
          issues: true,
          grant: "client_credentials",
        },
        {
          methods: ["POST"],
          paths: ["/openapi/v1.0/refresh_token"],
          answer: refreshToken,
          issues: true,
          grant: "refresh_token",
        },
        { methods: ["GET"], paths: ["/openapi/v1.0/del_token"], answer: delToken },
        { methods: ["GET", "POST"], paths: ["/openapi/v1.0/*"], answer: api },
      ],
      ...table,
    }
  },
})
