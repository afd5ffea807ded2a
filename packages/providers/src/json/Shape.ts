/** What a value from anywhere must look like: rules that are made of rules, and name the place of the first fault. */
import { isObject } from "effect/Predicate"

/** The first fault of what stands at a place, as a sentence that says what to write; `undefined` if there is none. */
export type Rule = (u: unknown, place: string) => string | undefined

/** A rule for each field of `T`. A field that is added to the type and has none does not compile. */
export type Rules<T> = { readonly [Name in keyof T]-?: Rule }

/** One that a condition decides. */
export const fits =
  (expected: string, is: (u: unknown) => boolean): Rule =>
  (u, place) =>
    is(u) ? undefined : `Expected as ${place} ${expected}.`

/** One of some words. */
export const oneOf = (...words: ReadonlyArray<string>): Rule =>
  fits(`${words.length > 1 ? "one of " : ""}${words.map((word) => `"${word}"`).join(", ")}`, (u) =>
    words.includes(u as string),
  )

/** The same, or nothing. */
export const optional =
  (rule: Rule): Rule =>
  (u, place) =>
    u === undefined ? undefined : rule(u, place)

/** A list of such. */
export const listOf =
  (rule: Rule): Rule =>
  (u, place) =>
    Array.isArray(u)
      ? Array.from(u, (one, index) => rule(one, `${place}[${index}]`)).find((fault) => fault !== undefined)
      : `Expected as ${place} a list.`

/** One such, or a list of them. */
export const oneOrMore =
  (rule: Rule): Rule =>
  (u, place) =>
    (Array.isArray(u) ? listOf(rule) : rule)(u, place)

/** By what stands there: a value may have one of several forms. */
export const either =
  (is: (u: unknown) => boolean, rule: Rule, otherwise: Rule): Rule =>
  (u, place) =>
    (is(u) ? rule : otherwise)(u, place)

/** A key that is no plain word is not repeated. */
const below = (place: string, name: string): string => {
  const word = /^[\w$-]{1,40}$/.test(name) ? name : "(no plain name)"
  return place === "" ? word : `${place}.${word}`
}

const anObject = fits("an object", (u) => isObject(u) && !Array.isArray(u))

/** An object with these fields and no others. */
export const fields =
  <T>(rules: Rules<T>): Rule =>
  (u, place) => {
    const fault = anObject(u, place)
    if (fault !== undefined) return fault
    const object = u as Readonly<Record<string, unknown>>
    const unknown = Object.keys(object).find((name) => object[name] !== undefined && !Object.hasOwn(rules, name))
    if (unknown !== undefined) {
      return `There is no field ${below(place, unknown)}. The fields here are ${Object.keys(rules).join(", ")}.`
    }
    return Object.entries<Rule>(rules)
      .map(([name, rule]) => rule(object[name], below(place, name)))
      .find((one) => one !== undefined)
  }

/** An object whose fields have names of its own. */
export const entries =
  (rule: (name: string, u: unknown, place: string) => string | undefined): Rule =>
  (u, place) =>
    anObject(u, place) ??
    Object.entries(u as object)
      .map(([name, one]) => rule(name, one, below(place, name)))
      .find((fault) => fault !== undefined)
