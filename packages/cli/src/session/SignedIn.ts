/** What `token` and `inspect` have in common: a session that is signed in, or acts for the subject. */

import { type AuthError, fromReason, isAuthError, Misconfigured, PasscodeRequired } from "@pbx-auth/providers/AuthError"
import type { Inspection } from "@pbx-auth/providers/Token"
import type { Bearer } from "@pbx-auth/session/Bearer"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Scope from "effect/Scope"
import type { Wish } from "../browser/BrowserSignIn.ts"
import type { SigningIn } from "../grammar/Grammar.ts"
import type { Target } from "../kept/Kept.ts"
import {
  type AnySession,
  actingFor,
  addressOf,
  type BasicEncoding,
  type Choice,
  cannot,
  choiceOf,
  type Endpoint,
} from "../provider/ProviderChoice.ts"
import * as ProviderPath from "../provider/ProviderPath.ts"
import * as Environment from "../shell/Environment.ts"
import * as ActedFor from "./ActedFor.ts"
import * as ProfileSession from "./ProfileSession.ts"
import * as Wait from "./Wait.ts"

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

/** How a sign-in is done, as a user says it. */
interface Begins extends Wish {
  readonly wait?: string | undefined
}

/**
 * Signs in, and waits so long for the end of an outage. What it returns waits as well.
 *
 * @category combinators
 */
export const begin = (session: AnySession, choice: Choice, { wait, ...wish }: Begins) =>
  Effect.gen(function* () {
    if (choice.provider.signsInWith === "browser") {
      const BrowserSignIn = yield* Effect.promise(() => import("../browser/BrowserSignIn.ts"))
      yield* BrowserSignIn.run(session, choice.provider, wish)
      return session
    }
    if (wait === undefined) return yield* Effect.as(signIn(session, choice), session)
    const patient = Wait.patient(session, Wait.millis(wait))
    // `signIn` itself does not wait. A second factor is answered once it is asked for.
    yield* Effect.catch(patient.bearer, (error) =>
      error.reason._tag === "PasscodeRequired" ? signIn(session, choice) : Effect.fail(error),
    )
    return patient
  })

/** A session that is signed in at this address. A wrong address is refused before anything is asked. */
const sessionAt = (choice: Choice, endpoint: Endpoint, basicEncoding: BasicEncoding | undefined, begins: Begins) =>
  Effect.gen(function* () {
    yield* addressOf(choice, endpoint)
    const session = yield* choice.open(endpoint, basicEncoding, Environment.answers)
    return yield* begin(session, choice, begins)
  })

/**
 * Names the variable with the wrong address; for `--address` it says so.
 *
 * @category combinators
 */
export const blameVariable = <E>(error: E | AuthError): E | AuthError => {
  if (!isAuthError(error) || error.reason._tag !== "Misconfigured" || error.reason.field !== "address") return error
  const { code, fix, provider, status } = error.reason
  return fromReason(new Misconfigured({ provider, status, code, fix, field: "PBX_AUTH_ADDRESS" }))
}

/** What is asked of a session. */
interface Asked {
  readonly bearer: Effect.Effect<Bearer, ProfileSession.NotOpened>
  readonly inspect?: Effect.Effect<Inspection, ProfileSession.NotOpened> | undefined
}

type Needs = Environment.Questioning | HttpClient.HttpClient | Scope.Scope

type Given = Pick<SigningIn, "actAs" | "wait"> & Partial<SigningIn> & Begins

/**
 * What hands out the bearers, for as long as the scope is open: a session that signs in now and keeps nothing, or the one of a
 * profile. It acts for the subject if there is one. `Readiness` has checked before that the provider can do it.
 *
 * @category constructors
 */
export const make = (given: Given, target: Target): Effect.Effect<Asked, ProfileSession.NotOpened, Needs> => {
  if (target.of !== "profile") return ofProvider(given)
  const { profile } = target
  if (profile === undefined) return cannot
  const kept = { ...target, profile }
  const { actAs, wait } = given
  const patience = Wait.millis(wait)
  const source: Effect.Effect<Asked, ProfileSession.NotOpened, Needs> =
    actAs === undefined ? ProfileSession.source(kept, patience) : ActedFor.source(kept, actAs, patience)
  const inPerson = ProfileSession.inPerson(target.name)
  return source.pipe(
    Effect.map((source) => {
      const bearer = Effect.mapError(source.bearer, inPerson)
      const { inspect } = source
      // A second factor is answered for the bearer.
      const inspected = inspect && Effect.andThen(bearer, Effect.mapError(inspect, inPerson))
      return { bearer, inspect: inspected }
    }),
    Effect.mapError(inPerson),
  )
}

const ofProvider = Effect.fnUntraced(function* ({
  actAs: subject,
  address,
  argument,
  basicEncoding,
  plainHttp,
  provider,
  trailingSlash,
  ...begins
}: Given) {
  const chosen = argument ?? (provider && ProviderPath.absolute(provider))
  if (chosen === undefined) return yield* cannot
  const choice = yield* choiceOf(chosen)
  const open = (where: string | undefined) =>
    sessionAt(choice, { address: where, plainHttp, trailingSlash }, basicEncoding, begins)
  const session =
    address === undefined
      ? yield* Effect.flatMap(Environment.address, (where) => Effect.mapError(open(where), blameVariable))
      : yield* open(address)
  return yield* actingFor(session, subject)
})

/** The inspection of what was signed in. */
export const inspection = ({ inspect }: Asked): Effect.Effect<Inspection, ProfileSession.NotOpened> => inspect ?? cannot
