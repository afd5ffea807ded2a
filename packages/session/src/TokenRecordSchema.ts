/**
 * A `TokenRecord` as JSON, for your own `TokenStore`.
 *
 * The JSON holds the tokens in clear: encrypt it before it leaves the process.
 *
 * It is a module of its own, so an app without such a store does not load `effect/Schema` for it.
 *
 * @since 0.1.0
 */

import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import type { TokenRecord } from "./TokenStore.ts"

/** `undefined` here is `null` in JSON. */
const orUndefined = <S extends Schema.Constraint>(schema: S) =>
  Schema.NullOr(schema).pipe(
    Schema.decodeTo(Schema.UndefinedOr(Schema.toType(schema)), {
      decode: SchemaGetter.transform((value: S["Type"] | null) => value ?? undefined),
      encode: SchemaGetter.transform((value: S["Type"] | undefined) => value ?? null),
    }),
  )

/** A life in ms. JSON has no infinity: one that does not end is `null`. */
const Lifetime = Schema.NullOr(Schema.Finite).pipe(
  Schema.decodeTo(Schema.Number.check(Schema.isGreaterThanOrEqualTo(0)), {
    decode: SchemaGetter.transform((ms: number | null) => ms ?? Number.POSITIVE_INFINITY),
    encode: SchemaGetter.transform((ms: number) => (ms === Number.POSITIVE_INFINITY ? null : ms)),
  }),
)

const Secret = Schema.RedactedFromValue(Schema.NonEmptyString)

/** A moment in epoch ms; `null` means "never". */
const Moment = Schema.NullOr(Schema.Finite)

const text = Schema.optional(Schema.String)

const Identity = Schema.Struct({
  uid: text,
  user: text,
  login: text,
  username: text,
  domain: text,
  territory: text,
  site: text,
  group: text,
  department: text,
  displayName: text,
  email: text,
  apiOrigin: text,
})

const Tokens = Schema.Struct({
  accessToken: Secret,
  refreshToken: orUndefined(Secret),
  tokenType: Schema.String,
  lifetime: Lifetime,
  refreshLifetime: orUndefined(Schema.Finite),
  scope: Schema.NullOr(Schema.String),
  identity: Identity,
  details: Schema.Record(Schema.String, Schema.Json),
})

const Record = Schema.Struct({
  generation: Schema.Int,
  via: Schema.Literals(["sign_in", "renewal"]),
  tokens: orUndefined(Tokens),
  times: orUndefined(Schema.Struct({ issuedAt: Schema.Finite, dueAt: Moment, usableUntil: Moment, expiresAt: Moment })),
  intent: orUndefined(
    Schema.Struct({
      holder: Schema.String,
      purpose: Schema.Literals(["sign_in", "renewal"]),
      startedAt: Schema.Finite,
      until: Schema.Finite,
      afterSignOut: Schema.optional(Schema.Literal(true)),
    }),
  ),
})

/**
 * A record in JSON. A field that is absent is `null`.
 *
 * @category models
 */
export type Encoded = (typeof Record)["Encoded"]

/**
 * The codec of a record. Secrets are `Redacted` on this side and in clear on the other.
 *
 * The error of a decoder can quote what it was given. `decode` does not show it.
 *
 * @category schemas
 */
export const TokenRecordSchema: Schema.Codec<TokenRecord, Encoded> = Record

const Text = Schema.fromJsonString(TokenRecordSchema)
const decodeText = Schema.decodeUnknownEffect(Text)
const encodeText = Schema.encodeEffect(Text)

/** It does not pass by itself, and its text may hold a token, so it is not shown. */
const corrupt = () => new StoreFailed({ remedy: "configure" })

/**
 * The JSON text of a record.
 *
 * Fails as `StoreFailed` if the record is wrong.
 *
 * @category encoding
 */
export const encode = (record: TokenRecord): Effect.Effect<string, StoreFailed> =>
  Effect.mapError(encodeText(record), corrupt)

/**
 * The record of a JSON text.
 *
 * Fails as `StoreFailed` with the remedy `configure` if the text is wrong, and repeats nothing of it.
 *
 * @category decoding
 */
export const decode = (text: unknown): Effect.Effect<TokenRecord, StoreFailed> =>
  Effect.mapError(decodeText(text), corrupt)
