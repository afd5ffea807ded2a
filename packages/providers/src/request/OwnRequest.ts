/** Writes what not every vendor wants in a request: HTTP Basic, further headers, a JSON body. It sees that a path leads nowhere else. */
import { isObject } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { isDescribed } from "#DescriptionCheck"
import { type OwnGrammar, type Presentation, refusal } from "../description/Provider.ts"
import { type AuthError, ClientRefused, fromReason } from "../error/AuthError.ts"
import { fields, oneOf, optional } from "../json/Shape.ts"
import type { Address } from "../wire/Address.ts"
import type { Authorization, Fields, TokenRequest } from "../wire/TokenRequest.ts"
import type { WireRequest } from "../wire/Wire.ts"
import * as WireForm from "../wire/WireForm.ts"

/** What to do about a path that leads elsewhere. Often an option made it so. */
const pathFix =
  "The path of a request begins with one / and stays below the address: no fragment, and no dot segment. Put an option into it by encodeURIComponent, and give the option a pattern."

/**
 * Whether a path leads to the place that it names. `URL` normalises what else is written: dots lead out of the prefix, and the secret
 * would go to another program on the vendor's host.
 */
const leadsThere = (address: Address, request: TokenRequest): boolean => {
  const [path = "", query = ""] = String(request.path).split(/\?(.*)/s)
  const { pathname } = WireForm.write(address, { ...request, path, fields: [] }).url
  return /^\/(?!\/)/.test(path) && pathname === address.prefix + path && !query.includes("#")
}

const any = () => undefined

/** The compiler does not see a misspelt field of what a function returns: with `cleint: "absent"` the secret would go out. */
const presented = fields<Presentation>({
  method: oneOf("GET", "POST", "DELETE"),
  path: any,
  encoding: oneOf("form", "json", "query"),
  fields: any,
  body: any,
  headers: any,
  bearer: any,
  client: optional(oneOf("form", "basic", "none", "absent")),
})

/**
 * The request of a presentation, with what only such a provider has. Fails as `Misconfigured` if the provider's value is wrong, which an
 * account that no `configure` made shows here for the first time, if the presentation has a field that is not known, or if its path leads
 * elsewhere.
 */
export const completed: OwnGrammar["completed"] = ({ address, client, provider, settings }, presentation, request) => {
  const described = isDescribed(provider)
  if (Result.isFailure(described)) return Result.fail(described.failure)
  const fault = presented(presentation, "request") ?? (leadsThere(address, request) ? undefined : pathFix)
  if (fault !== undefined) return refusal(provider, "provider", fault)
  const { bearer, body, headers } = presentation
  const isBasic = bearer === undefined && (presentation.client ?? provider.clientAuthentication) === "basic"
  return Result.succeed({
    ...request,
    body,
    headers,
    ...(isBasic && {
      authorization: {
        _tag: "Basic",
        id: client.id,
        secret: client.secret ?? Redacted.make(""),
        encoding: settings.basicEncoding,
      },
    }),
  })
}

/** The request as it goes to the wire. From here on its secrets are in clear. */
export const write = (address: Address, request: TokenRequest): WireRequest => {
  const { authorization, body, encoding, headers = [] } = request
  const fields = request.fields.filter(isGiven)
  const wire = WireForm.write(address, { ...request, fields })
  // The path may have a query itself, and the fields must not replace it.
  const [, query] = encoding === "query" ? request.path.split(/\?(.*)/s) : []
  if (query) wire.url.search = [query, wire.url.search.slice(1)].filter(String).join("&")
  // `Headers` throws at a name or a value that no header may have. Then nothing is sent.
  const own = Object.fromEntries(new Headers(WireForm.clear(headers.filter(isGiven))))
  const isJson = encoding === "json"
  return {
    ...wire,
    headers: {
      ...wire.headers,
      ...(isJson && { "content-type": "application/json" }),
      ...(authorization?._tag === "Basic" && { authorization: basicOf(authorization) }),
      ...own,
    },
    body: isJson
      ? JSON.stringify({ ...Object.fromEntries(WireForm.clear(fields)), ...(clear(body) as object) })
      : wire.body,
  }
}

/** A value in JavaScript may pass on an option that was left out. It would go out as the text `undefined`. */
const isGiven = ([, value]: Fields[number]): boolean => value !== undefined && value !== null

/** A part of a JSON body with its secrets in clear. */
const clear = (part: unknown): unknown => {
  if (Redacted.isRedacted(part)) return Redacted.value(part)
  if (Array.isArray(part)) return part.map(clear)
  return isObject(part) ? Object.fromEntries(Object.entries(part).map(([name, one]) => [name, clear(one)])) : part
}

type Basic = Extract<Authorization, { readonly _tag: "Basic" }>

const basicOf = ({ encoding, id, secret }: Basic): string => {
  const clear = Redacted.value(secret)
  const pair = encoding === "raw" ? `${id}:${clear}` : `${formEncode(id)}:${formEncode(clear)}`
  // `btoa` takes a character for a byte.
  const bytes = Array.from(new TextEncoder().encode(pair), (byte) => String.fromCharCode(byte))
  return `Basic ${btoa(bytes.join(""))}`
}

/** `application/x-www-form-urlencoded` of one value (RFC 6749 §2.3.1 and appendix B). */
const formEncode = (value: string): string => new URLSearchParams([["", value]]).toString().slice(1)

/** If Basic can write the client in two ways, the server may expect the other one. The error of a refused client then says so. */
export const explained = (error: AuthError, { authorization }: TokenRequest): AuthError => {
  const { reason } = error
  if (reason._tag !== "ClientRefused" || authorization?._tag !== "Basic") return error
  const { encoding, id, secret } = authorization
  if ([id, Redacted.value(secret)].every((text) => formEncode(text) === text)) return error
  return fromReason(new ClientRefused({ ...reason, basicEncoding: encoding }))
}
