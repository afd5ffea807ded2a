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
  // `ShapedReply` puts there what it has checked. No reply can have a field of this name.
  apiOrigin: Symbol() as unknown as string,
} satisfies Record<keyof Identity, string>
