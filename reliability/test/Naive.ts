/**
 * A session as it is often written: it asks when it has no token, separately for each caller, and keeps whatever comes.
 *
 * Every caller renews; a 401 is a 401, whichever token it was for; and a reply that comes after a sign-out is kept.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Credentials } from "@pbx-auth/providers/Provider"
import type { Tokens } from "@pbx-auth/providers/Token"
import type * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export const open: typeof Session.make = (configured) =>
  Effect.gen(function* () {
    const { clock, endpoint } = yield* SessionRuntime
    const { account } = configured
    let credentials: Credentials | undefined = configured.credentials
    let tokens: Tokens | undefined
    let expiresAt = 0
    let generation = 0
    let isSignedIn = false

    const present = (grant: Grant.Grant) =>
      Effect.map(endpoint.present(account, grant), (reply) => {
        if (reply._tag !== "Issued") return
        tokens = reply.tokens
        expiresAt = clock.now() + reply.tokens.lifetime
        generation++
        isSignedIn = true
      })
    const signIn = Effect.suspend(() =>
      present(
        account.provider.signsInWith === "client"
          ? Grant.clientCredentials(account.scopes)
          : Grant.password(credentials?.username ?? "", credentials?.password ?? Redacted.make("")),
      ),
    )
    const renew: Effect.Effect<void, AuthError> = Effect.suspend(() =>
      tokens?.refreshToken === undefined ? signIn : present(Grant.refreshToken(tokens.refreshToken)),
    )
    const view = Effect.sync(() => ({
      path: isSignedIn ? "authenticated" : "unauthenticated.idle",
      state: isSignedIn ? "authenticated" : "unauthenticated",
      refusal: null,
      actions: ["sign_in"],
      generation,
    }))
    const bearer = Effect.suspend(() => {
      const given = Effect.sync(() => ({ token: tokens?.accessToken, generation, expiresAt }))
      return tokens !== undefined && clock.now() < expiresAt ? given : Effect.andThen(renew, given)
    })
    const face = {
      origin: account.address.origin,
      view,
      bearer,
      accessToken: Effect.map(bearer, ({ token }) => token),
      reject: () => Effect.ignore(renew),
      signIn: (given?: Credentials) => {
        credentials = given ?? credentials
        return Effect.andThen(signIn, view)
      },
      cancel: Effect.void,
      signOut: Effect.sync(() => {
        tokens = undefined
        isSignedIn = false
      }),
      submitPasscode: () => view,
      startActing: () => view,
      stopActing: view,
    }
    return face as never
  })
