/**
 * A provider that is chosen when the program runs.
 *
 * In a program that knows its provider the compiler says what a session can do. Here the user names the provider, so each entry says
 * what it needs to open a session, and what the session can do. What is absent is not on the provider's page.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as IpexProvider from "@pbx-auth/providers/Ipex"
import * as LandstarProvider from "@pbx-auth/providers/Landstar"
import type { Provider } from "@pbx-auth/providers/Provider"
import * as SangomaCxProvider from "@pbx-auth/providers/SangomaCx"
import * as SkySwitchProvider from "@pbx-auth/providers/SkySwitch"
import type * as Session from "@pbx-auth/session/Session"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Environment from "./Environment.ts"
import type { Name } from "./ProviderTable.ts"

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

const opened = <I, S, E, R>(service: Context.Key<I, S>, layer: Layer.Layer<I, E, R>) =>
  Effect.map(Layer.build(layer), Context.get(service))

/** Sessions take longer to load than the questions, so they are loaded after the answers. */
const services = Effect.promise(() => import("./ProviderServices.ts").then(({ services }) => services))

/**
 * All choices.
 *
 * @category constructors
 */
export const choices: { readonly [N in Name]: Choice } = {
  skyswitch: {
    provider: SkySwitchProvider.provider,
    open: (endpoint, _, answers) =>
      Effect.gen(function* () {
        const client = yield* clientOf(answers)
        const beginning = yield* answers.beginning
        const { SkySwitch } = yield* services
        return yield* opened(SkySwitch, SkySwitch.layer({ ...endpoint, client, ...beginning }))
      }),
  },
  landstar: {
    provider: LandstarProvider.provider,
    open: (endpoint, _, answers) =>
      Effect.gen(function* () {
        const client = yield* clientOf(answers)
        const beginning = yield* answers.beginning
        const { Landstar } = yield* services
        return yield* opened(Landstar, Landstar.layer({ ...endpoint, client, ...beginning }))
      }),
  },
  ipex: {
    provider: IpexProvider.provider,
    open: (endpoint, _, answers) =>
      Effect.gen(function* () {
        const id = yield* answers.otherClientId
        const scopes = yield* answers.otherScopes
        const beginning = yield* answers.beginning
        const { Ipex } = yield* services
        const client = id === undefined ? undefined : { id }
        return yield* opened(Ipex, Ipex.layer({ ...endpoint, client, scopes, ...beginning }))
      }),
  },
  "sangoma-cx": {
    provider: SangomaCxProvider.provider,
    open: (endpoint, basicEncoding, answers) =>
      Effect.gen(function* () {
        const client = yield* clientOf(answers)
        const scopes = yield* answers.scopes
        const { SangomaCx } = yield* services
        return yield* opened(SangomaCx, SangomaCx.layer({ ...endpoint, client, scopes, basicEncoding }))
      }),
  },
}

const clientOf = ({ clientId, clientSecret }: Environment.Answers) =>
  Effect.gen(function* () {
    return { id: yield* clientId, secret: yield* clientSecret }
  })
