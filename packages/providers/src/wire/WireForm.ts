/** Writes a request as a form, in its body or in the URL's query. From here on its secrets are in clear. */
import * as Redacted from "effect/Redacted"
import type { Address } from "./Address.ts"
import type { Fields, TokenRequest } from "./TokenRequest.ts"
import type { WireRequest } from "./Wire.ts"

/** Names and values in clear. */
export const clear = (fields: Fields): Array<[string, string]> =>
  fields.map(([name, value]) => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value])

/** The request as it goes to the wire. */
export const write = (
  address: Address,
  { authorization, encoding, fields, method, path }: TokenRequest,
): WireRequest => {
  // Behind this slash nothing changes the origin. Without it, the path `.evil.example` would be a part of the host.
  const url = new URL(address.origin + `/${address.prefix}${path}`.replace("//", "/"))
  const form = new URLSearchParams(clear(fields)).toString()
  const isQuery = encoding === "query"
  if (isQuery) url.search = form
  return {
    method,
    url,
    headers: {
      accept: "application/json",
      ...(!isQuery && { "content-type": "application/x-www-form-urlencoded" }),
      ...(authorization?._tag === "Bearer" && { authorization: `Bearer ${Redacted.value(authorization.token)}` }),
    },
    body: isQuery ? undefined : form,
  }
}
