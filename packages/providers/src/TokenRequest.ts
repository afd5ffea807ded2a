/**
 * A request to a token endpoint as a value: what is sent where, before any HTTP client is involved. Its secrets are `Redacted`, so
 * you may print a request.
 */
import type { Redacted } from "effect/Redacted"

/** Name and value pairs, in the order in which they are sent. */
export type Fields = ReadonlyArray<readonly [name: string, value: string | Redacted<string>]>

/** The `Authorization` header. */
export type Authorization =
  | { readonly _tag: "Bearer"; readonly token: Redacted<string> }
  | {
      readonly _tag: "Basic"
      readonly id: string
      readonly secret: Redacted<string>
      /** `raw`: base64 of `id:secret`, as curl does. `form`: both form-encoded first (RFC 6749 §2.3.1). */
      readonly encoding: "raw" | "form"
    }

/** What is sent, below an address. */
export interface TokenRequest {
  readonly method: "GET" | "POST"
  /** Below the address: `/oauth2/token/`. */
  readonly path: string
  readonly authorization: Authorization | undefined
  /** Where the fields go: a form body, a JSON object, or the URL's query. */
  readonly encoding: "form" | "json" | "query"
  readonly fields: Fields
}
