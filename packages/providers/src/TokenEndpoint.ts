/**
 * The one place where this package speaks HTTP.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type { Redacted } from "effect/Redacted"
import type { AuthError } from "./AuthError.ts"
import type { Grant } from "./Grant.ts"
import type { Account } from "./Provider.ts"
import type { Inspection, TokenReply } from "./Token.ts"

export class TokenEndpoint extends Context.Service<
  TokenEndpoint,
  {
    /** Presents a grant, once. */
    present(account: Account, grant: Grant): Effect.Effect<TokenReply, AuthError>
    /** Asks what the provider knows about a token. */
    inspect(account: Account, bearer: Redacted<string>): Effect.Effect<Inspection, AuthError>
    /** Revokes a token. */
    revoke(account: Account, bearer: Redacted<string>): Effect.Effect<void, AuthError>
  }
>()("@pbx-auth/providers/TokenEndpoint") {
  static readonly layer: Layer.Layer<TokenEndpoint, never, HttpClient.HttpClient> = Layer.effect(
    TokenEndpoint,
    Effect.die("not yet"),
  )
}
