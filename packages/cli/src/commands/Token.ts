/** The output of `token`: an access token that can be used now. */

import type { Bearer } from "@pbx-auth/session/Bearer"
import { makeMemory, TokenStore } from "@pbx-auth/session/TokenStore"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import type { Target } from "../kept/Kept.ts"
import * as SignedIn from "../session/SignedIn.ts"
import * as TokenLine from "../start/TokenLine.ts"

/** What is printed of a bearer. */
const shown = (bearer: Bearer, provider: string, subject: string | undefined): TokenLine.Shown => ({
  ...bearer,
  token: Redacted.value(bearer.token),
  provider,
  subject: subject ?? null,
})

/**
 * Gets a token, of a provider or of a profile, and prints it as it is or in one of the forms.
 *
 * @category running
 */
export const print = Effect.fnUntraced(
  function* (given: TokenLine.Form & Parameters<typeof SignedIn.make>[0], target: Target) {
    const source = yield* SignedIn.make(given, target)
    const provider = target.of === "profile" ? target.profile?.provider : (given.argument ?? given.provider)
    yield* Console.log(TokenLine.of(given, shown(yield* source.bearer, provider ?? "", given.actAs)))
  },
  Effect.scoped,
  // The token is handed on. A session that was given a store leaves it alive as it closes. A profile has a store of its own.
  Effect.provideServiceEffect(TokenStore, makeMemory),
  Effect.provide(FetchHttpClient.layer),
)

/**
 * A token in clear, for another program. The session is closed then.
 *
 * @category getters
 */
export const text = (given: Parameters<typeof SignedIn.make>[0], target: Target) =>
  SignedIn.make(given, target).pipe(
    Effect.flatMap((source) => source.bearer),
    Effect.map((bearer) => Redacted.value(bearer.token)),
    Effect.scoped,
    Effect.provide(FetchHttpClient.layer),
  )
