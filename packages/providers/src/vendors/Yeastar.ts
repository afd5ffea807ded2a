/**
 * Yeastar P-Series, the API of one PBX. The client is the account: its id is sent as a user name, its secret as a password.
 *
 * Sources: https://help.yeastar.com/en/p-series/developer-guide/get-access-token.html and the pages beside it; the cap on living tokens
 * and the renewal are on the pages of the Cloud Edition. docs/providers/yeastar.md says which fact is on which page, and what is
 * inferred.
 */
import { defineProvider } from "../definition/Definition.ts"
import type { Presentation, RefusalRule } from "../description/Provider.ts"
import { keptBelow } from "../token/LiveTokens.ts"

const page = "https://help.yeastar.com/en/p-series/developer-guide/get-access-token.html"

/** "You MUST include a User-Agent header with every request": `User-Agent: OpenAPI`. A browser sends its own instead. */
const headers = [["user-agent", "OpenAPI"]] as const

const posted = (path: string, fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path,
  encoding: "json",
  // The secret is a field of the body, or the refresh token alone is enough.
  client: "absent",
  headers,
  fields,
})

/** A row for each number. The error repeats the number as its code. Every refusal is an HTTP 200. */
const told = (numbers: ReadonlyArray<number>, row: Omit<RefusalRule, "code" | "field" | "value">) =>
  numbers.map((errcode): RefusalRule => ({ ...row, field: "errcode", value: errcode, code: `${errcode}` }))

/** The provider as a value. */
export const provider = defineProvider({
  id: "yeastar",
  name: "Yeastar P-Series",
  page,
  addresses: { plainHttpOption: true },
  // Each PBX issues its own.
  clientIdsBy: "address",
  clientAuthentication: "form",
  clientSecret: "required",
  signsInWith: "client",
  scopes: "none",
  // "The access token expires after 30 minutes, and the refresh token expires after 24 hours."
  defaultLifetime: 1_800_000,
  renewsWith: "refresh_token",
  // "refresh_token can be used to obtain new access_token and refresh_token"; the page does not say what becomes of the old one.
  rotation: "unknown",
  capabilities: ["revoke"],
  // "TOKEN EXPIRED", in an HTTP 200. 10005, "ACCESS DENIED", is about a right.
  bearer: { in: "query", name: "access_token", refused: [{ field: "errcode", value: 10_004 }] },
  // An application can hold 8 valid access tokens at most (translated from the vendor's Chinese page for its cloud edition).
  liveTokens: keptBelow(8),
  grants: {
    ClientCredentials: (_, { client }) =>
      posted("/openapi/v1.0/get_token", [
        ["username", client.id],
        ["password", client.secret ?? ""],
      ]),
    RefreshToken: ({ refreshToken }) => posted("/openapi/v1.0/refresh_token", [["refresh_token", refreshToken]]),
  },
  // The only way that the page has: the token is in the URL.
  revocation: (bearer) => ({
    method: "GET",
    path: "/openapi/v1.0/del_token",
    encoding: "query",
    client: "absent",
    headers,
    fields: [["access_token", bearer]],
  }),
  reply: {
    lifetime: [{ field: "access_token_expire_time", unit: "s" }, "page"],
    refreshLifetime: [{ field: "refresh_token_expire_time", unit: "s" }],
  },
  // https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/error-code-and-error-message.html
  refusals: [
    ...told([10_001, 10_002, 10_003], {
      reason: "Misconfigured",
      option: "address",
      fix: "This PBX does not have version 1.0 of the API. Use the address of a P-Series PBX whose firmware has it.",
    }),
    ...told([10_004, 10_005, 40_002], { on: "RefreshToken", reason: "RenewalRefused" }),
    ...told([10_004], { on: "revoke", reason: "NotAllowed", tokenRejected: true }),
    // OPERATION FAILED, ACTION FORBIDDEN, IP FORBIDDEN: id and secret may be right.
    ...told([10_009, 70_084, 70_087], {
      on: "ClientCredentials",
      reason: "Misconfigured",
      option: "address",
      fix: "This PBX does not let this program use its API. Ask its administrator to switch the API on, and to allow the IP address of this program.",
    }),
    // What a wrong client gets is not on the page.
    ...told([1, 10_004, 10_005, 40_001, 40_002], { on: "ClientCredentials", reason: "ClientRefused" }),
    // A slot is free when a token ends, which takes 30 minutes at most.
    ...told([60_002], {
      reason: "Throttled",
      retryAfter: 300_000,
      fix: "As many access tokens of this application live as the PBX allows. Wait until one ends, or let its programs share one token store.",
    }),
    // Security > Blocked IPs.
    ...told([70_004], {
      reason: "Throttled",
      retryAfter: 600_000,
      fix: "The PBX has blocked the IP address of this program after failed attempts. Wait, or ask its administrator to remove the block.",
    }),
    ...told([-2, -1, 2, 70_082], { reason: "Unavailable" }),
  ],
})
