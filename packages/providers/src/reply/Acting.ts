/**
 * Whether a reply to acting holds the subject's token. It may be the account's own, wider one, from a cache or by a mistake of the
 * provider. How names are compared depends on the wire (`Naming`). That an account's token belongs to no other user holds at every
 * provider.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Holder } from "../description/Naming.ts"
import { idOf, type Provider } from "../description/Provider.ts"
import { type AuthError, fromReason, Misconfigured, type Reason, type Stead, Unreadable } from "../error/AuthError.ts"
import { claimsOf } from "../token/Claims.ts"
import type { Tokens } from "../token/Token.ts"
import { classOf } from "../wire/Mistake.ts"

/** The account that acts. */
export interface Owner {
  /** Its tokens as they are now, with those that died lately. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string> | undefined>
  /** Its current token, and whose it is; absent before the first sign-in. */
  readonly tokens: Pick<Tokens, "accessToken" | "identity" | "details"> | undefined
  /** The name with which it signs in, if there is one. */
  readonly username: string | undefined
}

const holderOf = (tokens: Owner["tokens"], username?: string | undefined): Holder => ({
  identity: tokens?.identity ?? {},
  claims: tokens === undefined ? {} : { ...tokens.details, ...claimsOf(Redacted.value(tokens.accessToken)) },
  username,
})

/**
 * Fails as `Misconfigured` if the account would act for itself, and as `Unreadable` if the provider's `isOwn` throws. Nothing has to be
 * sent to know that.
 */
export const notForItself = (provider: Provider, subject: string, own: Owner): Result.Result<void, AuthError> => {
  let reason: Reason | undefined
  try {
    if (provider.dialect.acting?.isOwn(subject, holderOf(own.tokens, own.username)) === true) {
      const fix = "The account cannot act for itself. Use its own session, or name another user."
      reason = new Misconfigured({ provider: provider.id, field: "subject", fix })
    }
  } catch (thrown) {
    reason = new Unreadable({ provider: idOf(provider), threw: classOf(thrown) })
  }
  return reason === undefined ? Result.succeed(undefined) : Result.fail(fromReason(reason))
}

/**
 * Checks the reply to acting. Returns whether it names the subject, or another name that may be the same user's. Fails as
 * `Unreadable`, which says what came `instead`, if the token is the account's own or another user's.
 */
export const accepted = (
  provider: Provider,
  subject: string,
  own: Owner,
  came: Tokens,
): Result.Result<"subject" | "unlike", AuthError> => {
  const no = (instead: Stead) => Result.fail(fromReason(new Unreadable({ provider: provider.id, instead })))
  const token = Redacted.value(came.accessToken)
  if (own.secrets.some((one) => one !== undefined && Redacted.value(one) === token)) return no("own_token")
  const named = provider.dialect.acting?.named(subject, holderOf(own.tokens, own.username), holderOf(came)) ?? "subject"
  return named === "account" || named === "other_user" ? no(named) : Result.succeed(named)
}
