/**
 * Whether a reply to acting for somebody holds that one's token: it may be the account's own, wider one, from a cache or by a mistake
 * of the provider's. How names are compared is the wire's (`Dialect.acting`); that no token of the account's is anybody else's
 * holds at every provider.
 */
import { isString } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { JsonObject } from "effect/Schema"
import { type AuthError, Misconfigured, refuse, type Stead, Unreadable } from "./AuthError.ts"
import { claimsOf } from "./Claims.ts"
import type { Provider } from "./Provider.ts"
import type { Identity, Tokens } from "./Token.ts"

/** What is known of somebody who holds a token. */
export interface Holder {
  readonly identity: Identity
  /** Other fields of the reply, and the claims of a JWT. Nobody verified them: they may give somebody away, and prove nothing. */
  readonly claims: JsonObject
  /** With what the account signs in. */
  readonly username?: string | undefined
}

/**
 * Whom a reply names:
 *
 * - `subject`: whom it was asked for, or nobody
 * - `account`: the account itself
 * - `other_user`: somebody else, beyond doubt
 * - `unlike`: somebody by another name, which may be one of the subject's
 */
export type Named = "subject" | "account" | "other_user" | "unlike"

/** How a wire names those whom one may act for. */
export interface Naming {
  /** Whether the subject is the account itself. */
  readonly isOwn: (subject: string, own: Holder) => boolean
  readonly named: (subject: string, own: Holder, came: Holder) => Named
}

/** The account that acts. */
export interface Owner {
  /** Its tokens as they are now, with those that died lately. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string> | undefined>
  readonly tokens: Pick<Tokens, "accessToken" | "identity" | "details"> | undefined
  readonly username: string | undefined
}

const holderOf = (tokens: Owner["tokens"], username?: string | undefined): Holder => ({
  identity: tokens?.identity ?? {},
  claims: tokens === undefined ? {} : { ...tokens.details, ...claimsOf(Redacted.value(tokens.accessToken)) },
  username,
})

/** Fails as `Misconfigured` where the account would act for itself. Nothing has to be sent to know that. */
export const notForItself = (provider: Provider, subject: string, own: Owner): Result.Result<void, AuthError> =>
  provider.dialect.acting?.isOwn(subject, holderOf(own.tokens, own.username)) === true
    ? Result.fail(
        refuse(
          new Misconfigured({
            provider: provider.id,
            field: "subject",
            fix: "The account cannot act for itself. Use its own session, or write whom else to act for.",
          }),
        ),
      )
    : Result.succeed(undefined)

/**
 * Looks at what came in answer to acting. Gives whether it names the subject, or somebody by another name who may be the same; fails as
 * `Unreadable`, which says what came `instead`, where the token is the account's own or somebody else's.
 */
export const accepted = (
  provider: Provider,
  subject: string,
  own: Owner,
  came: Tokens,
): Result.Result<"subject" | "unlike", AuthError> => {
  const no = (instead: Stead) => Result.fail(refuse(new Unreadable({ provider: provider.id, instead })))
  const token = Redacted.value(came.accessToken)
  if (own.secrets.some((one) => one !== undefined && Redacted.value(one) === token)) return no("own_token")
  const named = provider.dialect.acting?.named(subject, holderOf(own.tokens, own.username), holderOf(came)) ?? "subject"
  return named === "account" || named === "other_user" ? no(named) : Result.succeed(named)
}

const lower = (text: string) => text.trim().toLowerCase()

/** `<extension>@<domain>`, letters' case aside; `undefined` for anything else, such as a name that somebody made unreadable. */
const placeOf = (text: string | undefined) => {
  const [extension = "", ...rest] = lower(text ?? "").split("@")
  const domain = rest.join("@")
  if (extension === "" || domain === "" || /\s/.test(extension + domain)) return undefined
  return { extension, domain, label: domain.split(".", 1)[0] }
}

const isSamePlace = (a: ReturnType<typeof placeOf>, b: ReturnType<typeof placeOf>): boolean =>
  a !== undefined && b !== undefined && a.extension === b.extension && a.label === b.label

/**
 * NetSapiens: a user is `<extension>@<domain>`, and a domain is printed in full or by its first label (SkySwitch page). A `uid` of
 * another form says nothing: the page's own sample prints one that was made unreadable.
 */
export const byExtension: Naming = {
  isOwn: (subject, { identity, username }) => {
    const place = placeOf(subject)
    const login = placeOf(username)
    // A login may be an e-mail, whose domain is no domain of a PBX: the short form alone is sure to be one.
    const isLogin = login !== undefined && !login.domain.includes(".") && isSamePlace(place, login)
    return isSamePlace(place, placeOf(identity.uid)) || isLogin || lower(subject) === lower(username ?? "")
  },
  named: (subject, own, { identity }) => {
    const came = placeOf(identity.uid)
    const asked = placeOf(subject) ?? { extension: lower(subject), label: came?.label }
    if (came === undefined || (came.extension === asked.extension && came.label === asked.label)) return "subject"
    return isSamePlace(came, placeOf(own.identity.uid)) ? "account" : "other_user"
  },
}

const namesOf = ({ claims, identity, username }: Holder): ReadonlyArray<string> =>
  [claims.sub, claims.email, claims.preferred_username, identity.email, username].flatMap((name) =>
    isString(name) && name.trim() !== "" ? [lower(name)] : [],
  )

/**
 * IPEX: the page calls the subject "email/login", so a token may well name another e-mail than was asked for. The account's own names
 * give it away all the same.
 */
export const byEmail: Naming = {
  isOwn: (subject, own) => namesOf(own).includes(lower(subject)),
  named: (subject, own, came) => {
    const names = namesOf(came)
    if (namesOf(own).some((name) => names.includes(name))) return "account"
    const email = came.claims.email ?? came.identity.email
    return isString(email) && lower(email) !== lower(subject) ? "unlike" : "subject"
  },
}
