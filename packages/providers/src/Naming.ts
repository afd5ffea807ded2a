/**
 * How a wire names those whom one may act for, and how two names are compared: a value of the dialect (`Dialect.acting`).
 */
import { isString } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"
import type { Identity } from "./Token.ts"

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
