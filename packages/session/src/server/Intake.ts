/** What a screen may send: events, credentials and a passcode, each by a route of its own. */

import type { ScreenEvent } from "@pbx-auth/machine/SessionRef"
import type { OfferedAction } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { credentialsOf } from "@pbx-auth/providers/Configuration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Driver } from "../engine/Driver.ts"
import * as SessionActor from "../SessionActor.ts"
import * as Answer from "./Answer.ts"
import type { Fields } from "./JsonBody.ts"
import type { Tries } from "./Tries.ts"
import * as Visitor from "./Visitor.ts"

/**
 * The routes that accept something.
 *
 * @category models
 */
export type Route = "event" | "credentials" | "passcode"

/** Exactly these fields, each a text. An extra field may be a secret in the wrong place. */
const texts = <K extends string>(fields: Fields, names: ReadonlyArray<K>): Readonly<Record<K, string>> | undefined => {
  const isExact = Object.keys(fields).length === names.length && names.every((name) => typeof fields[name] === "string")
  return isExact ? (fields as Readonly<Record<K, string>>) : undefined
}

const eventOf = (fields: Fields): ScreenEvent | undefined => {
  switch (fields.type) {
    case "ActAs": {
      const event = texts(fields, ["type", "subject"])
      return event && { type: "ActAs", subject: event.subject }
    }
    case "SignIn":
    case "Cancel":
    case "StopActing":
    case "SignOut":
      return texts(fields, ["type"]) && { type: fields.type }
    default:
      return undefined
  }
}

/** An event, in the words in which a view offers it. */
const offeredAs: Readonly<Record<ScreenEvent["type"], OfferedAction>> = {
  SignIn: "sign_in",
  Cancel: "cancel",
  ActAs: "act_as",
  StopActing: "stop_acting",
  SignOut: "sign_out",
}

/**
 * Accepts a request's body, and answers at once.
 *
 * @category combinators
 */
export const take = (visitor: Visitor.Known, route: Route, fields: Fields, tries: Tries<Driver>): Response => {
  const { driver } = visitor
  if (route === "event") {
    const event = eventOf(fields)
    if (event === undefined) return Answer.wrong(400)
    if (!Visitor.may(visitor, offeredAs[event.type])) return Answer.forbidden()
    // A sign-in without credentials, or without a way at a browser, begins nothing. A screen must learn that.
    if (event.type === "SignIn" && driver.subject === undefined) return begun(driver.signIn(), ({ message }) => message)
    SessionActor.mirror(driver).send(event)
    return Answer.taken()
  }
  // A child belongs to its parent, and has neither.
  if (driver.subject !== undefined) return Answer.wrong(404)
  if (!Visitor.may(visitor, route === "passcode" ? "submit_passcode" : "sign_in")) return Answer.forbidden()
  if (route === "passcode") {
    const given = texts(fields, ["passcode"])
    if (!driver.account.provider.capabilities.has("passcode")) return Answer.wrong(404)
    if (given === undefined) return Answer.wrong(400)
    const wait = tries.take(driver)
    return wait > 0 ? Answer.tooOften(wait) : begun(driver.submitPasscode(Redacted.make(given.passcode)))
  }
  const given = texts(fields, ["username", "password"])
  if (given === undefined) return Answer.wrong(400)
  const wait = tries.take(driver)
  if (wait > 0) return Answer.tooOften(wait)
  // A caller that is signed in, or is asked for a passcode, does not learn whether these credentials are the same.
  if (stands(driver)) return Answer.wrong(422)
  return begun(
    Effect.flatMap(Effect.fromResult(credentialsOf(driver.account.provider, given)), (credentials) =>
      driver.signIn(credentials),
    ),
  )
}

/** Whether a sign-in would neither begin nor join one that is under way. */
const stands = ({ snapshot, view }: Driver): boolean =>
  snapshot.context.presenting === null && !view.actions.includes("sign_in")

/** Begins, and waits only for a mistake that is known at once. `told` is what a developer may know of it. */
const begun = (effect: Effect.Effect<unknown, AuthError>, told?: (error: AuthError) => string): Response => {
  const exit = Effect.runFork(Effect.flip(effect)).pollUnsafe()
  if (exit?._tag !== "Success" || exit.value.reason._tag !== "Misconfigured") return Answer.taken()
  return Answer.refuse(422, { code: "Misconfigured", remedy: "configure", ...(told && { detail: told(exit.value) }) })
}
