/**
 * Reads the demand for a second factor and the answer to an inspection where a value describes them (`ChallengeShape`,
 * `InspectionShape`): it makes of them the replies that NetSapiens would have, which `Reply` then reads as any other.
 */
import { isString } from "effect/Predicate"
import * as Result from "effect/Result"
import type { Json, JsonObject } from "effect/Schema"
import type { Asked as Of, Reply } from "../description/Asked.ts"
import type { OwnGrammar, Provider } from "../description/Provider.ts"
import type { ChallengeShape } from "../description/ReplyShape.ts"
import { type AuthError, amend, fromReason, NotAllowed } from "../error/AuthError.ts"
import { at } from "../json/DottedPath.ts"
import { firstOf } from "../refusal/RefusalTable.ts"
import { explained } from "../request/OwnRequest.ts"
import type { Inspection, TokenReply } from "../token/Token.ts"
import type { TokenRequest } from "../wire/TokenRequest.ts"
import { bodyOf } from "./Body.ts"
import { secondsOf } from "./ShapedReply.ts"

type Asked = Of<Provider>

/** Reads a reply, or what was made of it. */
type General<A> = (reply: Reply, asked: Asked) => Result.Result<A, AuthError>

/** The same reply with another object. */
const saying = (reply: Reply, object: Readonly<Record<string, Json | undefined>>, status = reply.status): Reply => ({
  ...reply,
  status,
  text: JSON.stringify(object),
})

/** Whether a reply demands a second factor as its value describes it. In answer to a passcode, the value's refusals decide first. */
const isDemand = ({ when }: ChallengeShape, object: JsonObject, { status }: Reply, { provider, purpose }: Asked) => {
  const told = { body: { _tag: "Json", object }, purpose, status } as const
  const { refusals } = provider.dialect
  if (purpose === "Passcode" && Array.isArray(refusals) && firstOf(refusals, told) !== undefined) return false
  return firstOf(when, told) !== undefined
}

/** What the general grammar then takes for a short word, or drops. */
const textAt = (object: JsonObject, path: string | undefined): string => {
  const text = path === undefined ? undefined : at(object, path)
  return isString(text) ? text : ""
}

/** The demand for a second factor. */
const demand = (
  general: General<TokenReply>,
  shape: ChallengeShape,
  object: JsonObject,
  reply: Reply,
  asked: Asked,
): Result.Result<TokenReply, AuthError> => {
  const { defaultLifetime, dialect } = asked.provider
  const place = shape.ticket ?? "access_token"
  const ticket = at(object, place)
  const lives = shape.lifetime ?? [{ field: "expires_in", unit: "s" }]
  // What is made of it has its parts where NetSapiens has them, and none of the vendor's refusals in it.
  const provider = {
    ...asked.provider,
    dialect: { ...dialect, challenges: true, refusals: undefined, reply: undefined },
  }
  const type = textAt(object, shape.type)
  const vendor = textAt(object, shape.vendor)
  const made = {
    mfa: "mfa_required",
    access_token: ticket,
    expires_in: secondsOf(lives, object, ticket, defaultLifetime, asked.now),
    mfa_type: type,
    mfa_vendor: vendor,
  }
  const said = general(saying(reply, made, 200), { ...asked, provider })
  if (Result.isFailure(said)) {
    const fix = isString(ticket)
      ? undefined
      : `The provider demands a second factor without a ticket in ${place}. Correct challenge.ticket, or use an account without one.`
    // The status is the vendor's, and not that of what was made of its reply.
    return Result.fail(amend(said.failure, { status: reply.status, fix }))
  }
  return Result.map(said, (told) => {
    if (told._tag === "Issued") return told
    const { challenge } = told
    // NetSapiens has words for what a reply leaves out, or echoes. This vendor has none.
    const own = { type: challenge.type === type ? type : "", vendor: challenge.vendor === vendor ? vendor : "" }
    return { ...told, challenge: { ...challenge, ...own } }
  })
}

/** Where an inspection has its parts unless a value says otherwise: at NetSapiens, and as in RFC 7662 §2.2. */
const places = {
  clientId: ["client_id"],
  territory: ["territory"],
  domain: ["domain"],
  uid: ["uid", "username"],
  scope: ["scope"],
  expires: ["expires", "exp"],
  apiversion: ["apiversion"],
} as const satisfies { readonly [Part in Exclude<keyof Inspection, "details">]: ReadonlyArray<string> }

/** The answer to a question about a token. */
const inspection = (
  general: General<Inspection>,
  object: JsonObject,
  reply: Reply,
  asked: Asked,
): Result.Result<Inspection, AuthError> => {
  const { dialect, id } = asked.provider
  const shape = dialect.inspectionReply ?? {}
  const activePath = shape.active ?? "active"
  const active = at(object, activePath)
  if (active === 0 || /^(false|0|no)$/i.test(`${active}`)) {
    return Result.fail(fromReason(new NotAllowed({ provider: id, status: reply.status, tokenRejected: true })))
  }
  const made = new Map<string, Json | undefined>(Object.entries(object).filter(([name]) => name !== activePath))
  const parts = Object.entries(places).map(([part, usual]) => {
    const own = shape[part as keyof typeof places]
    const path = (own === undefined ? usual : [own]).find((one) => at(object, one) !== undefined)
    for (const one of [usual[0], path ?? usual[0]]) made.delete(one)
    return [usual[0], path === undefined ? undefined : at(object, path)] as const
  })
  for (const [name, value] of parts) if (value !== undefined) made.set(name, value)
  // "Active" alone is an answer, too (RFC 7662 §2.2).
  if ((active === true || active === "true") && !made.has("scope")) made.set("scope", null)
  return general(saying(reply, Object.fromEntries(made)), asked)
}

/** Reads a reply as it stands, or what is made of it. */
const told = (general: General<unknown>, reply: Reply, asked: Asked): Result.Result<unknown, AuthError> => {
  const { provider, purpose } = asked
  const { challenge, refusals } = provider.dialect
  const { status } = reply
  const isQuestion = purpose === "inspect"
  // A device's authorization brings a challenge of its own kind.
  const mayDemand = challenge !== undefined && purpose !== "revoke" && purpose !== "DeviceAuthorization"
  const body = isQuestion || mayDemand ? bodyOf(reply.text) : undefined
  if (body?._tag !== "Json") return general(reply, asked)
  const { object } = body
  if (isQuestion) {
    const isRefused = Array.isArray(refusals) && firstOf(refusals, { body, purpose, status }) !== undefined
    return status >= 200 && status < 300 && !isRefused
      ? inspection(general as General<Inspection>, object, reply, asked)
      : general(reply, asked)
  }
  return challenge !== undefined && isDemand(challenge, object, reply, asked)
    ? demand(general as General<TokenReply>, challenge, object, reply, asked)
    : general(reply, asked)
}

/** What a reply means, with what `explained` says about an error. */
export const read: OwnGrammar["read"] = <A>(general: General<A>, reply: Reply, asked: Asked, request: TokenRequest) =>
  // What answers an inspection is an `Inspection`, and what answers a grant is a `TokenReply`.
  Result.mapError(told(general, reply, asked) as Result.Result<A, AuthError>, (error) => explained(error, request))
