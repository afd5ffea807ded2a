/**
 * What `configure` checks of a provider's value beside its options. The value may come from JavaScript, and a wrong word or number in it
 * would otherwise be noticed only when the vendor answers, as a wrong life or a wrong error.
 */
import { isObject } from "effect/Predicate"
import { VendorCode } from "./AuthError.ts"
import { isString } from "./OptionCheck.ts"
import { type OptionFields, standardNames } from "./Options.ts"
import type { Provider } from "./Provider.ts"
import type { Condition, RefusalRule } from "./RefusalRule.ts"
import type { ChallengeShape, InspectionShape, Life } from "./ReplyShape.ts"

const reasons: ReadonlyArray<RefusalRule["reason"]> = [
  "BadCredentials",
  "ClientRefused",
  "RenewalRefused",
  "BadPasscode",
  "ChallengeExpired",
  "PasscodeRequired",
  "NotAllowed",
  "Throttled",
  "Unavailable",
  "Misconfigured",
]

/** Beside the standard names, the command has variables of these. */
const ofKeys = ["keys", "keySource"]

/** The command reads any option also from a file, whose variable ends in `_FILE`. */
const isVariable = (name: string, options: OptionFields): boolean => {
  const [, base = ""] = /^(.+)File$/.exec(name) ?? []
  return ofKeys.includes(name) || standardNames.includes(base) || Object.hasOwn(options, base)
}

const isLife = (life: Life): boolean =>
  life === "jwt" ||
  life === "page" ||
  (isObject(life) && isString(life.field) && life.field !== "" && ["s", "min", "ms"].includes(life.unit))

const isCondition = ({ status }: Condition): boolean =>
  [status].flat().every((one) => one === undefined || Number.isInteger(one))

const isRow = ({ code, fix, header, per, reason, retryAfter, status }: RefusalRule): boolean =>
  reasons.includes(reason) &&
  isCondition({ status }) &&
  (fix === undefined || (isString(fix) && fix !== "")) &&
  [undefined, "subscriber", "client"].includes(per) &&
  (header === undefined || (isString(header) && /^[\w!#$%&'*+.^`|~-]+$/.test(header))) &&
  (retryAfter === undefined || (Number.isFinite(retryAfter) && retryAfter >= 0)) &&
  (code === undefined || VendorCode.is(code))

const arePaths = (paths: object): boolean =>
  Object.values(paths).every((path) => path === undefined || (isString(path) && path !== ""))

const isChallenge = ({ lifetime, when, ...paths }: ChallengeShape): boolean =>
  Array.isArray(when) &&
  when.length > 0 &&
  when.every((one) => isObject(one) && isCondition(one)) &&
  lifetime?.every(isLife) !== false &&
  arePaths(paths)

const isInspection = (shape: InspectionShape): boolean => isObject(shape) && arePaths(shape)

/** What is wrong with a description, as a sentence; `undefined` if nothing is. */
export const faultOf = ({ defaultLifetime, dialect, options = {}, ownGrammar }: Provider): string | undefined => {
  const { challenge, inspectionReply, refusals, reply } = dialect
  if (!(typeof defaultLifetime === "number" && defaultLifetime > 0)) {
    return "Expected as the defaultLifetime a number of milliseconds above 0."
  }
  // An option that every object has could not be left out.
  const taken = Object.keys(options).find((name) => name in Object.prototype || isVariable(name, options))
  if (taken !== undefined) {
    return `Give the option ${taken} another name: every object of JavaScript, or the command, has something of this name.`
  }
  if (![reply?.lifetime, reply?.refreshLifetime].every((lives) => lives?.every(isLife) !== false)) {
    return 'Expected as a life in the reply "jwt", "page", or { field, unit } with the unit "s", "min" or "ms".'
  }
  if (ownGrammar === undefined && (challenge ?? inspectionReply) !== undefined) {
    return "Make the value by defineProvider: it has what reads challenge and inspectionReply."
  }
  if (challenge !== undefined && !isChallenge(challenge)) {
    return "Expected as the challenge { when, ticket }: when is a list of at least one condition, as in a row of refusals, and the others are dotted paths."
  }
  if (inspectionReply !== undefined && !isInspection(inspectionReply)) {
    return "Expected as the inspectionReply an object of dotted paths."
  }
  const row = Array.isArray(refusals) ? refusals.findIndex((one) => !isRow(one)) : -1
  return row === -1
    ? undefined
    : `Row ${row + 1} of the refusals is wrong. Its reason must be one of ${reasons.join(", ")}; a status is a number, retryAfter is milliseconds, a fix is a sentence, per is "subscriber" or "client", a header is the name of one, and a code has up to 40 letters, digits, "_", "." and "-".`
}
