/**
 * How the two versions of NetSapiens' API refuse.
 *
 * No page shows a refusal of version 1. These are those of the PHP library that it resembles (`oauth2-php`); the sentence of an
 * expired token and the wording of a wrong login are known from clients in the field. Version 2 answers `{code, message}`, and a 403
 * with an empty object (NetSapiens' own OpenAPI, `ErrorResponse`). Which of its statuses stands for which reason is invented, except
 * for the login (phoneware/netsapiens-mcp, its test).
 */
import { json } from "../exchange/Exchange.ts"
import { type Refuse, refusing, reply } from "../exchange/Refusal.ts"
import type { RefusalStyle } from "../exchange/WorldFields.ts"

const version1 = {
  "bad request": { status: 400, error: "invalid_request", message: "Missing or malformed parameter" },
  "unknown grant": {
    status: 400,
    error: "invalid_request",
    message: "Invalid grant_type parameter or parameter missing",
  },
  "bad client": { status: 400, error: "invalid_client", message: "The client credentials are invalid" },
  "bad credentials": { status: 400, error: "invalid_grant", message: "Invalid User Login", described: false },
  "bad refresh token": { status: 400, error: "invalid_grant", message: "Invalid refresh token" },
  "bad challenge": { status: 400, error: "invalid_grant", message: "Invalid or expired MFA session" },
  "bad passcode": { status: 400, error: "invalid_grant", message: "Invalid passcode" },
  "bad subject": { status: 400, error: "invalid_grant", message: "Invalid mask_uid" },
  "bad token": { status: 401, error: "invalid_grant", message: "The access token provided has expired" },
  "not allowed": { status: 403, error: "insufficient_scope", message: "Not allowed to masquerade as this user" },
} as const

/** Why a token endpoint of NetSapiens says no. */
export type Reason = keyof typeof version1

// Set if it differs from version 1.
const version2: { readonly [R in Reason]?: number } = {
  "bad client": 401,
  "bad credentials": 403,
  "bad subject": 404,
}

/** A refusal of version 1. */
export const inVersion1 = (style: () => RefusalStyle): Refuse<Reason> => refusing(version1, style)

/** A refusal of version 2. */
export const inVersion2 =
  (style: () => RefusalStyle): Refuse<Reason> =>
  (reason, known = {}) => {
    const status = version2[reason] ?? version1[reason].status
    const { message } = version1[reason]
    const inferred = json(status, reason === "not allowed" ? {} : { code: status, message })
    return {
      reply: style() === "inferred" ? inferred : reply(version1[reason], style()),
      finding: { ...known, outcome: `refused: ${reason}` },
    }
  }
