/**
 * How a wire names the users that an account may act for, and how two names are compared: a value of the dialect (`Dialect.acting`).
 */
import { isString } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"
import type { Identity } from "../token/Token.ts"

/** What is known about the holder of a token. */
export interface Holder {
  /** Whose token it is, as far as its reply says so. */
  readonly identity: Identity
  /** Other fields of the reply, and the claims of a JWT. They are not verified: they may reveal another user, but prove nothing. */
  readonly claims: JsonObject
  /** The name with which the account signs in. */
  readonly username?: string | undefined
}

/**
 * The user that a reply names:
 *
 * - `subject`: the one that was asked for, or none
 * - `account`: the account itself
 * - `other_user`: certainly another user
 * - `unlike`: another name, which may be one of the subject's
 */
type Named = "subject" | "account" | "other_user" | "unlike"

/** How a wire names the users that an account may act for. */
export interface Naming {
  /** Whether the subject is the account itself. */
  readonly isOwn: (subject: string, own: Holder) => boolean
  /** Whom the reply to acting names: the one that was asked for, the account itself, or another user. */
  readonly named: (subject: string, own: Holder, came: Holder) => Named
}

const lower = (text: string) => text.trim().toLowerCase()

/** A user's domain. */
interface Place {
  readonly extension: string
  /** The first label of the domain. */
  readonly label: string | undefined
}

/** `<extension>@<domain>`, in any case; `undefined` for anything else, such as an anonymised name. */
const placeOf = (text: string | undefined): (Place & { readonly domain: string }) | undefined => {
  const [extension = "", ...rest] = lower(text ?? "").split("@")
  const domain = rest.join("@")
  if (extension === "" || domain === "" || /\s/.test(extension + domain)) return undefined
  return { extension, domain, label: domain.split(".", 1)[0] }
}

const isSamePlace = (a: Place | undefined, b: Place | undefined): boolean =>
  a !== undefined && b !== undefined && a.extension === b.extension && a.label === b.label

/** A login may be an e-mail, and its domain is then not a domain of a PBX. Only the short form certainly is one. */
const loginOf = ({ username }: Holder): Place | undefined => {
  const login = placeOf(username)
  return login?.domain.includes(".") === true ? undefined : login
}

/** An extension without a domain belongs to the account's own domain, if that is known. */
const askedOf = (subject: string, own: Holder): Place =>
  placeOf(subject) ?? { extension: lower(subject), label: (placeOf(own.identity.uid) ?? loginOf(own))?.label }

/**
 * NetSapiens: a user is `<extension>@<domain>`, and a domain is printed in full or by its first label (SkySwitch page). A `uid` of
 * another form says nothing: the page's own sample prints an anonymised one.
 */
export const byExtension: Naming = {
  isOwn: (subject, own) => {
    const place = askedOf(subject, own)
    const { identity, username } = own
    return (
      isSamePlace(place, placeOf(identity.uid)) ||
      isSamePlace(place, loginOf(own)) ||
      lower(subject) === lower(username ?? "")
    )
  },
  named: (subject, own, { identity }) => {
    const came = placeOf(identity.uid)
    if (came === undefined) return "subject"
    if (isSamePlace(came, placeOf(own.identity.uid)) || isSamePlace(came, loginOf(own))) return "account"
    const { extension, label = came.label } = askedOf(subject, own)
    return came.extension === extension && came.label === label ? "subject" : "other_user"
  },
}

const namesOf = ({ claims, identity, username }: Holder): ReadonlyArray<string> =>
  [claims.sub, claims.email, claims.preferred_username, identity.email, username].flatMap((name) =>
    isString(name) && name.trim() !== "" ? [lower(name)] : [],
  )

/**
 * IPEX: the page calls the subject "email/login", so a token may name another e-mail than was asked for. The account's own names
 * still reveal that the token is its own.
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
