/**
 * A provider that is chosen when the program runs.
 *
 * In a program that knows its provider the compiler says what a session can do. Here the user names the provider, so each entry says
 * what it needs to open a session, and what the session can do. What is absent is not on the provider's page.
 */

import type { Address } from "@pbx-auth/providers/Address"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { providers } from "@pbx-auth/providers/Catalog"
import * as PrivateNetwork from "@pbx-auth/providers/PrivateNetwork"
import type { Provider } from "@pbx-auth/providers/Provider"
import type * as Session from "@pbx-auth/session/Session"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Scope from "effect/Scope"
import type * as Environment from "../shell/Environment.ts"
import type { ProviderFileError } from "./OwnProvider.ts"
import * as OwnProvider from "./OwnProvider.ts"
import { type Chosen, isName } from "./ProviderTable.ts"

/**
 * Something that hands out bearers and may be able to say what they are.
 *
 * @category models
 */
export type Source = Session.BearerSource & Partial<Session.Inspecting>

/**
 * A session with everything that its provider can do.
 *
 * @category models
 */
export type AnySession = Session.Session &
  Partial<Session.PasscodeAnswering> &
  Partial<Session.Prompting> &
  Partial<Session.Inspecting> & {
    readonly actAs?: (subject: string) => Effect.Effect<Source, AuthError, Scope.Scope>
  }

/**
 * Where the token endpoint is, if not where the provider's page says.
 *
 * @category models
 */
export interface Endpoint {
  readonly address: string | undefined
  /** Whether the address may begin with `http://` in a private network. */
  readonly plainHttp: boolean | undefined
  readonly trailingSlash: boolean | undefined
}

/**
 * How the client is presented, for providers that accept it by HTTP Basic.
 *
 * @category models
 */
export type BasicEncoding = "raw" | "form"

/**
 * @category models
 */
export interface Choice {
  readonly provider: Provider
  /**
   * Opens a session for as long as the scope is open. It asks for what it needs to know, and sends nothing yet. It uses a `TokenStore`
   * if one is provided.
   */
  readonly open: (
    endpoint: Endpoint,
    basicEncoding: BasicEncoding | undefined,
    answers: Environment.Answers,
  ) => Effect.Effect<
    AnySession,
    AuthError | Environment.Unanswered,
    Environment.Questioning | HttpClient.HttpClient | Scope.Scope
  >
}

/**
 * What a session has no method for. `Readiness` has refused it before, with words for the user.
 *
 * @category constants
 */
export const cannot = Effect.die(new Error("The provider has no such method."))

/**
 * What hands out the bearers of the user that the session acts for; the session itself if there is none.
 *
 * @category combinators
 */
export const actingFor = (
  session: AnySession,
  subject: string | undefined,
): Effect.Effect<Source, AuthError, Scope.Scope> =>
  subject === undefined ? Effect.succeed(session) : (session.actAs?.(subject) ?? cannot)

/**
 * The address of the endpoint. A wrong one is refused before anything is asked.
 *
 * @category getters
 */
export const addressOf = (
  { provider }: Choice,
  { address, plainHttp }: Pick<Endpoint, "address" | "plainHttp">,
): Effect.Effect<Address, AuthError> => Effect.fromResult(PrivateNetwork.resolve(provider, { plainHttp }, address))

/** Sessions take longer to load than the questions, so they are loaded after the answers. */
const services = Effect.promise(() => import("./ProviderServices.ts"))

/** What a user would write in a program, of the answers: the options that the provider's value says it has. */
const optionsOf = (
  provider: Provider,
  endpoint: Endpoint,
  basicEncoding: BasicEncoding | undefined,
  answers: Environment.Answers,
) =>
  Effect.gen(function* () {
    const { clientAuthentication, clientId, clientSecret, options = {}, scopes, signsInWith } = provider
    const id = yield* clientId === undefined ? answers.clientId : answers.otherClientId
    const secret =
      id === undefined || clientSecret === "none"
        ? undefined
        : yield* clientSecret === "required" ? answers.clientSecret : answers.otherClientSecret
    const client = id === undefined ? undefined : { id, ...(secret !== undefined && { secret }) }
    const asked =
      scopes === "none" ? {} : { scopes: yield* scopes === "required" ? answers.scopes : answers.otherScopes }
    const own: Record<string, unknown> = {}
    for (const name of Object.keys(options)) own[name] = yield* answers.own(name, options)
    const beginning =
      signsInWith === "client" ? {} : yield* signsInWith === "password" ? answers.beginning : answers.atBrowser
    const basic = clientAuthentication === "basic" ? { basicEncoding } : {}
    return { ...endpoint, client, ...asked, ...own, ...basic, ...beginning }
  })

const choice = (provider: Provider): Choice => ({
  provider,
  open: (endpoint, basicEncoding, answers) =>
    Effect.gen(function* () {
      const options = yield* optionsOf(provider, endpoint, basicEncoding, answers)
      const { open } = yield* services
      const session: AnySession = yield* open(provider, options)
      return session
    }),
})

/**
 * Sessions that only go on with tokens that are kept, for the token of a user that the account acts for. They never sign in: not with
 * a password, and not as the client. Without a refresh token they fail as `RenewalRefused` when the token is due or rejected.
 *
 * @category combinators
 */
export const keptOnly = ({ provider }: Choice): Choice =>
  choice({ ...provider, signsInWith: "password", renewsWith: "refresh_token" })

/**
 * The provider of this name, or the one in the file at this path. Its module is loaded once.
 *
 * @category getters
 */
export const choiceOf = (chosen: Chosen): Effect.Effect<Choice, ProviderFileError> =>
  Effect.map(
    isName(chosen) ? Effect.fromNullishOr(providers[chosen]).pipe(Effect.orDie) : OwnProvider.load(chosen),
    choice,
  )
