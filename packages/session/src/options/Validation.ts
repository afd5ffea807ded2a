/**
 * Checks what a caller passes to a face, such as the one without Effect. It may come from JavaScript, so names and types are checked
 * before anything is opened with it.
 */

import { type AuthError, fromReason, Misconfigured } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"

/**
 * What each field must be, and what to write otherwise. Any field may be left out.
 *
 * @category models
 */
export type Fields<A> = { readonly [K in keyof A]-?: readonly [is: (u: unknown) => boolean, fix: string] }

/**
 * Whether a value is a whole number, and at least this.
 *
 * @category guards
 */
export const isWhole =
  (least: number) =>
  (u: unknown): boolean =>
    typeof u === "number" && Number.isSafeInteger(u) && u >= least

/**
 * Whether a value is a span of time in ms.
 *
 * @category guards
 */
export const isMillis = (u: unknown): boolean => typeof u === "number" && Number.isFinite(u) && u >= 0

/**
 * Whether a value can be called.
 *
 * @category guards
 */
export const isFunction = (u: unknown): boolean => typeof u === "function"

/**
 * Whether a value has fields. A list does not.
 *
 * @category guards
 */
export const isObject = (u: unknown): u is object => typeof u === "object" && u !== null && !Array.isArray(u)

/** A function, or an observer as XState takes them. */
const isInspector = (u: unknown): boolean => {
  if (!isObject(u)) return isFunction(u)
  const { complete, error, next } = u as { readonly [part: string]: unknown }
  return isFunction(next) && [complete, error].every((part) => part === undefined || isFunction(part))
}

/** Whether a value is what a function of ours makes: only that has this member. */
const has =
  (member: string) =>
  (u: unknown): boolean =>
    isObject(u) && member in u

/**
 * The fields that every face has: whose time it follows, how its provider is reached, where tokens are kept, and which inspector watches.
 *
 * @category constants
 */
export const runtimeRules: Fields<{
  readonly clock?: unknown
  readonly fetch?: unknown
  readonly inspect?: unknown
  readonly store?: unknown
  readonly watch?: unknown
}> = {
  clock: [has("asEffect"), "Expected what promiseClock() returns, or leave it out."],
  fetch: [isFunction, "Expected a function like the global fetch, or leave it out."],
  inspect: [isInspector, "Expected a function, or an observer with a function next, or leave it out."],
  store: [has("claim"), "Expected what openTokenStore() resolves to, or leave it out."],
  watch: [isFunction, "Expected the watch of makeOperations(), or leave it out."],
}

/**
 * The error for a wrong value of a caller: `field` says which, `fix` what to write instead.
 *
 * @category constructors
 */
export const wrong = (field: string, fix: string): AuthError => fromReason(new Misconfigured({ field, fix }))

/**
 * Checks the generation that a caller says was rejected. Throws an `AuthError` with `Misconfigured`. Otherwise a value that is no
 * number would count as the generation of an old token, and nothing would be renewed.
 *
 * @category combinators
 */
export const generation = (given: number): number => {
  if (isWhole(0)(given)) return given
  throw wrong(
    "generation",
    "Expected the generation of the bearer that was rejected: (await session.bearer()).generation.",
  )
}

/**
 * Checks an optional object. Fails as `Misconfigured`, which names the field, or `name` if the object itself is wrong.
 *
 * @category combinators
 */
export const check = <A>(name: string, given: unknown, fields: Fields<A>): Effect.Effect<void, AuthError> =>
  Effect.suspend(() => {
    try {
      const found = fault(name, given, fields)
      return found === undefined ? Effect.void : Effect.fail(found)
    } catch {
      // For a getter or a proxy that throws: what it throws may hold anything.
      return Effect.fail(wrong(name, "Expected a plain object."))
    }
  })

/** A getter, a proxy or a wiped secret that throws counts as wrong. What it throws may hold anything. */
const holds = (is: (u: unknown) => boolean, value: unknown): boolean => {
  try {
    return is(value)
  } catch {
    return false
  }
}

const fault = <A>(name: string, given: unknown, fields: Fields<A>): AuthError | undefined => {
  const known = Object.keys(fields).join(", ")
  if (given === undefined) return undefined
  if (!isObject(given)) return wrong(name, `Expected an object, or leave it out. It may have: ${known}.`)
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!Object.hasOwn(fields, key)) {
      // A key that is no plain word is not repeated: the caller may have put a value where a name belongs.
      const field = /^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(key) ? key : name
      return wrong(field, `There is no such field. There are: ${known}.`)
    }
    const [is, fix] = fields[key as keyof A]
    if (!holds(is, value)) return wrong(key, fix)
  }
  return undefined
}
