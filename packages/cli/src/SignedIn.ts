/** What `token` and `inspect` have in common: a session that is signed in, as whoever was asked for. */

import * as Address from "@pbx-auth/providers/Address"
import { type AuthError, fromReason, isAuthError, Misconfigured, PasscodeRequired } from "@pbx-auth/providers/AuthError"
import type { Capability } from "@pbx-auth/providers/Provider"
import type { Inspection } from "@pbx-auth/providers/Token"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Environment from "./Environment.ts"
import { Usage } from "./Failure.ts"
import {
  type AnySession,
  type BasicEncoding,
  type Choice,
  choices,
  type Endpoint,
  type Source,
} from "./ProviderChoice.ts"
import { names } from "./ProviderName.ts"
import type { Given } from "./SessionParameters.ts"

/**
 * @category models
 */
export interface SignedIn {
  readonly choice: Choice
  /** The session, or the one that acts for the subject. */
  readonly source: Source
}

/** Who can do something, in words: `skyswitch or ipex`. */
const whoCan = (capability: Capability): string =>
  names.filter((name) => choices[name].provider.capabilities.has(capability)).join(" or ")

const cannot = ({ provider }: Choice, capability: "act_as" | "inspect"): Usage =>
  new Usage({
    problem:
      capability === "act_as"
        ? `${provider.name} describes no way to act for somebody. Leave --act-as out, or choose ${whoCan("act_as")}.`
        : `${provider.name} describes no way to ask about a token. Choose ${whoCan("inspect")}.`,
  })

/** Signs in, with a second factor where it is asked for. A refused passcode is asked for again, twice, where somebody is there. */
const signIn = (session: AnySession, { provider }: Choice) =>
  Effect.gen(function* () {
    const { state } = yield* session.signIn()
    if (state !== "mfa_required") return
    const { submitPasscode } = session
    if (submitPasscode === undefined) return yield* fromReason(new PasscodeRequired({ provider: provider.id }))
    const again = yield* Environment.canAskAgain
    const answer = Environment.passcode.pipe(
      Effect.catchTag("Missing", () => fromReason(new PasscodeRequired({ provider: provider.id }))),
      Effect.flatMap(submitPasscode),
    )
    const isWrong = (error: Effect.Error<typeof answer>) =>
      error._tag === "AuthError" && error.reason._tag === "BadPasscode"
    yield* again
      ? answer.pipe(
          Effect.tapError((error) => (isWrong(error) ? Console.error(error.message) : Effect.void)),
          Effect.retry({ times: 2, while: isWrong }),
        )
      : answer
  })

/** A session that is signed in at this address. A wrong address is refused before anything is asked. */
const sessionAt = (choice: Choice, endpoint: Endpoint, basicEncoding: BasicEncoding | undefined) =>
  Effect.gen(function* () {
    const { addresses, id } = choice.provider
    yield* Effect.fromResult(Address.resolve(id, addresses, endpoint.address))
    const session = yield* choice.open(endpoint, basicEncoding)
    yield* signIn(session, choice)
    return session
  })

/** Names the variable that the wrong address stands in; `--address` is told otherwise. */
const blameVariable = <E>(error: E | AuthError): E | AuthError => {
  if (!isAuthError(error) || error.reason._tag !== "Misconfigured" || error.reason.field !== "address") return error
  const { code, fix, provider, status } = error.reason
  return fromReason(new Misconfigured({ provider, status, code, fix, field: "PBX_AUTH_ADDRESS" }))
}

/**
 * Signs in, and acts for the subject if there is one, for as long as the scope is open. What cannot be is said before anything
 * is asked.
 *
 * @category constructors
 */
export const make: (
  given: Given,
  wants?: ReadonlyArray<"inspect">,
) => Effect.Effect<
  SignedIn,
  AuthError | Environment.Unanswered | Usage,
  Environment.Questioning | HttpClient.HttpClient | Scope.Scope
> = Effect.fnUntraced(function* ({ actAs, address, basicEncoding, provider: name, trailingSlash }, wants = []) {
  const choice = choices[name]
  const { capabilities, clientAuthentication } = choice.provider
  const subject = Option.getOrUndefined(actAs)
  const encoding = Option.getOrUndefined(basicEncoding)
  for (const capability of [...wants, ...(subject === undefined ? [] : (["act_as"] as const))]) {
    if (!capabilities.has(capability)) return yield* cannot(choice, capability)
  }
  // An unset variable of a script comes as an empty text.
  if (subject?.trim() === "") {
    return yield* new Usage({ problem: "--act-as is empty. Name the user to act for, or leave --act-as out." })
  }
  if (encoding !== undefined && clientAuthentication !== "basic") {
    const problem = `${choice.provider.name} takes no client by HTTP Basic. Leave --basic-encoding out.`
    return yield* new Usage({ problem })
  }
  const open = (where: string | undefined) =>
    sessionAt(choice, { address: where, trailingSlash: Option.getOrUndefined(trailingSlash) }, encoding)
  const session = yield* Option.match(address, {
    onSome: open,
    onNone: () => Effect.flatMap(Environment.address, (where) => Effect.mapError(open(where), blameVariable)),
  })
  if (subject === undefined) return { choice, source: session }
  if (session.actAs === undefined) return yield* cannot(choice, "act_as")
  return { choice, source: yield* session.actAs(subject) }
})

/** The inspection of a source. */
export const inspection = ({ choice, source }: SignedIn): Effect.Effect<Inspection, AuthError | Usage> =>
  source.inspect ?? Effect.fail(cannot(choice, "inspect"))
