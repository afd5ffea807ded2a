/**
 * The receiver of redirects on a server, for many people at once. Two requests of the app's own server use it: one that sends the
 * browser to the provider, and the one that the browser comes back with.
 *
 * **Example** (Two handlers)
 *
 * ```ts
 * const signIns = RedirectSignIns.make({ redirectUri: "https://app.example/signed-in" })
 *
 * // GET /sign-in
 * const { cookie, url } = yield* signIns.begin(session)
 * redirect(Redacted.value(url), {
 *   "set-cookie": `__Host-sign-in=${Redacted.value(cookie)}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`,
 * })
 *
 * // GET /signed-in
 * yield* signIns.finish(new URL(request.url).searchParams, cookies["__Host-sign-in"])
 * ```
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import type { BrowserWay, Prompt } from "./browser/BrowserWay.ts"
import * as RedirectRules from "./browser/RedirectRules.ts"
import { isSame, type Options, type Receiver, redirectSignIn } from "./RedirectSignIn.ts"

/**
 * A session whose provider signs in at a browser. Each `Session` of such a provider is one.
 *
 * @category models
 */
export interface SignsIn {
  /** See `Session`. */
  readonly signIn: (way: BrowserWay) => Effect.Effect<SessionView, AuthError.AuthError>
  /** See `Prompting` in `Session`. */
  readonly prompt: Effect.Effect<Prompt, AuthError.AuthError>
}

/**
 * The sign-ins that are under way in this process. The browser has to come back to the process that sent it.
 *
 * @category models
 */
export interface RedirectSignIns {
  /**
   * Begins a sign-in of this session. Send the browser to `url`, and give it `cookie` as the value of a cookie that only your server
   * reads (`HttpOnly`, `Secure`, `SameSite=Lax`). Fails as the sign-in does, and as `Misconfigured` with the field `session` if the
   * session is signed in already: ask its view first.
   */
  readonly begin: (session: SignsIn) => Effect.Effect<Begun, AuthError.AuthError>
  /**
   * The browser has come back, with this query and this cookie. Only the browser that was sent can finish its sign-in: the state in the
   * query must be that of its cookie. Succeeds when the session has its token. Fails as `ChallengeExpired` (`atBrowser`) if no such
   * sign-in is under way here, and else as the sign-in does.
   */
  readonly finish: (
    query: URLSearchParams,
    cookie: string | undefined,
  ) => Effect.Effect<SessionView, AuthError.AuthError>
}

/**
 * What the browser is given.
 *
 * @category models
 */
export interface Begun {
  /** Where the browser goes. */
  readonly url: Redacted.Redacted<string>
  /** The value of a cookie. */
  readonly cookie: Redacted.Redacted<string>
}

interface Waiting {
  readonly came: Deferred.Deferred<URLSearchParams>
  readonly accepts: (query: URLSearchParams) => boolean
  readonly signIn: Effect.Effect<SessionView, AuthError.AuthError>
}

/** Nothing is to be done at a browser. */
const stands = AuthError.fromReason(
  new AuthError.Misconfigured({
    field: "session",
    fix: "The session is signed in already. Send the browser to your app, or sign out first.",
  }),
)

const expired = AuthError.fromReason(new AuthError.ChallengeExpired({ atBrowser: true }))

/**
 * Makes it. `redirectUri` is the address of your second handler, as it is registered with the provider. `begin` fails as
 * `Misconfigured`, which names the field, if an option is wrong.
 *
 * @category constructors
 */
export const make = (given: Options & { readonly redirectUri: string }): RedirectSignIns => {
  const { redirectUri, ...options } = given ?? {}
  const open = new Map<string, Waiting>()
  return {
    begin: (session) =>
      Effect.gen(function* () {
        yield* RedirectRules.checked(given)
        let signingIn: Fiber.Fiber<SessionView, AuthError.AuthError> | undefined
        const signIn = Effect.suspend(() => (signingIn === undefined ? expired : Fiber.join(signingIn)))
        const receive: Receiver["receive"] = (accepts, state) =>
          Effect.suspend(() => {
            const came = Deferred.makeUnsafe<URLSearchParams>()
            const key = Redacted.value(state)
            open.set(key, { accepts, came, signIn })
            return Effect.ensuring(
              Deferred.await(came),
              Effect.sync(() => open.delete(key)),
            )
          })
        const way = redirectSignIn(Effect.succeed({ redirectUri, receive }), options)
        // The browser comes back with another request, so this one does not wait.
        const begun = yield* Effect.forkDetach(session.signIn(way), { startImmediately: true })
        signingIn = begun
        // A sign-in that has ended already asks for nothing. Its own end says why.
        const { url } = yield* Effect.catch(session.prompt, (error) =>
          Effect.andThen(begun.pollUnsafe() ?? Effect.fail(error), stands),
        )
        return { url, cookie: Redacted.make(new URL(Redacted.value(url)).searchParams.get("state") ?? "") }
      }),
    finish: (query, cookie) =>
      Effect.suspend(() => {
        const state = query.get("state") ?? ""
        const waiting = open.get(state)
        const isTheirs = waiting?.accepts(query) === true && cookie !== undefined && isSame(cookie, state)
        if (!isTheirs) return expired
        open.delete(state)
        return Effect.andThen(Deferred.succeed(waiting.came, query), waiting.signIn)
      }),
  }
}
