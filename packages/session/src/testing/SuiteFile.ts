/** Whether a `suite.json` has the fields of a suite. A field that is not known would be skipped, and a test with it. */
import type { Suite, SuiteExchange, SuiteRefusal } from "./FixtureFolder.ts"

type Names<A> = { readonly [K in keyof Required<A>]: true }

// The compiler says if a field is missing here.
const ofSuite: Names<Suite> = {
  provider: true,
  accounts: true,
  capabilities: true,
  lifetime: true,
  passcode: true,
  subject: true,
  adopted: true,
  exchanges: true,
  refusals: true,
  unused: true,
}
const ofExchange: Names<SuiteExchange> = {
  name: true,
  presents: true,
  options: true,
  request: true,
  besides: true,
  reply: true,
  tokens: true,
  challenge: true,
  inspection: true,
}
const ofRefusal: Names<SuiteRefusal> = { of: true, reply: true, reason: true, code: true, field: true, remedy: true }

const isObject = (u: unknown): u is object => typeof u === "object" && u !== null && !Array.isArray(u)

/** Throws for anything but an object with these fields. */
const known = (what: string, u: unknown, names: object): void => {
  if (!isObject(u)) throw new TypeError(`Expected ${what} to be an object`)
  const unknown = Object.keys(u).find((name) => !Object.hasOwn(names, name))
  if (unknown === undefined) return
  throw new TypeError(`${what} has no field ${unknown}. It may have ${Object.keys(names).join(", ")}`)
}

/**
 * A text as JSON. Throws a `TypeError` that names it.
 *
 * @internal
 */
export const jsonOf = (name: string, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new TypeError(`${name} is no JSON`)
  }
}

/**
 * The suite that a text says. Throws a `TypeError` that says what is wrong with it.
 *
 * @internal
 */
export const suiteOf = (text: string): Suite => {
  const suite = jsonOf("suite.json", text)
  known("suite.json", suite, ofSuite)
  const { accounts, capabilities, exchanges, lifetime, refusals = [] } = suite as Suite
  if (!(Array.isArray(accounts) && accounts.length === 2 && accounts.every(isObject))) {
    throw new TypeError("Expected as the accounts of suite.json a list of the options of two")
  }
  if (!Array.isArray(capabilities))
    throw new TypeError("Expected as the capabilities of suite.json a list, [] for none")
  if (!(typeof lifetime === "number" && lifetime > 0)) {
    throw new TypeError("Expected as the lifetime of suite.json the seconds of the first token")
  }
  if (!(Array.isArray(exchanges) && exchanges.length > 0))
    throw new TypeError("Expected exchanges in suite.json, a list")
  if (!Array.isArray(refusals)) throw new TypeError("Expected as the refusals of suite.json a list")
  const names = new Set<string>()
  for (const [index, one] of exchanges.entries()) {
    known(`Exchange ${index + 1}`, one, ofExchange)
    if (typeof one.name !== "string" || names.has(one.name)) {
      throw new TypeError(`Exchange ${index + 1} needs a name that no other one has`)
    }
    names.add(one.name)
  }
  for (const [index, one] of refusals.entries()) known(`Refusal ${index + 1}`, one, ofRefusal)
  return suite as Suite
}
