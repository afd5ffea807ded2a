/**
 * What a grant asks for, as a value: method, path, headers and body, and how this one request proves the client. Secrets are
 * `Redacted`, so you may print it.
 */
import type { Redacted } from "effect/Redacted"
import type { RefusalRule } from "../refusal/RefusalRule.ts"
import type { Fields, JsonBody } from "../wire/TokenRequest.ts"

/** How the client authenticates: in the form's fields, by HTTP Basic, or by its id only. */
export type ClientAuthentication = "form" | "basic" | "none"

/** What a grant asks for: a request without its client's authentication. */
export interface Presentation {
  /** How it is sent. */
  readonly method: "GET" | "POST" | "DELETE"
  /**
   * Below the address: `/oauth2/token/`. It stands in errors, so write no secret into it. Put an option into it by
   * `encodeURIComponent`: a path that leads elsewhere is refused as `Misconfigured`.
   */
  readonly path: string
  /** Where the fields go: a form body, a JSON object, or the URL's query. With `query` there is no body, whatever the method is. */
  readonly encoding: "form" | "json" | "query"
  /** Names and values in the order in which they are sent. */
  readonly fields?: Fields | undefined
  /** With the encoding `json`: what the object holds beside `fields`, at any depth. */
  readonly body?: JsonBody | undefined
  /** Further headers. A secret in one is `Redacted`. One with a name that the request has already replaces it. */
  readonly headers?: Fields | undefined
  /** Sent as `Authorization: Bearer`. A request with a bearer proves no client, unless `client` says how. */
  readonly bearer?: Redacted<string> | undefined
  /**
   * How this request proves the client, if not as the provider's `clientAuthentication` says. `absent`: neither id nor secret is
   * sent, because the presentation writes them where the vendor wants them (`account.client`). With a `bearer`, `basic` sends nothing,
   * as there is one `Authorization` header.
   */
  readonly client?: ClientAuthentication | "absent" | undefined
}

/** A form that is posted: what most token endpoints take. */
export const form = (path: string, fields: Fields): Presentation => ({ method: "POST", path, encoding: "form", fields })

/**
 * How an API says that it does not take the access token, if not by a 401. All that a row names must match, and one row is enough. Write
 * only what says that the token has ended, and not what says that the account lacks a right: the token is then renewed, and the call is
 * sent again.
 */
export type BearerRefusal = Pick<RefusalRule, "status" | "field" | "value">

interface Refusing {
  /**
   * What refuses the token, beside a 401: `[{ field: "errcode", value: 10004 }]`. A field is that of a JSON object of at most 16 kB, which
   * is read before the app has the answer. It is read by what `defineProvider` adds to a value.
   */
  readonly refused?: ReadonlyArray<BearerRefusal> | undefined
}

/**
 * How an API takes the access token: in a header (`Authorization: Bearer …` unless you name another header or scheme; an empty scheme
 * sends the token alone), or in the URL's query under a name. A token in a URL ends in access logs, so use the query only where the
 * vendor takes nothing else.
 */
export type BearerPlace = Refusing &
  (
    | {
        /** In a header. */
        readonly in: "header"
        /** Default `Authorization`. */
        readonly name?: string | undefined
        /** The word before the token. Default `Bearer`; `""` for none. */
        readonly scheme?: string | undefined
      }
    | {
        /** In the URL's query. */
        readonly in: "query"
        /** The parameter: `access_token`. */
        readonly name: string
      }
  )
