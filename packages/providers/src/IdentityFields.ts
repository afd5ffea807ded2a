/** The fields of a reply that say whose token it is. */
import type { Identity } from "./Token.ts"

/** The field of each part of an identity, as NetSapiens and IPEX name it. */
export const identityFields = {
  uid: "uid",
  user: "user",
  login: "login",
  username: "username",
  domain: "domain",
  territory: "territory",
  site: "site",
  group: "group",
  department: "department",
  displayName: "displayName",
  email: "user_email",
  // No vendor's field: `ShapedReply` puts there what it has checked.
  apiOrigin: "@",
} satisfies Record<keyof Identity, string>
