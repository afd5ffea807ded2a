/**
 * What can go wrong with an exchange, as values: the faults, and the rules that say which exchanges they hit.
 *
 * A fault is plain JSON, so that a test arms it in process, a command line by its name, and anybody else over HTTP. Each
 * one states whether the server acted: whether the request was carried out (a token rotated, a challenge spent) though
 * its client may never hear of it. A client cannot know that, and its recovery depends on it.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { inWords } from "../exchange/Mistake.ts"
import type { AnyWitness } from "../exchange/Witness.ts"
import { type Words, wordsOf } from "../world/Witnesses.ts"
import { cases, count, optional } from "./FaultCases.ts"

/** Names of all faults. */
export type FaultName = keyof typeof cases.cases
/** The names of all faults, in the order of this file. */
export const faultNames = Object.keys(cases.cases) as ReadonlyArray<FaultName>

/** The schema of a fault. */
export const Fault = cases.annotate({ expected: `{"_tag"} of ${faultNames.join(", ")}` })
/** One fault, with its parameters. */
export type Fault = typeof Fault.Type

/** Names of a fault's fields, apart from its tag. */
export const fieldsOf = (name: FaultName): ReadonlyArray<string> =>
  Object.keys(cases.cases[name].fields).filter((field) => field !== "_tag")

const never = new Set<FaultName>([
  "reset_on_accept",
  "reset_before_read",
  "reset_after_read",
  "retry_after",
  "rate_limit",
  "firewall",
  "redirect",
])

/** Whether a fault's server acts before it fails: `yes`, `no`, or `told` if the fault's `acts` says so. */
export const actingOf = (name: FaultName): "yes" | "no" | "told" => {
  if (never.has(name)) return "no"
  return fieldsOf(name).includes("acts") ? "told" : "yes"
}

/** Whether the server acts under this fault. */
export const doesAct = (fault: Fault): boolean => {
  const acting = actingOf(fault._tag)
  return acting === "told" ? "acts" in fault && fault.acts === true : acting === "yes"
}

/** Faults that only make sense if tokens are issued: they hit nothing else. */
export const ofTokens: ReadonlySet<FaultName> = new Set<FaultName>([
  "expires_in",
  "token_type",
  "no_refresh_token",
  "extra_fields",
  "same_token",
  "early_death",
])

/** Faults that hit an exchange beside others. */
export const ambient: ReadonlySet<FaultName> = new Set<FaultName>(["delay", "wrong_clock"])

const oneOf = (words: ReadonlyArray<string>) =>
  Schema.String.check(Schema.makeFilter((text) => words.includes(text) || `Expected one of ${words.join(", ")}`))

const matchOf = ({ providers, grants }: Words) =>
  Schema.Struct({
    /** Only at the witness with this id. */
    provider: optional(oneOf(providers)),
    /** As it is called, with or without a slash at its end; `/*` at the end stands for anything below. */
    path: optional(Schema.String.check(Schema.isStartingWith("/", { expected: "a path, from its first slash" }))),
    /** Only requests with this grant. */
    grant: optional(oneOf(grants)),
  })

const withoutBody = new Set([204, 205, 304])

/** The schema of a rule, for an emulator with these words. */
const ruleOf = (words: Words) =>
  Schema.Struct({
    /** What goes wrong. */
    fault: Fault,
    /** Which exchanges it is about. Left out: all. */
    match: optional(matchOf(words)),
    /** How many exchanges it hits. */
    times: optional(
      Schema.Union([count(1), Schema.Literal("always")]).annotate({ expected: 'a whole number above 0, or "always"' }),
    ),
    /** How many matching exchanges pass before the first that is hit. */
    skip: optional(count(0)),
  }).check(
    Schema.makeFilter(({ fault, match = {}, times }) => {
      const wrong = (path: ReadonlyArray<string>, issue: string) => ({ path, issue })
      switch (fault._tag) {
        case "reset_on_accept":
          return [
            ...(Object.keys(match).length > 0
              ? [wrong(["match"], "Expected nothing: a connection has no path yet when it is accepted")]
              : []),
            ...(times === "always"
              ? [wrong(["times"], "Expected a number: if no connection is accepted, no client can clear it")]
              : []),
          ]
        case "reset_before_read":
          return match.grant === undefined
            ? []
            : [wrong(["match", "grant"], "Expected nothing: a grant stands in the body, which is not read")]
        case "reply":
          return [
            ...(fault.body !== undefined && fault.base64 !== undefined
              ? [wrong(["fault", "base64"], "Expected body or base64, not both")]
              : []),
            ...((fault.body || fault.base64) && withoutBody.has(fault.status ?? 200)
              ? [wrong(["fault", "status"], "Expected a status that has a body")]
              : []),
          ]
        default:
          return []
      }
    }),
  )
/** The schema of a rule for the vendors that are always there. */
export const Rule = ruleOf(wordsOf())
/**
 * Which exchanges a fault hits: those that `match`, after the first `skip` (0) of them, so many `times` (1; `wrong_clock`
 * is always so unless told otherwise). Requests to the emulator's own endpoints are never hit.
 */
export type Rule = typeof Rule.Type

/** The error for a wrong rule. The message names the path of each wrong field. */
export class FaultError extends Schema.TaggedError<FaultError>()("FaultError", {
  /** The path of each wrong field and what is expected there, in one line. */
  message: Schema.String,
}) {}

const decoding =
  <S extends Schema.ConstraintDecoder<unknown>>(schema: S, root: string) =>
  (json: unknown): Effect.Effect<S["Type"], FaultError> =>
    Schema.decodeUnknownEffect(schema)(json, { errors: "all", onExcessProperty: "error" }).pipe(
      Effect.mapError((error) => new FaultError({ message: inWords(error.issue, root) })),
    )

const ruleWith = (witnesses: ReadonlyArray<AnyWitness>) => (witnesses.length === 0 ? Rule : ruleOf(wordsOf(witnesses)))

/** Makes a reader of one rule, or of a list of them, for an emulator with these witnesses. */
export const rulesReader = (witnesses: ReadonlyArray<AnyWitness>) => {
  const schema = ruleWith(witnesses)
  const one = decoding(schema, "rule")
  const many = decoding(Schema.Array(schema), "rules")
  return (json: unknown): Effect.Effect<ReadonlyArray<Rule>, FaultError> =>
    Array.isArray(json) ? many(json) : Effect.map(one(json), (rule) => [rule])
}

/** Reads one rule, or a list of them, from JSON. It knows the vendors that are always there. */
export const decodeRules = rulesReader([])

/** Makes a reader of rules as a command line has them (`decodeNotation`), for an emulator with these witnesses. */
export const notationReader = (witnesses: ReadonlyArray<AnyWitness>) => {
  const decode = decoding(ruleWith(witnesses), "rule")
  return (notation: string): Effect.Effect<Rule, FaultError> => {
    const [name = "", args = ""] = splitAt(notation, ":")
    const flat = args.startsWith("{")
      ? jsonOf(args)
      : Object.fromEntries(
          args === ""
            ? []
            : args.split(",").map((pair) => {
                const [key, value] = splitAt(pair, "=")
                return [key, value === undefined ? true : (jsonOf(value) ?? value)]
              }),
        )
    if (typeof flat !== "object" || flat === null) {
      return Effect.fail(new FaultError({ message: `${name}: what follows the colon is not JSON` }))
    }
    const { provider, path, grant, times, skip, ...fields } = flat as Record<string, unknown>
    const given = (record: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
    const match = given({ provider, path, grant })
    return decode({
      fault: { ...fields, _tag: name },
      ...(Object.keys(match).length > 0 && { match }),
      ...given({ times, skip }),
    })
  }
}

const splitAt = (text: string, separator: string): [string, string?] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Undefined for a text that is not JSON. */
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads a rule from a command line: `NAME` or `NAME:key=value,…`. The keys `provider`, `path`, `grant`, `times` and
 * `skip` are the rule's, any other the fault's; a value is JSON where it can be read as JSON, and text elsewhere. A value
 * with a comma in it is written as JSON whole: `NAME:{"key":value,…}`. It knows the vendors that are always there.
 */
export const decodeNotation = /* @__PURE__ */ notationReader([])
