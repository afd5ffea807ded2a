/** What `token` and `inspect` have in common: a session that is signed in, or acts for the subject. */

import * as Address from "@pbx-auth/providers/Address"
import { type AuthError, fromReason, isAuthError, Misconfigured, PasscodeRequired } from "@pbx-auth/providers/AuthError"
import type { Inspection } from "@pbx-auth/providers/Token"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Scope from "effect/Scope"
import * as Environment from "./Environment.ts"
import type { SigningIn } from "./Grammar.ts"
import {
  type AnySession,
  type BasicEncoding,
  type Choice,
  choices,
  type Endpoint,
  type Source,
} from "./ProviderChoice.ts"

/** `Readiness` has refused it before, with words for the user. */
const cannot = () => Effect.die(new Error("The provider has no such method."))

/** Signs in, with a second factor if the provider asks for it. A refused passcode is asked for again, twice, if a person is there. */
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

/** Names the variable with the wrong address; for `--address` it says so. */
const blameVariable = <E>(error: E | AuthError): E | AuthError => {
  if (!isAuthError(error) || error.reason._tag !== "Misconfigured" || error.reason.field !== "address") return error
  const { code, fix, provider, status } = error.reason
  return fromReason(new Misconfigured({ provider, status, code, fix, field: "PBX_AUTH_ADDRESS" }))
}

/**
 * Signs in, and acts for the subject if there is one, for as long as the scope is open. `Readiness` has checked before that the
 * provider can do it.
 *
 * @category constructors
 */
export const make: (
  given: SigningIn,
) => Effect.Effect<
  Source,
  AuthError | Environment.Unanswered,
  Environment.Questioning | HttpClient.HttpClient | Scope.Scope
> = Effect.fnUntraced(function* ({ actAs: subject, address, argument: name, basicEncoding, trailingSlash }) {
  const choice = choices[name]
  const open = (where: string | undefined) => sessionAt(choice, { address: where, trailingSlash }, basicEncoding)
  const session =
    address === undefined
      ? yield* Effect.flatMap(Environment.address, (where) => Effect.mapError(open(where), blameVariable))
      : yield* open(address)
  if (subject === undefined) return session
  return yield* session.actAs?.(subject) ?? cannot()
})

/** The inspection of what was signed in. */
export const inspection = (source: Source): Effect.Effect<Inspection, AuthError> => source.inspect ?? cannot()
