/** IPEX's part of the world. The page: https://ipexas.atlassian.net/wiki/spaces/VD/pages/626720808. */
import * as Schema from "effect/Schema"
import { onceEach, RefusalStyle, Rotation, Seconds, Text } from "../exchange/WorldFields.ts"

/** The form of IPEX's world. */
export const Ipex = Schema.Struct({
  /** Client ids; IPEX's client has no secret. */
  clients: Schema.Array(Text).check(onceEach("a client id", (id) => id)),
  /** The API accesses. */
  accounts: Schema.Array(
    Schema.Struct({
      /** Its e-mail, which is also how others name it. */
      email: Text,
      /** Left out: no one signs in as it; others may still act for it. */
      password: Schema.optionalKey(Text),
      /** Whether the API access was created with "Impersonation" checked. */
      impersonation: Schema.Boolean,
    }),
  ).check(onceEach("an e-mail", ({ email }) => email, "email")),
  /** Life of an access token, s. */
  lifetime: Seconds,
  /** Life of a refresh token, s; each renewal starts it again. */
  refreshLifetime: Seconds,
  /** What becomes of a refresh token that was used. */
  rotation: Rotation,
  /** Whether an impersonation answers with a refresh token too. */
  impersonationRefreshToken: Schema.Boolean,
  /** How a refusal looks. */
  refusal: RefusalStyle,
})

/** IPEX's part of the world. */
export type Ipex = typeof Ipex.Type

/** The world of the vendor's page. What no page prints is marked `invented`. */
export const defaults: Ipex = {
  clients: ["api"],
  accounts: [
    { email: "api-user@example.test", password: "ipex-password", impersonation: true }, // invented
    { email: "someone@example.test", password: "other-password", impersonation: false }, // invented
  ],
  lifetime: 3000, // "valid for 50 minutes"
  refreshLifetime: 7200, // the vendor's own client documentation
  rotation: "strict", // invented, after Keycloak, whose shape the replies have
  impersonationRefreshToken: false, // invented
  refusal: "inferred",
}
