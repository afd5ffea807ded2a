/**
 * Sign-ins with a redirect on a server, for apps without Effect (see `RedirectSignIns`). Two requests of the app's own server use it: one
 * that sends the browser to the provider, and the one that the browser comes back with.
 *
 * ```ts
 * import { makeRedirectSignIns } from "@pbx-auth/session/PromiseRedirectSignIns"
 *
 * const signIns = makeRedirectSignIns({ redirectUri: "https://app.example/signed-in" })
 *
 * // GET /sign-in
 * const { cookie, url } = await signIns.begin(session)
 *
 * // GET /signed-in
 * const view = await signIns.finish(new URL(request.url).searchParams, cookies["__Host-sign-in"])
 * ```
 */

import * as Effect from "effect/Effect"
import * as RedirectRules from "./browser/RedirectRules.ts"
import * as Validation from "./options/Validation.ts"
import * as PromiseFace from "./promise/PromiseFace.ts"
import type { PromisePrompting, PromiseSession } from "./promise/PromiseSession.ts"
import * as RedirectSignIns from "./RedirectSignIns.ts"

export type { Begun } from "./RedirectSignIns.ts"

/**
 * Where the browser comes back to, and how long a person has.
 *
 * @category models
 */
export type Options = Parameters<typeof RedirectSignIns.make>[0]

/**
 * The sign-ins that are under way in this process. The browser has to come back to the process that sent it. Every promise rejects with an
 * `AuthError` and nothing else.
 *
 * @category models
 */
export interface PromiseRedirectSignIns {
  /**
   * Begins a sign-in of this session. Send the browser to `url`, and give it `cookie` as the value of a cookie that only your server
   * reads (`HttpOnly`, `Secure`, `SameSite=Lax`). Both are `Redacted`. Rejects as the sign-in does, and with `Misconfigured` and the
   * field `session` if the session is signed in already: ask its view first.
   */
  readonly begin: (
    session: Pick<PromiseSession, "signIn"> & PromisePrompting,
  ) => Promise<Effect.Success<ReturnType<RedirectSignIns.RedirectSignIns["begin"]>>>
  /**
   * The browser has come back, with this query and this cookie. Resolves when the session has its token. Rejects with `ChallengeExpired`
   * (`atBrowser`) if no such sign-in is under way here, or if it is another browser's, and else as the sign-in does.
   */
  readonly finish: (
    ...came: Parameters<RedirectSignIns.RedirectSignIns["finish"]>
  ) => Promise<Effect.Success<ReturnType<RedirectSignIns.RedirectSignIns["finish"]>>>
}

/**
 * Makes it, once for your server. `redirectUri` is the address of your second request, as it is registered with the provider.
 *
 * Throws an `AuthError` with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const makeRedirectSignIns = (options: Options): PromiseRedirectSignIns => {
  Effect.runSync(RedirectRules.checked(options))
  const signIns = RedirectSignIns.make(options)
  return {
    begin: async (session) =>
      PromiseFace.about(session, signIns.begin) ??
      Promise.reject(
        Validation.wrong(
          "session",
          "Give a session that a person signs in to at a browser, as open or a registry gives it.",
        ),
      ),
    finish: async (query, cookie) => {
      if (!(query instanceof URLSearchParams)) {
        throw Validation.wrong("query", "Expected the query of the browser's request, as URLSearchParams.")
      }
      return PromiseFace.run(signIns.finish(query, cookie))
    },
  }
}
