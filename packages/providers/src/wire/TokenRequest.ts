/**
 * A request to a token endpoint as a value: what is sent where, before any HTTP client is involved. Its secrets are `Redacted`, so
 * you may print a request.
 */
import type { Redacted } from "effect/Redacted"

/** Name and value pairs, in the order in which they are sent. */
export type Fields = ReadonlyArray<readonly [name: string, value: string | Redacted<string>]>

/** A value in a JSON body. */
export type JsonLeaf = string | number | boolean | null | Redacted<string>

/** A JSON object of any depth. A secret in it is `Redacted`, and is unwrapped only where the request is written. */
export interface JsonBody {
  readonly [name: string]: JsonLeaf | JsonBody | ReadonlyArray<JsonLeaf | JsonBody> | undefined
}

/** The `Authorization` header. */
export type Authorization =
  /** An access token (RFC 6750 §2.1). */
  | {
      readonly _tag: "Bearer"
      /** The token itself. */
      readonly token: Redacted<string>
    }
  /** The client's id and secret (RFC 7617). */
  | {
      readonly _tag: "Basic"
      /** The client id. */
      readonly id: string
      /** The client secret, empty for a client without one. */
      readonly secret: Redacted<string>
      /** `raw`: base64 of `id:secret`, as curl does. `form`: both form-encoded first (RFC 6749 §2.3.1). */
      readonly encoding: "raw" | "form"
    }

/** What is sent, below an address. */
export interface TokenRequest {
  /** How it is sent. */
  readonly method: "GET" | "POST" | "DELETE"
  /** Below the address: `/oauth2/token/`. */
  readonly path: string
  /** The header; absent if the client stands in the fields. */
  readonly authorization: Authorization | undefined
  /** Where the fields go: a form body, a JSON object, or the URL's query. */
  readonly encoding: "form" | "json" | "query"
  /** Names and values, the client's before the grant's. */
  readonly fields: Fields
  /** With the encoding `json`: what the object holds beside `fields`. */
  readonly body?: JsonBody | undefined
  /** Further headers. They replace those of the same name. */
  readonly headers?: Fields | undefined
}
