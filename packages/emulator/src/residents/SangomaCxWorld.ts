/** Sangoma CX's part of the world. The page: https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348. */
import * as Schema from "effect/Schema"
import { BasicEncoding, onceEach, RefusalStyle, Seconds, Text } from "../exchange/WorldFields.ts"

/** The form of Sangoma CX's world. */
export const SangomaCx = Schema.Struct({
  /** The clients, each of which is its own account. */
  clients: Schema.Array(
    Schema.Struct({
      /** The client id. */
      id: Text,
      /** Its secret. */
      secret: Text,
      /** The scopes that it may ask for. */
      scopes: Schema.Array(Text),
    }),
  ).check(onceEach("a client id", ({ id }) => id, "id")),
  /** Life of an access token, s. */
  lifetime: Seconds,
  /**
   * The answer to a client that asks again while its token lives: the same one with its remaining life, a new one beside it, or a
   * refusal.
   */
  early: Schema.Literals(["same", "new", "refused"]),
  /** Issues the first token for ever, dead or alive, as if it were new: a client must not loop on it. */
  sameTokenForever: Schema.Boolean,
  /** How HTTP Basic has to be written. */
  basicEncoding: BasicEncoding,
  /** How a refusal looks. */
  refusal: RefusalStyle,
})

/** Sangoma CX's part of the world. */
export type SangomaCx = typeof SangomaCx.Type

/** The world of the vendor's page. What no page prints is marked `invented`. */
export const defaults: SangomaCx = {
  clients: [
    {
      id: "sangoma-client-id", // invented
      secret: "sangoma-client-secret", // invented
      scopes: ["cx.agent-calls", "cx.queue-calls"],
    },
  ],
  lifetime: 24_304_413,
  early: "same", // "renewed only once it is expired", and a sample below the year that the page promises
  sameTokenForever: false,
  basicEncoding: "both", // the page's curl sends it raw; that form-encoded does as well is invented
  refusal: "inferred",
}
