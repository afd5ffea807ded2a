/**
 * An `AuthError` as data: the error of an `HttpApi` endpoint, of an RPC, of a workflow's activity, or of a worker.
 *
 * ```ts
 * class Token extends Rpc.make("Token", { success: Schema.String, error: AuthErrorSchema }) {}
 * ```
 *
 * It is a module of its own, so a browser's client does not load `effect/Schema` for it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as AuthError from "./AuthError.ts"
import * as ConnectionFailure from "./ConnectionFailure.ts"
import * as ErrorWords from "./ErrorWords.ts"

const flag = Schema.optionalKey(Schema.Boolean)
const wordOf = <const Word extends string>({ literals }: { readonly literals: ReadonlyArray<Word> }) =>
  Schema.optionalKey(Schema.Literals(literals))

/** A word of an open list: only its form is known here, because it was declared in another process. */
const declared = (words: { readonly is: (u: unknown) => boolean }) =>
  Schema.optionalKey(
    Schema.String.check(Schema.makeFilter((text) => words.is(text), { expected: "a word as a provider declares it" })),
  )

const common = {
  provider: declared(ErrorWords.ProviderId),
  status: Schema.optionalKey(Schema.Int),
  code: declared(ErrorWords.VendorCode),
  retryAt: Schema.optionalKey(Schema.Finite),
  fix: Schema.optionalKey(Schema.String),
}

const host = Schema.String.check(
  Schema.makeFilter((text) => ErrorWords.Host.is(text), { expected: "a host, with a port if it is not the usual one" }),
)

/** The fields of each reason. `satisfies` finds a reason that is missing here. */
const reasons = {
  BadCredentials: Schema.TaggedStruct("BadCredentials", common),
  BadPasscode: Schema.TaggedStruct("BadPasscode", common),
  ChallengeExpired: Schema.TaggedStruct("ChallengeExpired", { ...common, atBrowser: flag }),
  PasscodeRequired: Schema.TaggedStruct("PasscodeRequired", { ...common, unsupportedByProvider: flag }),
  ClientRefused: Schema.TaggedStruct("ClientRefused", { ...common, basicEncoding: wordOf(ErrorWords.BasicEncoding) }),
  Misconfigured: Schema.TaggedStruct("Misconfigured", {
    ...common,
    field: Schema.String,
    fix: Schema.String,
    outcomeUnknown: flag,
  }),
  RenewalRefused: Schema.TaggedStruct("RenewalRefused", { ...common, sameToken: flag, garbled: flag }),
  SignedOut: Schema.TaggedStruct("SignedOut", { ...common, closed: flag }),
  NotAllowed: Schema.TaggedStruct("NotAllowed", { ...common, tokenRejected: flag, fresh: flag, atBrowser: flag }),
  Throttled: Schema.TaggedStruct("Throttled", {
    ...common,
    retryAt: Schema.Finite,
    toldUntil: Schema.optionalKey(Schema.Finite),
    policy: declared(ErrorWords.LimitPolicy),
    per: Schema.optionalKey(Schema.Literals(["subscriber", "client"])),
  }),
  Unavailable: Schema.TaggedStruct("Unavailable", {
    ...common,
    unreachable: flag,
    host: Schema.optionalKey(host),
    failed: Schema.optionalKey(Schema.Literals(ConnectionFailure.words)),
    garbled: flag,
  }),
  Unreadable: Schema.TaggedStruct("Unreadable", {
    ...common,
    threw: Schema.optionalKey(Schema.String),
    refused: flag,
    instead: wordOf(ErrorWords.Stead),
  }),
  OutcomeUnknown: Schema.TaggedStruct("OutcomeUnknown", {
    ...common,
    grant: Schema.Literals(ErrorWords.GrantTag.literals),
    interim: flag,
  }),
  StoreFailed: Schema.TaggedStruct("StoreFailed", {
    ...common,
    remedy: Schema.Literals(["retry", "configure"]),
    problem: Schema.optionalKey(Schema.Literals(ErrorWords.StoreProblem.literals)),
  }),
} satisfies { readonly [Tag in AuthError.Reason["_tag"]]: Schema.Constraint }

const Data = Schema.TaggedStruct("AuthError", { reason: Schema.Union(Object.values(reasons)) })

/**
 * The JSON of an `AuthError`: `{ _tag: "AuthError", reason: { _tag: "Throttled", provider: "skyswitch", retryAt: 1767225600000 } }`,
 * with times in epoch ms.
 *
 * @category models
 */
export type Encoded = (typeof Data)["Encoded"]

/**
 * Encodes an `AuthError` with its reason, and decodes it to an `AuthError` whose reason is of its class: `Effect.catchReason` works on
 * both sides. What `JSON.stringify` makes of an error is decoded too.
 *
 * A word that is not of its list or form (`provider`, `code`, `policy`, `host` and so on) is refused, and a field that the reason does
 * not have is dropped. `field`, `fix` and `threw` are text: decode only what comes from a program that you trust.
 *
 * With `HttpApi`, give it a status: `AuthErrorSchema.pipe(HttpApiSchema.status(503))`.
 *
 * @category schemas
 */
export const AuthErrorSchema: Schema.Codec<AuthError.AuthError, Encoded> = Data.pipe(
  Schema.decodeTo(Schema.declare(AuthError.isAuthError, { identifier: "AuthError", title: "AuthError" }), {
    decode: SchemaGetter.transform(({ reason }) => {
      // biome-ignore lint/performance/noDynamicNamespaceImportAccess: every reason is needed here.
      const Reason = AuthError[reason._tag] as unknown as new (fields: object) => AuthError.Reason
      const { _tag, ...fields } = reason
      return AuthError.fromReason(new Reason(fields))
    }),
    // The structs drop unknown fields.
    encode: SchemaGetter.transform(
      ({ reason }) => ({ _tag: "AuthError", reason: { ...reason, _tag: reason._tag } }) as (typeof Data)["Type"],
    ),
  }),
)
