/**
 * What `configure` checks of a provider's value itself. The value may come from JavaScript or from a file whose types nobody checks. A
 * misspelt name would be ignored, and a wrong word would be noticed only at the vendor's answer.
 */
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import { isOptionName, type OptionField, type OptionFields, standardNames } from "../description/Options.ts"
import type {
  AuthorizationPage,
  BearerRefusal,
  Dialect,
  Grants,
  OwnGrammar,
  Provider,
  RateLimit,
} from "../description/Provider.ts"
import type { ChallengeShape, Claim, InspectionShape, ReplyShape } from "../description/ReplyShape.ts"
import { GrantTag, LimitPolicy, ProviderId, VendorCode } from "../error/AuthError.ts"
import {
  either,
  entries,
  fields,
  fits,
  listOf,
  oneOf,
  oneOrMore,
  optional,
  type Rule,
  type Rules,
} from "../json/Shape.ts"
import type { Condition, RefusalRule } from "../refusal/RefusalRule.ts"
import { identityFields } from "../token/IdentityFields.ts"
import type { Identity } from "../token/Token.ts"
import * as Address from "../wire/Address.ts"
import { type Checked, isScope, isString, isText, isWhole, refusal } from "./OptionCheck.ts"

const text = fits("a text without blanks around it and without control characters", isText)
const flag = fits("true or false", (u) => typeof u === "boolean")
const aFunction = fits("a function", (u) => typeof u === "function")
const isNumber = (u: unknown, from: number): u is number => typeof u === "number" && u >= from
const whole = fits("a whole number above 0", (u) => Number.isSafeInteger(u) && isNumber(u, 1))
const life = fits("a number of milliseconds above 0", (u) => isNumber(u, Number.MIN_VALUE))
const window = fits(
  "a finite number of milliseconds above 0",
  (u) => isNumber(u, Number.MIN_VALUE) && u < Number.POSITIVE_INFINITY,
)
const span = fits("a number of milliseconds, 0 or more", (u) => isNumber(u, 0))
const pause = fits("a number of milliseconds, 0 or more", (u) => isNumber(u, 0) && u < Number.POSITIVE_INFINITY)
const share = fits("a number from 0 to 1", (u) => isNumber(u, 0) && u <= 1)
const pattern = fits("a RegExp, such as /[a-z]+/", (u) => u instanceof RegExp)
const word = 'up to 40 letters, digits, "_", "." and "-"'
const code = fits(word, VendorCode.is)
const any: Rule = () => undefined

const path = fits(
  "a path that begins with one /, stays below the address, and has no query",
  (u) => isString(u) && /^\/(?!\/)/.test(u) && URL.canParse(u, "https://x") && new URL(u, "https://x").pathname === u,
)

const claim = fields<Claim>({ claim: text, of: optional(text) })
const place = either(isString, text, claim)
const lifeOf: Rule = (u, at) =>
  u === "jwt" || u === "page"
    ? undefined
    : isObject(u)
      ? fields({ field: text, unit: oneOf("s", "min", "ms") })(u, at)
      : `Expected as ${at} "jwt", "page", or { field, unit } with the unit "s", "min" or "ms".`

const reply = fields<ReplyShape>({
  accessToken: optional(text),
  refreshToken: optional(text),
  scope: optional(text),
  tokenType: optional(text),
  bearerTypes: optional(listOf(text)),
  lifetime: optional(listOf(lifeOf)),
  refreshLifetime: optional(listOf(lifeOf)),
  identity: optional(
    fields<Omit<Identity, "apiOrigin">>(
      Object.fromEntries(
        Object.keys(identityFields).flatMap((name) => (name === "apiOrigin" ? [] : [[name, optional(place)]])),
      ) as Rules<Omit<Identity, "apiOrigin">>,
    ),
  ),
  origin: optional(fields<NonNullable<ReplyShape["origin"]>>({ field: place, below: listOf(text) })),
})

const status = oneOrMore(fits("the number of an HTTP status", Number.isInteger))
const said = oneOrMore(
  fits("a text, a number or a RegExp", (u) => isString(u) || typeof u === "number" || u instanceof RegExp),
)

const purposes = oneOrMore(oneOf(...GrantTag.literals, "inspect", "revoke"))

/** What a row of any table looks for. */
const condition = { status: optional(status), field: optional(text), value: optional(said) }

const rows = listOf(
  fields<RefusalRule>({
    on: optional(purposes),
    ...condition,
    reason: oneOf(
      ..."BadCredentials ClientRefused RenewalRefused BadPasscode ChallengeExpired PasscodeRequired NotAllowed Throttled Unavailable Misconfigured".split(
        " ",
      ),
    ),
    code: optional(code),
    option: optional(text),
    fix: optional(text),
    tokenRejected: optional(flag),
    per: optional(oneOf("subscriber", "client")),
    header: optional(fits("the name of a header", (u) => isString(u) && /^[\w!#$%&'*+.^`|~-]+$/.test(u))),
    retryAfter: optional(pause),
  }),
)

const challenge = fields<ChallengeShape>({
  when: (u, at) =>
    listOf(fields<Condition>({ on: optional(purposes), ...condition }))(u, at) ??
    ((u as ReadonlyArray<unknown>).length > 0 ? undefined : `Expected as ${at} a list of at least one condition.`),
  ticket: optional(text),
  type: optional(text),
  vendor: optional(text),
  lifetime: optional(listOf(lifeOf)),
})

const inspectionReply = fields<InspectionShape>({
  active: optional(text),
  clientId: optional(text),
  territory: optional(text),
  domain: optional(text),
  uid: optional(text),
  scope: optional(text),
  expires: optional(text),
  apiversion: optional(text),
})

const rateLimits = listOf(
  fields<RateLimit>({
    policy: fits(word, LimitPolicy.is),
    per: oneOf("subscriber", "client"),
    quota: whole,
    window,
    headers: optional(fields<NonNullable<RateLimit["headers"]>>({ remaining: text, reset: text })),
  }),
)

const pairs = listOf(
  fits("a pair [name, value] of texts", (u) => Array.isArray(u) && u.length === 2 && u.every(isString)),
)

const functions = (names: ReadonlyArray<string>, rule = aFunction): Rule =>
  fields(Object.fromEntries(names.map((name) => [name, rule])))

const dialectRules: Rules<Dialect> = {
  id: text,
  challenges: flag,
  refreshMethods: listOf(oneOf("POST", "GET")),
  verdicts: listOf(code),
  codes: optional(listOf(code)),
  reply: optional(reply),
  challenge: optional(challenge),
  inspectionReply: optional(inspectionReply),
  refusals: optional(either((u) => typeof u === "function", any, rows)),
  sentences: optional(listOf(text)),
  rateLimits: optional(rateLimits),
  grants: functions(GrantTag.literals, optional(aFunction)) satisfies Rules<{ readonly grants: Grants }>["grants"],
  authorization: optional(fields<AuthorizationPage>({ path, fields: optional(pairs), issuer: optional(text) })),
  acting: optional(functions(["isOwn", "named"])),
  inspection: optional(aFunction),
  revocation: optional(aFunction),
}

/** Beside the standard names, the command has variables of these. */
const ofKeys = ["keys", "keySource"]

/** The command reads any option also from a file, whose variable ends in `_FILE`. */
const isVariable = (name: string, options: OptionFields): boolean => {
  const [, base = ""] = /^(.+)File$/.exec(name) ?? []
  return ofKeys.includes(name) || standardNames.includes(base) || Object.hasOwn(options, base)
}

const option = fields<OptionField>({
  title: text,
  doc: text,
  identifies: (u, at) =>
    typeof u === "boolean"
      ? undefined
      : `Say of the option ${at.slice("options.".length, -".identifies".length)} whether it identifies: write true if it tells two accounts apart.`,
  pattern: optional(pattern),
  example: optional(text),
  secret: optional(flag),
  default: optional(text),
  optional: optional(flag),
})

/** The options of a value in which somebody signs in so. */
const options =
  (signsInWith: unknown): Rule =>
  (all, at) =>
    entries((name, u, there) => {
      if (!isOptionName(name)) {
        return "Expected as the name of an option a letter in lower case, then up to 31 letters and digits."
      }
      if (standardNames.includes(name) || (signsInWith === "browser" && name === "user"))
        return `Give the option ${name} another name: a standard option has this one.`
      // Every object has such a member, so nobody could leave the option out.
      if (name in Object.prototype || isVariable(name, all as OptionFields))
        return `Give the option ${name} another name: every object of JavaScript, or the command, has something of this name.`
      const fault = option(u, there)
      if (fault !== undefined) return fault
      const { default: standard, pattern } = u as OptionField
      return standard === undefined || isWhole(pattern, standard)
        ? undefined
        : `Expected as ${there}.default a text of the form ${there}.pattern.`
    })(all, at)

const addresses = fields<Address.Rules>({
  // The address itself is checked below, by the rules that it belongs to.
  standard: any,
  prefix: fits('a path like "/ns-api", or ""', (u) => isString(u) && /^(\/(?!\.\.?(\/|$))[\w.~-]+)*$/.test(u)),
  prefixOption: flag,
  plainHttpOption: optional(flag),
  resellerSuffix: optional(
    fits('the rest of a host name, like "-hpbx.acme.example"', (u) => isString(u) && /^[-.][a-z\d.-]+$/i.test(u)),
  ),
})

const part = { fraction: share, atMost: span }
const renewal: Rule = (u, at) =>
  isObject(u) && "policy" in u && u.policy === "before_expiry"
    ? fields({ policy: any, window: fields({ ...part, jitter: share }), margin: fields(part) })(u, at)
    : fields({ policy: oneOf("before_expiry", "after_expiry", "never") })(u, at)

const refused = optional(listOf(fields<BearerRefusal>(condition)))
const bearer: Rule = (u, at) =>
  fields<Record<string, unknown>>(
    isObject(u) && "in" in u && u.in === "query"
      ? { in: any, name: text, refused }
      : {
          in: oneOf("header", "query"),
          name: optional(text),
          scheme: optional(either((s) => s === "", any, text)),
          refused,
        },
  )(u, at)

const scope = fits("a scope: a text without blanks", isScope)

const providerRules: Rules<Omit<Provider, "dialect" | "options">> = {
  id: (u) =>
    ProviderId.is(u)
      ? undefined
      : "Expected as the id a letter or a digit, then up to 39 letters, digits and hyphens, all in lower case.",
  name: text,
  page: text,
  ownGrammar: optional(
    fields<OwnGrammar>({
      arrive: aFunction,
      completed: aFunction,
      read: aFunction,
      heeding: optional(aFunction),
      refusal: aFunction,
      secrets: aFunction,
      standard: aFunction,
      write: aFunction,
    }),
  ),
  addresses,
  clientAuthentication: oneOf("form", "basic", "none"),
  clientSecret: oneOf("required", "optional", "none"),
  clientId: optional(text),
  signsInWith: oneOf("password", "client", "browser"),
  scopes: either(Array.isArray, listOf(scope), oneOf("none", "required", "optional")),
  formerAccounts: optional(listOf(aFunction)),
  defaultLifetime: life,
  renewal,
  renewsWith: oneOf("refresh_token", "sign_in"),
  rotation: either(isObject, fields({ grace: pause }), oneOf("none", "strict", "unknown")),
  capabilities: (u, at) =>
    u instanceof Set
      ? listOf(oneOf("passcode", "act_as", "inspect", "revoke", "browser"))([...u], at)
      : `Expected as ${at} a list.`,
  rateLimits: optional(rateLimits),
  clientIdsBy: optional(oneOf("vendor", "address")),
  liveTokens: optional(fields<NonNullable<Provider["liveTokens"]>>({ cap: whole, keep: optional(aFunction) })),
  bearer: optional(bearer),
  accessLevels: listOf(text),
}

const others = (rules: object): Readonly<Record<string, Rule>> =>
  Object.fromEntries(Object.keys(rules).map((name) => [name, any]))

/** What is wrong with a value, as a sentence; `undefined` if nothing is. */
export const faultOf = (provider: Provider): string | undefined => {
  const value: Provider & Readonly<Record<string, unknown>> = { ...provider }
  const known = {
    ...others(dialectRules),
    ...{ configure: any, dialect: any, quirks: any },
    ...providerRules,
    options: optional(options(value.signsInWith)),
  }
  const fault = fields(known)(value, "")
  if (fault !== undefined) return fault
  const { addresses, dialect, id } = value
  const { standard, ...rules } = addresses
  const resolved = standard === undefined ? undefined : Address.resolve(id, rules, standard)
  if (resolved !== undefined && Result.isFailure(resolved)) {
    const { reason } = resolved.failure
    return `addresses.standard is wrong. ${reason._tag === "Misconfigured" ? reason.fix : ""}`
  }
  if (value.ownGrammar === undefined && (dialect?.challenge ?? dialect?.inspectionReply) !== undefined) {
    return "Make the value by defineProvider: it has what reads challenge and inspectionReply."
  }
  // `defineProvider` makes the grammar of the description itself, with all its fields. Then each is named without it.
  const isDescription = isObject(dialect) && "page" in dialect
  return fields<Record<string, unknown>>({ ...(isDescription && others(known)), ...dialectRules })(
    dialect,
    isDescription ? "" : "dialect",
  )
}

/** Checked once: nobody changes a value. */
const faults = /* @__PURE__ */ new WeakMap<Provider, { readonly fault: string | undefined }>()

/** Fails as `Misconfigured` with the field `provider`, and says what to write. */
export const isDescribed = (provider: Provider): Checked<void> => {
  const { fault } = faults.get(provider) ?? { fault: tried(provider) }
  faults.set(provider, { fault })
  return fault === undefined ? Result.succeed(undefined) : refusal(provider, "provider", fault)
}

const tried = (provider: Provider): string | undefined => {
  try {
    return faultOf(provider)
  } catch {
    // A getter or a proxy. What it throws may hold anything.
    return "A field of the value throws when it is read."
  }
}
