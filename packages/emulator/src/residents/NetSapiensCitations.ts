/** Which lines of their pages the replies of a NetSapiens platform follow. */
import * as Citations from "../exchange/Citations.ts"

const first = Citations.of("skyswitch", "https://pbx.readme.io/reference")
const second = Citations.of("netsapiens-v2", "https://docs.ns-api.com")

/** Version 1. */
export const version1: Citations.Lines = {
  "password issued": first("password.curl", "-dgrant_type=password"),
  "password challenged": first("mfa-challenge.json", '"mfa": "mfa_required"'),
  "mfa issued": first("mfa.curl", "-dgrant_type=mfa"),
  "refresh_token renewed": first("refresh.curl", "/ns-api/oauth2/token/?grant_type=refresh_token"),
  "masquerade masqueraded": first("masquerade.curl", "--data-urlencode 'grant_type=masquerade'"),
  inspected: first("read.curl", "/ns-api/oauth2/read?format=json"),
}

/** Version 2's `/tokens`. */
export const tokens: Citations.Lines = {
  "password issued": second("password.curl", '"grant_type": "password"'),
  "mfa issued": second("mfa.curl", '"grant_type": "mfa"'),
  "refresh_token renewed": second("refresh.curl", '"grant_type": "refresh_token"'),
}

/** Version 2's `/jwt`. */
export const jwt: Citations.Lines = {
  "password issued": second("jwt.curl", '"grant_type": "password"'),
  "mfa issued": second("jwt-mfa.curl", '"grant_type": "mfa"'),
  "refresh_token renewed": second("jwt-refresh.curl", '{"refresh": "{{refresh}}"}'),
  inspected: second("jwt-read.curl", "curl '{origin}/ns-api/v2/jwt'"),
  revoked: second("jwt-revoke.curl", "curl --request DELETE '{origin}/ns-api/v2/jwt'"),
}

/** Version 2's `/version`. */
export const version: Citations.Lines = {
  "version told": second("version.curl", "curl '{origin}/ns-api/v2/version'"),
}
